//! The machine's state. Screens read it; only [`super::handle`] changes it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use tui_input::Input;

use super::{
    connect::{Connect, Connection, Field},
    event::{Measure, RunId, Scope},
    rows::{Branch, Cursor},
    step::Step,
};
use crate::{
    calendar::{DayOffset, PstDay},
    report::{Mode, Problem, Report, Rows, Stage},
    rule::{Code, Dataset},
};

/// The wizard.
#[derive(Clone, Debug)]
pub struct Wizard {
    /// The step that is shown.
    pub step: Step,
    /// Where results come from.
    pub source: Source,
    /// The first step's form.
    pub connect: Connect,
    /// The newest work.
    pub run: Run,
    /// What is known. While work runs, what it has told so far.
    pub report: Option<Report>,
    /// What was known before the running work began to tell.
    pub(super) previous: Option<Report>,
    /// What a run over some rules has told so far.
    pub(super) partial: Option<Report>,
    /// The panel over the screen.
    pub overlay: Option<Overlay>,
    /// How far the overlay is scrolled, in lines.
    pub scroll: u16,
    /// The field that takes text.
    pub editing: Option<Editing>,
    /// A line to the user, until the next key.
    pub notice: Option<Notice>,
    /// The time of day, once told.
    pub clock: Option<Timestamp>,
    /// Step 2's lane.
    pub grant: super::grant::Grant,
    /// Step 6's lane.
    pub signal: super::signal::Signalling,
    /// That secrets are shown, while they are.
    pub reveal: Option<super::grant::Reveal>,
    /// The practice account, where one is open.
    pub practice: super::practice::Practice,
    /// The dataset that Data shows.
    pub dataset: Dataset,
    /// The calendar's day, once one was chosen.
    pub(super) day: Option<PstDay>,
    pub(super) cursors: BTreeMap<Step, Cursor>,
    pub(super) filters: BTreeMap<Step, String>,
    /// Branches that differ from their first state.
    pub(super) turned: BTreeSet<(Step, Branch)>,
    pub(super) measure: Measure,
}

/// Where results come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// From a target, by a survey.
    Live,
    /// From a file.
    Saved {
        /// Its name.
        name: String,
    },
}

/// A piece of work.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its number.
    pub id: RunId,
    /// How far it is.
    pub state: RunState,
    /// Whether the target answered.
    pub connected: bool,
    /// Which rows it reads.
    pub rows: Rows,
    /// Which rules it judges.
    pub scope: Scope,
    /// What it does at the moment.
    pub progress: Option<Progress>,
    /// Things done and to do, by kind of work and dataset.
    pub(super) counts: BTreeMap<(Stage, Option<Dataset>), (u64, Option<u64>)>,
    /// Why it failed.
    pub problem: Option<Box<Problem>>,
    /// Whether user or bucket were changed since it began, so that it tells of what was before.
    pub outdated: bool,
    /// The same of the results that stand if it comes to nothing.
    pub(super) was_outdated: bool,
}

/// How far work is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// None was started.
    Idle,
    /// It goes on.
    Working,
    /// It was told to stop.
    Cancelling,
    /// It ended.
    Done,
    /// It could not be done.
    Failed,
}

/// What work does at the moment, summed over the datasets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The kind of work.
    pub stage: Stage,
    /// Things done.
    pub done: u64,
    /// Things to do, once known for all datasets.
    pub of: Option<u64>,
    /// Bytes received.
    pub bytes: u64,
}

/// A panel over the screen. There is at most one.
#[derive(Clone, Debug, PartialEq)]
pub enum Overlay {
    /// The keys.
    Help,
    /// A rule explained.
    Explain(Code),
    /// A check with its samples.
    Check {
        /// Its rule.
        code: Code,
        /// Its subject.
        subject: String,
    },
    /// A level-one folder.
    Folder {
        /// In which dataset.
        dataset: Dataset,
        /// Its name.
        name: String,
    },
    /// A column, by file group.
    Column {
        /// In which dataset.
        dataset: Dataset,
        /// Its name.
        name: String,
    },
    /// A group of files with the same columns.
    Group {
        /// In which dataset.
        dataset: Dataset,
        /// Which.
        index: usize,
    },
    /// A day, and what signalling the chosen days would do.
    Day(PstDay),
    /// The signal that is prepared, under way or done: [`super::signal::Sheet`].
    Signal,
    /// What went wrong.
    Problem(Box<Problem>),
    /// The open questions to Statsig.
    Questions,
    /// The hand-over card.
    HandOver,
    /// A question before work.
    Confirm(Confirm),
    /// A line of step 2: a change, a concern.
    Grant(super::grant::GrantItem),
    /// The plan, printed for other tools.
    PrintAs(super::grant::PrintForm),
    /// What an undo file takes back.
    Undo,
    /// A line of step 3: an explanation, what was not seen, the confirm step.
    Access(super::access::AccessItem),
    /// A policy that was seen.
    Policy {
        /// Its place.
        index: usize,
        /// The statement that is marked, from 0.
        statement: Option<usize>,
    },
    /// Who must act where no plan mends the finding.
    NoFix,
    /// The practice account.
    Practice,
}

