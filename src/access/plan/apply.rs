//! Which step comes next. Pure: a driver observes what is there, asks [`next_step`], writes what it is told to write to
//! the journal (and to disk, synced), makes the call, journals the outcome, and asks again. A kill between any two of
//! these leaves a journal from which [`next_step`] goes on.
//!
//! - A change that was journaled as intended and is there now was ours: it is recorded, not made again.
//! - A change that was not begun must find what the plan saw; anything else is drift, and nothing more is done.
//! - A key made by a call of which we never learned the end, and whose secret is in no key file, was never handed out:
//!   it is deleted before another is made. So there is never a second user, nor more than one active key of ours.

use serde::{Deserialize, Serialize};

use super::{Change, ChangeKind, Plan, build::same_policy, undo::UndoFile};
use crate::access::needs::POLICY_NAME;

/// One line of the journal, JSON. It holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "kebab-case")]
pub enum Entry {
    /// The plan that is applied, by its fingerprint. Always the first.
    Begun {
        /// [`Plan::fingerprint`].
        plan: String,
    },
    /// The plan itself, and which files go with it: a journal alone is enough to go on. Written before the first change.
    Opened {
        /// The plan.
        plan: Box<Plan>,
        /// The undo file, as it was named.
        undo_file: String,
        /// The file for the new key, as it was named; `None` where its secret is shown, or no key is made.
        #[serde(default)]
        key_file: Option<String>,
    },
    /// A change is about to be made.
    Intent {
        /// Its place in the plan.
        change: usize,
        /// For a key: the ids of the user's keys at this moment.
        #[serde(default)]
        keys_before: Vec<String>,
    },
    /// A change was made, or was found to be there.
    Done {
        /// Its place in the plan.
        change: usize,
        /// What was made.
        made: Made,
    },
    /// A key that was never handed out is about to be deleted.
    Discarding {
        /// Its id.
        id: String,
    },
    /// A change failed; nothing after it was tried.
    Failed {
        /// Its place in the plan.
        change: usize,
        /// Why, without secrets.
        why: String,
    },
    /// The server said no to a change's call, so the call made nothing: what is found there later is somebody else's. Not
    /// written where no answer came, or one that leaves it open: a client that tries again by itself may be told of a
    /// user as *already there* that its own first try made.
    Refused {
        /// Its place in the plan.
        change: usize,
    },
}

/// What a change made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "made", rename_all = "kebab-case")]
pub enum Made {
    /// A user.
    User {
        /// Its unique id.
        id: String,
    },
    /// The user's policy, and its text as read back.
    UserPolicy {
        /// The text.
        left: String,
    },
    /// The bucket's policy, and its text as read back.
    BucketPolicy {
        /// The text.
        left: String,
    },
    /// A key.
    Key {
        /// Its id.
        id: String,
    },
    /// Nothing: it was there already, and is not ours to take back.
    Nothing,
}

/// The user, as it is now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ObservedUser {
    /// Its unique id.
    pub id: String,
    /// Our inline policy's text ([`POLICY_NAME`]).
    pub policy: Option<String>,
    /// The ids of its keys.
    pub keys: Vec<String>,
    /// All else that hangs on it, in words: other inline policies, attached policies, groups, a password, MFA devices.
    pub others: Vec<String>,
}

/// What is there now, of what a plan touches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Observed {
    /// The user.
    pub user: Option<ObservedUser>,
    /// The bucket's policy.
    pub bucket_policy: Option<String>,
    /// The id of the key whose secret the key file holds, where there is a key file of this apply and it holds one.
    pub key_in_file: Option<String>,
}

/// Something that is not as the plan saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// What: `the bucket policy`.
    pub what: String,
    /// How it differs, in words.
    pub how: String,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Write this entry, then make the change's call, then write [`Entry::Done`] ([`done`]) or [`Entry::Failed`].
    Make {
        /// Its place in the plan.
        change: usize,
        /// What to write first.
        intent: Entry,
    },
    /// The change is there: write this entry and go on.
    Record(Entry),
    /// Write this entry, then delete the key (`iam:DeleteAccessKey`), which was never handed out.
    Discard {
        /// The key's id.
        id: String,
        /// What to write first.
        entry: Entry,
    },
    /// Make no call: what the plan would change has changed.
    Refuse(Vec<Drift>),
    /// All is done.
    Finish,
}

/// Why a journal can't be gone on with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JournalError {
    /// A line is no entry (and not the last, which a kill may have cut).
    Unreadable {
        /// Counted from 1.
        line: usize,
    },
    /// It is the journal of another plan.
    OtherPlan,
}

