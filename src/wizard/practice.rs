//! The practice account's overlay: its endpoint and keys, edits to try, and its clock. Only on a `demo:` target.

use std::fmt;

use super::{
    connect::Field,
    event::{Effect, Scope},
    keys::{Action, Can},
    state::{Notice, Overlay, RunState, Source, Wizard},
    step::Step,
};
use crate::{
    access::plan::Secret,
    report::{Problem, Target},
};

/// A change to the practice account. Each goes over its own HTTP API, as an outsider's would.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PracticeEdit {
    /// Tell what there is: endpoint, keys, which edits make sense.
    Look,
    /// Add a Deny to the bucket policy.
    AddDeny,
    /// Leave `signals/` out of the lists' prefix condition.
    DropPrefix,
    /// Put a wrong account into the bucket policy's principal.
    WrongPrincipal,
    /// Delete the reader's user, keys and policies.
    DeleteUser,
    /// Deactivate the reader's key.
    DeactivateKey,
    /// Attach AdministratorAccess to the reader.
    TooOpen,
    /// Encrypt the metrics with a KMS key that the reader may not use.
    Encrypt,
    /// Put everything back as it was when the account opened.
    Restore,
    /// Move the account's clock on by an hour.
    Hour,
    /// Move the account's clock on by a day.
    Day,
}

impl PracticeEdit {
    /// Those that the panel offers, in its order.
    pub const OFFERED: [Self; 10] = [
        Self::AddDeny,
        Self::DropPrefix,
        Self::WrongPrincipal,
        Self::TooOpen,
        Self::Encrypt,
        Self::DeactivateKey,
        Self::DeleteUser,
        Self::Restore,
        Self::Hour,
        Self::Day,
    ];

    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Look => "look again",
            Self::AddDeny => "add a Deny to the bucket policy",
            Self::DropPrefix => "leave signals/ out of the lists' prefixes",
            Self::WrongPrincipal => "name a wrong account in the bucket policy",
            Self::DeleteUser => "delete the reader's user",
            Self::DeactivateKey => "deactivate the reader's key",
            Self::TooOpen => "attach AdministratorAccess to the reader",
            Self::Encrypt => "encrypt the metrics with a KMS key that the reader may not use",
            Self::Restore => "put everything back as it was, what was granted here too",
            Self::Hour => "move the clock on by an hour",
            Self::Day => "move the clock on by a day",
        }
    }

    /// Whether it takes the reader's user to do it.
    pub const fn needs_reader(self) -> bool {
        matches!(self, Self::DeleteUser | Self::DeactivateKey | Self::TooOpen)
    }

    /// Whether it moves the clock, and changes nothing else.
    pub const fn is_clock(self) -> bool {
        matches!(self, Self::Hour | Self::Day)
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub enum PracticeEvent {
    /// What there is.
    Facts(Box<PracticeFacts>),
    /// An edit was made.
    Did {
        /// Which.
        edit: PracticeEdit,
        /// In words; for the clock: what was ingested meanwhile, and what was lost.
        say: Vec<String>,
    },
    /// An edit could not be made.
    Failed {
        /// Which.
        edit: PracticeEdit,
        /// Why.
        problem: Box<Problem>,
    },
}

/// What an outsider needs to use the account with other tools. The secrets are made up and open nothing but this account;
/// they are treated as secrets all the same, so that nothing here teaches to show one.
#[derive(Clone, PartialEq, Eq)]
pub struct PracticeFacts {
    /// `http://127.0.0.1:41234`
    pub endpoint: String,
    /// The region to sign for.
    pub region: String,
    /// Who is who: a name, a key id, a secret; that of a key which was made since the account opened is left empty.
    pub keys: Vec<(String, String, String)>,
    /// A line to paste into a shell: the AWS CLI as the operator.
    pub command: String,
}

impl fmt::Debug for PracticeFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PracticeFacts")
            .field("endpoint", &self.endpoint)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

impl PracticeFacts {
    /// A text with every secret in it masked.
    pub fn masked(&self, text: &str) -> String {
        let secrets = self.keys.iter().map(|(_, _, secret)| secret.as_str());
        secrets
            .filter(|s| !s.is_empty())
            .fold(text.to_owned(), |text, secret| text.replace(secret, MASK))
    }
}

/// What stands for a secret. It does not tell how long the secret is.
pub const MASK: &str = "••••••••••••";

/// What the wizard knows of the practice account.
#[derive(Clone, Debug, Default)]
pub struct Practice {
    /// What there is, once told.
    pub facts: Option<Box<PracticeFacts>>,
    /// The edit that is being made.
    pub busy: Option<PracticeEdit>,
    /// What came of the last one.
    pub answer: Option<PracticeAnswer>,
    /// Whether something was changed that the checks do not know yet.
    pub is_news: bool,
    pub(super) cursor: usize,
}

/// What came of an edit.
#[derive(Clone, Debug, PartialEq)]
pub struct PracticeAnswer {
    /// Which.
    pub edit: PracticeEdit,
    /// What was done, in words, or why it could not be.
    pub said: Result<Vec<String>, Box<Problem>>,
}

/// A line of the panel that the cursor can stand on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PracticeRow {
    /// Check again, now that something has changed.
    Check,
    /// An edit.
    Edit(PracticeEdit),
    /// The endpoint.
    Endpoint,
    /// The command to paste into a shell.
    Command,
    /// A key, by its place.
    Key(usize),
}

