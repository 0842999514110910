//! What rows say to the calendar: which days they belong to, when, and which rules they break there.

use std::collections::BTreeMap;
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
    /// The rules that some of them break, of any severity, in the catalogue's order. Rules over sets are not told by
    /// day.
    pub codes: Vec<Code>,
}

/// What the rows of one dataset say to the calendar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowFacts {
    /// Data days: a file in a day folder counts for the folder's date whatever its rows say; the rows of any other file for
    /// their own PST days (metrics: the `date` as written). The latter only from ten years before today to 400 days
    /// after: instants out of that are mistakes, and not days of the calendar.
    pub days: BTreeMap<PstDay, DayFacts>,
    /// Rows outside their day folder, by the row's day and the folder's (E505, M607), within the same years.
    pub outside: BTreeMap<(PstDay, PstDay), u64>,
    /// Readable finished dates of each signal file, with the rows that hold them. Only of `signals/`.
    pub finished: BTreeMap<Arc<str>, BTreeMap<PstDay, u64>>,
    /// Files with rows of a day, of those files that are in no day folder.
    pub files_by_day: BTreeMap<PstDay, u64>,
}
