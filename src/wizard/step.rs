//! The seven steps, and what the rail says of each.

use super::{
    grant::{Doing, End, Verified},
    state::{RunState, Source, Wizard},
};
use crate::{
    report::{Check, Stage, Status, Target, Verdict},
    rule::Category,
};

/// A step of the wizard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Which bucket, as whom.
    Connect,
    /// The reader's user, policies and keys.
    Grant,
    /// What the reader may and may not do.
    Access,
    /// The three folders.
    Layout,
    /// Columns and rows.
    Data,
    /// PST days.
    Calendar,
    /// The verdict and the checks.
    Report,
}

impl Step {
    /// All seven, in order.
    pub const ALL: [Self; 7] = [
        Self::Connect,
        Self::Grant,
        Self::Access,
        Self::Layout,
        Self::Data,
        Self::Calendar,
        Self::Report,
    ];

    /// 1 to 7.
    pub const fn number(self) -> usize {
        match self {
            Self::Connect => 1,
            Self::Grant => 2,
            Self::Access => 3,
            Self::Layout => 4,
            Self::Data => 5,
            Self::Calendar => 6,
            Self::Report => 7,
        }
    }

    /// Its name as the body's first line has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connect => "Connect",
            Self::Grant => "Grant",
            Self::Access => "Access",
            Self::Layout => "Layout",
            Self::Data => "Data",
            Self::Calendar => "Calendar",
            Self::Report => "Report",
        }
    }

    /// The step of that number.
    pub fn numbered(number: usize) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.number() == number)
    }

    /// Whether its body is a list of rows.
    pub const fn has_list(self) -> bool {
        !matches!(self, Self::Connect | Self::Calendar)
    }

    /// The checks that it shows.
    pub const fn categories(self) -> &'static [Category] {
        match self {
            Self::Connect => &[Category::Connection],
            Self::Grant => &[],
            Self::Access => &[Category::Access],
            Self::Layout => &[Category::Layout],
            Self::Data => &[
                Category::Schema,
                Category::EventRows,
                Category::MetricRows,
                Category::Datasets,
            ],
            Self::Calendar => &[Category::Calendar],
            Self::Report => &[
                Category::Connection,
                Category::Access,
                Category::Layout,
                Category::Schema,
                Category::EventRows,
                Category::MetricRows,
                Category::Calendar,
                Category::Datasets,
            ],
        }
    }

    /// The step that shows checks of a category.
    pub const fn of(category: Category) -> Self {
        match category {
            Category::Connection => Self::Connect,
            Category::Access => Self::Access,
            Category::Layout => Self::Layout,
            Category::Schema | Category::EventRows | Category::MetricRows | Category::Datasets => Self::Data,
            Category::Calendar => Self::Calendar,
        }
    }
}

/// A state's glyph. Never shown without a word beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// `✓`
    Pass,
    /// `!`
    Warn,
    /// `✗`
    Fail,
    /// `?`
    Unknown,
    /// `i`
    Info,
    /// `–`
    Skipped,
    /// `…`: work goes on.
    Working,
    /// `·`: nothing was done yet.
    ToDo,
}

impl Mark {
    /// The glyph, one column wide.
    pub const fn glyph(self) -> &'static str {
        match self {
            Self::Pass => "✓",
            Self::Warn => "!",
            Self::Fail => "✗",
            Self::Unknown => "?",
            Self::Info => "i",
            Self::Skipped => "–",
            Self::Working => "…",
            Self::ToDo => "·",
        }
    }

    /// A check's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
            Self::Info => "info",
            Self::Skipped => "skipped",
            Self::Working => "reading",
            Self::ToDo => "to do",
        }
    }
}

impl From<Status> for Mark {
    fn from(status: Status) -> Self {
        match status {
            Status::Pass => Self::Pass,
            Status::Warn => Self::Warn,
            Status::Fail => Self::Fail,
            Status::Info => Self::Info,
            Status::Unknown => Self::Unknown,
            Status::Skipped => Self::Skipped,
        }
    }
}

/// What the rail says of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepStatus {
    /// The glyph.
    pub mark: Mark,
    /// A word or two: `pass`, `3 warn`, `not yet`.
    pub word: String,
    /// Why, where the word does not say: "a saved report needs no connection".
    pub why: Option<&'static str>,
}

