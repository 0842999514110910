//! A grant as data: what is there, what will be, in which order, why, by which call and command, and how it is undone.
//!
//! - [`inspected`]: what was found, and what is wanted
//! - [`build`]: from these two, a [`Plan`]; [`concerns`] adds what stands in its way or will not be cured by it
//! - `print`: the plan as `aws` commands, Terraform or CloudFormation
//! - [`apply`]: which step comes next, given the plan, the journal and what is there now; so a kill at any point can be
//!   resumed, with never a second user nor more than one active key of ours
//! - [`undo`]: how exactly our own changes are taken back
//! - [`settle`]: when a fresh key counts as usable
//! - `saved`: whether a saved plan says what it does
//! - [`progress`]: what is told while it goes on
//!
//! Nothing here performs anything, and no secret is part of plan, journal or undo file.

pub mod apply;
pub mod build;
pub mod concerns;
pub mod inspected;
pub mod print;
pub mod progress;
mod saved;
pub mod settle;
pub mod undo;

use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_128;

pub use build::plan;
pub use inspected::{AttachedPolicy, GroupFacts, InlinePolicy, Inspected, Known, UserFacts, Wanted};
pub use progress::{ChangeState, GrantEvent, Secret};

use saved::{is_as_told, is_its_own};

use super::{
    evaluate::Unseen,
    merge::StatementChange,
    needs::{Extras, Target},
};
use crate::rule::Next;

/// The version of a saved plan's shape.
pub const PLAN_VERSION: &str = "1";

/// What is to be changed, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// [`PLAN_VERSION`].
    pub schema_version: String,
    /// The bucket and where in it the folders lie.
    pub target: Target,
    /// The bucket's region, where it is known.
    pub region: Option<String>,
    /// The reader's name.
    pub user: String,
    /// The reader's ARN, where the account is known.
    pub user_arn: Option<String>,
    /// The account that owns the bucket, where it is known.
    pub bucket_account: Option<String>,
    /// What is granted beside listing and reading.
    pub extras: Extras,
    /// Whether it makes a second key.
    pub rotate: bool,
    /// The changes, in the order in which they must be made.
    pub changes: Vec<Change>,
    /// What is already as it should be, in words.
    pub satisfied: Vec<String>,
    /// What stands in the way, or will not be cured.
    pub problems: Vec<Concern>,
    /// What could not be seen.
    pub unseen: Vec<Unseen>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What is done.
    #[serde(flatten)]
    pub kind: ChangeKind,
    /// In a few words: `create user statsig-reader`.
    pub title: String,
    /// What was there when the plan was made: the policy's text, the user's id; `None` for nothing.
    pub before: Option<String>,
    /// What will be there, where it is a text.
    pub after: Option<String>,
    /// A short hash of what was there, to see at a glance whether it is still the same.
    pub before_hash: String,
    /// Why it is needed.
    pub why: String,
    /// The API call: `iam:CreateUser`. It is the IAM action that it needs, too.
    pub call: String,
    /// The equivalent command.
    pub command: String,
    /// How it is taken back, in words.
    pub undo: String,
    /// For the bucket policy: what becomes of each statement.
    #[serde(default)]
    pub statements: Vec<StatementChange>,
}

/// What a change does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum ChangeKind {
    /// `iam:CreateUser`
    CreateUser {
        /// The name.
        user: String,
        /// The path, `/` or `/partners/`.
        path: String,
    },
    /// `iam:PutUserPolicy`
    PutUserPolicy {
        /// The user.
        user: String,
        /// The policy's name.
        name: String,
        /// The whole document.
        document: String,
    },
    /// `s3:PutBucketPolicy`
    PutBucketPolicy {
        /// The bucket.
        bucket: String,
        /// The whole document, merged.
        document: String,
    },
    /// `iam:CreateAccessKey`
    CreateAccessKey {
        /// The user.
        user: String,
        /// The ids of the keys that the user had when the plan was made.
        keys_before: Vec<String>,
    },
}

/// What stands in a plan's way, or will not be cured by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concern {
    /// Whether the plan must not be applied as long as it stands.
    pub blocking: bool,
    /// In words.
    pub say: String,
    /// What to do.
    pub next: Next,
    /// The text of a statement that a new plan could drop ([`Wanted::drop`]), where that is a way out.
    #[serde(default)]
    pub offer_to_drop: Option<String>,
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_satisfied(&self) -> bool {
        self.changes.is_empty()
    }

    /// The concerns that must be met before it is applied.
    pub fn blocking(&self) -> impl Iterator<Item = &Concern> {
        self.problems.iter().filter(|p| p.blocking)
    }

    /// Whether it makes a key, so that a place for the secret is needed.
    pub fn makes_key(&self) -> bool {
        self.changes
            .iter()
            .any(|c| matches!(c.kind, ChangeKind::CreateAccessKey { .. }))
    }

    /// What names exactly this plan, in journals and undo files.
    pub fn fingerprint(&self) -> String {
        fingerprint(&serde_json::to_string(self).unwrap_or_default())
    }

    /// Reads a saved plan.
    ///
    /// # Errors
    /// When it is not a plan, or one of a later version.
    pub fn read(text: &str) -> Result<Self, String> {
        let plan: Self = serde_json::from_str(text).map_err(|e| format!("this is not a saved plan: {e}"))?;
        if plan.schema_version != PLAN_VERSION {
            return Err(format!(
                "this plan has the version {}, and this program reads version {PLAN_VERSION}",
                plan.schema_version
            ));
        }
        if let Some(at) = plan.changes.iter().position(|c| !is_its_own(&plan, &c.kind)) {
            return Err(format!(
                "change {} of this plan is to another user, bucket or policy than the plan's own",
                at + 1
            ));
        }
        match plan.changes.iter().position(|c| !is_as_told(&plan, c)) {
            None => Ok(plan),
            Some(at) => Err(format!(
                "change {} of this plan would do something else than it tells: it was edited, or made by another version",
                at + 1
            )),
        }
    }

    /// The plan as it is saved.
    pub fn write(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

/// A short hash of a text, 32 hexadecimal digits. It tells whether something changed; it is no proof against forgery.
pub fn fingerprint(text: &str) -> String {
    format!("{:032x}", XxHash3_128::oneshot(text.as_bytes()))
}

#[cfg(test)]
mod tests;