/// What is asked before it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirm {
    /// Read every row.
    FullScan,
    /// Apply the plan. The bucket's name is typed.
    Apply,
    /// Take back what an undo file says. The bucket's name is typed.
    Undo,
    /// Leave while something is being changed.
    Quit,
}

/// A field that takes text.
#[derive(Clone, Debug)]
pub enum Editing {
    /// A field of the first step.
    Field(Field, Input),
    /// The list's filter.
    Filter(Input),
    /// A field of step 2.
    Grant(super::grant::GrantField, Input),
    /// The undo file's name.
    UndoPath(Input),
    /// What must be typed under a question.
    Typed(Input),
}

impl Editing {
    /// The text and its cursor.
    pub fn input(&self) -> &Input {
        match self {
            Self::Field(_, input)
            | Self::Grant(_, input)
            | Self::Filter(input)
            | Self::UndoPath(input)
            | Self::Typed(input) => input,
        }
    }
}

/// A line to the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Something was done.
    Done(String),
    /// Something can't be done.
    No(String),
}

impl Notice {
    /// The words.
    pub fn text(&self) -> &str {
        match self {
            Self::Done(text) | Self::No(text) => text,
        }
    }
}

impl Default for Run {
    fn default() -> Self {
        Self {
            id: RunId(0),
            state: RunState::Idle,
            connected: false,
            rows: Rows::Sample,
            scope: Scope::All,
            progress: None,
            counts: BTreeMap::new(),
            problem: None,
            outdated: false,
            was_outdated: false,
        }
    }
}

impl Wizard {
    /// A wizard with a form filled from the command line. Nothing runs yet: [`Wizard::begin`] starts it.
    pub fn new(connection: Connection) -> Self {
        Self {
            step: Step::Connect,
            source: Source::Live,
            connect: Connect::filled(connection),
            run: Run::default(),
            report: None,
            previous: None,
            partial: None,
            overlay: None,
            scroll: 0,
            editing: None,
            notice: None,
            clock: None,
            grant: super::grant::Grant::default(),
            reveal: None,
            signal: super::signal::Signalling::default(),
            practice: super::practice::Practice::default(),
            dataset: Dataset::Events,
            day: None,
            cursors: BTreeMap::new(),
            filters: BTreeMap::new(),
            turned: BTreeSet::new(),
            measure: Measure::default(),
        }
    }

    /// A wizard on a saved report, on the first step with something left to do.
    pub fn saved(report: Report, name: impl Into<String>) -> Self {
        let mut wizard = Self::new(Connection::default());
        let name = name.into();
        wizard.connect.set(Field::ReportFile, name.clone());
        wizard.show_saved(report, name);
        wizard
    }

    /// Whether work goes on.
    pub fn is_working(&self) -> bool {
        matches!(self.run.state, RunState::Working | RunState::Cancelling)
    }

    /// Whether what is shown was found before user or bucket were last changed from here.
    pub fn is_outdated(&self) -> bool {
        self.run.outdated && self.source == Source::Live && self.report.is_some() && !self.is_working()
    }

    /// The time to show: of a saved report when it was made, else the time of day.
    pub fn now(&self) -> Option<Timestamp> {
        match self.source {
            // Nothing tells a saved report the time, unless someone asks for another one.
            Source::Saved { .. } => self
                .clock
                .or_else(|| self.report.as_ref()?.created_at.parse().ok()),
            Source::Live => self.clock,
        }
    }

    /// How rows were read.
    pub fn mode(&self) -> Mode {
        self.report.as_ref().map(|r| r.mode.clone()).unwrap_or_default()
    }

    /// Where the project's days begin.
    pub fn offset(&self) -> DayOffset {
        DayOffset::from_hours(self.mode().day_offset_hours).unwrap_or_default()
    }

    /// The text by which the step's list is filtered; empty when it is not.
    pub fn filter(&self) -> &str {
        match &self.editing {
            Some(Editing::Filter(input)) => input.value(),
            _ => self.filters.get(&self.step).map_or("", String::as_str),
        }
    }

    /// Whether the step's list is filtered.
    pub fn has_filter(&self) -> bool {
        !self.filter().is_empty()
    }
}
