//! G702 and G703: rows of signals, and the dates that they say.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::facts::SignalRows;
use super::ledger::Ledger;
use super::metrics::{Date, read_dates};
use super::plan::Column;
use super::table::RowRule;
use super::texts::{Cell, Memo};
use crate::calendar::PstDay;

/// Judges signals.
#[derive(Debug)]
pub(super) struct Signals {
    memo: Memo<Date>,
    days: Vec<Date>,
    pub(super) files: BTreeMap<Arc<str>, SignalRows>,
}

impl Signals {
    pub(super) fn new() -> Self {
        Self {
            memo: Memo::new(8),
            days: Vec::new(),
            files: BTreeMap::new(),
        }
    }

    /// Judges a batch of `count` rows of a file.
    pub(super) fn judge(&mut self, cell: &Cell, count: usize, key: &Arc<str>, ledger: &mut Ledger) {
        if let Cell::Blocked | Cell::Unread = cell {
            return;
        }
        read_dates(cell, count, &mut self.days, &mut self.memo);
        let file = self.files.entry(Arc::clone(key)).or_default();
        file.rows_read += count as u64;
        for (at, date) in self.days.iter().enumerate() {
            let rule = match date {
                Date::Day(day) => {
                    let row = ledger.row(at);
                    let (rows, first) = file.dates.entry(named(*day)).or_insert((0, row));
                    *rows += 1;
                    *first = row.min(*first);
                    continue;
                }
                Date::Null => {
                    file.null_rows += 1;
                    RowRule::G702
                }
                Date::Unreadable => RowRule::G703,
            };
            ledger.hit(rule, at, Column::FinishedDate, || cell.shown(at));
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (key, theirs) in other.files {
            let mine = self.files.entry(key).or_default();
            mine.rows_read += theirs.rows_read;
            mine.null_rows += theirs.null_rows;
            for (day, (rows, first)) in theirs.dates {
                let known = mine.dates.entry(day).or_insert((0, first));
                known.0 += rows;
                known.1 = known.1.min(first);
            }
        }
    }
}

/// The day, or the end of the calendar that it is beyond.
fn named(day: i64) -> PstDay {
    PstDay::from_epoch_day(day).unwrap_or(if day < 0 { PstDay::MIN } else { PstDay::MAX })
}
