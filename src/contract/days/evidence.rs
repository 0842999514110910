//! What is known of days, files and signals, and what is not. Plain data; the survey fills it in.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    calendar::{DayOffset, PstDay},
    rule::{Code, Severity, Unit},
};

/// All that the calendar's rules are judged on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// `events/`.
    pub events: DatasetDays,
    /// `metrics/`.
    pub metrics: DatasetDays,
    /// `signals/`.
    pub signals: SignalsEvidence,
    /// Findings of rules on events and metrics by the data day that they touch: the day folder's date, or without one
    /// the row's own PST day. All severities, as configured; a rule that is off is left out.
    pub findings: BTreeMap<PstDay, Vec<DayFinding>>,
}

/// A rule's finding on one data day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayFinding {
    /// The rule.
    pub code: Code,
    /// The finding's severity under the configuration in force.
    pub severity: Severity,
    /// What is counted. Only [`Unit::Rows`] concern G711; failing files keep a day from being ready.
    pub unit: Unit,
    /// How many.
    pub count: u64,
}

/// What is known of the days of `events/` or `metrics/`.
///
/// The default is a folder that was listed to its end and holds nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DatasetDays {
    /// Objects of any kind under the folder.
    pub objects: u64,
    /// Its Parquet files with a readable footer.
    pub files: u64,
    /// Its data days, of any age: day folders' dates, and the PST days of rows outside of day folders; only of files
    /// with rows.
    pub days: BTreeMap<PstDay, DayData>,
    /// Why there may be data days besides those: the listing was refused or cut short, footers could not be read, or
    /// rows outside of day folders were only sampled. A sentence's beginning without a full stop: "listing events/ was
    /// refused". `None` when all days are known.
    pub unknown: Option<String>,
    /// Why nothing is known of what its rows break, where they were not read, as a sentence's beginning. Such days are
    /// known, and none of them is ready.
    pub unread: Option<String>,
    /// How the dates of day folders fit the rows in them (events only).
    pub folder_dates: FolderDates,
}

impl DatasetDays {
    /// Whether it is known to hold no object.
    pub fn is_absent(&self) -> bool {
        self.objects == 0 && self.days.is_empty() && self.unknown.is_none()
    }
}

/// A data day in one dataset.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DayData {
    /// Rows: from the footers for day folders, else as read.
    pub rows: u64,
    /// Rows of the day that were read and judged.
    pub rows_checked: u64,
    /// The first row's instant, where rows were read.
    pub first: Option<Timestamp>,
    /// The last row's instant.
    pub last: Option<Timestamp>,
    /// Distinct metric names among the rows that were read (metrics only).
    pub metric_names: Option<u64>,
    /// The day may have more names than that.
    pub metric_names_at_least: bool,
    /// The day's data objects: files with rows, in its day folder or that hold rows of it. A file outside of day folders
    /// stands under every day of its rows.
    pub files: Vec<DataFile>,
}

impl DayData {
    /// The newest modification time among its files.
    pub fn landed_at(&self) -> Option<Timestamp> {
        self.files.iter().filter_map(|file| file.modified).max()
    }
}

/// An object with rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFile {
    /// The key, relative to the target's prefix.
    pub key: Arc<str>,
    /// Last modified, where the store tells it.
    pub modified: Option<Timestamp>,
}

/// How the dates of day folders fit the rows in them: E505's pattern of folders by UTC date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FolderDates {
    /// Rows in day folders with a readable timestamp.
    pub rows: u64,
    /// Those whose PST day is not the folder's date (E505).
    pub outside: u64,
    /// Those whose UTC date is the folder's date.
    pub utc: u64,
}

impl FolderDates {
    /// Whether the rows prove that folders are by UTC date: some lie outside their PST day, and nearly all (19 in 20)
    /// are in the folder of their UTC date.
    pub fn by_utc(&self) -> bool {
        self.outside > 0 && self.utc.saturating_mul(20) >= self.rows.saturating_mul(19)
    }
}

/// What is known of `signals/`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SignalsEvidence {
    /// Objects of any kind under the folder.
    pub objects: u64,
    /// Its Parquet files with a readable footer, whatever they hold.
    pub files: Vec<SignalFile>,
    /// Rows of those files whose `finished_date` can be judged, from the footers.
    pub rows: u64,
    /// Why there may be signals besides those read: a refused listing, an unreadable footer, rows not read. As in
    /// [`DatasetDays::unknown`].
    pub unknown: Option<String>,
    /// With files but without a readable `finished_date` in any: the S rule that says why (S402, S403, S404, S408).
    pub blocked_by: Option<Code>,
}

/// A Parquet file of the signals dataset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignalFile {
    /// The key, relative to the target's prefix.
    pub key: Arc<str>,
    /// Last modified.
    pub modified: Option<Timestamp>,
    /// The rows that were read, nulls and unreadable ones included.
    pub rows_read: u64,
    /// Rows whose `finished_date` is null (G702).
    pub null_rows: u64,
    /// Its readable dates, each once.
    pub dates: Vec<SignalDate>,
}

impl SignalFile {
    /// Whether it was written before a day was over. Not known without a time.
    pub fn is_before_end_of(&self, day: PstDay, offset: DayOffset) -> bool {
        self.modified.is_some_and(|at| !day.is_over(at, offset))
    }
}

/// A finished date in a signal file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalDate {
    /// The date.
    pub day: PstDay,
    /// Rows that say so.
    pub rows: u64,
    /// The first of them, from 0.
    pub first_row: u64,
}
