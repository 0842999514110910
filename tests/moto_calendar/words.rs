//! The calendar's rules once more, from the contract's words and with none of the program's code but its dates.

use std::collections::{BTreeMap, BTreeSet};

use bucket_ready::calendar::PstDay;

/// What an object holds: that is known to whoever put it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holds {
    Events(PstDay),
    Metrics(PstDay),
    /// The dates of its rows.
    Signal(Vec<PstDay>),
}

/// An object with the time, in seconds since 1970, that the server's listing tells of it.
#[derive(Clone, Debug)]
pub struct Listed {
    pub key: String,
    pub holds: Holds,
    pub modified: i64,
}

/// Counts by rule.
pub type Counts = BTreeMap<String, u64>;

/// The PST day of an instant: UTC−8, all year.
pub fn pst_day(second: i64) -> PstDay {
    PstDay::from_epoch_day((second - 8 * 3600).div_euclid(86_400)).unwrap()
}

/// "before the PST day ended (D+1 08:00 UTC)"
pub fn end_of(day: PstDay) -> i64 {
    (day.epoch_day() + 1) * 86_400 + 8 * 3600
}

fn data_days(objects: &[Listed]) -> [BTreeSet<PstDay>; 2] {
    let days = |of: fn(&Holds) -> Option<PstDay>| objects.iter().filter_map(|o| of(&o.holds)).collect();
    [
        days(|h| {
            if let Holds::Events(day) = h {
                Some(*day)
            } else {
                None
            }
        }),
        days(|h| {
            if let Holds::Metrics(day) = h {
                Some(*day)
            } else {
                None
            }
        }),
    ]
}

/// Rows of signals, each with its file's time.
fn signal_rows(objects: &[Listed]) -> Vec<(PstDay, i64)> {
    let rows = |o: &Listed| match &o.holds {
        Holds::Signal(days) => days.iter().map(|day| (*day, o.modified)).collect(),
        _ => Vec::new(),
    };
    objects.iter().flat_map(rows).collect()
}

/// G707: "a data object of a signalled day is newer than the signal that closed it: the earliest-modified signal file with
/// that date or a later one"
pub fn late(objects: &[Listed]) -> BTreeSet<String> {
    let signals = signal_rows(objects);
    let is_late = |o: &&Listed| match &o.holds {
        Holds::Events(day) | Holds::Metrics(day) => {
            let closed = signals.iter().filter(|(date, _)| date >= day).map(|s| s.1).min();
            closed.is_some_and(|closed| o.modified > closed)
        }
        Holds::Signal(_) => false,
    };
    objects.iter().filter(is_late).map(|o| o.key.clone()).collect()
}

/// The counts of the rules about days, on a day `today`.
pub fn counts(objects: &[Listed], today: PstDay) -> Counts {
    let [events, metrics] = data_days(objects);
    let data: BTreeSet<PstDay> = events.union(&metrics).copied().collect();
    let signals = signal_rows(objects);
    let last = signals.iter().map(|s| s.0).max();
    // "after today in PST"
    let future = signals.iter().filter(|s| s.0 > today).count();
    // "the signal file was written before the PST day ended"
    let early = signals.iter().filter(|(date, at)| *at < end_of(*date)).count();
    // "a day closed by a signal of that or a later date, not after today in PST, from the first data day on, without data"
    let from = data.first().map_or(i64::MAX, |first| first.epoch_day());
    let gaps = (from..=today.epoch_day())
        .filter_map(PstDay::from_epoch_day)
        .filter(|day| last.is_some_and(|last| *day <= last) && !data.contains(day))
        .count();
    // "data days over in PST and after the last signal"
    let waiting = data
        .iter()
        .filter(|day| **day < today && last.is_none_or(|last| **day > last));
    // "one of events and metrics has the day, the other has not, though both are in use"
    let half = if events.is_empty() || metrics.is_empty() {
        0
    } else {
        events.symmetric_difference(&metrics).count()
    };
    [
        ("G704", future),
        ("G705", early),
        ("G706", gaps),
        ("G707", late(objects).len()),
        ("G708", waiting.count()),
        ("G710", half),
    ]
    .into_iter()
    .map(|(code, count)| (code.to_owned(), u64::try_from(count).unwrap()))
    .collect()
}
