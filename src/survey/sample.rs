//! Which rows a sample reads: runs of rows in row groups, spread over days and files, chosen by a seed.
//!
//! The choice depends on nothing but keys, footers and the seed, so that a re-run, and the same data elsewhere, is judged
//! by the same rows.

use std::collections::BTreeMap;

use super::unit::Unit;
use crate::contract::schema::FileFooter;

/// Row groups that a sample looks into, at least where there are as many.
const SPREAD: u64 = 64;
/// And at most: each takes a request or some.
const MOST: usize = 1024;
/// In a row group with more compressed bytes than this, a run begins near enough to its start that no more of it needs
/// to be fetched to get there.
const REACH: u64 = 8 << 20;

/// A file that a sample may read. Candidates come in the order of `file`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate<'a> {
    /// Its place among the footers.
    pub file: usize,
    pub footer: &'a FileFooter,
    /// The name of its level-one folder, by which files are spread.
    pub folder: &'a str,
}

/// All rows of the files, in their order.
pub(super) fn all(candidates: &[Candidate<'_>]) -> Vec<Unit> {
    candidates
        .iter()
        .flat_map(|candidate| {
            candidate
                .footer
                .row_groups
                .iter()
                .enumerate()
                .filter(|(_, group)| group.rows > 0)
                .map(|(group, footer)| Unit {
                    file: candidate.file,
                    group,
                    start: 0,
                    rows: footer.rows,
                })
        })
        .collect()
}

/// About `rows` rows of the files: all of them where there are no more.
pub(super) fn choose(candidates: &[Candidate<'_>], rows: u64, seed: u64) -> Vec<Unit> {
    let everything = all(candidates);
    let total: u64 = everything
        .iter()
        .map(|unit| unit.rows)
        .fold(0, u64::saturating_add);
    if total <= rows {
        return everything;
    }
    let mut random = fastrand::Rng::with_seed(seed);
    let order = spread(candidates, &everything, &mut random);
    let folders = order.len().min(candidates.len()) as u64;
    let each = rows
        .div_ceil(SPREAD.max(folders.min(256)).min(everything.len() as u64))
        .max(1);
    let mut chosen = Vec::new();
    let mut left = rows;
    for unit in order.into_iter().take(MOST) {
        if left == 0 {
            break;
        }
        let take = unit.rows.min(each).min(left);
        left -= take;
        let Some(candidate) = candidates
            .binary_search_by_key(&unit.file, |candidate| candidate.file)
            .ok()
            .and_then(|at| candidates.get(at))
        else {
            continue;
        };
        chosen.push(Unit {
            start: random.u64(0..=latest_start(candidate.footer, unit, take)),
            rows: take,
            ..unit
        });
    }
    chosen.sort_unstable_by_key(|unit| (unit.file, unit.group));
    chosen
}

/// Row groups in the order in which they are taken: one of each folder in turn, each time of another file.
fn spread(candidates: &[Candidate<'_>], units: &[Unit], random: &mut fastrand::Rng) -> Vec<Unit> {
    let mut by_folder: BTreeMap<&str, Vec<Vec<Unit>>> = BTreeMap::new();
    let mut rest = units;
    for candidate in candidates {
        let of_file = rest.iter().take_while(|unit| unit.file == candidate.file).count();
        let (groups, after) = rest.split_at_checked(of_file).unwrap_or((rest, &[]));
        rest = after;
        if !groups.is_empty() {
            let mut groups = groups.to_vec();
            random.shuffle(&mut groups);
            by_folder.entry(candidate.folder).or_default().push(groups);
        }
    }
    let mut folders: Vec<Vec<Unit>> = by_folder
        .into_values()
        .map(|mut files| {
            random.shuffle(&mut files);
            in_turn(files)
        })
        .collect();
    random.shuffle(&mut folders);
    in_turn(folders)
}

/// The first of each list, then the second of each, and so on.
fn in_turn(lists: Vec<Vec<Unit>>) -> Vec<Unit> {
    let mut lists: Vec<_> = lists.into_iter().map(Vec::into_iter).collect();
    let mut order = Vec::new();
    loop {
        let before = order.len();
        order.extend(lists.iter_mut().filter_map(Iterator::next));
        lists.retain(|list| list.len() > 0);
        if order.len() == before {
            return order;
        }
    }
}

/// The last row in the group at which a run of `take` rows may begin.
fn latest_start(footer: &FileFooter, unit: Unit, take: u64) -> u64 {
    let compressed = footer.row_groups.get(unit.group).map_or(0, |group| {
        group
            .chunks
            .iter()
            .map(|chunk| chunk.compressed)
            .fold(0, u64::saturating_add)
    });
    let latest = unit.rows - take.min(unit.rows);
    if compressed <= REACH {
        return latest;
    }
    // The product of two large numbers; the quotient is no larger than `latest`.
    u64::try_from(u128::from(latest) * u128::from(REACH) / u128::from(compressed)).unwrap_or(0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use std::{collections::BTreeSet, sync::Arc};

    use proptest::prelude::*;

    use super::*;
    use crate::contract::{
        layout::SparkView,
        schema::{Chunk, RowGroup, Shape},
    };

    fn footer(key: &str, groups: &[(u64, u64)]) -> FileFooter {
        FileFooter {
            key: key.into(),
            rows: groups.iter().map(|(rows, _)| rows).sum(),
            row_groups: groups
                .iter()
                .map(|(rows, bytes)| RowGroup {
                    rows: *rows,
                    bytes: *bytes,
                    chunks: Box::new([Chunk {
                        column: 0,
                        codec: 0,
                        encodings: 1,
                        values: *rows,
                        data_page: 4,
                        dictionary_page: None,
                        compressed: *bytes,
                        uncompressed: *bytes,
                    }]),
                })
                .collect(),
            shape: Arc::new(Shape::default()),
            spark: SparkView::Read,
        }
    }

    fn candidates(footers: &[FileFooter]) -> Vec<Candidate<'_>> {
        footers
            .iter()
            .enumerate()
            .map(|(file, footer)| Candidate {
                file,
                footer,
                folder: crate::survey::plan::level_one(&footer.key),
            })
            .collect()
    }

    proptest! {
        #[test]
        fn a_sample_reads_rows_that_are_there_none_twice_and_as_many_as_asked_for(
            files in prop::collection::vec(prop::collection::vec((0u64..5_000, 0u64..40_000_000), 0..4), 0..30),
            rows in 1u64..20_000,
            seed in any::<u64>(),
        ) {
            let footers: Vec<_> = files
                .iter()
                .enumerate()
                .map(|(n, groups)| footer(&format!("events/2022-06-{:02}/{n}.parquet", n % 5), groups))
                .collect();
            let candidates = candidates(&footers);
            let units = choose(&candidates, rows, seed);
            let total: u64 = footers.iter().map(|f| f.rows).sum();
            let taken: u64 = units.iter().map(|u| u.rows).sum();
            prop_assert!(taken <= rows.max(total.min(rows)));
            prop_assert_eq!(taken.min(rows), taken);
            if units.len() < MOST && total <= rows {
                prop_assert_eq!(taken, total);
            }
            let places: BTreeSet<_> = units.iter().map(|u| (u.file, u.group)).collect();
            prop_assert_eq!(places.len(), units.len());
            for unit in &units {
                let group = &footers[unit.file].row_groups[unit.group];
                prop_assert!(unit.rows > 0 && unit.start + unit.rows <= group.rows);
            }
            prop_assert_eq!(units, choose(&candidates, rows, seed));
        }
    }

    #[test]
    fn a_sample_sees_every_day_before_it_sees_one_twice() {
        let footers: Vec<_> = (0..42)
            .flat_map(|day| (0..20).map(move |part| (day, part)))
            .map(|(day, part)| {
                footer(
                    &format!("events/day-{day:02}/{part}.parquet"),
                    &[(1_000, 100_000)],
                )
            })
            .collect();
        let candidates = candidates(&footers);
        let units = choose(&candidates, 20_000, 1);
        let days: BTreeSet<_> = units.iter().map(|u| u.file / 20).collect();
        assert_eq!(days.len(), 42);
        assert_eq!(units.iter().map(|u| u.rows).sum::<u64>(), 20_000);
        let files: BTreeSet<_> = units.iter().map(|u| u.file).collect();
        assert_eq!(
            files.len(),
            units.len(),
            "no file is read twice while others are not read at all"
        );
        assert_ne!(units, choose(&candidates, 20_000, 2), "another seed, other rows");
    }

    #[test]
    fn a_run_in_a_huge_row_group_begins_where_little_must_be_fetched_to_get_there() {
        let huge = footer("events/huge.parquet", &[(1_000_000, 1 << 30)]);
        for seed in 0..50 {
            let units = choose(&candidates(std::slice::from_ref(&huge)), 20_000, seed);
            assert_eq!(units.len(), 1);
            assert!(units[0].start <= 1_000_000 * (REACH + 1) / (1 << 30));
        }
    }
}
