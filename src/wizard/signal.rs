//! The lane of step 6 that sends: the days chosen, what a signal would do, its confirmation, and what came of it.
//!
//! ```text
//! s -> preview -> Enter -> [the secret] -> confirmation, typed -> sending -> done, or failed; then days are read again
//!         ^----------- what a signal would do has changed: shown anew, asked again -----------'
//! ```
//!
//! A signal can't be taken back, so nothing here sends by accident: the confirmation is typed letter by letter, repeats
//! every consequence and the last date, takes no paste, and is weighed by the clock at the moment of sending.
//!
//! - [`sheet`]: the panel's stages, and the keys in it
//! - [`mark`]: an earlier signal by the API, from this machine's ledger
//! - [`typing`]: the confirmation's and the secret's fields
//! - [`weigh`]: what may be sent, and what is to be typed for it

pub mod mark;
pub mod sheet;
pub mod typing;
pub mod weigh;

pub use mark::ApiMark;
pub use sheet::{Progress, Sheet, SheetRow, Stage};

use jiff::Timestamp;

use super::{connect::Connection, event::RunId, state::Wizard};
use crate::{
    access::plan::Secret,
    calendar::{DayOffset, PstDay},
    contract::{
        Context, SignalVia,
        days::{
            Evidence,
            form::FinishedType,
            guard::{self, Consent},
            what_if::{Accept, Candidate, what_if},
        },
    },
    report::Mode,
};

/// What step 6 knows of signals under way.
#[derive(Clone, Debug, Default)]
pub struct Signalling {
    /// The newest work of this lane.
    pub run: RunId,
    /// The other end of the range of days, where one is chosen: the cursor is one end, this the other.
    pub anchor: Option<PstDay>,
    /// How to signal, where the user chose in this session.
    pub via: Option<SignalVia>,
    /// What was found out about the API's side, once it was asked for.
    pub api: Option<ApiFacts>,
    /// What this machine's ledgers have of earlier signals by the API.
    pub marks: Vec<ApiMark>,
    /// The signal that is prepared, under way or done.
    pub sheet: Option<Box<Sheet>>,
}

impl Signalling {
    /// Whether the signal is over: told, or failed.
    pub fn is_told(&self) -> bool {
        self.sheet
            .as_ref()
            .is_some_and(|sheet| matches!(sheet.stage, Stage::Done | Stage::Failed(_)))
    }
}

/// What is known of the API's side without asking Statsig, which has no read-back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiFacts {
    /// Where the server secret comes from: `from STATSIG_SERVER_SECRET`. `None` when there is none: it is to be typed.
    pub secret_from: Option<String>,
    /// The latest timestamp that this machine's ledger has for the project, in seconds since the epoch.
    pub marked: Option<i64>,
    /// Where it goes to: `https://api.statsig.com/v1/mark_data_ready`.
    pub url: String,
    /// The request's `type`, where it is another than `metrics`, the documented one.
    pub kind: Option<String>,
    /// What this machine's ledgers have of earlier signals.
    pub marks: Vec<ApiMark>,
    /// Why it can't be used as it is: a client key, a ledger that can't be read.
    pub trouble: Option<String>,
    /// What is to be known before it is used: an earlier request that was never answered.
    pub note: Option<String>,
}

impl ApiFacts {
    /// Whether nothing can be sent: there is a secret, and trouble all the same. Without a secret another can be typed.
    pub fn is_blocked(&self) -> bool {
        self.trouble.is_some() && self.secret_from.is_some()
    }
}

/// Work of this lane.
#[derive(Clone, Debug, PartialEq)]
pub struct StartSignal {
    /// Its number.
    pub run: RunId,
    /// Which bucket, as whom.
    pub connection: Connection,
    /// What is to be done.
    pub task: SignalTask,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum SignalTask {
    /// Find out what a signal by the API needs. Nothing is sent.
    Look {
        /// The secret that was typed, if one was: the ledger is kept by project.
        secret: Option<Secret>,
    },
    /// Send it.
    Send(Box<Order>),
}

/// A signal to send, as it was confirmed.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// The days to name, oldest first; none of them was closed before. By the API only the last is told.
    pub days: Vec<PstDay>,
    /// By which way.
    pub via: SignalVia,
    /// The type of `finished_date`, by files.
    pub kind: FinishedType,
    /// The consequences that were confirmed.
    pub accepted: Vec<Accept>,
    /// The server secret, where it was typed.
    pub secret: Option<Secret>,
    /// What the confirmation was weighed on: whoever sends weighs it once more by the clock.
    pub evidence: Evidence,
    /// The candidate that was weighed.
    pub candidate: Candidate,
    /// The project's days and its way of signalling.
    pub mode: Mode,
}

impl Order {
    /// The last day, which the confirmation repeats.
    pub fn last(&self) -> Option<PstDay> {
        self.days.last().copied()
    }

    /// Weighs it once more, by the clock of whoever is about to send it.
    ///
    /// # Errors
    /// A sentence: it would do something else than what was confirmed.
    pub fn still_holds(&self, now: Timestamp) -> Result<(), String> {
        let context = Context {
            offset: DayOffset::from_hours(self.mode.day_offset_hours).unwrap_or_default(),
            signal_via: self.mode.signal_via,
            ..Context::at(now)
        };
        let found = what_if(&context, &self.evidence, &self.candidate);
        let Some(last) = self.last().filter(|_| weigh::named(&found) == self.days) else {
            return Err("these days are closed already".to_owned());
        };
        let consent = Consent {
            confirm: Some(last.to_string()),
            accept: self
                .accepted
                .iter()
                .map(|accept| accept.word().to_owned())
                .collect(),
        };
        let hurdles = guard::hurdles(&found, last, &consent);
        if hurdles.is_clear() {
            return Ok(());
        }
        Err(hurdles.in_words().join("; "))
    }
}

/// What sending tells.
#[derive(Clone, Debug, PartialEq)]
pub enum SignalEvent {
    /// What a signal by the API needs, and what this machine knows of earlier ones.
    Api(ApiFacts),
    /// A day is being told.
    Sending {
        /// The day.
        day: PstDay,
    },
    /// One day was told complete.
    Sent {
        /// The day.
        day: PstDay,
        /// How.
        how: Sent,
        /// In words: the object written, the server's answer.
        say: String,
    },
    /// Nothing was sent, because what it would do is not what was confirmed.
    Changed {
        /// In words.
        say: String,
    },
    /// All that was asked for is done. Always the last, unless the run failed.
    Finished,
}

/// How a day was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Its object was written and read back.
    Written,
    /// An equal signal was there: nothing was written.
    Already,
    /// The server answered, and said yes.
    Answered,
}

impl Sent {
    /// In a word or two.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Already => "already signalled",
            Self::Answered => "answered",
        }
    }
}

impl Wizard {
    /// Whether a signal is being sent.
    pub fn is_signalling(&self) -> bool {
        self.signal
            .sheet
            .as_ref()
            .is_some_and(|sheet| matches!(sheet.stage, Stage::Sending { .. }))
    }

    /// Whether something outside is being changed, so that leaving would cut it off.
    pub fn is_changing(&self) -> bool {
        self.is_signalling() || self.grant.is_changing()
    }

    /// How days are signalled: as chosen, as configured, else by files where `signals/` has objects. `None` where
    /// nothing says.
    pub fn signal_via(&self) -> Option<SignalVia> {
        self.signal
            .via
            .or(self.mode().signal_via)
            .or_else(|| self.has_signal_files().then_some(SignalVia::Files))
    }
}