impl std::fmt::Display for JournalError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable { line } => write!(f, "line {line} of the journal can't be read"),
            Self::OtherPlan => f.write_str("the journal belongs to another plan"),
        }
    }
}

impl std::error::Error for JournalError {}

/// Reads a journal, one entry a line. A last line that a kill cut off does not count.
///
/// # Errors
/// When another line can't be read, or the journal is another plan's.
pub fn read_journal(text: &str, plan: &Plan) -> Result<Vec<Entry>, JournalError> {
    let mut entries = Vec::new();
    let lines: Vec<&str> = text.split('\n').collect();
    let whole = lines.len().saturating_sub(1);
    for (at, line) in lines.iter().enumerate().take(whole) {
        if line.trim().is_empty() {
            continue;
        }
        let entry = serde_json::from_str(line).map_err(|_| JournalError::Unreadable { line: at + 1 })?;
        entries.push(entry);
    }
    match entries.first() {
        None => {}
        Some(Entry::Begun { plan: of }) if *of == plan.fingerprint() => {}
        Some(_) => return Err(JournalError::OtherPlan),
    }
    Ok(entries)
}

/// An entry as a line of the journal, its line end included.
pub fn journal_line(entry: &Entry) -> String {
    serde_json::to_string(entry).unwrap_or_default() + "\n"
}

/// The entry that opens a plan's journal.
pub fn begun(plan: &Plan) -> Entry {
    Entry::Begun {
        plan: plan.fingerprint(),
    }
}

/// The entry for a change whose call succeeded, from what was read back after it. `key` is the id of the key that
/// `iam:CreateAccessKey` answered with; for a key the entry is written after the secret was handed out.
pub fn done(plan: &Plan, change: usize, observed: &Observed, key: Option<&str>) -> Entry {
    let user = observed.user.as_ref();
    let made = match plan.changes.get(change).map(|c| &c.kind) {
        Some(ChangeKind::CreateUser { .. }) => user.map(|u| Made::User { id: u.id.clone() }),
        Some(ChangeKind::PutUserPolicy { document, .. }) => Some(Made::UserPolicy {
            left: user
                .and_then(|u| u.policy.clone())
                .unwrap_or_else(|| document.clone()),
        }),
        Some(ChangeKind::PutBucketPolicy { document, .. }) => Some(Made::BucketPolicy {
            left: observed.bucket_policy.clone().unwrap_or_else(|| document.clone()),
        }),
        Some(ChangeKind::CreateAccessKey { .. }) => key.map(|id| Made::Key { id: id.to_owned() }),
        None => None,
    };
    Entry::Done {
        change,
        made: made.unwrap_or(Made::Nothing),
    }
}

/// What to do next, given the plan, its journal and what is there now.
pub fn next_step(plan: &Plan, journal: &[Entry], observed: &Observed) -> Step {
    let run = Run {
        plan,
        journal,
        observed,
    };
    let open: Vec<(usize, &Change)> = (0..)
        .zip(&plan.changes)
        .filter(|(at, _)| !run.is_done(*at))
        .collect();
    // All that was not begun must be as the plan saw it, before anything more is done.
    let drift: Vec<Drift> = open
        .iter()
        .filter(|(at, _)| run.intent(*at).is_none())
        .filter_map(|(_, change)| run.drift(change))
        .chain(run.user_replaced())
        .collect();
    if !drift.is_empty() {
        return Step::Refuse(drift);
    }
    let Some((at, change)) = open.first() else {
        return match run.stray_key() {
            Some(id) => Step::Discard {
                entry: Entry::Discarding { id: id.clone() },
                id,
            },
            None => Step::Finish,
        };
    };
    match run.intent(*at) {
        Some(keys_before) => run.resume(*at, change, keys_before),
        None => run.begin(*at, change),
    }
}

struct Run<'r> {
    plan: &'r Plan,
    journal: &'r [Entry],
    observed: &'r Observed,
}

