//! Facts by metric, for M623 and M631.

use std::ops::RangeInclusive;

use hashbrown::HashMap;

use super::bounded::Bounded;
use super::day_names::DayNames;
use super::texts::cut;

/// Metrics whose names are kept, to be shown.
const NAMES: usize = 4_096;
/// Days in which a metric that is not stale has a row: the last day of data and those before it.
pub(in crate::contract) const FRESH_DAYS: i64 = 14;

/// Metrics by name.
#[derive(Debug)]
pub(super) struct MetricBook {
    slots: HashMap<u128, u32>,
    metrics: Vec<MetricFacts>,
    names: Bounded<Box<str>>,
    /// The newest readable date up to today.
    last_day: i64,
    pub(super) by_day: DayNames,
}

/// What is known of one metric.
#[derive(Clone, Copy, Debug)]
pub(super) struct MetricFacts {
    pub(super) hash: u128,
    /// Rows with only a value.
    value_only: u64,
    /// The lowest of them in the dataset.
    first_value_only: u64,
    /// The newest readable date up to today, if any.
    last_day: i64,
    /// A row has both parts of a ratio.
    ratio: bool,
    /// A row is of a file whose dates can be read.
    dated: bool,
    /// The day on which it was counted last.
    counted: i64,
}

/// Before any day.
const NEVER: i64 = i64::MIN;

/// A metric that some row makes a ratio, with rows that are none.
pub(super) struct Mixed {
    pub(super) rows: u64,
    pub(super) first_row: u64,
    pub(super) name: Option<Box<str>>,
}

/// What M631 says of all metrics.
pub(super) struct Staleness {
    pub(super) metrics: u64,
    pub(super) stale: u64,
    /// Names of stale ones, some.
    pub(super) names: Vec<Box<str>>,
    /// The newest readable date up to today, as days since 1970; `None` when there is none.
    pub(super) last_day: Option<i64>,
}

impl MetricBook {
    pub(super) fn new(days: RangeInclusive<i64>) -> Self {
        Self {
            slots: HashMap::new(),
            metrics: Vec::new(),
            names: Bounded::new(NAMES),
            last_day: NEVER,
            by_day: DayNames::new(days),
        }
    }

    /// The place of a metric, by its name.
    pub(super) fn slot(&mut self, name: &[u8]) -> u32 {
        let hash = twox_hash::XxHash3_128::oneshot(name);
        let slot = self.slot_of(hash);
        self.names.entry(hash as u64, || cut(name));
        slot
    }

    fn slot_of(&mut self, hash: u128) -> u32 {
        *self.slots.entry(hash).or_insert_with(|| {
            self.metrics.push(MetricFacts {
                hash,
                value_only: 0,
                first_value_only: u64::MAX,
                last_day: NEVER,
                ratio: false,
                dated: false,
                counted: NEVER,
            });
            (self.metrics.len() - 1) as u32
        })
    }

    /// The hash of a metric's name.
    #[inline]
    pub(super) fn hash(&self, slot: u32) -> u64 {
        self.metrics
            .get(slot as usize)
            .map_or(0, |facts| facts.hash as u64)
    }

    /// A row has only a value.
    #[inline]
    pub(super) fn value_only(&mut self, slot: u32, row: u64) {
        if let Some(facts) = self.metrics.get_mut(slot as usize) {
            facts.value_only += 1;
            facts.first_value_only = facts.first_value_only.min(row);
        }
    }

    /// A row has both parts of a ratio.
    #[inline]
    pub(super) fn ratio(&mut self, slot: u32) {
        if let Some(facts) = self.metrics.get_mut(slot as usize) {
            facts.ratio = true;
        }
    }

    /// A row of a file with readable dates; `day` is its date, if that is readable and not after today.
    #[inline]
    pub(super) fn dated(&mut self, slot: u32, day: Option<i64>) {
        if let Some(facts) = self.metrics.get_mut(slot as usize) {
            facts.dated = true;
            facts.last_day = facts.last_day.max(day.unwrap_or(NEVER));
        }
    }

    /// A row belongs to a day.
    #[inline]
    pub(super) fn count(&mut self, slot: u32, day: i64) {
        if let Some(facts) = self.metrics.get_mut(slot as usize)
            && facts.counted != day
        {
            facts.counted = day;
            self.by_day.add(facts.hash as u64, day);
        }
    }

    /// A readable date up to today, of a row with or without a metric's name.
    #[inline]
    pub(super) fn day(&mut self, day: i64) {
        self.last_day = self.last_day.max(day);
    }

    pub(super) fn merge(&mut self, other: Self) {
        for theirs in other.metrics {
            let slot = self.slot_of(theirs.hash);
            if let Some(mine) = self.metrics.get_mut(slot as usize) {
                mine.value_only += theirs.value_only;
                mine.first_value_only = mine.first_value_only.min(theirs.first_value_only);
                mine.last_day = mine.last_day.max(theirs.last_day);
                mine.ratio |= theirs.ratio;
                mine.dated |= theirs.dated;
            }
        }
        self.names.merge(other.names, |_, _| {});
        self.by_day.merge(other.by_day);
        self.last_day = self.last_day.max(other.last_day);
    }

    /// M623: the metrics that are a ratio by some row, with rows that have only a value.
    pub(super) fn mixed(&self) -> impl Iterator<Item = Mixed> {
        self.metrics
            .iter()
            .filter(|facts| facts.ratio && facts.value_only > 0)
            .map(|facts| Mixed {
                rows: facts.value_only,
                first_row: facts.first_value_only,
                name: self.names.get(facts.hash as u64).cloned(),
            })
    }

    /// M631.
    pub(super) fn staleness(&self) -> Staleness {
        let last_day = (self.last_day != NEVER).then_some(self.last_day);
        let oldest = self.last_day.saturating_sub(FRESH_DAYS - 1);
        let stale = |facts: &&MetricFacts| facts.dated && last_day.is_some() && facts.last_day < oldest;
        let mut names: Vec<_> = self
            .metrics
            .iter()
            .filter(stale)
            .filter_map(|facts| self.names.get(facts.hash as u64).cloned())
            .collect();
        names.sort_unstable();
        names.truncate(crate::rule::MAX_SAMPLES);
        Staleness {
            metrics: self.metrics.iter().filter(|facts| facts.dated).count() as u64,
            stale: self.metrics.iter().filter(stale).count() as u64,
            names,
            last_day,
        }
    }
}
