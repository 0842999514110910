//! Which days the signals close, and since when.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::SignalsEvidence;
use crate::calendar::PstDay;

/// The days that signals close: every day up to and including the last finished date, since on S3 the days between two
/// signals count as loaded.
#[derive(Clone, Debug, Default)]
pub struct Closing {
    /// Every finished date, with the earliest modification time of the files with that date or a later one.
    closed_at: BTreeMap<PstDay, ClosedAt>,
}

/// When a day was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClosedAt {
    /// The earliest modification time of the signal files with that date or a later one; `None` when the store tells
    /// none of them.
    pub earliest: Option<Timestamp>,
    /// Whether one of these files has no known time, so that it may have been earlier.
    pub uncertain: bool,
}

impl Closing {
    /// What the signals seen so far close.
    pub fn of(signals: &SignalsEvidence) -> Self {
        // A file closes days from the time it was written. Its last date alone decides what it reaches.
        let mut closed_at: BTreeMap<PstDay, ClosedAt> = BTreeMap::new();
        for file in &signals.files {
            let this = ClosedAt {
                earliest: file.modified,
                uncertain: file.modified.is_none(),
            };
            for date in &file.dates {
                closed_at
                    .entry(date.day)
                    .and_modify(|at| *at = at.or(this))
                    .or_insert(this);
            }
        }
        let mut later: Option<ClosedAt> = None;
        for at in closed_at.values_mut().rev() {
            *at = later.map_or(*at, |later| at.or(later));
            later = Some(*at);
        }
        Self { closed_at }
    }

    /// When a day was closed; `None` when it is not.
    pub fn of_day(&self, day: PstDay) -> Option<ClosedAt> {
        self.closed_at.range(day..).next().map(|(_, at)| *at)
    }

    /// Whether a signal of that or a later date closes a day.
    pub fn closes(&self, day: PstDay) -> bool {
        self.last().is_some_and(|last| day <= last)
    }

    /// Whether a day has a signal of its own date.
    pub fn names(&self, day: PstDay) -> bool {
        self.closed_at.contains_key(&day)
    }

    /// The first finished date.
    pub fn first(&self) -> Option<PstDay> {
        self.closed_at.keys().next().copied()
    }

    /// The last finished date: every day up to it is closed.
    pub fn last(&self) -> Option<PstDay> {
        self.closed_at.keys().next_back().copied()
    }

    /// The finished dates, oldest first.
    pub fn dates(&self) -> impl DoubleEndedIterator<Item = PstDay> {
        self.closed_at.keys().copied()
    }
}

impl ClosedAt {
    fn or(self, other: Self) -> Self {
        Self {
            earliest: match (self.earliest, other.earliest) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            },
            uncertain: self.uncertain || other.uncertain,
        }
    }
}
