//! How many metrics each day has, in bounded memory.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use super::bounded::Bounded;

/// Metrics whose days are kept. With more, those that are kept are counted, and counts are "at least".
const NAMES: usize = 8_192;

/// The days of each metric. What comes out does not depend on the order in which rows came.
#[derive(Debug)]
pub(super) struct DayNames {
    metrics: Bounded<Days>,
    /// Days that are counted; others have no count.
    kept: RangeInclusive<i64>,
    /// Days with rows whose names can't be read.
    nameless: BTreeSet<i64>,
}

/// How many metrics a day has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NamesOfDay {
    /// The distinct names that were seen.
    pub(super) names: u64,
    /// There may be more of them in the rows that were read.
    pub(super) at_least: bool,
}

/// A set of days since 1970: 64 of them in a word, and the words there are, in order.
#[derive(Clone, Debug, Default)]
struct Days(Vec<(i64, u64)>);

impl Days {
    fn join(&mut self, word: i64, bits: u64) {
        match self.0.binary_search_by_key(&word, |(word, _)| *word) {
            Ok(at) => {
                if let Some((_, mine)) = self.0.get_mut(at) {
                    *mine |= bits;
                }
            }
            Err(at) => self.0.insert(at, (word, bits)),
        }
    }

    fn iter(&self) -> impl Iterator<Item = i64> {
        self.0.iter().flat_map(|(word, bits)| {
            (0..64)
                .filter(move |bit| bits >> bit & 1 == 1)
                .map(move |bit| word * 64 + bit)
        })
    }
}

impl DayNames {
    pub(super) fn new(kept: RangeInclusive<i64>) -> Self {
        Self {
            metrics: Bounded::new(NAMES),
            kept,
            nameless: BTreeSet::new(),
        }
    }

    /// A metric has a row on a day.
    pub(super) fn add(&mut self, metric: u64, day: i64) {
        if self.kept.contains(&day)
            && let Some(days) = self.metrics.entry(metric, Days::default)
        {
            days.join(day.div_euclid(64), 1 << day.rem_euclid(64));
        }
    }

    /// A day has rows of which the name can't be read.
    pub(super) fn nameless(&mut self, day: i64) {
        if self.kept.contains(&day) {
            self.nameless.insert(day);
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.metrics.merge(other.metrics, |mine, theirs| {
            for (word, bits) in theirs.0 {
                mine.join(word, bits);
            }
        });
        self.nameless.extend(other.nameless);
    }

    /// The days that are kept and have a count.
    pub(super) fn counts(&self) -> BTreeMap<i64, NamesOfDay> {
        let mut names: BTreeMap<i64, u64> = BTreeMap::new();
        for (_, days) in self.metrics.iter() {
            for day in days.iter() {
                *names.entry(day).or_default() += 1;
            }
        }
        let capped = !self.metrics.keeps(u64::MAX);
        names
            .into_iter()
            .map(|(day, names)| {
                let at_least = capped || self.nameless.contains(&day);
                (day, NamesOfDay { names, at_least })
            })
            .collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::contract::rows::ids::hash_of;

    fn named(number: usize) -> u64 {
        hash_of(format!("metric_{number}").as_bytes())
    }

    fn exactly(names: u64) -> Option<NamesOfDay> {
        Some(NamesOfDay {
            names,
            at_least: false,
        })
    }

    #[test]
    fn a_name_counts_once_a_day_however_often_and_wherever_it_comes() {
        let mut one = DayNames::new(-100..=1000);
        let mut other = DayNames::new(-100..=1000);
        for day in [-65, -64, -1, 0, 63, 64] {
            one.add(named(1), day);
            one.add(named(1), day);
            other.add(named(1), day);
            other.add(named(2), day);
        }
        one.add(named(3), 64);
        one.add(named(3), 5000);
        one.merge(other);
        let counts = one.counts();
        assert_eq!(counts.get(&-65).copied(), exactly(2));
        assert_eq!(counts.get(&63).copied(), exactly(2));
        assert_eq!(counts.get(&64).copied(), exactly(3));
        assert_eq!(counts.get(&5000), None, "out of the days that are kept");
        assert_eq!(counts.len(), 6);
    }

    #[test]
    fn with_more_names_than_are_kept_it_says_at_least_and_the_same_in_any_order() {
        let all = 3 * NAMES;
        let count = |numbers: &mut dyn Iterator<Item = usize>| {
            let mut parts = [DayNames::new(0..=9), DayNames::new(0..=9)];
            for number in numbers {
                parts[number % 2].add(named(number), 3);
            }
            let [mut one, other] = parts;
            one.merge(other);
            one.counts()[&3]
        };
        let found = count(&mut (0..all));
        assert!(found.at_least && found.names > 0 && found.names <= NAMES as u64);
        assert_eq!(count(&mut (0..all).rev()), found);
        let full = count(&mut (0..NAMES));
        assert_eq!((full.names, full.at_least), (NAMES as u64, false));
    }

    #[test]
    fn a_day_with_rows_whose_names_are_hidden_says_at_least() {
        let mut names = DayNames::new(0..=9);
        names.add(named(1), 3);
        names.nameless(3);
        names.nameless(4);
        let counts = names.counts();
        assert!(counts[&3].at_least);
        assert_eq!(counts.get(&4), None, "nothing is known of it");
    }
}