impl Run<'_> {
    fn is_done(&self, at: usize) -> bool {
        self.journal
            .iter()
            .any(|e| matches!(e, Entry::Done { change, .. } if *change == at))
    }

    /// The attempts at a change that may have made something, with the keys that were there then. One to which the server
    /// said no is none.
    fn attempts(&self, at: usize) -> Vec<&[String]> {
        let mut attempts = Vec::new();
        for entry in self.journal {
            match entry {
                Entry::Intent { change, keys_before } if *change == at => {
                    attempts.push(keys_before.as_slice());
                }
                Entry::Refused { change } if *change == at => _ = attempts.pop(),
                _ => {}
            }
        }
        attempts
    }

    /// Whether a change was begun, and which keys there were then. The latest attempt counts.
    fn intent(&self, at: usize) -> Option<&[String]> {
        self.attempts(at).pop()
    }

    fn made_user(&self) -> bool {
        (0..)
            .zip(&self.plan.changes)
            .any(|(at, c)| matches!(c.kind, ChangeKind::CreateUser { .. }) && self.intent(at).is_some())
    }

    fn policy(&self) -> Option<&str> {
        self.observed.user.as_ref().and_then(|u| u.policy.as_deref())
    }

    fn keys(&self) -> &[String] {
        self.observed.user.as_ref().map_or(&[], |u| &u.keys)
    }

    /// A user that we made and that is another one now, or gone.
    fn user_replaced(&self) -> Option<Drift> {
        let made = self.journal.iter().find_map(|e| match e {
            Entry::Done {
                made: Made::User { id },
                ..
            } => Some(id),
            _ => None,
        })?;
        let how = match &self.observed.user {
            Some(user) if user.id == *made => return None,
            Some(user) => format!("it was made by this apply as {made}, and is {} now", user.id),
            // A fresh user may not be visible everywhere yet; the driver asks again before it believes this.
            None => format!("it was made by this apply as {made}, and is gone"),
        };
        Some(Drift {
            what: format!("the user {}", self.plan.user),
            how,
        })
    }

    /// How what a change would change differs from what the plan saw; `None` also where it is already as wanted.
    fn drift(&self, change: &Change) -> Option<Drift> {
        let drift = |what: String, how: String| Some(Drift { what, how });
        match &change.kind {
            ChangeKind::CreateUser { user, .. } => {
                let found = self.observed.user.as_ref()?;
                drift(
                    format!("the user {user}"),
                    format!("the plan saw none, and now there is one ({})", found.id),
                )
            }
            ChangeKind::PutUserPolicy { user, name, document } => {
                // The user comes with the plan; without one that we make, it must be there.
                if self.observed.user.is_none() {
                    return match self.plan_makes_user() {
                        true => None,
                        false => drift(
                            format!("the user {user}"),
                            "the plan saw it, and it is gone".into(),
                        ),
                    };
                }
                let now = self.policy();
                let same = now == change.before.as_deref() || now.is_some_and(|n| same_policy(n, document));
                match same {
                    true => None,
                    false => drift(
                        format!("the user policy {name}"),
                        changed(change.before.as_deref(), now),
                    ),
                }
            }
            ChangeKind::PutBucketPolicy { document, .. } => {
                let now = self.observed.bucket_policy.as_deref();
                let same = now == change.before.as_deref() || now.is_some_and(|n| same_policy(n, document));
                match same {
                    true => None,
                    false => drift("the bucket policy".into(), changed(change.before.as_deref(), now)),
                }
            }
            ChangeKind::CreateAccessKey { user, keys_before } => {
                let mut now = self.keys().to_vec();
                let mut then = keys_before.clone();
                now.sort_unstable();
                then.sort_unstable();
                match now == then {
                    true => None,
                    false => drift(
                        format!("the keys of the user {user}"),
                        format!("the plan saw {}, and now there are {}", then.len(), now.len()),
                    ),
                }
            }
        }
    }

    /// A key of an earlier try that showed itself late: AWS may not list a fresh key at once. Only where there was an
    /// earlier try, so that a key that somebody else made is never taken for ours.
    fn stray_key(&self) -> Option<String> {
        let (at, before) = (0..).zip(&self.plan.changes).find_map(|(at, c)| match &c.kind {
            ChangeKind::CreateAccessKey { keys_before, .. } => Some((at, keys_before)),
            _ => None,
        })?;
        let tries = self.attempts(at).len();
        let made = self.journal.iter().rev().find_map(|e| match e {
            Entry::Done {
                made: Made::Key { id },
                ..
            } => Some(id),
            _ => None,
        })?;
        let stray = |k: &&String| *k != made && !before.contains(k);
        (tries > 1)
            .then(|| self.keys().iter().find(stray).cloned())
            .flatten()
    }

    fn plan_makes_user(&self) -> bool {
        self.plan
            .changes
            .iter()
            .any(|c| matches!(c.kind, ChangeKind::CreateUser { .. }))
    }

    /// A change that was not begun: made, or recorded where somebody else has made it meanwhile.
    fn begin(&self, at: usize, change: &Change) -> Step {
        let already = match &change.kind {
            ChangeKind::PutUserPolicy { document, .. } => {
                self.policy().is_some_and(|n| same_policy(n, document))
            }
            ChangeKind::PutBucketPolicy { document, .. } => self
                .observed
                .bucket_policy
                .as_deref()
                .is_some_and(|n| same_policy(n, document)),
            _ => false,
        };
        if already {
            return Step::Record(Entry::Done {
                change: at,
                made: Made::Nothing,
            });
        }
        self.make(at, change)
    }

    fn make(&self, at: usize, change: &Change) -> Step {
        let keys_before = match change.kind {
            ChangeKind::CreateAccessKey { .. } => self.keys().to_vec(),
            _ => Vec::new(),
        };
        Step::Make {
            change: at,
            intent: Entry::Intent {
                change: at,
                keys_before,
            },
        }
    }

    /// A change that was begun and of whose end we know nothing.
    fn resume(&self, at: usize, change: &Change, keys_before: &[String]) -> Step {
        let there = match &change.kind {
            ChangeKind::CreateUser { .. } => self.observed.user.is_some(),
            ChangeKind::PutUserPolicy { document, .. } => {
                if let Some(step) = self.put(self.policy(), change, document, POLICY_NAME) {
                    return step;
                }
                self.policy().is_some_and(|n| same_policy(n, document))
            }
            ChangeKind::PutBucketPolicy { document, .. } => {
                let now = self.observed.bucket_policy.as_deref();
                if let Some(step) = self.put(now, change, document, "bucket policy") {
                    return step;
                }
                now.is_some_and(|n| same_policy(n, document))
            }
            ChangeKind::CreateAccessKey { .. } => return self.resume_key(at, change, keys_before),
        };
        match there {
            true => Step::Record(done(self.plan, at, self.observed, None)),
            false => self.make(at, change),
        }
    }

    /// A policy that is neither what it was nor what it should be is somebody else's doing.
    fn put(&self, now: Option<&str>, change: &Change, document: &str, name: &str) -> Option<Step> {
        let as_before = now == change.before.as_deref();
        let as_wanted = now.is_some_and(|n| same_policy(n, document));
        (!as_before && !as_wanted).then(|| {
            Step::Refuse(vec![Drift {
                what: format!("the {name}"),
                how: changed(change.before.as_deref(), now),
            }])
        })
    }

    fn resume_key(&self, at: usize, change: &Change, keys_before: &[String]) -> Step {
        let ours: Vec<&String> = self.keys().iter().filter(|k| !keys_before.contains(k)).collect();
        let handed_out = self.observed.key_in_file.as_ref().filter(|id| ours.contains(id));
        if let Some(id) = handed_out {
            return Step::Record(done(self.plan, at, self.observed, Some(id)));
        }
        match ours.first() {
            Some(id) => Step::Discard {
                id: (*id).clone(),
                entry: Entry::Discarding { id: (*id).clone() },
            },
            None => self.make(at, change),
        }
    }
}

