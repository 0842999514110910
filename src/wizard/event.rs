//! What the wizard is told, and what it asks for.

use jiff::Timestamp;

use super::{
    connect::{Connection, Field},
    grant::StartGrant,
    keys::{Action, Key},
    practice::{PracticeEdit, PracticeEvent},
    signal::{SignalEvent, StartSignal},
};
use crate::{
    access::plan::{GrantEvent, Secret},
    report::{Problem, Report, Rows, SurveyEvent},
    rule::Code,
};

/// The number of a piece of work. Later work has a higher number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub u64);

/// What happened outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A key was pressed. In a field it is text, elsewhere the table of [`super::keys`] says what it does.
    Key(Key),
    /// An action was chosen by other means than a key.
    Act(Action),
    /// Text was pasted. Outside a field it is ignored: it may hold anything.
    Paste(String),
    /// The time of day; for a scenario, the scenario's own.
    Tick {
        /// Now.
        now: Timestamp,
    },
    /// The engine said something.
    Survey {
        /// On which run.
        run: RunId,
        /// What.
        event: Box<SurveyEvent>,
    },
    /// Inspecting, applying or undoing a grant goes on.
    Grant {
        /// On which run of that lane.
        run: RunId,
        /// What.
        event: Lane<GrantEvent>,
    },
    /// Sending a signal goes on.
    Signal {
        /// On which run of that lane.
        run: RunId,
        /// What.
        event: Lane<SignalEvent>,
    },
    /// The practice account was changed, or not.
    Practice(PracticeEvent),
    /// Where the values of the connection came from.
    Resolved {
        /// On which run.
        run: RunId,
        /// Field by field.
        values: Vec<Resolved>,
    },
    /// Work could not be started, or died.
    Failed {
        /// Which run.
        run: RunId,
        /// Why.
        problem: Box<Problem>,
    },
    /// Nothing more will come of a run.
    Ended {
        /// Which.
        run: RunId,
    },
    /// A saved report was read.
    Opened {
        /// On which run.
        run: RunId,
        /// The report.
        report: Box<Report>,
    },
    /// A file was written.
    Saved {
        /// Where, as a person would type it.
        path: String,
    },
    /// A file with a secret was written, which nobody but its owner may read.
    SecretSaved {
        /// Where, as a person would type it.
        path: String,
    },
    /// A file could not be written.
    NotSaved {
        /// Why.
        problem: Box<Problem>,
    },
    /// What the last drawing of the screen found out about its size.
    Measured(Measure),
}

/// What a lane's work says: what it did, or that it could not be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Lane<T> {
    /// It did something.
    Did(Box<T>),
    /// It could not be done, or broke; nothing more comes.
    Failed(Box<Problem>),
}

/// A value of the connection, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Which field.
    pub field: Field,
    /// Its value.
    pub value: String,
    /// Where it came from: "from the bucket", "from the profile".
    pub from: String,
}

/// What only the drawing knows: how many rows of a list fit, and how far the open overlay can be scrolled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measure {
    /// Rows of the body's list that fit.
    pub page: u16,
    /// The overlay's lines that do not fit.
    pub overlay_scroll: u16,
}

/// What is to be done outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Check a target.
    StartSurvey(Box<StartSurvey>),
    /// Read a saved report.
    OpenReport {
        /// As which run.
        run: RunId,
        /// The file.
        path: String,
    },
    /// Inspect, plan, apply or undo a grant.
    Grant(Box<StartGrant>),
    /// Send a signal.
    Signal(Box<StartSignal>),
    /// Change the practice account.
    Practice(PracticeEdit),
    /// Stop the grant's or the signal's run. Its end is still told.
    CancelLane {
        /// Which.
        run: RunId,
    },
    /// Stop a run. Its end is still told.
    Cancel {
        /// Which.
        run: RunId,
    },
    /// Put text on the user's clipboard.
    Copy {
        /// The text.
        text: String,
    },
    /// Put a secret on the user's clipboard. It is told apart so that no log of effects can hold it.
    CopySecret {
        /// The secret.
        secret: Secret,
    },
    /// Write a file of mode 0600, which holds a secret. Never over one that is there: the driver finds a free name.
    SaveSecret {
        /// The file's name, without a folder.
        name: String,
        /// Its contents.
        contents: Secret,
    },
    /// Write a file. Never over one that is there: the driver finds a free name.
    Save {
        /// The file's name, without a folder.
        name: String,
        /// Its contents.
        contents: String,
    },
    /// Leave.
    Quit,
}

/// A survey to run.
#[derive(Clone, Debug, PartialEq)]
pub struct StartSurvey {
    /// Its number.
    pub run: RunId,
    /// Which bucket, as whom.
    pub connection: Connection,
    /// Every row, or a sample of the size that the command line says.
    pub rows: Rows,
    /// Which rules.
    pub scope: Scope,
}

/// Which rules a run judges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All of them.
    All,
    /// Some; the others keep what an earlier run found.
    Codes(Vec<Code>),
}
