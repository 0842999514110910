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