impl Wizard {
    /// Whether the target is the practice account.
    pub fn is_practice(&self) -> bool {
        if matches!(self.source, Source::Saved { .. }) {
            return false;
        }
        let told = self.report.as_ref().map(|r| &r.target);
        matches!(told, Some(Target::Demo { .. })) || self.connect.value(Field::Target).starts_with("demo:")
    }

    /// Whether the account's panel can be opened.
    pub(super) fn can_practise(&self) -> Can {
        if !self.is_practice() {
            Can::No("this is not the practice account")
        } else if self.run.state == RunState::Idle {
            Can::No("the practice account is not open yet")
        } else {
            Can::Yes
        }
    }

    /// The panel's rows that the cursor can stand on.
    pub fn practice_rows(&self) -> Vec<PracticeRow> {
        let mut rows = Vec::new();
        if self.practice.is_news {
            rows.push(PracticeRow::Check);
        }
        rows.extend(PracticeEdit::OFFERED.map(PracticeRow::Edit));
        if let Some(facts) = &self.practice.facts {
            rows.push(PracticeRow::Endpoint);
            rows.push(PracticeRow::Command);
            rows.extend((0..facts.keys.len()).map(PracticeRow::Key));
        }
        rows
    }

    /// The row under the panel's cursor.
    pub fn practice_row(&self) -> Option<PracticeRow> {
        let rows = self.practice_rows();
        rows.get(self.practice.cursor.min(rows.len().saturating_sub(1)))
            .copied()
    }

    /// Takes in what came of an edit.
    pub(super) fn practised(&mut self, event: PracticeEvent) -> Vec<Effect> {
        match event {
            PracticeEvent::Facts(facts) => {
                self.practice.facts = Some(facts);
                if self.practice.busy == Some(PracticeEdit::Look) {
                    self.practice.busy = None;
                }
            }
            PracticeEvent::Did { edit, say } => {
                self.practice.busy = None;
                if !edit.is_clock() && edit != PracticeEdit::Look {
                    self.account_changed();
                    self.plan_is_outdated();
                }
                if edit == PracticeEdit::Restore
                    || (edit == PracticeEdit::DeleteUser && self.grants_to_usual_reader())
                {
                    self.new_key_is_gone();
                }
                self.practice.answer = Some(PracticeAnswer { edit, said: Ok(say) });
                if !self.practice.is_news {
                    self.practice.is_news = true;
                    // The offer to check again stands first; the cursor stays on its row.
                    self.practice.cursor += 1;
                }
                // What step 2 shows behind the panel is of before.
                return self.plan_if_due();
            }
            PracticeEvent::Failed { edit, problem } => {
                self.practice.busy = None;
                self.practice.answer = Some(PracticeAnswer {
                    edit,
                    said: Err(problem),
                });
            }
        }
        Vec::new()
    }

