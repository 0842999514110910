//! How an apply or an undo ends: what was done, what was not, and why.

use std::path::{Path, PathBuf};

use crate::{
    access::plan::{Concern, apply::Drift},
    report::{Problem, ProblemKind, escape},
    rule::Next,
};

/// What an apply came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// What was changed by this run, in the plan's words.
    pub changed: Vec<String>,
    /// What was there already: from an earlier run, or by somebody else.
    pub found: Vec<String>,
    /// Takes it all back; `None` where there was nothing to change.
    pub undo_file: Option<PathBuf>,
    /// The new key.
    pub key: Option<HandedOut>,
    /// What the new key was seen to do.
    pub verdict: Verdict,
}

/// A key that was handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedOut {
    /// Its id.
    pub id: String,
    /// Its file; `None` where it was shown.
    pub file: Option<PathBuf>,
}

/// What a new key was seen to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing was changed, so nothing was waited for.
    NothingChanged,
    /// It lists and reads, in words.
    Works(String),
    /// It was still refused when the time was over, in words.
    Refused(String),
    /// It could not be tried, in words.
    Unseen(String),
}

/// What an undo came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakenBack {
    /// What was taken back, in words.
    pub done: Vec<String>,
    /// What stays, and why.
    pub stays: Vec<String>,
}

/// An apply or undo that did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// Why. [`ProblemKind::Cancelled`] where it was asked to stop.
    pub why: Box<Problem>,
    /// What was done before, by this run or an earlier one.
    pub done: Vec<String>,
    /// What was not done.
    pub left: Vec<String>,
    /// Takes back what was done; `None` where nothing was changed.
    pub undo_file: Option<PathBuf>,
}

impl Stopped {
    /// One that changed nothing.
    pub(super) fn before_any_change(why: Box<Problem>) -> Self {
        Self {
            why,
            done: Vec::new(),
            left: Vec::new(),
            undo_file: None,
        }
    }

    /// Whether it was asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.why.kind == ProblemKind::Cancelled
    }

    /// All of it as one problem, for where only one can be shown.
    pub fn into_problem(self) -> Problem {
        let mut problem = *self.why;
        if self.done.is_empty() && self.left.is_empty() {
            return problem;
        }
        let words = |list: &[String]| match list {
            [] => "nothing".to_owned(),
            list => list.join("; "),
        };
        problem.cause = format!(
            "{} (Done: {}. Not done: {}.)",
            problem.cause,
            words(&self.done),
            words(&self.left)
        );
        problem
    }
}

impl std::fmt::Display for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.why)
    }
}

impl std::error::Error for Stopped {}

/// A path as it is shown.
pub(super) fn here(path: &Path) -> String {
    escape(&path.to_string_lossy()).into_owned()
}

/// Trouble with a file.
pub(super) fn file_problem(doing: &str, path: &Path, error: &std::io::Error) -> Box<Problem> {
    let say = match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            "Nothing is ever overwritten: name another file, or move this one away."
        }
        _ => "Look at the folder's permissions and free space, then run the same command again.",
    };
    let why = match error.kind() {
        std::io::ErrorKind::AlreadyExists => "it is there already".to_owned(),
        _ => error.to_string(),
    };
    Box::new(Problem::new(
        ProblemKind::Io,
        format!("{doing} {} failed", here(path)),
        why,
        Next::say(say),
    ))
}

/// A refusal of our own.
pub(super) fn refusal(
    what: impl Into<String>,
    why: impl Into<String>,
    next: impl Into<String>,
) -> Box<Problem> {
    Box::new(Problem::new(ProblemKind::Other, what, why, Next::say(next)))
}

/// Something that must be settled before the plan may be applied.
pub(super) fn blocked(concern: &Concern) -> Box<Problem> {
    Box::new(Problem::new(
        ProblemKind::Other,
        "the plan must not be applied as it is",
        escape(&concern.say).into_owned(),
        concern.next.clone(),
    ))
}

/// What the plan would change has changed.
pub(super) fn drifted(drift: &[Drift], changed_before: bool) -> Box<Problem> {
    let all: Vec<String> = drift.iter().map(|d| format!("{}: {}", d.what, d.how)).collect();
    let (what, next) = match changed_before {
        false => (
            "nothing was changed, since what the plan would change has changed",
            "Plan again. If an earlier apply of this plan was interrupted, run it again in the folder that holds its journal.",
        ),
        true => (
            "nothing more was changed, since what the plan would change has changed",
            "Take back what was done with the undo file, then plan again.",
        ),
    };
    refusal(what, escape(&all.join("; ")).into_owned(), next)
}

/// It was asked to stop.
pub(super) fn cancelled() -> Box<Problem> {
    Box::new(Problem::new(
        ProblemKind::Cancelled,
        "it was stopped",
        "as it was asked to",
        Next::say("Run the same command again to go on, or take back what was done with the undo file."),
    ))
}