impl StepStatus {
    fn new(mark: Mark, word: impl Into<String>) -> Self {
        Self {
            mark,
            word: word.into(),
            why: None,
        }
    }

    fn because(mark: Mark, word: &str, why: &'static str) -> Self {
        Self {
            mark,
            word: word.into(),
            why: Some(why),
        }
    }

    /// Whether there is nothing left to do on the step.
    pub fn is_done(&self) -> bool {
        matches!(self.mark, Mark::Pass | Mark::Skipped | Mark::Info)
    }
}

const GETS_IN: &str = "the reader lists and reads all folders";
const OUTDATED: &str = "user or bucket were changed since these checks";

/// How many checks of some categories have which status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Passed.
    pub pass: usize,
    /// Warned.
    pub warn: usize,
    /// Failed.
    pub fail: usize,
    /// Told something.
    pub info: usize,
    /// Could not be made.
    pub unknown: usize,
    /// Had nothing to judge.
    pub skipped: usize,
}

impl Tally {
    /// Counts checks.
    pub fn of<'a>(checks: impl IntoIterator<Item = &'a Check>) -> Self {
        let mut tally = Self::default();
        for check in checks {
            match check.status {
                Status::Pass => tally.pass += 1,
                Status::Warn => tally.warn += 1,
                Status::Fail => tally.fail += 1,
                Status::Info => tally.info += 1,
                Status::Unknown => tally.unknown += 1,
                Status::Skipped => tally.skipped += 1,
            }
        }
        tally
    }

    /// The gravest status among them; `None` when there are no checks.
    pub fn gravest(&self) -> Option<Mark> {
        if self.fail > 0 {
            Some(Mark::Fail)
        } else if self.warn > 0 {
            Some(Mark::Warn)
        } else if self.unknown > 0 {
            Some(Mark::Unknown)
        } else if self.pass > 0 || self.info > 0 {
            Some(Mark::Pass)
        } else if self.skipped > 0 {
            Some(Mark::Skipped)
        } else {
            None
        }
    }

    /// The parts that are not zero: `2 fail, 1 warn, 30 pass`.
    pub fn words(&self) -> String {
        let parts: Vec<String> = [
            (self.fail, "fail"),
            (self.warn, "warn"),
            (self.unknown, "unknown"),
            (self.info, "info"),
            (self.pass, "pass"),
            (self.skipped, "skipped"),
        ]
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{n} {word}"))
        .collect();
        parts.join(", ")
    }
}

impl Wizard {
    /// What the rail says of a step.
    pub fn status(&self, step: Step) -> StepStatus {
        match step {
            Step::Connect => self.connect_status(),
            Step::Grant => self.grant_status(),
            Step::Access if self.no_access().is_some() => {
                StepStatus::because(Mark::Skipped, "skipped", self.no_access().unwrap_or_default())
            }
            Step::Access if self.is_outdated() => StepStatus::because(Mark::Unknown, "changed", OUTDATED),
            Step::Access | Step::Layout | Step::Data | Step::Calendar => self.checks_status(step),
            Step::Report => self.verdict_status(),
        }
    }

    /// The first step on which something is left to do; the report when nothing is. To connect is nothing to do for a
    /// saved report.
    pub fn first_not_done(&self) -> Step {
        Step::ALL
            .into_iter()
            .filter(|step| *step != Step::Connect || !self.is_saved())
            .find(|s| !self.status(*s).is_done())
            .unwrap_or(Step::Report)
    }

    fn is_saved(&self) -> bool {
        matches!(self.source, Source::Saved { .. })
    }

