//! A small JSON reader that keeps where everything stands, so that a policy can be changed in one place and stay byte
//! for byte the same in every other, and a statement can be shown with its line.
//!
//! RFC 8259, with three refusals that policies share: the same name twice in one object (IAM's policy grammar forbids
//! it), nesting deeper than [`MAX_DEPTH`], and anything after the document. Errors say line and column.

use std::{collections::HashMap, fmt};

/// Nesting beyond this is refused; policies need about six levels.
pub const MAX_DEPTH: usize = 64;

/// A stretch of the text, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// What stands there; empty when the span is not of this text.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }

    /// The line of its first byte, counted from 1.
    pub fn line(self, text: &str) -> usize {
        place(text, self.start).0
    }
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where, without the white space around it.
    pub span: Span,
    /// What.
    pub value: Value,
}

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number, as it is spelled.
    Number(String),
    /// Text, unescaped.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// An object, in the order of the text.
    Object(Vec<Member>),
}

/// A name and its value in an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// The name, unescaped.
    pub name: String,
    /// Where the name stands, quotes included.
    pub name_span: Span,
    /// Its value.
    pub node: Node,
}

impl Node {
    /// The members, when it is an object.
    pub fn members(&self) -> Option<&[Member]> {
        match &self.value {
            Value::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The value of a member by exact name, when it is an object that has one.
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.members()?.iter().find(|m| m.name == name).map(|m| &m.node)
    }

    /// The text, when it is text.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The elements of a list, or the value itself as the only one: IAM takes either wherever it takes a list.
    pub fn one_or_many(&self) -> &[Self] {
        match &self.value {
            Value::List(nodes) => nodes,
            _ => std::slice::from_ref(self),
        }
    }

    /// A word for what it is, for error messages.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::Text(_) => "text",
            Value::List(_) => "a list",
            Value::Object(_) => "an object",
        }
    }
}

/// Why a text is not JSON, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// What is wrong there.
    pub what: String,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.what)
    }
}

impl std::error::Error for JsonError {}

/// Line and column (in characters) of a byte of a text, counted from 1.
pub fn place(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte.min(text.len())).unwrap_or(text);
    let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

/// Reads a whole text.
///
/// # Errors
/// When it is not JSON, names a member twice, nests too deep, or goes on after the document.
pub fn parse(text: &str) -> Result<Node, JsonError> {
    let mut reader = Reader { text, at: 0 };
    reader.space();
    let node = reader.value(0)?;
    reader.space();
    if reader.at < text.len() {
        return Err(reader.error("the document ends here, but more text follows"));
    }
    Ok(node)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn error_at(&self, byte: usize, what: impl Into<String>) -> JsonError {
        let (line, column) = place(self.text, byte);
        JsonError {
            line,
            column,
            what: what.into(),
        }
    }

    fn error(&self, what: impl Into<String>) -> JsonError {
        self.error_at(self.at, what)
    }

    /// What stands at the cursor, as an error message names it.
    fn here(&self) -> String {
        match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            None => "the text ends".into(),
            Some('“' | '”' | '„' | '‘' | '’') => "a typographic quotation mark stands".into(),
            Some('\u{feff}') => "a byte order mark stands".into(),
            Some('/' | '#') => "a comment stands (JSON has none), or a stray character".into(),
            Some(c) => format!("{c:?} stands"),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node, JsonError> {
        if depth > MAX_DEPTH {
            return Err(self.error(format!("nested more than {MAX_DEPTH} levels deep")));
        }
        let start = self.at;
        let value = match self.peek() {
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'"') => Value::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.word("true", Value::Bool(true))?,
            Some(b'f') => self.word("false", Value::Bool(false))?,
            Some(b'n') => self.word("null", Value::Null)?,
            _ => return Err(self.error(format!("{} where a value should begin", self.here()))),
        };
        let span = Span { start, end: self.at };
        Ok(Node { span, value })
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, JsonError> {
        if self
            .text
            .get(self.at..)
            .is_some_and(|rest| rest.starts_with(word))
        {
            self.at += word.len();
            Ok(value)
        } else {
            Err(self.error(format!("{word} is misspelled")))
        }
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Result<Value, JsonError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let leading_zero = self.peek() == Some(b'0');
        let whole = self.digits();
        if whole == 0 || (leading_zero && whole > 1) {
            return Err(self.error_at(start, "this number is not spelled as JSON spells one"));
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err(self.error("digits must follow the decimal point"));
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(self.error("digits must follow the exponent"));
            }
        }
        Ok(Value::Number(
            self.text.get(start..self.at).unwrap_or_default().to_owned(),
        ))
    }

    fn string(&mut self) -> Result<String, JsonError> {
        let start = self.at;
        self.at += 1;
        let mut out = String::new();
        loop {
            let Some(c) = self.text.get(self.at..).and_then(|rest| rest.chars().next()) else {
                return Err(self.error_at(start, "this text has no closing quotation mark"));
            };
            match c {
                '"' => {
                    self.at += 1;
                    return Ok(out);
                }
                '\\' => out.push(self.escape()?),
                c if c < ' ' => {
                    return Err(self.error("a line end or control character inside a text must be escaped"));
                }
                c => {
                    out.push(c);
                    self.at += c.len_utf8();
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let start = self.at;
        self.at += 1;
        let c = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(start),
            _ => return Err(self.error_at(start, "this escape is not one of JSON's")),
        };
        self.at += 1;
        Ok(c)
    }

    /// The four hexadecimal digits after `\u`; the cursor stands on the `u`.
    fn hex4(&mut self, start: usize) -> Result<u32, JsonError> {
        let digits = self.text.get(self.at + 1..self.at + 5);
        let code = digits
            .filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|d| u32::from_str_radix(d, 16).ok())
            .ok_or_else(|| self.error_at(start, "four hexadecimal digits must follow \\u"))?;
        self.at += 5;
        Ok(code)
    }

    fn unicode(&mut self, start: usize) -> Result<char, JsonError> {
        let first = self.hex4(start)?;
        let lone = || "half of a surrogate pair stands alone";
        let code = match first {
            0xd800..=0xdbff => {
                if self.text.get(self.at..self.at + 2) != Some("\\u") {
                    return Err(self.error_at(start, lone()));
                }
                self.at += 1;
                let second = self.hex4(start)?;
                if !(0xdc00..=0xdfff).contains(&second) {
                    return Err(self.error_at(start, lone()));
                }
                0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
            }
            code => code,
        };
        char::from_u32(code).ok_or_else(|| self.error_at(start, lone()))
    }

    fn list(&mut self, depth: usize) -> Result<Value, JsonError> {
        self.at += 1;
        let mut nodes = Vec::new();
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::List(nodes));
        }
        loop {
            self.space();
            nodes.push(self.value(depth + 1)?);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Value::List(nodes));
                }
                _ => return Err(self.error(format!("{} where a comma or ] should stand", self.here()))),
            }
            self.space();
            if self.peek() == Some(b']') {
                return Err(self.error("a comma stands before the closing ]"));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, JsonError> {
        self.at += 1;
        let mut members: Vec<Member> = Vec::new();
        let mut names: HashMap<String, usize> = HashMap::new();
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Object(members));
        }
        loop {
            members.push(self.member(&mut names, depth)?);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Value::Object(members));
                }
                _ => return Err(self.error(format!("{} where a comma or }} should stand", self.here()))),
            }
            self.space();
            if self.peek() == Some(b'}') {
                return Err(self.error("a comma stands before the closing }"));
            }
        }
    }

    /// A member; `names` holds where those before it stand, by their names.
    fn member(&mut self, names: &mut HashMap<String, usize>, depth: usize) -> Result<Member, JsonError> {
        self.space();
        let start = self.at;
        if self.peek() != Some(b'"') {
            return Err(self.error(format!(
                "{} where a name in quotation marks should stand",
                self.here()
            )));
        }
        let name = self.string()?;
        let name_span = Span { start, end: self.at };
        if let Some(first) = names.insert(name.clone(), start) {
            let (line, _) = place(self.text, first);
            return Err(self.error_at(
                start,
                format!("{name:?} stands here again; it is on line {line} already"),
            ));
        }
        self.space();
        if self.peek() != Some(b':') {
            return Err(self.error(format!("{} where a colon should stand", self.here())));
        }
        self.at += 1;
        self.space();
        let node = self.value(depth + 1)?;
        Ok(Member {
            name,
            name_span,
            node,
        })
    }
}

