//! Sets of keys: how many are distinct, in 8 or 16 bytes a distinct key.
//!
//! Keys are appended to parts by a few bits of their hash, which costs a few nanoseconds and no lookup, and a part is
//! thinned out when it has doubled: then it fits a cache. Parts of two threads are joined by appending.

use hashbrown::HashSet;

/// Parts of a set: enough that one fits a cache, few enough that appending to all of them is cheap.
const PARTS: usize = 256;
/// Entries of a part that are not thinned out yet.
const SMALL: usize = 4096;
/// Work that is worth a second thread, in entries.
const WORTH_A_THREAD: usize = 200_000;

/// An entry of a set.
pub(super) trait Entry: Copy + Send + std::fmt::Debug {
    /// Well-mixed bits, of which the lowest choose a place in a table.
    fn hash(self) -> u64;
    /// Whether both are of the same key.
    fn same(self, other: Self) -> bool;
    /// Takes in another entry of the same key.
    fn absorb(&mut self, other: Self);
}

/// A key without more: 64 bits of a hash.
impl Entry for u64 {
    fn hash(self) -> u64 {
        self
    }

    fn same(self, other: Self) -> bool {
        self == other
    }

    fn absorb(&mut self, _: Self) {}
}

/// A key with the lowest row that holds it, and whether another row does too: 79 bits of a hash (87 with the part's
/// number, so that among a billion keys two are confused once in 300 million runs), 1 bit, and 48 bits of row number in
/// the dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PlacedKey {
    hash: u64,
    rest: u64,
}

const ROW_BITS: u32 = 48;
const ROW: u64 = (1 << ROW_BITS) - 1;
const REPEATED: u64 = 1 << ROW_BITS;

impl PlacedKey {
    /// The row in the dataset.
    pub(super) fn row(self) -> u64 {
        self.rest & ROW
    }

    /// Whether several rows hold the key.
    pub(super) fn repeated(self) -> bool {
        self.rest & REPEATED != 0
    }
}

impl Entry for PlacedKey {
    fn hash(self) -> u64 {
        self.hash
    }

    fn same(self, other: Self) -> bool {
        self.hash == other.hash && (self.rest ^ other.rest) >> (ROW_BITS + 1) == 0
    }

    fn absorb(&mut self, other: Self) {
        let row = self.row().min(other.row());
        self.rest = (self.rest & !ROW) | REPEATED | row;
    }
}

/// A set of keys in parts.
#[derive(Debug)]
pub(super) struct KeySet<E> {
    parts: Vec<Part<E>>,
    table: Vec<u32>,
    added: u64,
}

#[derive(Debug)]
struct Part<E> {
    entries: Vec<E>,
    /// How many from the start on are distinct.
    distinct: usize,
}

impl<E: Entry> KeySet<E> {
    pub(super) fn new() -> Self {
        Self {
            parts: Vec::new(),
            table: Vec::new(),
            added: 0,
        }
    }

    #[inline]
    fn push(&mut self, part: u8, entry: E) {
        self.added += 1;
        match self.parts.get_mut(usize::from(part)) {
            Some(part) => {
                part.entries.push(entry);
                if part.entries.len() >= SMALL + 2 * part.distinct {
                    part.thin_out(&mut self.table);
                }
            }
            None => self.push_first(part, entry),
        }
    }

    #[cold]
    fn push_first(&mut self, part: u8, entry: E) {
        self.parts.resize_with(PARTS, || Part {
            entries: Vec::new(),
            distinct: 0,
        });
        if let Some(part) = self.parts.get_mut(usize::from(part)) {
            part.entries.push(entry);
        }
    }

    /// Adds the keys of another set.
    pub(super) fn merge(&mut self, other: Self) {
        if self.parts.is_empty() {
            *self = other;
            return;
        }
        self.added += other.added;
        for (mine, theirs) in self.parts.iter_mut().zip(other.parts) {
            mine.entries.extend_from_slice(&theirs.entries);
            if mine.entries.len() >= SMALL + 2 * mine.distinct {
                mine.thin_out(&mut self.table);
            }
        }
    }

    /// Thins out every part, on all cores where it is worth it, and gives the number of distinct keys.
    pub(super) fn distinct(&mut self) -> u64 {
        let entries: usize = self
            .parts
            .iter()
            .map(|part| part.entries.len() - part.distinct)
            .sum();
        let threads = if entries < WORTH_A_THREAD {
            1
        } else {
            std::thread::available_parallelism()
                .map_or(1, usize::from)
                .min(PARTS)
        };
        if threads == 1 {
            for part in &mut self.parts {
                part.thin_out(&mut self.table);
            }
        } else {
            std::thread::scope(|scope| {
                for parts in self.parts.chunks_mut(PARTS.div_ceil(threads)) {
                    scope.spawn(|| {
                        let mut table = Vec::new();
                        for part in parts {
                            part.thin_out(&mut table);
                        }
                    });
                }
            });
        }
        self.parts.iter().map(|part| part.distinct as u64).sum()
    }

    /// How many keys were added, the same ones too.
    pub(super) fn added(&self) -> u64 {
        self.added
    }

