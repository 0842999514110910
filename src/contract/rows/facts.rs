//! What rows say to the calendar: which days they belong to, when, and which rules they break there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use crate::calendar::PstDay;
use crate::rule::Code;

/// A data day as its rows tell it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DayFacts {
    /// Rows that were read.
    pub rows: u64,
    /// Their earliest readable instant (events only).
    pub first: Option<Timestamp>,
    /// Their latest.
    pub last: Option<Timestamp>,
    /// The rules that some of them break, of any severity, with how many do. Rules over sets are not told by day.
    pub findings: BTreeMap<Code, u64>,
    /// The files outside of day folders that hold rows of the day.
    pub files: BTreeSet<Arc<str>>,
    /// Distinct metric names among the rows read (metrics only); `None` where no name was read, and out of the days that
    /// rows may found.
    pub names: Option<u64>,
    /// The rows read may have more names than that: some can't be read, or there are more than are kept in memory.
    pub names_at_least: bool,
}

/// How the dates of day folders fit the rows in them, of files with a readable `timestamp` column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FolderRows {
    /// Rows in day folders with a readable timestamp.
    pub rows: u64,
    /// Those whose PST day is not the folder's date (E505).
    pub outside: u64,
    /// Those whose UTC date is the folder's date.
    pub utc: u64,
}

/// What the rows of a signal file say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignalRows {
    /// Rows that were read, nulls and unreadable ones included.
    pub rows_read: u64,
    /// Rows whose `finished_date` is null (G702).
    pub null_rows: u64,
    /// Its readable dates, with the number of rows that say so and the first of them, from 0.
    pub dates: BTreeMap<PstDay, (u64, u64)>,
}

/// What the rows of one dataset say to the calendar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowFacts {
    /// Data days: a file in a day folder counts for the folder's date whatever its rows say; the rows of any other file for
    /// their own PST days (metrics: the `date` as written). The latter only from ten years before today to 400 days
    /// after: instants out of that are mistakes.
    pub days: BTreeMap<PstDay, DayFacts>,
    /// How day folders fit their rows (events only).
    pub folder_rows: FolderRows,
    /// Rows outside their day folder, by the row's day and the folder's (E505, M607), the row's day within those years.
    pub outside: BTreeMap<(PstDay, PstDay), u64>,
    /// Each signal file of which rows were read. Only of `signals/`. Dates beyond the year 9999 stand as that year's end.
    pub signals: BTreeMap<Arc<str>, SignalRows>,
}
