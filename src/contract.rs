//! What Statsig expects of the bucket: the rules L3xx, S4xx, E5xx, M6xx, G7xx and X8xx, and the code that judges them.
//!
//! Pure: listings, footers and Arrow batches come in, [`crate::rule::Outcome`]s come out. No clock, no I/O.
//!
//! - [`rules`]: the tables of rules, one file a family; words and severities
//! - [`layout`]: L3xx over a listing, and what Spark makes of each object
//! - [`schema`]: S4xx over footers, and which columns of a file can be judged
//! - [`rows`]: E5xx, M6xx and the signals' rows over Arrow batches
//! - [`cross`]: X8xx, events and metrics side by side
//! - [`days`]: G7xx and the days of the calendar
//! - [`json`] and [`instant`]: the readings of JSON text and of times that the rules share

pub mod cross;
pub mod days;
pub mod instant;
pub mod json;
pub mod layout;
pub mod rows;
pub mod rules;
pub mod schema;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::calendar::{DayOffset, PstDay};

/// What the rules need to know besides the data.
#[derive(Clone, Debug, PartialEq)]
pub struct Context {
    /// The check's clock.
    pub now: Timestamp,
    /// Where the project's days begin.
    pub offset: DayOffset,
    /// Id types beside `user_id` and `stable_id` that the project knows.
    pub id_types: Vec<String>,
    /// How days are signalled, where the configuration says so.
    pub signal_via: Option<SignalVia>,
}

impl Context {
    /// A context with the defaults of a project that configures nothing.
    pub fn at(now: Timestamp) -> Self {
        Self {
            now,
            offset: DayOffset::default(),
            id_types: Vec::new(),
            signal_via: None,
        }
    }

    /// Today in PST by the check's clock; the nearest day where that is set to a year that has none.
    pub fn today(&self) -> PstDay {
        PstDay::of(self.now, self.offset).unwrap_or(match self.now < Timestamp::UNIX_EPOCH {
            true => PstDay::MIN,
            false => PstDay::MAX,
        })
    }
}

/// How days are signalled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignalVia {
    /// By rows in `signals/`.
    Files,
    /// By the `mark_data_ready` API: a missing `signals/` is no finding.
    Api,
}