fn changed(before: Option<&str>, now: Option<&str>) -> String {
    match (before, now) {
        (None, Some(_)) => "the plan saw none, and now there is one".into(),
        (Some(_), None) => "the plan saw one, and it is gone".into(),
        _ => "it has changed since the plan was made".into(),
    }
}

/// What undoes an apply as far as it came, from its journal. Write it before the first change and after each.
pub fn undo_file(plan: &Plan, journal: &[Entry]) -> UndoFile {
    let run = Run {
        plan,
        journal,
        observed: &Observed::default(),
    };
    UndoFile::of(
        plan,
        (0..).zip(&plan.changes).filter_map(|(at, change)| {
            let made = journal.iter().rev().find_map(|e| match e {
                Entry::Done { change, made } if *change == at => Some(made.clone()),
                _ => None,
            });
            match (made, run.intent(at)) {
                (Some(made), _) => Some((change, Some(made), Vec::new())),
                (None, Some(keys)) => Some((change, None, keys.to_vec())),
                (None, None) => None,
            }
        }),
    )
}

/// The places of the plan's changes that are not done.
pub fn open_changes(plan: &Plan, journal: &[Entry]) -> Vec<usize> {
    let done = |at: usize| {
        journal
            .iter()
            .any(|e| matches!(e, Entry::Done { change, .. } if *change == at))
    };
    (0..plan.changes.len()).filter(|at| !done(*at)).collect()
}

/// Whether a journal has begun to make a user: then a plan's user that is there is ours.
pub fn began_user(plan: &Plan, journal: &[Entry]) -> bool {
    Run {
        plan,
        journal,
        observed: &Observed::default(),
    }
    .made_user()
}
