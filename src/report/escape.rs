//! The one way in which text from outside is made fit to be shown: keys, column names, values, server messages.
//!
//! What a terminal would act on, and what a person could not see, is written out: `\n`, `\t`, `\u{1b}`, `\u{202e}`.
//! A backslash stays as it is, so escaping twice changes nothing and a saved report can be escaped again on opening.

use std::{borrow::Cow, fmt::Write};

/// A sample's value is cut at so many characters.
pub const MAX_VALUE: usize = 200;

/// Text with control, bidirectional, invisible and line-breaking characters written out.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.chars().any(must_escape) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        push(&mut out, c);
    }
    Cow::Owned(out)
}

/// [`escape`] cut to at most `max` characters of the result, the last of which is then `…`. No escape is cut in two.
pub fn escape_cut(text: &str, max: usize) -> String {
    let mut out = String::new();
    let mut length = 0;
    // The byte length of the longest result that leaves room for the ellipsis.
    let mut room = 0;
    for c in text.chars() {
        let before = out.len();
        push(&mut out, c);
        length += out.get(before..).map_or(0, |new| new.chars().count());
        if length > max {
            out.truncate(room);
            out.push('…');
            return out;
        }
        if length < max {
            room = out.len();
        }
    }
    out
}

/// Escapes in place.
pub(crate) fn escape_in_place(text: &mut String) {
    if let Cow::Owned(escaped) = escape(text) {
        *text = escaped;
    }
}

fn push(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\0' => out.push_str("\\0"),
        c if must_escape(c) => {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
        c => out.push(c),
    }
}

/// Whether a character must not reach a terminal, or could not be seen there. White space other than the plain space
/// counts: which kind it was is what a person needs to know.
pub fn must_escape(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    c.is_control()
        || c.is_whitespace()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{8e2}'
            | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
            | '\u{110bd}' | '\u{110cd}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_with_escape_sequences_or_reversed_text_cannot_act_on_the_terminal() {
        assert_eq!(escape("a\u{1b}[31mb\n\u{9b}2J"), "a\\u{1b}[31mb\\n\\u{9b}2J");
        assert_eq!(escape("gpj.\u{202e}exe"), "gpj.\\u{202e}exe");
        assert_eq!(escape("sign\u{a0}up"), "sign\\u{a0}up");
        assert_eq!(escape("C:\\data"), "C:\\data");
        assert!(matches!(escape("événement 購入"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_long_value_is_cut_at_the_limit_and_a_fitting_one_is_not() {
        let fits = "x".repeat(MAX_VALUE);
        assert_eq!(escape_cut(&fits, MAX_VALUE), fits);
        let cut = escape_cut(&"é".repeat(MAX_VALUE + 1), MAX_VALUE);
        assert_eq!(cut.chars().count(), MAX_VALUE);
        assert!(cut.ends_with("é…"));
        assert_eq!(escape_cut("abcdefg\n\n", 9), "abcdefg…");
        assert_eq!(escape_cut("abcdefg\n", 9), "abcdefg\\n");
    }

    proptest! {
        #[test]
        fn escaping_again_changes_nothing_and_leaves_nothing_unsafe(text in any::<String>(), max in 1usize..40) {
            let once = escape(&text).into_owned();
            prop_assert_eq!(escape(&once), once.as_str());
            prop_assert!(!once.chars().any(must_escape));
            let cut = escape_cut(&text, max);
            prop_assert!(cut.chars().count() <= max);
            prop_assert!(!cut.chars().any(must_escape));
            if once.chars().count() <= max {
                prop_assert_eq!(cut, once);
            }
        }
    }
}
