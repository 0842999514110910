//! A report as text, for a chat, as JSON, or as lines of events. Pure: a report goes in, text comes out.
//!
//! - [`text`]: groups, a line a check, detail under each finding, one verdict line
//! - [`short`]: a few lines to paste into a chat
//! - [`json`]: the report itself, and `jsonl`, a line an event
//! - [`rules`]: the catalogue, and one rule explained
//! - [`month`]: a month of the calendar
//! - [`grant`]: a grant's plan
//! - [`signal`]: what a signal would do

pub mod grant;
pub mod json;
pub mod matrix;
pub mod month;
pub mod rules;
pub mod short;
pub mod signal;
pub mod text;

use unicode_width::UnicodeWidthStr;

use super::model::Status;

/// How text is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether ANSI colours are used. Nothing is told by colour alone.
    pub color: bool,
    /// Columns.
    pub width: usize,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            color: false,
            width: 100,
        }
    }
}

impl Style {
    /// Text in the colour of a status.
    pub(crate) fn status(self, status: Status, text: &str) -> String {
        let code = match status {
            Status::Pass => "32",
            Status::Warn => "33",
            Status::Fail => "31;1",
            Status::Info => "36",
            Status::Unknown => "35",
            Status::Skipped => "2",
        };
        self.paint(code, text)
    }

    /// Bold text.
    pub(crate) fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// Faint text.
    pub(crate) fn faint(self, text: &str) -> String {
        self.paint("2", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.color && !text.is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Breaks text at spaces into lines of at most `width` columns. A word that is too long for a line stands alone.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if !line.is_empty() && line.width() + 1 + word.width() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// Writes wrapped text behind a label, later lines indented below its start.
pub(crate) fn paragraph(out: &mut String, label: &str, text: &str, indent: usize, style: Style) {
    let hang = indent + label.width();
    let width = style.width.saturating_sub(hang).max(24);
    for (number, line) in wrap(text, width).into_iter().enumerate() {
        if number == 0 {
            out.push_str(&format!("{:indent$}{}{line}\n", "", style.faint(label)));
        } else {
            out.push_str(&format!("{:hang$}{line}\n", ""));
        }
    }
}

/// A text with spaces behind it up to a width in columns.
pub(crate) fn pad(text: &str, width: usize) -> String {
    format!("{text}{:fill$}", "", fill = width.saturating_sub(text.width()))
}

/// A wrapped and indented paragraph.
pub fn paragraph_text(text: &str, indent: usize, style: Style) -> String {
    let mut out = String::new();
    paragraph(&mut out, "", text, indent, style);
    out
}
