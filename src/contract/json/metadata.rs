//! What E530 to E532 want to know of `event_metadata`.

use super::scan::{Scanner, Text, Value};

/// What is wrong with one `event_metadata` text, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MetadataFacts(u8);

impl MetadataFacts {
    /// Not a JSON object (E530); nothing else is known then.
    pub const INVALID: Self = Self(1);
    /// A top-level value that is not a string (E531).
    pub const NON_STRING: Self = Self(2);
    /// A top-level key with a dot (E532).
    pub const DOTTED_KEY: Self = Self(4);

    /// Nothing is wrong.
    pub fn none(self) -> bool {
        self.0 == 0
    }

    /// Whether a bit of `other` is set.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The bits.
    pub fn bits(self) -> u8 {
        self.0
    }

    /// Facts of [`MetadataFacts::bits`].
    pub fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// Judges texts, one after the other; it holds the room that rare ones need.
#[derive(Debug, Default)]
pub struct MetadataJudge {
    space: Vec<u8>,
    members: LastOfKeys,
}

impl MetadataJudge {
    /// The facts of one text, which is UTF-8 and not empty.
    pub fn judge(&mut self, text: &[u8]) -> MetadataFacts {
        self.object(text).unwrap_or(MetadataFacts::INVALID)
    }

    fn object(&mut self, text: &[u8]) -> Option<MetadataFacts> {
        let mut scanner = Scanner::new(text);
        if scanner.token()? != b'{' {
            return None;
        }
        let mut facts = MetadataFacts::default();
        // Of duplicate keys the last wins, so a string that follows another value may replace it.
        let mut perhaps_replaced = false;
        let space = &mut self.space;
        scanner.members(0, |scanner, key| {
            if has_dot(key, space) {
                facts.add(MetadataFacts::DOTTED_KEY);
            }
            match scanner.value(1)? {
                Value::Text(_) => perhaps_replaced |= facts.has(MetadataFacts::NON_STRING),
                _ => facts.add(MetadataFacts::NON_STRING),
            }
            Some(())
        })?;
        if !scanner.at_end() {
            return None;
        }
        if perhaps_replaced && !self.any_last_non_string(text)? {
            facts = MetadataFacts(facts.0 & !MetadataFacts::NON_STRING.0);
        }
        Some(facts)
    }

    /// Whether a value that no later one replaces is not a string.
    fn any_last_non_string(&mut self, text: &[u8]) -> Option<bool> {
        let Self { space, members } = self;
        members.clear();
        let mut scanner = Scanner::new(text);
        scanner.token()?;
        scanner.members(0, |scanner, key| {
            let key_hash = key_hash(key, space);
            let string = matches!(scanner.value(1)?, Value::Text(_));
            members.add(key_hash, !string);
            Some(())
        })?;
        Some(members.any_last())
    }
}

fn has_dot(key: Text<'_>, space: &mut Vec<u8>) -> bool {
    key.read(space).contains(&b'.')
}

/// Equal for keys that stand for the same characters, however they are escaped.
pub(super) fn key_hash(key: Text<'_>, space: &mut Vec<u8>) -> u128 {
    twox_hash::XxHash3_128::oneshot(key.read(space))
}

/// Members of an object with a mark each, to ask about those that no later one of the same key replaces.
#[derive(Debug, Default)]
pub(super) struct LastOfKeys {
    members: Vec<(u128, usize, bool)>,
}

impl LastOfKeys {
    pub(super) fn clear(&mut self) {
        self.members.clear();
    }

    pub(super) fn add(&mut self, key_hash: u128, mark: bool) {
        self.members.push((key_hash, self.members.len(), mark));
    }

    /// Whether one that is not replaced is marked.
    pub(super) fn any_last(&mut self) -> bool {
        self.members.sort_unstable();
        self.members
            .chunk_by(|a, b| a.0 == b.0)
            .any(|same| same.last().is_some_and(|(.., mark)| *mark))
    }
}
