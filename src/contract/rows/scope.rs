//! What there was to judge, beside what was judged: from counts to outcomes.

use std::collections::BTreeMap;

use super::plan::FilePlan;
use super::table::{RULES, RowRule};
use crate::rule::{Code, Dataset};

/// What of a dataset was to be judged.
#[derive(Clone, Debug)]
pub struct Scope {
    dataset: Dataset,
    sampled: bool,
    /// By rule, rows of files in which it can be judged.
    of: [u64; RULES],
    /// By rule, such files.
    files: [u64; RULES],
    /// By rule, files in which it can't be judged, and why.
    blocked: Vec<BTreeMap<Code, u64>>,
    absent: Option<(Code, String)>,
    unread: Option<String>,
}

/// How a rule stands before its count is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::contract) enum Standing {
    /// There is nothing to judge.
    Skipped(Code, String),
    /// There is no evidence.
    Unknown(String),
    /// On so many rows of how many.
    Judged {
        /// Rows looked at.
        checked: u64,
        /// Rows of files in which the rule can be judged.
        of: u64,
        /// Why a count of 0 would not prove that there are none: rows were left out for a reason that no failed check
        /// explains.
        unread: Option<String>,
    },
}

impl Scope {
    /// Nothing yet. `sampled` says that not all rows are meant to be read.
    pub fn new(dataset: Dataset, sampled: bool) -> Self {
        Self {
            dataset,
            sampled,
            of: [0; RULES],
            files: [0; RULES],
            blocked: vec![BTreeMap::new(); RULES],
            absent: None,
            unread: None,
        }
    }

    /// A file with a readable footer, and its rows.
    pub fn file(&mut self, plan: &FilePlan, rows: u64) {
        for rule in RowRule::of(self.dataset) {
            let index = rule.index();
            if let Some(code) = plan.blocked_by(rule) {
                self.block(index, code);
            } else if let (Some(of), Some(files)) = (self.of.get_mut(index), self.files.get_mut(index)) {
                *of += rows;
                *files += 1;
            }
        }
    }

    /// A file that can't be judged at all, and the rule that says why (S401).
    pub fn bad_file(&mut self, code: Code) {
        for rule in RowRule::of(self.dataset) {
            self.block(rule.index(), code);
        }
    }

    fn block(&mut self, index: usize, code: Code) {
        if let Some(blocked) = self.blocked.get_mut(index) {
            *blocked.entry(code).or_default() += 1;
        }
    }

    /// The folder holds no object at all: every rule is skipped, blocked by L301.
    pub fn empty_folder(&mut self) {
        let cause = format!("{} holds no object", self.dataset.folder());
        self.absent(Code::new("L301"), cause);
    }

    /// There is nothing to judge by design (`signals/` where days are signalled by the API: G701): every rule is
    /// skipped.
    pub fn absent(&mut self, explained_by: Code, cause: impl Into<String>) {
        self.absent = Some((explained_by, cause.into()));
    }

    /// Something could not be read for a reason that no failed check explains (refused, network, cut short): rules
    /// that found nothing are unknown, for this cause.
    pub fn unread(&mut self, cause: impl Into<String>) {
        self.unread.get_or_insert(cause.into());
    }

    /// The dataset.
    pub fn dataset(&self) -> Dataset {
        self.dataset
    }

    /// Whether rows are a sample.
    pub fn sampled(&self) -> bool {
        self.sampled
    }

    /// Rows of the files in which a rule can be judged.
    pub(in crate::contract) fn of(&self, rule: RowRule) -> u64 {
        self.of.get(rule.index()).copied().unwrap_or(0)
    }

    /// Whether a file was left out of a rule.
    pub(in crate::contract) fn leaves_files_out(&self, rule: RowRule) -> bool {
        self.blocked
            .get(rule.index())
            .is_some_and(|blocked| !blocked.is_empty())
    }

    /// How a rule stands, of which so many rows were looked at.
    pub(in crate::contract) fn standing(&self, rule: RowRule, checked: u64) -> Standing {
        if let Some((code, cause)) = &self.absent {
            return Standing::Skipped(*code, cause.clone());
        }
        let of = self.of(rule);
        if self.files.get(rule.index()).is_none_or(|files| *files == 0) {
            if let Some(unread) = &self.unread {
                return Standing::Unknown(unread.clone());
            }
            return match self.most_blocking(rule) {
                Some(code) => Standing::Skipped(code, self.why_blocked(rule, code)),
                None => Standing::Unknown(format!(
                    "{} holds no Parquet file of which rows could be read",
                    self.dataset.folder()
                )),
            };
        }
        if checked == 0 {
            return Standing::Unknown(match &self.unread {
                Some(unread) => unread.clone(),
                None if of == 0 => "the files hold no rows".to_owned(),
                None => "no rows could be read".to_owned(),
            });
        }
        Standing::Judged {
            checked,
            of,
            unread: self.unread.clone(),
        }
    }

    /// The code that keeps the rule from most files; of equals the first.
    fn most_blocking(&self, rule: RowRule) -> Option<Code> {
        let blocked = self.blocked.get(rule.index())?;
        let most = blocked.values().max()?;
        blocked
            .iter()
            .find(|(_, files)| *files == most)
            .map(|(code, _)| *code)
    }

    fn why_blocked(&self, rule: RowRule, code: Code) -> String {
        let folder = self.dataset.folder();
        let columns = match rule.needs() {
            [one] => format!("the column `{}`", one.name()),
            several => {
                let names: Vec<_> = several.iter().map(|c| format!("`{}`", c.name())).collect();
                format!("the columns {}", names.join(", "))
            }
        };
        match code.as_str() {
            "S401" => format!("no file of {folder} could be read"),
            "S402" => format!("no file of {folder} has {columns}"),
            "S403" => format!("no file of {folder} has {columns} under the right name"),
            "S404" => format!("no file of {folder} has {columns} in a type that can be judged"),
            "S408" => format!("no file of {folder} is coded so that {columns} can be decoded"),
            _ => format!("no file of {folder} has {columns} in a form that can be judged"),
        }
    }
}
