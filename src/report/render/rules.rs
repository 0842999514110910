//! The catalogue as a list, and one rule explained.

use super::{Style, pad, paragraph};
use crate::{
    access::rules::SAYS_NOTHING,
    report::{catalogue, model::Status},
    rule::{Rule, Severity, Subject},
};

/// The severity in words: `fail`, `warn/fail` where it can be graver, `unknown` where a finding says nothing of the
/// bucket.
fn severity(rule: &Rule) -> String {
    if SAYS_NOTHING.contains(&rule.code) {
        Status::Unknown.as_str().to_owned()
    } else if rule.severity == rule.worst {
        rule.severity.as_str().to_owned()
    } else {
        format!("{}/{}", rule.severity.as_str(), rule.worst.as_str())
    }
}

fn status(rule: &Rule) -> Status {
    match rule.worst {
        _ if SAYS_NOTHING.contains(&rule.code) => Status::Unknown,
        Severity::Fail => Status::Fail,
        Severity::Warn => Status::Warn,
        Severity::Info | Severity::Off => Status::Info,
    }
}

/// Every rule on a line, in groups.
pub fn list(style: Style) -> String {
    let mut out = String::new();
    let mut heading = "";
    for rule in catalogue::all() {
        if heading != rule.category.heading() {
            if !heading.is_empty() {
                out.push('\n');
            }
            heading = rule.category.heading();
            out.push_str(&format!("{}\n", style.bold(heading)));
        }
        out.push_str(&format!(
            "  {}  {}  {}  {}\n",
            rule.code,
            style.status(status(rule), &pad(&severity(rule), 9)),
            pad(rule.slug, 26),
            rule.title
        ));
    }
    out
}

/// One rule, explained.
pub fn explain(rule: &Rule, style: Style) -> String {
    let mut out = format!(
        "{}\n{}\n\n",
        style.bold(&format!("{} {}", rule.code, rule.slug)),
        rule.title
    );
    let subjects = rule
        .subjects
        .iter()
        .map(Subject::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    let severity = severity(rule).replace('/', ", at worst ");
    for (label, text) in [
        ("severity  ", severity.as_str()),
        ("group     ", rule.category.heading()),
        ("judged on ", subjects.as_str()),
        ("counts    ", rule.counts),
        ("why       ", rule.why),
        ("fix       ", rule.fix),
        ("says      ", rule.basis.sentence()),
    ] {
        paragraph(&mut out, label, text, 0, style);
    }
    out.push_str(&format!(
        "\nTo change its severity, write in bucket-ready.toml below a line `[severity]`: {} = \"info\" (or \"fail\", \"warn\", \"off\").\n",
        rule.code
    ));
    out
}

/// The catalogue as JSON, for tools.
pub fn json(rules: &[&Rule]) -> serde_json::Value {
    rules
        .iter()
        .map(|rule| {
            serde_json::json!({
                "code": rule.code,
                "slug": rule.slug,
                "title": rule.title,
                "category": rule.category,
                "severity": if SAYS_NOTHING.contains(&rule.code) { "unknown" } else { rule.severity.as_str() },
                "worst": rule.worst,
                "unit": rule.unit,
                "subjects": rule.subjects,
                "counts": rule.counts,
                "why": rule.why,
                "fix": rule.fix,
                "basis": rule.basis,
            })
        })
        .collect()
}
