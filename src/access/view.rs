//! The three ways of knowing, side by side: what the policies predict, what the reader's key observed, what the
//! integration needs; with the explanations, and the documents they point into. The Access screen and the report show it.

use serde::{Deserialize, Serialize};

mod build;

pub use build::{ELSEWHERE, view};

use super::{
    evaluate::Unseen,
    needs::Need,
    policy::{Effect, Source},
    truth::Truth,
};
use crate::rule::{Code, Next};

/// All that is known of the reader's access.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AccessView {
    /// The matrix: list, read, write; each over the three folders and what lies elsewhere.
    pub rows: Vec<AccessRow>,
    /// Why needs are unmet, the likeliest first.
    pub explanations: Vec<ExplainedNeed>,
    /// Every policy that could be seen, as it is attached.
    pub policies: Vec<PolicyText>,
    /// What could not be seen.
    pub unseen: Vec<Unseen>,
    /// Requests of which the policies say one thing and the server another (A218).
    pub differences: Vec<Difference>,
    /// What IAM's own simulator says beside our prediction; empty where it could not be asked.
    pub simulator: Vec<SimulatorSays>,
}

/// What IAM's own simulator says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SimulatorSays {
    /// Whether it is sure of what our prediction is sure not to be.
    pub differs: bool,
    /// Both, in words.
    pub say: String,
}

/// A request on which prediction and observation differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// What was asked.
    pub action: AccessAction,
    /// The cell's place: `events/` with the prefix before it, or `elsewhere`.
    pub place: String,
    /// Both sides, in words.
    pub say: String,
}

/// What is asked of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccessAction {
    /// `s3:ListBucket`
    List,
    /// `s3:GetObject`
    Read,
    /// Anything that writes: never tried, only predicted.
    Write,
}

/// A line of the matrix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessRow {
    /// What is asked.
    pub action: AccessAction,
    /// `events/`, `metrics/`, `signals/`, elsewhere, in this order.
    pub cells: Vec<AccessCell>,
}

/// A cell of the matrix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessCell {
    /// `events/` with the prefix before it, or `elsewhere`.
    pub place: String,
    /// Whether the integration needs it; what it does not need should be refused.
    pub needed: bool,
    /// What the policies say.
    pub predicted: Truth,
    /// What the reader's key came to.
    pub seen: Seen,
}

/// What the reader's key came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// It was not tried.
    #[default]
    NotTried,
    /// So many requests were answered, for so many objects.
    Allowed {
        /// Objects listed or read.
        objects: u64,
    },
    /// Some or all were refused.
    Refused {
        /// How many.
        refused: u64,
        /// Of how many that were tried.
        of: u64,
    },
}

/// An unmet need, explained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExplainedNeed {
    /// The rule it falls under.
    pub code: Code,
    /// The need.
    pub need: Need,
    /// The cause, in words.
    pub say: String,
    /// The statement that decides or comes near.
    pub place: Option<StatementPlace>,
    /// Statements that almost matched, and what kept each from it.
    #[serde(default)]
    pub near: Vec<NearStatement>,
    /// What to do.
    pub next: Next,
}

/// Where a statement stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementPlace {
    /// Where its policy is attached; one of [`AccessView::policies`] where it could be seen.
    pub source: Source,
    /// Its index, from 0.
    pub index: usize,
    /// Its Sid, else `Statement[2]`.
    pub name: String,
    /// The line where it begins, from 1.
    pub line: usize,
}

/// A statement that almost matched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NearStatement {
    /// `bucket policy, statement VpcOnly (line 4)`
    pub place: String,
    /// What it would have done.
    pub effect: Effect,
    /// What kept it from matching, both sides named.
    pub kept_by: Vec<String>,
}

/// A policy as it is attached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyText {
    /// Where.
    pub source: Source,
    /// Its text, as it was read.
    pub text: String,
}
