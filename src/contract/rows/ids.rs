//! Ids by id type, for X801 to X803.
//!
//! Events give all their ids, 8 bytes each distinct one; metrics a sample of theirs. Which ids are sampled follows from
//! their hashes, so that it is the same however rows were split, and the two can be laid side by side.

use hashbrown::HashSet;

use super::bounded::Bounded;
use super::keys::KeySet;
use super::plan::Column;
use super::samples::Samples;
use super::texts::cut;
use crate::contract::json::{FoundId, IdTypes};
use crate::rule::Sample;
use std::sync::Arc;

/// Unit ids of a type that are sampled of metrics.
const UNIT_IDS: usize = 65_536;
/// Ids of a type of events whose shape is kept.
const SHAPES: usize = 2_048;
/// Id types beside the known ones that are kept.
const OTHER_TYPES: usize = 4_096;
/// Ids that were seen lately, so that the same need not be added again.
const RECENT: usize = 1_024;

/// What an id looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::contract) struct Shape {
    /// Characters.
    pub(in crate::contract) length: u32,
    /// Kinds of characters in it, as bits of [`Shape::KINDS`].
    pub(in crate::contract) kinds: u8,
    /// Its first bytes, zeros after its end.
    pub(in crate::contract) prefix: [u8; 8],
}

impl Shape {
    /// The kinds of characters, for people; bit 0 first.
    pub(in crate::contract) const KINDS: [&'static str; 7] = [
        "digits",
        "lower-case letters",
        "upper-case letters",
        "dashes",
        "underscores",
        "other signs",
        "letters beyond ASCII",
    ];

    fn of(id: &[u8]) -> Self {
        let kinds = id.iter().fold(0, |kinds, byte| {
            kinds
                | match byte {
                    b'0'..=b'9' => 1,
                    b'a'..=b'z' => 1 << 1,
                    b'A'..=b'Z' => 1 << 2,
                    b'-' => 1 << 3,
                    b'_' => 1 << 4,
                    0..=0x7f => 1 << 5,
                    _ => 1 << 6,
                }
        });
        let mut prefix = [0; 8];
        for (kept, byte) in prefix.iter_mut().zip(id) {
            *kept = *byte;
        }
        Self {
            length: u32::try_from(super::texts::characters(id)).unwrap_or(u32::MAX),
            kinds,
            prefix,
        }
    }
}

/// The ids of one dataset.
#[derive(Debug)]
pub(in crate::contract) struct IdBook {
    types: IdTypes,
    known: Vec<OfType>,
    others: Bounded<OtherType>,
    /// Hashes of other types that were seen lately.
    recent_others: [u64; 8],
}

/// The ids of a known type.
#[derive(Debug)]
pub(in crate::contract) struct OfType {
    /// Metrics: rows of the type. Events: ids told, repeats of a memoised user left out.
    pub(in crate::contract) rows: u64,
    /// Events: all ids.
    all: KeySet<u64>,
    /// Sampled ids.
    pub(in crate::contract) sampled: Bounded<Shape>,
    recent: Box<[u64]>,
    samples: Samples,
    offers_below: u64,
}

/// An id type that the project is not known to have.
#[derive(Clone, Debug)]
pub(in crate::contract) struct OtherType {
    /// As spelled.
    pub(in crate::contract) name: Box<str>,
    /// Metrics: rows of the type.
    pub(in crate::contract) rows: u64,
    samples: Samples,
}

impl OfType {
    fn new(sampled: usize) -> Self {
        Self {
            rows: 0,
            all: KeySet::<u64>::new(),
            sampled: Bounded::new(sampled),
            recent: vec![0; RECENT].into_boxed_slice(),
            samples: Samples::default(),
            offers_below: u64::MAX,
        }
    }

    /// Whether an id was not seen lately.
    #[inline]
    fn is_news(&mut self, hash: u64) -> bool {
        match self.recent.get_mut(hash as usize % RECENT) {
            Some(recent) if *recent == hash => false,
            Some(recent) => {
                *recent = hash;
                true
            }
            None => true,
        }
    }

    /// Which of these are among all ids.
    pub(in crate::contract) fn holds(&self, wanted: &HashSet<u64>) -> HashSet<u64> {
        self.all.holds(wanted)
    }

    /// Rows to show.
    pub(in crate::contract) fn samples(&self) -> Vec<Sample> {
        self.samples.chosen()
    }
}

