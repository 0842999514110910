//! The scanner: it walks JSON text and says whether it is JSON.

use super::block::next_special;

/// Levels of nesting that are still JSON. Spark's reader yields null beyond.
pub const MAX_DEPTH: usize = 1_000;

/// Whether `text` is one JSON value.
pub fn is_json(text: &[u8]) -> bool {
    let mut scanner = Scanner::new(text);
    scanner.value(0).is_some() && scanner.at_end()
}

/// Whether `text` is one JSON object.
pub fn is_object(text: &[u8]) -> bool {
    let mut scanner = Scanner::new(text);
    matches!(scanner.value(0), Some(Value::Object { .. })) && scanner.at_end()
}

/// A string's content between its quotes, as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text<'a> {
    raw: &'a [u8],
    escaped: bool,
}

impl<'a> Text<'a> {
    pub(super) fn new(raw: &'a [u8], escaped: bool) -> Self {
        Self { raw, escaped }
    }

    /// The bytes as written.
    pub fn raw(self) -> &'a [u8] {
        self.raw
    }

    /// Whether [`Text::raw`] has escapes.
    pub fn escaped(self) -> bool {
        self.escaped
    }

    /// Whether it holds no character.
    pub fn is_empty(self) -> bool {
        self.raw.is_empty()
    }

    /// Its bytes: as they stand where nothing is escaped, else unescaped into `space`.
    #[inline(always)]
    pub fn read<'s>(self, space: &'s mut Vec<u8>) -> &'s [u8]
    where
        'a: 's,
    {
        if self.escaped {
            space.clear();
            self.unescape(space);
            space
        } else {
            self.raw
        }
    }

    /// Appends what it stands for. The escapes are right: the scanner has passed them.
    pub fn unescape(self, into: &mut Vec<u8>) {
        let mut rest = self.raw;
        while let Some(at) = memchr::memchr(b'\\', rest) {
            let (plain, escape) = rest.split_at(at);
            into.extend_from_slice(plain);
            let short = |byte, into: &mut Vec<u8>| {
                into.push(byte);
                2
            };
            let used = match escape.get(1) {
                Some(b'b') => short(0x08, into),
                Some(b'f') => short(0x0c, into),
                Some(b'n') => short(b'\n', into),
                Some(b'r') => short(b'\r', into),
                Some(b't') => short(b'\t', into),
                Some(b'u') => {
                    let (c, used) = code_point(escape).unwrap_or((char::REPLACEMENT_CHARACTER, 6));
                    into.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                    used
                }
                Some(&itself) => short(itself, into),
                None => 1,
            };
            rest = escape.get(used..).unwrap_or_default();
        }
        into.extend_from_slice(rest);
    }
}

