//! The texts of an [`AccessView`]: escaped where it enters a report, replaced where a report is redacted.

use super::escape::{escape, escape_in_place};
use crate::access::{
    AccessView,
    policy::Source,
    view::{ExplainedNeed, StatementPlace},
};

/// A policy's tabs, as a screen shows them.
const TAB: &str = "    ";

/// Which kind of text it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    /// Words of ours around names from outside; one line.
    Line,
    /// A policy's document; its lines count.
    Document,
}

/// Visits every text.
pub(super) fn each_text(view: &mut AccessView, visit: &mut dyn FnMut(&mut String, Text)) {
    for cell in view.rows.iter_mut().flat_map(|row| &mut row.cells) {
        visit(&mut cell.place, Text::Line);
    }
    for explained in &mut view.explanations {
        explanation(explained, visit);
    }
    for policy in &mut view.policies {
        source(&mut policy.source, visit);
        visit(&mut policy.text, Text::Document);
    }
    for unseen in &mut view.unseen {
        visit(&mut unseen.what, Text::Line);
        visit(&mut unseen.why, Text::Line);
    }
    for difference in &mut view.differences {
        visit(&mut difference.place, Text::Line);
        visit(&mut difference.say, Text::Line);
    }
    for says in &mut view.simulator {
        visit(&mut says.say, Text::Line);
    }
}

fn explanation(explained: &mut ExplainedNeed, visit: &mut dyn FnMut(&mut String, Text)) {
    let mut line = |text: &mut String| visit(text, Text::Line);
    line(&mut explained.say);
    line(&mut explained.next.say);
    for text in [&mut explained.next.command, &mut explained.next.url]
        .into_iter()
        .flatten()
    {
        line(text);
    }
    for near in &mut explained.near {
        line(&mut near.place);
        near.kept_by.iter_mut().for_each(&mut line);
    }
    if let Some(StatementPlace { source: of, name, .. }) = &mut explained.place {
        line(name);
        source(of, visit);
    }
}

fn source(source: &mut Source, visit: &mut dyn FnMut(&mut String, Text)) {
    match source {
        Source::UserInline { name }
        | Source::ServiceControl { name }
        | Source::ResourceControl { name }
        | Source::VpcEndpoint { id: name } => visit(name, Text::Line),
        Source::UserManaged { name, version } | Source::Boundary { name, version } => {
            visit(name, Text::Line);
            visit(version, Text::Line);
        }
        Source::GroupInline { group, name } => {
            visit(group, Text::Line);
            visit(name, Text::Line);
        }
        Source::GroupManaged { group, name, version } => {
            visit(group, Text::Line);
            visit(name, Text::Line);
            visit(version, Text::Line);
        }
        Source::Session | Source::Bucket | Source::Key => {}
    }
}

/// Escapes what comes from outside. Documents keep their lines, so that a statement's line is still found.
pub(super) fn clean(view: &mut AccessView) {
    each_text(view, &mut |text, kind| match kind {
        Text::Line => escape_in_place(text),
        Text::Document => {
            let lines: Vec<String> = text
                .replace('\t', TAB)
                .split('\n')
                .map(|line| escape(line.strip_suffix('\r').unwrap_or(line)).into_owned())
                .collect();
            *text = lines.join("\n");
        }
    });
}

/// A document with the characters that JSON lets be written as `\u0041` written out, so that no name hides behind them.
/// What would change the document's shape stays: quotation marks, backslashes, control characters.
pub(super) fn written_out(document: &str) -> String {
    let mut out = String::with_capacity(document.len());
    let mut rest = document;
    while let Some(at) = rest.find('\\') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let hex = from.strip_prefix("\\u").and_then(|digits| digits.get(..4));
        let plain = hex
            .and_then(|hex| u32::from_str_radix(hex, 16).ok())
            .and_then(char::from_u32)
            .filter(|c| !c.is_control() && !matches!(c, '"' | '\\'));
        let length = match plain {
            Some(c) => {
                out.push(c);
                6
            }
            None => {
                // The escaped character goes with its backslash: `\\u0041` is a backslash and plain text.
                let next = from.chars().nth(1).map_or(0, char::len_utf8);
                out.push_str(from.get(..1 + next).unwrap_or(from));
                1 + next
            }
        };
        rest = from.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::access::view::PolicyText;

    #[test]
    fn a_policys_lines_stay_and_what_a_terminal_acts_on_does_not() {
        let mut view = AccessView {
            policies: vec![PolicyText {
                source: Source::UserInline {
                    name: "a\u{1b}[2J".into(),
                },
                text: "{\r\n\t\"Sid\": \"\u{202e}x\u{1b}[0m\"\n}".into(),
            }],
            ..AccessView::default()
        };
        clean(&mut view);
        let [policy] = view.policies.as_slice() else {
            panic!()
        };
        assert_eq!(policy.text, "{\n    \"Sid\": \"\\u{202e}x\\u{1b}[0m\"\n}");
        assert_eq!(
            policy.source,
            Source::UserInline {
                name: "a\\u{1b}[2J".into()
            }
        );
    }

    #[test]
    fn names_do_not_hide_behind_escapes() {
        assert_eq!(
            written_out(r#"{"a": "\u0061rn:aws", "b": "\\u0061\u0022\n\u00e9"}"#),
            r#"{"a": "arn:aws", "b": "\\u0061\u0022\né"}"#
        );
    }

    proptest! {
        #[test]
        fn any_document_is_written_out(document in any::<String>(), tail in r"(\\u[0-9a-f]{0,4}|\\)*") {
            let _ = written_out(&document);
            let _ = written_out(&format!("{document}{tail}"));
        }
    }
}
