//! L313: the parts of an earlier unload that a later one left behind.
//!
//! Redshift, Spark and Snowflake number the files of an unload. One that is run again writes its numbers anew and
//! removes nothing: what has the same number as a much later file, or carries on where the later files end, is left
//! over from the run before. A later file that carries on the earlier ones' numbers is not: that is an append.

use std::collections::{BTreeSet, HashMap};

use super::{FolderListing, Place, Role, name::PartNumber};
use crate::rule::Code;

/// Files of one unload are written within so many seconds.
const APART: i64 = 12 * 3600;

struct Part {
    index: usize,
    number: PartNumber,
    /// Seconds since the epoch.
    written: i64,
}

/// Marks the older parts, folder by folder.
pub(super) fn mark(listing: &FolderListing, places: &mut [Place]) {
    let mut folders: HashMap<&str, Vec<Part>> = HashMap::new();
    for (index, (object, place)) in listing.objects.iter().zip(places.iter()).enumerate() {
        if place.role != Role::Data || place.folder_day.is_none() {
            continue;
        }
        let Some((folder, name)) = object.key.rsplit_once('/') else {
            continue;
        };
        if let Some((number, modified)) = PartNumber::of(name).zip(object.modified) {
            folders.entry(folder).or_default().push(Part {
                index,
                number,
                written: modified.as_second(),
            });
        }
    }
    for parts in folders.values() {
        let same: BTreeSet<usize> = overlapping(parts).collect();
        let next = continuing(parts, &same);
        for index in same.into_iter().chain(next) {
            if let Some(place) = places.get_mut(index) {
                place.mark(Code::new("L313"));
            }
        }
    }
}

/// Parts whose number a file has that was written more than 12 hours later.
fn overlapping(parts: &[Part]) -> impl Iterator<Item = usize> {
    let mut latest: HashMap<&PartNumber, i64> = HashMap::new();
    for part in parts {
        let written = latest.entry(&part.number).or_insert(part.written);
        *written = part.written.max(*written);
    }
    parts
        .iter()
        .filter(move |part| {
            latest
                .get(&part.number)
                .is_some_and(|written| written.saturating_sub(part.written) > APART)
        })
        .map(|part| part.index)
}

/// Older parts that carry on where the last run's files end, without a gap. `same` are those whose number was written
/// again; if others of the older ones come before that end, it was an append or a repair, not a run.
fn continuing(parts: &[Part], same: &BTreeSet<usize>) -> Vec<usize> {
    let Some(last) = parts.iter().map(|part| part.written).max() else {
        return Vec::new();
    };
    let (newer, rest): (Vec<_>, Vec<_>) = parts
        .iter()
        .partition(|part| last.saturating_sub(part.written) <= APART);
    let first = newer.iter().map(|part| part.written).min().unwrap_or(last);
    let mut older: Vec<_> = rest
        .into_iter()
        .filter(|part| first.saturating_sub(part.written) > APART && !same.contains(&part.index))
        .collect();
    older.sort_by_key(|part| &part.number);
    let mut series: HashMap<(u8, u64, u64), u64> = HashMap::new();
    for part in &newer {
        let end = series.entry(part.number.series).or_insert(part.number.number);
        *end = part.number.number.max(*end);
    }
    let known: BTreeSet<_> = series.keys().copied().collect();
    let last_series = known.last().copied();
    let mut begins: HashMap<(u8, u64, u64), u64> = HashMap::new();
    for part in &older {
        begins.entry(part.number.series).or_insert(part.number.number);
    }
    // The old run may also have had more slices: series that carry on the series of the new one.
    let mut ends = series.clone();
    let mut slice_end = last_series;
    let mut found = Vec::new();
    for part in &older {
        let PartNumber { series: of, number } = part.number;
        if known.contains(&of) {
            let before_end = begins
                .get(&of)
                .zip(series.get(&of))
                .is_some_and(|(begin, end)| begin <= end);
            let end = ends.entry(of).or_insert(number);
            if !before_end && (number == end.saturating_add(1) || number == *end) {
                *end = number;
                found.push(part.index);
            }
        } else if slice_end.is_some_and(|end| of == end || follows(end, of)) {
            slice_end = Some(of);
            found.push(part.index);
        }
    }
    found
}

/// Whether a series is the next one: the next slice, or the next of the three numbers.
fn follows(before: (u8, u64, u64), after: (u8, u64, u64)) -> bool {
    let (scheme, a, b) = before;
    after == (scheme, a.saturating_add(1), 0)
        || after == (scheme, a, b.saturating_add(1))
        || (scheme == after.0 && after.1 == a.saturating_add(1))
}
