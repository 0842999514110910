//! The lane of step 2: what is planned, applied and undone, and what the user was shown of it.
//!
//! The engine does the work outside; here is what was asked of it, what it told, and what can be asked next. A plan is
//! made as soon as the step is entered with an operator's credentials, and again whenever what is wanted changes.
//!
//! - [`form`]: what is wanted of a plan
//! - [`rows`]: the lines of the step's list, and what opens of them
//! - [`secret`]: the new key: shown on request and for a short while, copied, saved, used for the checks
//! - `lane`: what the engine tells
//! - `act`: what keys ask for; `undo`: the same of what is taken back; `dialog`: what acts while such a panel is open

mod act;
mod dialog;
pub mod form;
mod lane;
pub mod rows;
pub mod secret;
mod undo;

pub use form::{Form, GrantField};
pub use rows::GrantItem;
pub use secret::{FreshKey, Reveal};

use super::{
    connect::{Connection, ReaderKey, Role},
    event::RunId,
    state::{Confirm, Overlay, Source, Wizard},
};
use crate::{
    access::plan::{
        Change, ChangeKind, ChangeState, Plan, Wanted,
        apply::Drift,
        undo::{UndoFile, UndoPlan},
    },
    report::{GrantReport, Problem, Target},
};

/// What step 2 knows.
#[derive(Clone, Debug, Default)]
pub struct Grant {
    /// The newest work of this lane.
    pub run: RunId,
    /// What that work is, while it goes on.
    pub doing: Option<Doing>,
    /// Whether it was told to stop.
    pub cancelling: bool,
    /// What is wanted.
    pub form: Form,
    /// The plan, once there is one.
    pub plan: Option<Box<Plan>>,
    /// What the newest plan was asked for, and of whom.
    pub(super) asked: Option<(Connection, Wanted)>,
    /// What became of applying it.
    pub applied: Option<Applied>,
    /// What is, or was, taken back.
    pub undo: UndoWork,
    /// The undo files of this session that still have something to take back, the newest first.
    pub undo_files: Vec<String>,
    /// The key that an apply of this session made.
    pub key: Option<FreshKey>,
    /// Why planning or applying could not be done.
    pub problem: Option<Box<Problem>>,
}

/// Work of this lane, by kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// Looking at user and bucket.
    Planning,
    /// Applying the plan.
    Applying,
    /// Looking at what an undo file would take back.
    LookingBack,
    /// Taking it back.
    Undoing,
}

/// What became of applying a plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Applied {
    /// How far each change is, by its place; `None` for one that was not begun.
    pub states: Vec<Option<ChangeState>>,
    /// The undo file.
    pub undo_file: Option<String>,
    /// The last word on waiting for AWS to agree with itself.
    pub waiting: Option<Waiting>,
    /// What the reader's key was seen to do, or why that could not be seen.
    pub verified: Option<(Verified, String)>,
    /// Whether it made a key.
    pub made_key: bool,
    /// What was not as the plan saw it.
    pub drift: Vec<Drift>,
    /// The ends of keys of an interrupted run that were deleted.
    pub discarded: Vec<String>,
    /// How it ended.
    pub end: Option<End>,
}

/// What came of trying the reader's key after an apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verified {
    /// It lists and reads.
    Works,
    /// It was refused.
    Refused,
    /// It could not be tried: nobody here knows its secret.
    NotTried,
}

/// A word on waiting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Seconds since the last change.
    pub elapsed: u64,
    /// Seconds after which waiting ends.
    pub deadline: u64,
    /// Right answers in a row.
    pub in_a_row: u32,
    /// The last refusal.
    pub last_error: Option<String>,
}

/// How an apply ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All changes were made.
    Done,
    /// The user stopped it.
    Stopped,
    /// A change, or something about it, failed.
    Failed,
    /// What it would change had changed: nothing (more) was done.
    Refused,
}

/// What is, or was, taken back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UndoWork {
    /// The undo file.
    pub path: String,
    /// What it says, once read.
    pub file: Option<Box<UndoFile>>,
    /// What is to be done, once it was compared with what is there.
    pub plan: Option<UndoPlan>,
    /// What was taken back, in words.
    pub told: Vec<String>,
    /// What stays, and why, once it was done.
    pub stays: Vec<String>,
    /// Why it could not be done.
    pub problem: Option<Box<Problem>>,
    /// Whether it was done.
    pub done: bool,
}

/// Work of this lane.
#[derive(Clone, Debug, PartialEq)]
pub struct StartGrant {
    /// Its number.
    pub run: RunId,
    /// Which bucket, as whom.
    pub connection: Connection,
    /// What is to be done.
    pub task: GrantTask,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum GrantTask {
    /// Look at user and bucket, and plan.
    Plan(Box<Wanted>),
    /// Apply exactly this plan.
    Apply(Box<Plan>),
    /// Read an undo file and say what it would take back; change nothing. It tells
    /// [`UndoRead`](crate::access::plan::GrantEvent::UndoRead) and
    /// [`UndoPlanned`](crate::access::plan::GrantEvent::UndoPlanned).
    PlanUndo {
        /// The file.
        path: String,
    },
    /// Take back what an undo file says.
    Undo {
        /// The file.
        path: String,
    },
}

/// In which form a plan is printed for the person who holds the rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrintForm {
    /// `aws` commands.
    Aws,
    /// Terraform.
    Terraform,
    /// CloudFormation.
    CloudFormation,
}

