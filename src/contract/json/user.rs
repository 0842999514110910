//! What E540 to E549 want to know of `user`, and the ids that X8xx compare.

use std::ops::Range;

use super::metadata::{LastOfKeys, key_hash};
use super::scan::{Scanner, Text, Value};

/// What is to be said of one `user` text, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UserFacts(u16);

impl UserFacts {
    /// Not a JSON object, nor one in a string (E541); nothing else is known then.
    pub const INVALID: Self = Self(1);
    /// A JSON string that holds a JSON object (E542); the other facts are of the inner object.
    pub const DOUBLE_ENCODED: Self = Self(1 << 1);
    /// No key `custom` (E543).
    pub const NO_CUSTOM: Self = Self(1 << 2);
    /// No key `customIDs` (E544).
    pub const NO_CUSTOM_IDS: Self = Self(1 << 3);
    /// No id at all (E545).
    pub const NO_ID: Self = Self(1 << 4);
    /// A key that looks like `userID` or `customIDs` and is neither, or a stable id at the top level (E546).
    pub const MISSPELLED_KEY: Self = Self(1 << 5);
    /// `privateAttributes` that are not empty (E547).
    pub const PRIVATE: Self = Self(1 << 6);
    /// `statsigEnvironment.tier` other than `production` (E548).
    pub const ENVIRONMENT: Self = Self(1 << 7);
    /// `userID` is a word or number that stands for no user (E549).
    pub const PLACEHOLDER: Self = Self(1 << 8);

    /// Nothing is wrong.
    pub fn none(self) -> bool {
        self.0 == 0
    }

    /// Whether a bit of `other` is set.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The bits.
    pub fn bits(self) -> u16 {
        self.0
    }

    /// Facts of [`UserFacts::bits`].
    pub fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    fn set(&mut self, other: Self, on: bool) {
        if on {
            self.0 |= other.0;
        }
    }
}

/// The id types whose ids are collected: `user_id` is `userID`, `stable_id` is `customIDs.stableID`, any other stands
/// under its own name in `customIDs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdTypes {
    names: Vec<Box<str>>,
}

impl IdTypes {
    /// The place of `user_id`.
    pub const USER: usize = 0;
    /// The place of `stable_id`.
    pub const STABLE: usize = 1;

    /// The two that every project has, and those that this one has beside them.
    pub fn new(custom: &[String]) -> Self {
        let mut names: Vec<Box<str>> = vec!["user_id".into(), "stable_id".into()];
        for name in custom.iter().filter(|name| !name.is_empty()) {
            if !names.iter().any(|known| **known == **name) {
                names.push(name.as_str().into());
            }
        }
        Self { names }
    }

    /// All names, as `id_type` spells them.
    pub fn names(&self) -> &[Box<str>] {
        &self.names
    }

    /// The place of an id type of the metrics, by exact case.
    pub fn place(&self, id_type: &[u8]) -> Option<usize> {
        self.names.iter().position(|name| name.as_bytes() == id_type)
    }

    /// The place of a key of `customIDs`.
    #[inline]
    fn place_of_key(&self, key: &[u8]) -> Option<usize> {
        if key == b"stableID" {
            return Some(Self::STABLE);
        }
        let custom = self.names.get(Self::STABLE + 1..)?;
        let at = custom.iter().position(|name| name.as_bytes() == key)?;
        Some(at + Self::STABLE + 1)
    }
}

