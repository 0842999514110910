//! A small Statsig: polls, and loads each day once. Written apart from [`crate::contract`], and simply, so that what the
//! contract says of a signal can be held against it.
//!
//! - [`Ingestion`] knows days by number, rows by day, and nothing else
//! - [`read`]: which days the rows of an object are of
//! - [`passing`]: the account's clock moves on: exports land, Statsig polls, and it is told what was ingested and lost

pub mod passing;
pub mod read;

use std::collections::BTreeMap;

/// A poll writes down at most so many days; those after are closed all the same.
const FAR: i64 = 10_000;

/// What was loaded so far. Days count from 1970-01-01.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ingestion {
    loaded: BTreeMap<i64, u64>,
    closed: Option<i64>,
}

impl Ingestion {
    /// One poll: days that it loads, with the rows that are there now.
    ///
    /// `bucket` has rows by day, `finished` the dates in `signals/`, `marked` the API's timestamp in seconds since the
    /// epoch; a day begins `-offset_hours` hours after midnight UTC. A signal finishes every day up to its own, with or
    /// without data, from the first day with data on. A timestamp finishes the days all of which lie before it.
    pub fn poll(
        &mut self,
        bucket: &BTreeMap<i64, u64>,
        finished: &[i64],
        marked: Option<i64>,
        offset_hours: i64,
    ) -> BTreeMap<i64, u64> {
        let mut up_to = finished.iter().copied().max();
        if let Some(second) = marked {
            // A day ends where the next begins.
            let mut day = second / 86_400 + 3;
            while (day + 1) * 86_400 - offset_hours * 3600 > second {
                day -= 1;
            }
            up_to = up_to.max(Some(day));
        }
        let mut now = BTreeMap::new();
        if let (Some((first, _)), Some(up_to)) = (bucket.first_key_value(), up_to) {
            for day in *first..=up_to.min(*first + FAR) {
                if !self.has_loaded(day) {
                    now.insert(day, bucket.get(&day).copied().unwrap_or(0));
                }
            }
            self.closed = self.closed.max(Some(up_to));
            self.loaded.extend(&now);
        }
        now
    }

    /// Whether a day was loaded: what comes for it from now on is not read.
    pub fn has_loaded(&self, day: i64) -> bool {
        self.loaded.contains_key(&day)
            || self
                .loaded
                .last_key_value()
                .is_some_and(|(last, _)| day > *last && self.closed >= Some(day))
    }

    /// Days that were loaded, with the rows that were there then.
    pub fn loaded(&self) -> &BTreeMap<i64, u64> {
        &self.loaded
    }

    /// The last day that is closed, loaded or not.
    pub fn closed_up_to(&self) -> Option<i64> {
        self.closed
    }
}
