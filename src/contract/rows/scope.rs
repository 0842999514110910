//! What there was to judge, beside what was judged: from counts to outcomes.

use super::plan::FilePlan;
use crate::rule::{Code, Dataset};

/// What of a dataset was to be judged.
#[derive(Clone, Debug)]
pub struct Scope {
    dataset: Dataset,
    sampled: bool,
}

impl Scope {
    /// Nothing yet. `sampled` says that not all rows are meant to be read.
    pub fn new(dataset: Dataset, sampled: bool) -> Self {
        Self { dataset, sampled }
    }

    /// A file with a readable footer, and its rows.
    pub fn file(&mut self, plan: &FilePlan, rows: u64) {
        let _ = (plan, rows);
    }

    /// A file that can't be judged at all, and the rule that says why (S401).
    pub fn bad_file(&mut self, code: Code) {
        let _ = code;
    }

    /// The folder holds no object at all: every rule is skipped, blocked by L301.
    pub fn empty_folder(&mut self) {}

    /// Something could not be read for a reason that no failed check explains (refused, network, cut short): rules
    /// that found nothing are unknown, for this cause.
    pub fn unread(&mut self, cause: impl Into<String>) {
        let _ = cause.into();
    }

    /// The dataset.
    pub fn dataset(&self) -> Dataset {
        self.dataset
    }

    /// Whether rows are a sample.
    pub fn sampled(&self) -> bool {
        self.sampled
    }
}
