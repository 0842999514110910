//! Answers and refusals as the query protocol writes them.

use std::fmt::Write as _;

/// IAM's namespace.
pub const IAM: &str = "https://iam.amazonaws.com/doc/2010-05-08/";
/// The token service's namespace.
pub const STS: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// An answer in XML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub xml: String,
}

/// A refusal, in AWS' own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The service's error code: `NoSuchEntity`.
    pub code: &'static str,
    /// The message.
    pub words: String,
}

impl Refusal {
    /// A refusal.
    pub fn new(status: u16, code: &'static str, words: impl Into<String>) -> Self {
        Self {
            status,
            code,
            words: words.into(),
        }
    }

    /// 404 `NoSuchEntity`
    pub fn no_such(words: impl Into<String>) -> Self {
        Self::new(404, "NoSuchEntity", words)
    }

    /// 409 `EntityAlreadyExists`
    pub fn exists(words: impl Into<String>) -> Self {
        Self::new(409, "EntityAlreadyExists", words)
    }

    /// 409 `DeleteConflict`
    pub fn conflict(words: impl Into<String>) -> Self {
        Self::new(409, "DeleteConflict", words)
    }

    /// 409 `LimitExceeded`
    pub fn limit(words: impl Into<String>) -> Self {
        Self::new(409, "LimitExceeded", words)
    }

    /// 400 `ValidationError`
    pub fn invalid(words: impl Into<String>) -> Self {
        Self::new(400, "ValidationError", words)
    }

    /// As the query protocol writes it.
    pub fn answer(&self, namespace: &str, request_id: &str) -> Answer {
        Answer {
            status: self.status,
            xml: format!(
                "<ErrorResponse xmlns=\"{namespace}\"><Error><Type>{}</Type><Code>{}</Code><Message>{}</Message></Error>\
                 <RequestId>{request_id}</RequestId></ErrorResponse>",
                if self.status < 500 { "Sender" } else { "Receiver" },
                self.code,
                escaped(&self.words)
            ),
        }
    }
}

/// A result as the query protocol wraps it; calls without a result have none.
pub fn result(namespace: &str, action: &str, inner: Option<&str>, request_id: &str) -> Answer {
    let wrapped = inner.map(|inner| format!("<{action}Result>{inner}</{action}Result>"));
    Answer {
        status: 200,
        xml: format!(
            "<{action}Response xmlns=\"{namespace}\">{}<ResponseMetadata><RequestId>{request_id}</RequestId>\
             </ResponseMetadata></{action}Response>",
            wrapped.unwrap_or_default()
        ),
    }
}

/// `<name>text</name>`
pub fn tag(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escaped(text))
}

/// `<name><member>…</member>…</name>`, each member's inside XML already.
pub fn members(name: &str, inner: impl IntoIterator<Item = String>) -> String {
    let mut out = format!("<{name}>");
    for inner in inner {
        let _ = write!(out, "<member>{inner}</member>");
    }
    let _ = write!(out, "</{name}>");
    out
}

/// A policy document as IAM hands it out: percent-encoded.
pub fn encoded(document: &str) -> String {
    let mut out = String::with_capacity(document.len() * 2);
    for &b in document.as_bytes() {
        match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(b)),
            _ => {
                let _ = write!(out, "%{b:02X}");
            }
        }
    }
    out
}

/// Text as it may stand between XML tags.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            c if c < ' ' && c != '\n' && c != '\t' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
