//! A map that stays small and yet comes out the same however its entries arrive and merge.

use hashbrown::HashMap;

/// Entries by a hash of their key, at most so many: when there are more, those in the upper half of the hashes go, and
/// none of that half comes in again. What is kept depends on the set of keys alone, not on their order.
#[derive(Clone, Debug)]
pub(in crate::contract) struct Bounded<V> {
    entries: HashMap<u64, V>,
    /// Hashes above this are not kept.
    highest: u64,
    most: usize,
}

impl<V> Bounded<V> {
    pub(super) fn new(most: usize) -> Self {
        Self {
            entries: HashMap::new(),
            highest: u64::MAX,
            most,
        }
    }

    /// The entry of a key, made where it is new; `None` when the key is not one of those that are kept.
    #[inline]
    pub(super) fn entry(&mut self, hash: u64, make: impl FnOnce() -> V) -> Option<&mut V> {
        if hash > self.highest {
            return None;
        }
        if !self.entries.contains_key(&hash) {
            self.entries.insert(hash, make());
            self.shrink();
        }
        self.entries.get_mut(&hash)
    }

    pub(super) fn get(&self, hash: u64) -> Option<&V> {
        self.entries.get(&hash)
    }

    /// Whether a key of this hash would be kept.
    #[inline]
    pub(super) fn keeps(&self, hash: u64) -> bool {
        hash <= self.highest
    }

    fn shrink(&mut self) {
        while self.entries.len() > self.most {
            self.highest /= 2;
            let highest = self.highest;
            self.entries.retain(|hash, _| *hash <= highest);
        }
    }

    pub(super) fn merge(&mut self, other: Self, mut join: impl FnMut(&mut V, V)) {
        self.highest = self.highest.min(other.highest);
        let highest = self.highest;
        self.entries.retain(|hash, _| *hash <= highest);
        for (hash, value) in other.entries {
            if hash > self.highest {
                continue;
            }
            match self.entries.get_mut(&hash) {
                Some(mine) => join(mine, value),
                None => {
                    self.entries.insert(hash, value);
                    self.shrink();
                }
            }
        }
    }

    pub(in crate::contract) fn iter(&self) -> impl Iterator<Item = (u64, &V)> {
        self.entries.iter().map(|(hash, value)| (*hash, value))
    }

    pub(in crate::contract) fn len(&self) -> usize {
        self.entries.len()
    }
}
