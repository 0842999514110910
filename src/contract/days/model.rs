//! The calendar's types as they stand in the report's JSON.

use serde::{Deserialize, Serialize};

use super::saved::CalendarEvidence;
use crate::{calendar::DayState, rule::Code};

/// A day of data in one dataset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DataDay {
    /// `YYYY-MM-DD`, PST.
    pub day: String,
    /// Files with rows of that day (by folder), or that hold rows of it.
    pub files: u64,
    /// Rows: from the footers for day folders, else as read.
    pub rows: u64,
    /// The first row's instant, RFC 3339 in UTC, where rows were read.
    pub first: Option<String>,
    /// The last row's instant, likewise.
    pub last: Option<String>,
    /// The newest modification time among its files, RFC 3339 in UTC.
    pub landed_at: Option<String>,
    /// Distinct metric names among the rows of the day that were checked; `None` for events, where no name was read, and
    /// for days more than ten years back.
    pub metric_names: Option<u64>,
    /// The day may have more names: not all of its rows were read, or the dataset has more than are kept in memory.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub metric_names_at_least: bool,
}

/// The calendar of PST days.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CalendarReport {
    /// Every day from the first data day or signal to today in PST, and later ones that are signalled or
    /// have data; oldest first. Not those of which a folder that could not be read keeps the state unknown.
    pub days: Vec<CalendarDay>,
    /// Today in PST by the check's clock, `YYYY-MM-DD`.
    pub today: Option<String>,
    /// When a day's data usually lands: seconds after the day's end, the median over days. `None` where unknown.
    pub usual_landing_seconds: Option<i64>,
    /// No more than one day in twenty lands later than this, in seconds after the day's end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_landing_seconds: Option<i64>,
    /// What else is needed to tell what a signal would do. `None` in a month's extract and in older reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<CalendarEvidence>,
}

/// A PST day with its state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarDay {
    /// `YYYY-MM-DD`.
    pub day: String,
    /// Its state.
    pub state: DayState,
    /// Rows of events on that day; `None` where events are not in use or unknown.
    pub events_rows: Option<u64>,
    /// Rows of metrics on that day.
    pub metrics_rows: Option<u64>,
    /// The day's end in UTC: from then on it may be signalled, as far as the clock is concerned.
    pub safe_from: String,
    /// Rules with findings that touch this day.
    pub codes: Vec<Code>,
    /// Why a day with data is not ready, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