impl PrintForm {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Aws, Self::Terraform, Self::CloudFormation];

    /// As people name it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Aws => "aws cli",
            Self::Terraform => "terraform",
            Self::CloudFormation => "cloudformation",
        }
    }

    /// The end of a file that holds it.
    const fn extension(self) -> &'static str {
        match self {
            Self::Aws => "sh",
            Self::Terraform => "tf",
            Self::CloudFormation => "yaml",
        }
    }

    /// The plan in this form.
    pub fn print(self, plan: &Plan) -> String {
        use crate::access::plan::print::{aws, cloudformation, terraform};
        match self {
            Self::Aws => aws(plan),
            Self::Terraform => terraform(plan),
            Self::CloudFormation => cloudformation(plan),
        }
    }

    pub(super) fn turned(self, forward: bool) -> Self {
        let at = Self::ALL.iter().position(|f| *f == self).unwrap_or(0);
        let to = (at + if forward { 1 } else { Self::ALL.len() - 1 }) % Self::ALL.len();
        Self::ALL.get(to).copied().unwrap_or(self)
    }
}

impl Applied {
    /// A change's state.
    pub fn state(&self, index: usize) -> Option<&ChangeState> {
        self.states.get(index)?.as_ref()
    }

    /// How many changes stand: made, or found to be there.
    pub fn standing(&self) -> usize {
        self.states
            .iter()
            .filter(|s| matches!(s, Some(ChangeState::Made | ChangeState::Found)))
            .count()
    }

    /// Whether anything was changed.
    pub fn has_changed(&self) -> bool {
        self.states.iter().any(|s| matches!(s, Some(ChangeState::Made)))
    }
}

impl Grant {
    /// Whether something is being changed at the moment, so that leaving must be asked about.
    pub fn is_changing(&self) -> bool {
        matches!(self.doing, Some(Doing::Applying | Doing::Undoing))
    }

    /// The key that this session made, where it is still there.
    pub fn live_key(&self) -> Option<&FreshKey> {
        self.key.as_ref().filter(|key| !key.is_gone)
    }

    /// The key that this session made and whose secret nobody took over: leaving loses it.
    pub fn secret_to_lose(&self) -> Option<&FreshKey> {
        self.live_key().filter(|key| !key.is_handed_over())
    }

    /// The key that this session made, as the checks take it.
    fn session_key(&self) -> Option<ReaderKey> {
        self.live_key().map(|key| ReaderKey {
            id: key.id.clone(),
            secret: key.secret.clone(),
        })
    }

    /// Whether the plan was applied as a whole.
    pub fn is_applied(&self) -> bool {
        self.applied.as_ref().is_some_and(|a| a.end == Some(End::Done))
    }
}

impl Wizard {
    /// Whether `q` asks first: something is being changed, or a new key's secret would be lost. It asks once for the
    /// secret.
    pub(super) fn asks_before_leaving(&self) -> bool {
        let asked = self.overlay == Some(Overlay::Confirm(Confirm::Quit));
        self.is_changing() || (self.grant.secret_to_lose().is_some() && !asked)
    }

    /// Why step 2 does not apply here; `None` where it does.
    pub fn no_grant(&self) -> Option<&'static str> {
        if matches!(self.source, Source::Saved { .. }) {
            let has_one = self.report.as_ref().is_some_and(|r| r.grant.is_some());
            return (!has_one).then_some("a saved report can't grant anything");
        }
        if matches!(
            self.report.as_ref().map(|r| &r.target),
            Some(Target::Folder { .. })
        ) {
            return Some("a local folder needs no grant");
        }
        match self.connect.role {
            Role::Operator => None,
            Role::Reader => Some("the reader's own key can't grant; connect as operator"),
            Role::SavedReport => Some("a saved report can't grant anything"),
        }
    }

    /// The plan that step 2 shows: of this session, else of the report.
    pub fn shown_plan(&self) -> Option<&Plan> {
        match &self.grant.plan {
            Some(plan) => Some(plan),
            None => Some(&self.report.as_ref()?.grant.as_ref()?.plan),
        }
    }

    /// Whether the reader gets in as it is, and the plan would only put other policies in place: nobody waits for it.
    pub fn plan_only_tightens(&self) -> bool {
        let puts = |change: &Change| {
            matches!(
                change.kind,
                ChangeKind::PutUserPolicy { .. } | ChangeKind::PutBucketPolicy { .. }
            )
        };
        let plan = self.grant.plan.as_ref().filter(|p| !p.is_satisfied());
        plan.is_some_and(|p| p.problems.is_empty() && p.changes.iter().all(puts))
            && self.grant.form.fixes.is_empty()
            && self.reader_gets_in()
    }

    /// What the report says of the grant: what this session planned and did, else what the report said before.
    pub fn grant_report(&self) -> Option<GrantReport> {
        let Some(plan) = &self.grant.plan else {
            return self.report.as_ref()?.grant.clone();
        };
        let applied = self.grant.applied.as_ref();
        let outcomes = plan
            .changes
            .iter()
            .enumerate()
            .filter_map(|(i, change)| {
                let what = match applied?.state(i)? {
                    ChangeState::Making => "begun; whether it was made is not known".to_owned(),
                    ChangeState::Made => "made".to_owned(),
                    ChangeState::Found => "was there already".to_owned(),
                    ChangeState::Failed(why) => format!("failed: {why}"),
                };
                Some(format!("{}: {what}", change.title))
            })
            .collect();
        Some(GrantReport {
            plan: (**plan).clone(),
            outcomes,
            // Of the practice account there is no such file.
            undo_file: applied
                .filter(|a| a.has_changed() && !self.is_practice())
                .and_then(|a| a.undo_file.clone()),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
