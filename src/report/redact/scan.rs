//! Finding what is to be redacted in text and in JSON that may be cut or broken.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{Kind, Redactor};

/// Keys of the user object whose values name nobody.
pub(super) const HARMLESS: [&str; 9] = [
    "country",
    "locale",
    "appVersion",
    "systemName",
    "systemVersion",
    "browserName",
    "browserVersion",
    "tier",
    "userAgent",
];

/// The starts of AWS' unique ids: access keys, users, roles, groups and the like.
const KEY_STARTS: [&str; 9] = [
    "AKIA", "ASIA", "AIDA", "AROA", "AGPA", "AIPA", "ANPA", "ABIA", "ACCA",
];

/// Whether a key of some JSON object names an id: `id`, `order_id`, `userId`, `userID`.
pub(super) fn names_an_id(key: &str) -> bool {
    key.eq_ignore_ascii_case("id")
        || ["_id", "-id", "Id", "ID", "uuid", "email", "ip"]
            .iter()
            .any(|end| key.ends_with(end))
}

/// Characters that addresses, ARNs and ids are made of.
fn is_token(c: char) -> bool {
    c.is_alphanumeric() || "._%+-@:/*$!#~?".contains(c)
}

impl Redactor {
    /// Free text with pseudonyms.
    pub(super) fn text(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(is_token) {
            let (before, from) = rest.split_at(start);
            out.push_str(before);
            let end = from.find(|c| !is_token(c)).unwrap_or(from.len());
            let (token, after) = from.split_at(end);
            self.token(token, &mut out);
            rest = after;
        }
        out.push_str(rest);
        out
    }

    /// A run of characters without spaces or quotes.
    fn token(&mut self, token: &str, out: &mut String) {
        // The end of a sentence is not part of what stands there.
        let core = token.trim_end_matches(['.', ':', '?', '!']);
        let (core, tail) = token.split_at(core.len());
        if let Some(at) = core.find("arn:aws") {
            out.push_str(&core[..at]);
            out.push_str(&self.pseudonym(Kind::Arn, &core[at..]));
        } else if core.parse::<Ipv6Addr>().is_ok() && core.contains("::") || is_long_ipv6(core) {
            out.push_str(&self.pseudonym(Kind::Ip, core));
        } else {
            for (number, part) in core.split('/').enumerate() {
                if number > 0 {
                    out.push('/');
                }
                self.part(part, out);
            }
        }
        out.push_str(tail);
    }

    /// A piece of a token between slashes.
    fn part(&mut self, part: &str, out: &mut String) {
        if let Some(at) = part.find('@') {
            let is_local = |c: char| c.is_alphanumeric() || "._%+-!#$~*".contains(c);
            let is_domain = |c: char| c.is_alphanumeric() || ".-".contains(c);
            let (before, after) = (&part[..at], &part[at + 1..]);
            let start = before.rfind(|c| !is_local(c)).map_or(0, |place| {
                place + before[place..].chars().next().map_or(1, char::len_utf8)
            });
            let end = after.find(|c| !is_domain(c)).unwrap_or(after.len());
            let domain = after[..end].trim_end_matches(['.', '-']);
            if start < at && domain.contains('.') {
                self.pieces(&part[..start], out);
                out.push_str(&self.pseudonym(Kind::Email, &part[start..at + 1 + domain.len()]));
                self.part(&after[domain.len()..], out);
                return;
            }
        }
        self.pieces(part, out);
    }

    /// Numbers, addresses and key ids in a piece.
    fn pieces(&mut self, part: &str, out: &mut String) {
        let mut rest = part;
        while !rest.is_empty() {
            let is_word = |c: char| c.is_alphanumeric() || c == '.';
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            match kind_of(word) {
                Some(kind) => out.push_str(&self.pseudonym(kind, word)),
                None => out.push_str(word),
            }
            let skip = after.chars().next().map_or(0, char::len_utf8);
            out.push_str(&after[..skip]);
            rest = &after[skip..];
        }
    }

