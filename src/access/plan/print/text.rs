//! Texts as Terraform and CloudFormation read them: printable ASCII only, so that nothing is normalised, taken for a line
//! end or acted upon by a terminal on the way.

use std::fmt::Write as _;

use crate::access::json::{self, Node, Value};

/// How a character beyond the Unicode's first 65,536 is escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Astral {
    /// As JSON does, in two halves: `\ud83d\ude00`.
    Halves,
    /// As YAML and HCL do: `\U0001f600`.
    Whole,
}

/// A text in quotation marks.
pub(super) fn quoted(text: &str, astral: Astral) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='~' => out.push(c),
            c => escaped(c, astral, &mut out),
        }
    }
    out.push('"');
    out
}

fn escaped(c: char, astral: Astral, out: &mut String) {
    // Writing to a String can't fail.
    match (u32::from(c), astral) {
        (code, Astral::Whole) if code > 0xffff => _ = write!(out, "\\U{code:08x}"),
        _ => {
            for half in c.encode_utf16(&mut [0; 2]) {
                _ = write!(out, "\\u{half:04x}");
            }
        }
    }
}

/// A policy, set anew: two spaces a level, one element a line, texts by [`quoted`]. Order, numbers and all that it says
/// stay. A text that is not JSON stays as it is.
pub(super) fn document(policy: &str, astral: Astral) -> String {
    let Ok(root) = json::parse(policy) else {
        return policy.to_owned();
    };
    let mut out = String::new();
    node(&root, astral, 0, &mut out);
    out
}

fn node(this: &Node, astral: Astral, depth: usize, out: &mut String) {
    match &this.value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => out.push_str(number),
        Value::Text(text) => out.push_str(&quoted(text, astral)),
        Value::List(nodes) => {
            out.push('[');
            for (at, element) in nodes.iter().enumerate() {
                line(at, depth + 1, out);
                node(element, astral, depth + 1, out);
            }
            end(nodes.is_empty(), depth, ']', out);
        }
        Value::Object(members) => {
            out.push('{');
            for (at, member) in members.iter().enumerate() {
                line(at, depth + 1, out);
                out.push_str(&quoted(&member.name, astral));
                out.push_str(": ");
                node(&member.node, astral, depth + 1, out);
            }
            end(members.is_empty(), depth, '}', out);
        }
    }
}

fn line(at: usize, depth: usize, out: &mut String) {
    if at > 0 {
        out.push(',');
    }
    out.push('\n');
    out.push_str(&"  ".repeat(depth));
}

fn end(empty: bool, depth: usize, close: char, out: &mut String) {
    if !empty {
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    }
    out.push(close);
}