impl OtherType {
    /// Rows to show.
    pub(in crate::contract) fn samples(&self) -> Vec<Sample> {
        self.samples.chosen()
    }
}

impl IdBook {
    fn new(id_types: &[String], sampled: usize) -> Self {
        let types = IdTypes::new(id_types);
        Self {
            known: types.names().iter().map(|_| OfType::new(sampled)).collect(),
            types,
            others: Bounded::new(OTHER_TYPES),
            recent_others: [0; 8],
        }
    }

    pub(super) fn of_events(id_types: &[String]) -> Self {
        Self::new(id_types, SHAPES)
    }

    pub(super) fn of_metrics(id_types: &[String]) -> Self {
        Self::new(id_types, UNIT_IDS)
    }

    pub(in crate::contract) fn types(&self) -> &IdTypes {
        &self.types
    }

    pub(in crate::contract) fn known(&self) -> impl Iterator<Item = (&str, &OfType)> {
        self.types.names().iter().map(|name| &**name).zip(&self.known)
    }

    pub(in crate::contract) fn of_type(&self, place: usize) -> Option<&OfType> {
        self.known.get(place)
    }

    pub(in crate::contract) fn others(&self) -> impl Iterator<Item = &OtherType> {
        self.others.iter().map(|(_, other)| other)
    }

    /// Whether ids of another type were seen; `true` also where that is no longer known.
    pub(in crate::contract) fn may_hold_other(&self, name: &str) -> bool {
        let hash = hash_of(name.as_bytes());
        !self.others.keeps(hash) || self.others.get(hash).is_some()
    }

    /// The rows that follow are of another file.
    pub(super) fn file(&mut self) {
        for known in &mut self.known {
            known.offers_below = u64::MAX;
        }
    }

    /// An id of an event.
    #[inline]
    pub(super) fn found(&mut self, id: FoundId<'_>) {
        match id {
            FoundId::Known(place, id) => {
                let Some(known) = self.known.get_mut(place) else {
                    return;
                };
                let hash = hash_of(id);
                known.rows += 1;
                if known.is_news(hash) {
                    known.all.add(hash);
                    known.sampled.entry(hash, || Shape::of(id));
                }
            }
            FoundId::Other(key) => {
                let hash = hash_of(key);
                match self.recent_others.get_mut(hash as usize % 8) {
                    Some(recent) if *recent == hash => return,
                    Some(recent) => *recent = hash,
                    None => {}
                }
                self.others.entry(hash, || OtherType {
                    name: cut(key),
                    rows: 0,
                    samples: Samples::default(),
                });
            }
        }
    }

    /// A row of metrics with a unit id of a known type. `hash` is the id's by [`hash_of`].
    #[inline]
    pub(super) fn unit(&mut self, place: usize, id: &[u8], hash: u64) {
        if let Some(known) = self.known.get_mut(place)
            && known.is_news(hash)
            && known.sampled.keeps(hash)
        {
            known.sampled.entry(hash, || Shape::of(id));
        }
    }

    /// A row of metrics of a known type.
    #[inline]
    pub(super) fn row(
        &mut self,
        place: usize,
        key: &Arc<str>,
        row: u64,
        id: impl FnOnce() -> Option<Box<str>>,
    ) {
        if let Some(known) = self.known.get_mut(place) {
            known.rows += 1;
            if row < known.offers_below {
                known.offers_below = known.samples.offer(key, row, Some(Column::UnitId), id);
            }
        }
    }

    /// A row of metrics of another type.
    pub(super) fn other_row(&mut self, hash: u64, name: &[u8], key: &Arc<str>, row: u64) {
        let other = self.others.entry(hash, || OtherType {
            name: cut(name),
            rows: 0,
            samples: Samples::default(),
        });
        if let Some(other) = other {
            other.rows += 1;
            other
                .samples
                .offer(key, row, Some(Column::IdType), || Some(cut(name)));
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (mine, theirs) in self.known.iter_mut().zip(other.known) {
            mine.rows += theirs.rows;
            mine.all.merge(theirs.all);
            mine.sampled.merge(theirs.sampled, |_, _| {});
            mine.samples.merge(theirs.samples);
        }
        self.others.merge(other.others, |mine, theirs| {
            mine.rows += theirs.rows;
            mine.samples.merge(theirs.samples);
        });
    }
}

/// The hash by which ids and id types are compared.
#[inline]
pub(super) fn hash_of(text: &[u8]) -> u64 {
    twox_hash::XxHash3_128::oneshot(text) as u64
}