    fn connect_status(&self) -> StepStatus {
        let tally = Tally::of(self.checks_of(Step::Connect));
        if self.is_saved() {
            let why = "as the saved report says; it needs no connection";
            return match tally.gravest() {
                Some(Mark::Fail) => StepStatus::because(Mark::Fail, &format!("{} fail", tally.fail), why),
                Some(mark @ (Mark::Unknown | Mark::Pass)) => StepStatus::because(mark, mark.word(), why),
                _ => StepStatus::because(Mark::Skipped, "skipped", "a saved report needs no connection"),
            };
        }
        if self.run.problem.is_some() {
            return StepStatus::new(Mark::Fail, "failed");
        }
        if tally.fail > 0 {
            return StepStatus::new(Mark::Fail, format!("{} fail", tally.fail));
        }
        if tally.unknown > 0 {
            return StepStatus::new(Mark::Unknown, "unknown");
        }
        if self.connected() {
            return StepStatus::new(Mark::Pass, "pass");
        }
        match self.run.state {
            RunState::Idle if self.report.is_none() => StepStatus::new(Mark::ToDo, "to do"),
            RunState::Idle | RunState::Done => StepStatus::new(Mark::Unknown, "unknown"),
            RunState::Failed => StepStatus::new(Mark::Fail, "failed"),
            RunState::Working | RunState::Cancelling => StepStatus::new(Mark::Working, "trying"),
        }
    }