    /// The entries; each key once after [`KeySet::distinct`].
    pub(super) fn entries(&self) -> impl Iterator<Item = E> {
        self.parts.iter().flat_map(|part| part.entries.iter().copied())
    }
}

impl KeySet<PlacedKey> {
    /// Adds the key of a row, given 128 well-mixed bits of it.
    #[inline]
    pub(super) fn add(&mut self, (high, low): (u64, u64), row: u64) {
        let rest = (high << (ROW_BITS + 1)) | (row & ROW);
        self.push((high >> 56) as u8, PlacedKey { hash: low, rest });
    }
}

impl KeySet<u64> {
    /// Adds a key, given 64 well-mixed bits of it.
    #[inline]
    pub(super) fn add(&mut self, hash: u64) {
        self.push((hash >> 56) as u8, hash);
    }

    /// Which of `wanted` are in the set.
    pub(super) fn holds(&self, wanted: &HashSet<u64>) -> HashSet<u64> {
        self.entries().filter(|hash| wanted.contains(hash)).collect()
    }
}

impl<E: Entry> Part<E> {
    /// Keeps one entry for each key. `table` is room, of any content.
    fn thin_out(&mut self, table: &mut Vec<u32>) {
        let Self { entries, distinct } = self;
        if entries.len() == *distinct {
            return;
        }
        let mask = (entries.len() * 2).next_power_of_two() - 1;
        table.clear();
        table.resize(mask + 1, u32::MAX);
        let mut kept = 0;
        for at in 0..entries.len() {
            let Some(&entry) = entries.get(at) else { break };
            let mut place = entry.hash() as usize & mask;
            while let Some(index) = table.get_mut(place) {
                if *index == u32::MAX {
                    *index = kept as u32;
                    if let Some(free) = entries.get_mut(kept) {
                        *free = entry;
                    }
                    kept += 1;
                    break;
                }
                match entries.get_mut(*index as usize) {
                    Some(known) if known.same(entry) => {
                        known.absorb(entry);
                        break;
                    }
                    _ => place = (place + 1) & mask,
                }
            }
        }
        entries.truncate(kept);
        *distinct = kept;
    }
}

/// Mixes 128 bits so that every bit of the input moves half of the output's. No two inputs have one output.
#[inline]
pub(super) fn mix(key: u128) -> (u64, u64) {
    let (high, low) = ((key >> 64) as u64, key as u64);
    let low = finish(low ^ high.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let high = finish(high ^ low.wrapping_mul(0xd6e8_feb8_6659_fd93));
    (high, finish(low ^ high.rotate_left(32)))
}

/// The finalizer of MurmurHash3, a bijection.
#[inline]
pub(super) fn finish(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    bits = (bits ^ (bits >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    bits ^ (bits >> 33)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn counted(keys: &[(u128, u64)], split: usize) -> (u64, Vec<(u64, bool)>) {
        let (first, second) = keys.split_at(split.min(keys.len()));
        let mut set = KeySet::<PlacedKey>::new();
        let mut other = KeySet::<PlacedKey>::new();
        for (key, row) in first {
            set.add(mix(*key), *row);
        }
        for (key, row) in second {
            other.add(mix(*key), *row);
        }
        other.merge(set);
        let distinct = other.distinct();
        assert_eq!(other.added(), keys.len() as u64);
        let mut rows: Vec<_> = other.entries().map(|e| (e.row(), e.repeated())).collect();
        rows.sort_unstable();
        (distinct, rows)
    }

    proptest! {
        #[test]
        fn distinct_keys_and_their_first_rows_do_not_depend_on_the_split(
            keys in prop::collection::vec((0u128..50, 0u64..1000), 0..200), split in 0usize..200,
        ) {
            let mut truth: BTreeMap<u128, (u64, bool)> = BTreeMap::new();
            for (key, row) in &keys {
                truth.entry(*key).and_modify(|e| *e = (e.0.min(*row), true)).or_insert((*row, false));
            }
            let mut rows: Vec<_> = truth.values().copied().collect();
            rows.sort_unstable();
            prop_assert_eq!(counted(&keys, split), (truth.len() as u64, rows));
        }
    }

    #[test]
    fn neighbouring_keys_are_all_told_apart() {
        const KEYS: u64 = 100_000;
        let mut set = KeySet::<PlacedKey>::new();
        for round in 0..2 {
            for key in 0..KEYS {
                set.add(mix(u128::from(key) << 64 | 7), key + round * KEYS);
            }
        }
        assert_eq!(set.distinct(), KEYS);
        assert_eq!(set.added(), 2 * KEYS);
        assert!(set.entries().all(|key| key.repeated() && key.row() < KEYS));
    }

    #[test]
    fn repeated_keys_take_no_more_room_than_distinct_ones() {
        const KEYS: u64 = 20_000;
        let mut set = KeySet::<PlacedKey>::new();
        for row in 0..10 * KEYS {
            // All in one part.
            set.add((0, finish(row % KEYS)), row);
        }
        let room: usize = set.parts.iter().map(|part| part.entries.capacity()).sum();
        assert!(room < 4 * KEYS as usize, "{room} entries");
        assert_eq!(set.distinct(), KEYS);
    }
}