    /// Opens the panel, and asks what there is.
    pub(super) fn act_on_practice(&mut self) -> Vec<Effect> {
        if self.overlay == Some(Overlay::Practice) {
            self.overlay = None;
            self.reveal = None;
            return Vec::new();
        }
        self.open(Overlay::Practice);
        self.practice.cursor = 0;
        if self.practice.busy.is_some() {
            return Vec::new();
        }
        self.practice.busy = Some(PracticeEdit::Look);
        vec![Effect::Practice(PracticeEdit::Look)]
    }

    /// What an action does while the panel is open.
    pub(super) fn act_in_practice(&mut self, action: Action) -> Option<Vec<Effect>> {
        let last = self.practice_rows().len().saturating_sub(1);
        let cursor = self.practice.cursor.min(last);
        self.practice.cursor = match action {
            Action::Up => cursor.saturating_sub(1),
            Action::Down => (cursor + 1).min(last),
            Action::PageUp => cursor.saturating_sub(10),
            Action::PageDown => (cursor + 10).min(last),
            Action::First => 0,
            Action::Last => last,
            Action::Open => return Some(self.open_practice_row()),
            _ => return None,
        };
        Some(Vec::new())
    }

    fn open_practice_row(&mut self) -> Vec<Effect> {
        match self.practice_row() {
            Some(PracticeRow::Check) => {
                if self.is_working() {
                    self.notice = Some(Notice::No("Checks are running; Esc cancels them.".into()));
                    return Vec::new();
                }
                self.overlay = None;
                self.reveal = None;
                let step = match self.step {
                    Step::Calendar => Step::Calendar,
                    _ => Step::Access,
                };
                let mut effects = self.start(self.run.rows, Scope::All);
                effects.extend(self.go(step));
                effects
            }
            Some(PracticeRow::Edit(edit)) => {
                if self.practice.busy.is_some() {
                    self.notice = Some(Notice::No("An edit is being made.".into()));
                    return Vec::new();
                }
                if self.grant.is_changing() {
                    self.notice = Some(Notice::No("2 Grant is changing the account; wait for it.".into()));
                    return Vec::new();
                }
                self.practice.busy = Some(edit);
                self.practice.answer = None;
                vec![Effect::Practice(edit)]
            }
            Some(PracticeRow::Key(_)) => {
                self.toggle_reveal();
                Vec::new()
            }
            Some(PracticeRow::Endpoint | PracticeRow::Command) | None => Vec::new(),
        }
    }

    /// What `y` copies of the panel, where no secret is in it.
    pub(super) fn practice_value(&self) -> Option<String> {
        match self.practice_row()? {
            PracticeRow::Endpoint => Some(self.practice.facts.as_ref()?.endpoint.clone()),
            _ => None,
        }
    }

    /// What `y` copies of the panel where a secret is in it: a key's secret, or the command that holds one; and what to
    /// call it.
    pub(super) fn practice_secret(&self) -> Option<(Secret, &'static str)> {
        let facts = self.practice.facts.as_ref()?;
        match self.practice_row()? {
            PracticeRow::Command => Some((Secret::new(facts.command.clone().into()), "command")),
            PracticeRow::Key(index) => {
                let (_, _, secret) = facts.keys.get(index)?;
                Some((Secret::new(secret.clone().into()), "secret"))
            }
            PracticeRow::Check | PracticeRow::Edit(_) | PracticeRow::Endpoint => None,
        }
    }

    /// What `Y` copies of the panel: a key as variables of a shell.
    pub(super) fn practice_command(&self) -> Option<(Secret, &'static str)> {
        let facts = self.practice.facts.as_ref()?;
        match self.practice_row()? {
            PracticeRow::Key(index) => {
                let (_, id, secret) = facts.keys.get(index)?;
                let text = format!("export AWS_ACCESS_KEY_ID={id} AWS_SECRET_ACCESS_KEY={secret}");
                Some((Secret::new(text.into()), "key as variables of a shell"))
            }
            _ => Some((Secret::new(facts.command.clone().into()), "command")),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