/// An id that a user object holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundId<'a> {
    /// Of a known type, by its place among [`IdTypes`].
    Known(usize, &'a [u8]),
    /// Of another type, by its key in `customIDs`.
    Other(&'a [u8]),
}

/// Judges texts, one after the other; it holds the room that rare ones need.
#[derive(Debug)]
pub struct UserJudge {
    types: IdTypes,
    unwrapped: Vec<u8>,
    space: Vec<u8>,
    members: LastOfKeys,
    found: Found,
}

/// Where the ids of the last text stand in it.
#[derive(Debug, Default)]
struct Found {
    user: Option<Span>,
    custom: Vec<(Option<usize>, Span)>,
}

/// A part of the text, and whether it is escaped there.
#[derive(Clone, Debug)]
struct Span {
    range: Range<usize>,
    escaped: bool,
}

impl Span {
    fn of(text: &[u8], part: &[u8], escaped: bool) -> Self {
        let start = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        Self {
            range: start..start + part.len(),
            escaped,
        }
    }
}

/// What the top level says so far. Of duplicate keys the last wins, so each occurrence sets its part anew.
#[derive(Default)]
struct Top {
    custom: bool,
    custom_ids: bool,
    custom_id: bool,
    ids_unclear: bool,
    placeholder: bool,
    misspelled: bool,
    private: bool,
    environment: bool,
}

impl UserJudge {
    /// A judge who collects ids of these types.
    pub fn new(types: IdTypes) -> Self {
        Self {
            types,
            unwrapped: Vec::new(),
            space: Vec::new(),
            members: LastOfKeys::default(),
            found: Found::default(),
        }
    }

    /// The id types whose ids are collected.
    pub fn types(&self) -> &IdTypes {
        &self.types
    }

    /// The facts of one text, which is UTF-8 and not empty; `each_id` is given the ids of a right one.
    #[inline]
    pub fn judge(&mut self, text: &[u8], each_id: impl FnMut(FoundId<'_>)) -> UserFacts {
        let mut scanner = Scanner::new(text);
        match scanner.token() {
            Some(b'{') => match self.object(text) {
                Some(facts) => {
                    self.tell_ids(text, each_id);
                    facts
                }
                None => UserFacts::INVALID,
            },
            Some(b'"') => self.wrapped(scanner, each_id).unwrap_or(UserFacts::INVALID),
            _ => UserFacts::INVALID,
        }
    }

    /// A JSON string: double-encoded when it holds an object.
    #[cold]
    fn wrapped(&mut self, mut scanner: Scanner<'_>, each_id: impl FnMut(FoundId<'_>)) -> Option<UserFacts> {
        let Value::Text(inner) = scanner.value(0)? else {
            return None;
        };
        if !scanner.at_end() {
            return None;
        }
        let mut unwrapped = std::mem::take(&mut self.unwrapped);
        unwrapped.clear();
        inner.unescape(&mut unwrapped);
        let facts = self.object(&unwrapped);
        if facts.is_some() {
            self.tell_ids(&unwrapped, each_id);
        }
        // Megabytes that one row needed are not kept for the others.
        if unwrapped.capacity() <= 1 << 20 {
            self.unwrapped = unwrapped;
        }
        let mut facts = facts?;
        facts.set(UserFacts::DOUBLE_ENCODED, true);
        Some(facts)
    }

    fn object(&mut self, text: &[u8]) -> Option<UserFacts> {
        let mut scanner = Scanner::new(text);
        if scanner.token()? != b'{' {
            return None;
        }
        let mut top = Top::default();
        let Self {
            types, space, found, ..
        } = self;
        found.user = None;
        found.custom.clear();
        scanner.members(0, |scanner, key| {
            match key.read(space) {
                b"userID" => {
                    let value = scanner.value(1)?;
                    top.placeholder = is_placeholder(value, space);
                    found.user = id(value).map(|(part, escaped)| Span::of(text, part, escaped));
                }
                b"customIDs" => {
                    top.custom_ids = true;
                    found.custom.clear();
                    (top.custom_id, top.ids_unclear) = custom_ids(scanner, text, types, space, found)?;
                }
                b"custom" => {
                    top.custom = true;
                    scanner.value(1)?;
                }
                b"privateAttributes" => top.private = !is_empty(scanner.value(1)?),
                b"statsigEnvironment" => top.environment = other_tier(scanner, space)?,
                b"userId" | b"user_id" | b"userid" | b"UserID" | b"customIds" | b"custom_ids"
                | b"customids" | b"stableID" | b"stableId" | b"stable_id" => {
                    top.misspelled = true;
                    scanner.value(1)?;
                }
                _ => {
                    scanner.value(1)?;
                }
            }
            Some(())
        })?;
        if !scanner.at_end() {
            return None;
        }
        if top.ids_unclear {
            top.custom_id = self.any_last_id(text)?;
        }
        let mut facts = UserFacts::default();
        facts.set(UserFacts::NO_CUSTOM, !top.custom);
        facts.set(UserFacts::NO_CUSTOM_IDS, !top.custom_ids);
        facts.set(UserFacts::NO_ID, self.found.user.is_none() && !top.custom_id);
        facts.set(UserFacts::MISSPELLED_KEY, top.misspelled);
        facts.set(UserFacts::PRIVATE, top.private);
        facts.set(UserFacts::ENVIRONMENT, top.environment);
        facts.set(UserFacts::PLACEHOLDER, top.placeholder);
        Some(facts)
    }

    /// Whether the last `customIDs` has an id that no later member of the same key replaces.
    #[cold]
    fn any_last_id(&mut self, text: &[u8]) -> Option<bool> {
        let Self { space, members, .. } = self;
        let mut scanner = Scanner::new(text);
        scanner.token()?;
        scanner.members(0, |scanner, key| {
            if key.read(space) != b"customIDs" {
                return scanner.value(1).map(|_| ());
            }
            members.clear();
            if scanner.token()? != b'{' {
                return scanner.value(1).map(|_| ());
            }
            scanner.members(1, |scanner, key| {
                let key_hash = key_hash(key, space);
                members.add(key_hash, id(scanner.value(2)?).is_some());
                Some(())
            })
        })?;
        Some(members.any_last())
    }

    /// Tells the ids that the last right text holds.
    #[inline]
    fn tell_ids(&mut self, text: &[u8], mut each_id: impl FnMut(FoundId<'_>)) {
        let Self { space, found, .. } = self;
        let user = found.user.iter().map(|span| (Some(IdTypes::USER), span));
        let custom = found.custom.iter().map(|(place, span)| (*place, span));
        for (place, span) in user.chain(custom) {
            let raw = text.get(span.range.clone()).unwrap_or_default();
            let part = Text::new(raw, span.escaped).read(space);
            match place {
                Some(place) => each_id(FoundId::Known(place, part)),
                None => each_id(FoundId::Other(part)),
            }
        }
    }
}

/// The value of `customIDs`: whether it holds an id, and whether duplicate keys could change that.
#[inline(always)]
fn custom_ids<'a>(
    scanner: &mut Scanner<'a>,
    text: &[u8],
    types: &IdTypes,
    space: &mut Vec<u8>,
    found: &mut Found,
) -> Option<(bool, bool)> {
    if scanner.token()? != b'{' {
        scanner.value(1)?;
        return Some((false, false));
    }
    let (mut any_id, mut unclear) = (false, false);
    scanner.members(1, |scanner, key| {
        let value = scanner.value(2)?;
        match id(value) {
            Some((part, escaped)) => {
                any_id = true;
                found.custom.push(match types.place_of_key(key.read(space)) {
                    Some(place) => (Some(place), Span::of(text, part, escaped)),
                    None => (None, Span::of(text, key.raw(), key.escaped())),
                });
            }
            None => unclear |= any_id,
        }
        Some(())
    })?;
    Some((any_id, unclear))
}

/// The value of `statsigEnvironment`: whether it has a tier other than `production`.
fn other_tier(scanner: &mut Scanner<'_>, space: &mut Vec<u8>) -> Option<bool> {
    if scanner.token()? != b'{' {
        scanner.value(1)?;
        return Some(false);
    }
    let mut other = false;
    scanner.members(1, |scanner, key| {
        let is_tier = key.read(space) == b"tier";
        let value = scanner.value(2)?;
        if is_tier {
            other = match value {
                Value::Null => false,
                Value::Text(tier) => tier.read(space) != b"production",
                _ => true,
            };
        }
        Some(())
    })?;
    Some(other)
}

/// An id as written: a text that is not empty, or a number.
#[inline(always)]
fn id(value: Value<'_>) -> Option<(&[u8], bool)> {
    match value {
        Value::Text(text) if !text.is_empty() => Some((text.raw(), text.escaped())),
        Value::Number(number) => Some((number, false)),
        _ => None,
    }
}

fn is_empty(value: Value<'_>) -> bool {
    match value {
        Value::Null | Value::Object { empty: true } | Value::Array { empty: true } => true,
        Value::Text(text) => text.is_empty(),
        _ => false,
    }
}

/// The words that stand for no user, in lower case.
const PLACEHOLDERS: [&[u8]; 9] = [
    b"null",
    b"undefined",
    b"none",
    b"nan",
    b"0",
    b"-1",
    b"unknown",
    b"anonymous",
    b"n/a",
];

#[inline(always)]
fn is_placeholder(value: Value<'_>, space: &mut Vec<u8>) -> bool {
    match value {
        Value::Text(text) => {
            let word = text.read(space);
            word.len() <= 9 && PLACEHOLDERS.iter().any(|p| word.eq_ignore_ascii_case(p))
        }
        Value::Number(number) => number == b"0" || number == b"-1",
        _ => false,
    }
}