/// A value, told by its kind; what is inside of it has been scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// A string.
    Text(Text<'a>),
    /// A number, as written.
    Number(&'a [u8]),
    /// `true` or `false`
    Bool,
    /// `null`
    Null,
    /// An object, and whether it has no member.
    Object {
        /// `{}`
        empty: bool,
    },
    /// An array, and whether it has no item.
    Array {
        /// `[]`
        empty: bool,
    },
}

/// A place in JSON text. Every method that returns `None` has met text that is not JSON.
#[derive(Debug)]
pub(super) struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    #[inline]
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// Whether only white space is left.
    #[inline]
    pub(super) fn at_end(&mut self) -> bool {
        self.token().is_none()
    }

    /// The next byte that is not white space, which is not consumed.
    #[inline(always)]
    pub(super) fn token(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.get(self.at)?;
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    /// A whole value inside of `outside` open levels.
    #[inline(always)]
    pub(super) fn value(&mut self, outside: usize) -> Option<Value<'a>> {
        match self.token()? {
            b'"' => self.string().map(Value::Text),
            b'{' | b'[' => self.container(outside),
            _ => self.scalar(),
        }
    }

    /// The members of an object that stands here, inside of `outside` open levels: `member` is given each key and must
    /// consume its value.
    #[inline(always)]
    pub(super) fn members(
        &mut self,
        outside: usize,
        mut member: impl FnMut(&mut Self, Text<'a>) -> Option<()>,
    ) -> Option<()> {
        if outside >= MAX_DEPTH {
            return None;
        }
        self.at += 1;
        if self.token()? == b'}' {
            self.at += 1;
            return Some(());
        }
        loop {
            let key = self.key()?;
            member(self, key)?;
            match self.token()? {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    /// A key and its colon.
    #[inline(always)]
    fn key(&mut self) -> Option<Text<'a>> {
        if self.token()? != b'"' {
            return None;
        }
        let key = self.string()?;
        if self.token()? != b':' {
            return None;
        }
        self.at += 1;
        Some(key)
    }

    /// A string whose opening quote stands here.
    #[inline(always)]
    fn string(&mut self) -> Option<Text<'a>> {
        let start = self.at + 1;
        let end = next_special(self.text, start)?;
        if *self.text.get(end)? == b'"' {
            self.at = end + 1;
            let raw = self.text.get(start..end)?;
            return Some(Text { raw, escaped: false });
        }
        self.string_with_escapes(start, end)
    }

    #[inline(never)]
    fn string_with_escapes(&mut self, start: usize, mut at: usize) -> Option<Text<'a>> {
        loop {
            match *self.text.get(at)? {
                b'"' => {
                    self.at = at + 1;
                    let raw = self.text.get(start..at)?;
                    return Some(Text { raw, escaped: true });
                }
                b'\\' => {
                    let escape = self.text.get(at..)?;
                    at += match *escape.get(1)? {
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 2,
                        b'u' => code_point(escape)?.1,
                        _ => return None,
                    };
                }
                _ => return None,
            }
            at = next_special(self.text, at)?;
        }
    }

    #[inline]
    fn scalar(&mut self) -> Option<Value<'a>> {
        match *self.text.get(self.at)? {
            b'-' | b'0'..=b'9' => self.number().map(Value::Number),
            b't' => self.literal(b"true", Value::Bool),
            b'f' => self.literal(b"false", Value::Bool),
            b'n' => self.literal(b"null", Value::Null),
            _ => None,
        }
    }

    fn literal(&mut self, word: &[u8], value: Value<'a>) -> Option<Value<'a>> {
        self.text.get(self.at..)?.starts_with(word).then(|| {
            self.at += word.len();
            value
        })
    }

    fn number(&mut self) -> Option<&'a [u8]> {
        let start = self.at;
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        match self.byte()? {
            b'0' => self.at += 1,
            b'1'..=b'9' => self.digits()?,
            _ => return None,
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.byte() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.byte() {
                self.at += 1;
            }
            self.digits()?;
        }
        self.text.get(start..self.at)
    }

    /// One digit or more.
    fn digits(&mut self) -> Option<()> {
        let rest = self.text.get(self.at..)?;
        let count = rest
            .iter()
            .position(|b| !b.is_ascii_digit())
            .unwrap_or(rest.len());
        self.at += count;
        (count > 0).then_some(())
    }

    fn byte(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// An object or array that stands here, inside of `outside` open levels, with all that is in it.
    fn container(&mut self, outside: usize) -> Option<Value<'a>> {
        let is_object = self.byte()? == b'{';
        let mut open = Levels::default();
        let mut empty = true;
        'value: loop {
            let byte = self.token()?;
            match byte {
                b'{' | b'[' => {
                    empty = open.count == 0;
                    if outside + open.count >= MAX_DEPTH {
                        return None;
                    }
                    open.push(byte == b'{');
                    self.at += 1;
                    // `}` and `]` stand two places after their opening ones.
                    if self.token()? != byte + 2 {
                        empty = false;
                        if byte == b'{' {
                            self.key()?;
                        }
                        continue 'value;
                    }
                    self.at += 1;
                    open.pop();
                }
                b'"' => {
                    self.string()?;
                }
                _ => {
                    self.scalar()?;
                }
            }
            while open.count > 0 {
                let in_object = open.top();
                match self.token()? {
                    b',' => {
                        self.at += 1;
                        if in_object {
                            self.key()?;
                        }
                        continue 'value;
                    }
                    b'}' if in_object => {}
                    b']' if !in_object => {}
                    _ => return None,
                }
                self.at += 1;
                open.pop();
            }
            return Some(if is_object {
                Value::Object { empty }
            } else {
                Value::Array { empty }
            });
        }
    }
}

/// The open levels, one bit each: an object or an array.
#[derive(Default)]
struct Levels {
    objects: [u64; MAX_DEPTH.div_ceil(64)],
    count: usize,
}

impl Levels {
    fn push(&mut self, object: bool) {
        if let Some(word) = self.objects.get_mut(self.count / 64) {
            let bit = 1u64 << (self.count % 64);
            *word = if object { *word | bit } else { *word & !bit };
        }
        self.count += 1;
    }

    fn pop(&mut self) {
        self.count = self.count.saturating_sub(1);
    }

    fn top(&self) -> bool {
        let last = self.count.saturating_sub(1);
        self.objects
            .get(last / 64)
            .is_some_and(|word| word >> (last % 64) & 1 == 1)
    }
}

/// The character of a `\uXXXX` at the start of `escape`, and the bytes that it takes: 12 for a pair of surrogates.
fn code_point(escape: &[u8]) -> Option<(char, usize)> {
    let high = hex4(escape.get(2..6)?)?;
    if !(0xd800..0xdc00).contains(&high) {
        return char::from_u32(high).map(|c| (c, 6));
    }
    if escape.get(6..8)? != b"\\u" {
        return None;
    }
    let low = hex4(escape.get(8..12)?)?;
    if !(0xdc00..0xe000).contains(&low) {
        return None;
    }
    char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)).map(|c| (c, 12))
}

fn hex4(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |value, &digit| {
        Some(value << 4 | (digit as char).to_digit(16)?)
    })
}