    /// Text in quotes or backticks becomes ids.
    pub(super) fn quoted(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(['"', '`', '“']) {
            let (before, from) = rest.split_at(start);
            out.push_str(before);
            let Some(open) = from.chars().next() else { break };
            let close = if open == '“' { '”' } else { open };
            let inner = &from[open.len_utf8()..];
            let Some(end) = inner.find(close) else {
                rest = from;
                break;
            };
            out.push(open);
            let is_name = crate::contract::rules::is_column(&inner[..end]);
            if is_name || inner[..end].is_empty() {
                out.push_str(&inner[..end]);
            } else {
                out.push_str(&self.pseudonym(Kind::Id, &inner[..end]));
            }
            out.push(close);
            rest = &inner[end + close.len_utf8()..];
        }
        out.push_str(rest);
        out
    }

    /// JSON, perhaps cut, broken or doubly encoded: the values of the keys that `chosen` names become pseudonyms, and
    /// everything inside them. Text that is no object at all is taken for an id.
    pub(super) fn json(&mut self, text: &str, chosen: &dyn Fn(&str) -> bool) -> String {
        let trimmed = text.trim_start();
        if let Some(inner) = trimmed.strip_prefix('"')
            && inner.trim_start().starts_with('{')
        {
            let plain = self.object(&inner.replace("\\\"", "\u{1}"), '\u{1}', chosen);
            return format!("\"{}", plain.replace('\u{1}', "\\\""));
        }
        if trimmed.starts_with('{') {
            return self.object(text, '"', chosen);
        }
        self.id(text)
    }

    /// A tolerant scan: strings in `quote` or in single quotes are keys when a colon follows, else values.
    fn object(&mut self, text: &str, quote: char, chosen: &dyn Fn(&str) -> bool) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        let mut take = false;
        let mut after_colon = false;
        while let Some(c) = rest.chars().next() {
            if c == quote || c == '\'' {
                let inner = &rest[c.len_utf8()..];
                let (body, end) = string_end(inner, c);
                let after = &inner[end..];
                let is_key = after.trim_start().starts_with(':');
                out.push(c);
                if is_key {
                    // What is chosen holds for all that it contains, until the next key on any level says otherwise.
                    take = chosen(body);
                    out.push_str(body);
                } else if take {
                    let body = body.trim_end_matches('…');
                    out.push_str(&self.id(body));
                } else {
                    out.push_str(&self.text(body));
                }
                if inner.len() > body.len() {
                    out.push(c);
                }
                rest = after;
                after_colon = false;
            } else if after_colon && take && (c.is_ascii_digit() || c == '-') {
                let end = rest
                    .find(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c))
                    .unwrap_or(rest.len());
                let (number, after) = rest.split_at(end);
                out.push_str(&self.pseudonym(Kind::Id, number));
                rest = after;
                after_colon = false;
            } else {
                after_colon =
                    c == ':' || (after_colon && c.is_whitespace()) || (take && matches!(c, '[' | ','));
                out.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
        out
    }
}

/// The body of a string up to its closing quote, and where the text goes on behind the quote.
fn string_end(inner: &str, quote: char) -> (&str, usize) {
    let mut escaped = false;
    for (at, c) in inner.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return (&inner[..at], at + c.len_utf8()),
            _ => {}
        }
    }
    (inner, inner.len())
}

/// An IPv6 address written out in eight groups. Shorter runs of colons are times.
fn is_long_ipv6(text: &str) -> bool {
    text.matches(':').count() == 7 && text.parse::<Ipv6Addr>().is_ok()
}

fn kind_of(word: &str) -> Option<Kind> {
    if word.len() == 12 && word.bytes().all(|b| b.is_ascii_digit()) {
        return Some(Kind::Account);
    }
    // The canonical id of an account, which stands in lists of objects' owners.
    if word.len() == 64 && word.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Some(Kind::Account);
    }
    if word.bytes().filter(|b| *b == b'.').count() == 3 && word.parse::<Ipv4Addr>().is_ok() {
        return Some(Kind::Ip);
    }
    let is_key = word.len() >= 16
        && KEY_STARTS.iter().any(|start| word.starts_with(start))
        && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    is_key.then_some(Kind::Key)
}