/// A text as a JSON string, quotation marks included.
pub fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn as_serde(node: &Node) -> serde_json::Value {
        match &node.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(b) => (*b).into(),
            Value::Number(n) => serde_json::from_str(n).unwrap(),
            Value::Text(t) => t.as_str().into(),
            Value::List(nodes) => nodes.iter().map(as_serde).collect(),
            Value::Object(members) => members
                .iter()
                .map(|m| (m.name.clone(), as_serde(&m.node)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }

    #[test]
    fn a_slip_in_a_policy_is_shown_with_its_line_and_column() {
        for (text, line, column, word) in [
            ("{\n  \"a\": 1,\n}", 3, 1, "comma"),
            ("{\n  \"a\": 1\n  \"b\": 2}", 3, 3, "comma or }"),
            ("{\"a\": “x”}", 1, 7, "typographic"),
            ("{\"a\": 1, \"a\": 2}", 1, 10, "again"),
            ("{\"a\": 1} x", 1, 10, "more text"),
            ("// hi\n{}", 1, 1, "comment"),
            ("{\"a\": \"x", 1, 7, "closing"),
            ("{\"é\": tru}", 1, 7, "misspelled"),
            ("[01]", 1, 2, "number"),
            ("\"\\ud800x\"", 1, 2, "surrogate"),
            ("", 1, 1, "the text ends"),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!((error.line, error.column), (line, column), "{text}: {error}");
            assert!(error.what.contains(word), "{text}: {error}");
        }
        assert!(parse(&"[".repeat(100_000)).is_err());
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i32>().prop_map(Into::into),
            ".{0,12}".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
                proptest::collection::btree_map(".{0,6}", inner, 0..5)
                    .prop_map(|m| m.into_iter().collect::<serde_json::Map<_, _>>().into()),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_document_is_read_as_serde_reads_it_and_spans_hold_their_value(value in json(), pretty: bool) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
            let node = parse(&text).unwrap();
            prop_assert_eq!(as_serde(&node), value);
            let mut open = vec![&node];
            while let Some(node) = open.pop() {
                prop_assert_eq!(parse(node.span.of(&text)).map(|n| as_serde(&n)), Ok(as_serde(node)));
                match &node.value {
                    Value::List(nodes) => open.extend(nodes),
                    Value::Object(members) => open.extend(members.iter().map(|m| &m.node)),
                    _ => {}
                }
            }
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in ".{0,60}") {
            let ours = parse(&text).is_ok();
            prop_assert!(!ours || serde_json::from_str::<serde_json::Value>(&text).is_ok());
        }
    }
}