    /// Why there is nothing to say of access; `None` where there is.
    fn no_access(&self) -> Option<&'static str> {
        let report = self.report.as_ref()?;
        let is_folder = matches!(&report.target, Target::Folder { path, .. } if !path.is_empty());
        if is_folder {
            return Some("a local folder has no policies");
        }
        let is_silent = report.access.is_none() && self.checks_of(Step::Access).next().is_none();
        (matches!(self.source, Source::Saved { .. }) && is_silent)
            .then_some("the report says nothing of access")
    }

    fn grant_status(&self) -> StepStatus {
        if let Some(why) = self.no_grant() {
            return StepStatus::because(Mark::Skipped, "skipped", why);
        }
        match self.grant.doing {
            Some(Doing::Planning) => return StepStatus::new(Mark::Working, "planning"),
            Some(Doing::Applying) => return StepStatus::new(Mark::Working, "applying"),
            Some(Doing::Undoing) => return StepStatus::new(Mark::Working, "undoing"),
            Some(Doing::LookingBack) | None => {}
        }
        let works = self.reader_gets_in();
        match self.grant.applied.as_ref().and_then(|a| a.end) {
            Some(End::Done) => {
                let applied = self.grant.applied.as_ref();
                return match applied.and_then(|a| a.verified.as_ref()) {
                    Some((Verified::Refused, _)) => StepStatus::new(Mark::Warn, "not proven"),
                    // The checks have judged it since, where a key is known.
                    Some((Verified::NotTried, _)) if !works => StepStatus::new(Mark::Warn, "not proven"),
                    _ => StepStatus::new(Mark::Pass, "applied"),
                };
            }
            Some(End::Stopped) => return StepStatus::new(Mark::Warn, "stopped"),
            Some(End::Failed) => return StepStatus::new(Mark::Fail, "failed"),
            Some(End::Refused) => return StepStatus::new(Mark::Fail, "refused"),
            None => {}
        }
        match self.shown_plan() {
            Some(_) if self.saved_outcomes().is_some_and(|(good, all)| good == all) => {
                StepStatus::new(Mark::Pass, "applied")
            }
            Some(_) if self.saved_outcomes().is_some() => StepStatus::new(Mark::Fail, "not whole"),
            Some(plan) if plan.is_satisfied() && !plan.unseen.is_empty() => {
                StepStatus::new(Mark::Unknown, "unknown")
            }
            Some(plan) if plan.is_satisfied() && !plan.problems.is_empty() => StepStatus::new(
                Mark::Warn,
                super::words::counted(plan.problems.len() as u64, "problems"),
            ),
            Some(plan) if plan.is_satisfied() => StepStatus::new(Mark::Pass, "in place"),
            // What is there works, and the plan would only make it our own or tighter.
            Some(_) if self.plan_only_tightens() => StepStatus::because(Mark::Pass, "granted", GETS_IN),
            Some(plan) => {
                let mark = if works { Mark::Info } else { Mark::ToDo };
                StepStatus::new(mark, super::words::counted(plan.changes.len() as u64, "changes"))
            }
            None if self.grant.problem.is_some() => StepStatus::new(Mark::Fail, "failed"),
            None if self.is_outdated() && self.reader_was_let_in() => {
                StepStatus::because(Mark::Unknown, "changed", OUTDATED)
            }
            None if works => StepStatus::because(Mark::Pass, "granted", GETS_IN),
            None => StepStatus::new(Mark::ToDo, "to do"),
        }
    }

    /// Of a saved report's grant that was applied: how many changes stand, and how many there are.
    fn saved_outcomes(&self) -> Option<(usize, usize)> {
        let grant = self.report.as_ref()?.grant.as_ref()?;
        if self.grant.plan.is_some() || grant.outcomes.is_empty() {
            return None;
        }
        let all = grant.plan.changes.len();
        let stands = |index: &usize| matches!(self.change_state(*index), Some((Mark::Pass, _)));
        Some(((0..all).filter(stands).count(), all))
    }

    /// Whether every list and every read of the reader was seen to work.
    pub fn reader_gets_in(&self) -> bool {
        // What was seen before a change says nothing of what is there now.
        let is_of_before = self.run.outdated || (self.is_working() && self.run.was_outdated);
        !is_of_before && self.reader_was_let_in()
    }

    /// The same of the checks as they are, of now or of before.
    fn reader_was_let_in(&self) -> bool {
        let needs = || {
            let checks = self.checks_of(Step::Access);
            checks.filter(|c| matches!(c.code.as_str(), "A201" | "A202"))
        };
        // A folder without objects has nothing to read; that is another step's finding.
        needs().any(|c| c.status == Status::Pass)
            && needs().all(|c| matches!(c.status, Status::Pass | Status::Skipped))
    }

    /// Whether the target answered in the run that is shown.
    pub fn connected(&self) -> bool {
        self.run.connected || self.run.progress.is_some_and(|p| p.stage > Stage::Connect)
    }

    fn checks_status(&self, step: Step) -> StepStatus {
        let tally = Tally::of(self.checks_of(step));
        let busy = self.is_working();
        match tally.gravest() {
            Some(Mark::Fail) => StepStatus::new(Mark::Fail, format!("{} fail", tally.fail)),
            _ if busy => StepStatus::new(Mark::Working, "checking"),
            Some(Mark::Warn) => StepStatus::new(Mark::Warn, format!("{} warn", tally.warn)),
            Some(Mark::Unknown) => StepStatus::new(Mark::Unknown, "unknown"),
            Some(Mark::Pass) => StepStatus::new(Mark::Pass, "pass"),
            Some(mark) => StepStatus::because(mark, mark.word(), "there was nothing to judge"),
            None if self.report.is_some() => StepStatus::new(Mark::Unknown, "unknown"),
            None => StepStatus::new(Mark::ToDo, "to do"),
        }
    }

    fn verdict_status(&self) -> StepStatus {
        if self.is_working() {
            return StepStatus::new(Mark::Working, "checking");
        }
        if self.is_outdated() {
            return StepStatus::because(Mark::Unknown, "changed", OUTDATED);
        }
        match &self.report {
            None => StepStatus::new(Mark::ToDo, "to do"),
            Some(report) => match report.verdict {
                Verdict::Ready => StepStatus::new(Mark::Pass, "ready"),
                Verdict::NotReady => StepStatus::new(Mark::Fail, "not ready"),
                Verdict::Inconclusive => StepStatus::new(Mark::Unknown, "inconclusive"),
            },
        }
    }

    /// Why nothing of a step was looked at, in words: the rule that comes before it.
    pub fn behind(&self, step: Step) -> Option<String> {
        if self.status(step).mark != Mark::Skipped {
            return None;
        }
        let code = self.checks_of(step).find_map(|c| c.blocked_by)?;
        let rule = crate::report::catalogue::find(code)?;
        let told = Step::of(rule.category);
        let place = match told == step {
            true => String::new(),
            false => format!(": {} {} tells more", told.number(), told.name()),
        };
        Some(format!(
            "nothing was looked at, since {code} {} comes first{place}",
            rule.slug
        ))
    }

    /// The report's checks that a step shows.
    pub fn checks_of(&self, step: Step) -> impl Iterator<Item = &Check> {
        self.report
            .iter()
            .flat_map(|r| r.checks.iter())
            .filter(move |c| step.categories().contains(&c.category))
    }
}
