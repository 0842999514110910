//! A few lines to paste into a chat: the verdict, what fails, warns or is unknown, and nothing else. No colour, no
//! alignment that a proportional font would break.

use super::text::{behind_colon, gather};
use crate::report::{
    model::*,
    words::{read_words, things},
};

/// The report in short.
pub fn short(report: &Report) -> String {
    let mut out = format!("{}: {}\n", report.verdict.opening(), report.verdict_sentence());
    out.push_str(&format!(
        "{} · {} · {} · bucket-ready {}\n",
        report.target.spelled(),
        report.created_at,
        read_words(report),
        report.tool.version
    ));
    for status in [Status::Fail, Status::Warn] {
        for check in report.checks.iter().filter(|check| check.status == status) {
            out.push_str(&format!(
                "{} {} {} {} {}{}\n",
                status.glyph(),
                status.as_str(),
                check.code,
                check.slug,
                check.subject,
                behind_colon(&check.evidence())
            ));
        }
    }
    let unknown: Vec<_> = report
        .checks
        .iter()
        .filter(|check| check.status == Status::Unknown && check.required)
        .collect();
    for group in gather(&unknown) {
        let codes: Vec<_> = group.checks.iter().map(|check| check.code.to_string()).collect();
        out.push_str(&format!(
            "{} {} {} {}: {}\n",
            Status::Unknown.glyph(),
            Status::Unknown.as_str(),
            codes.join(" "),
            group.subject,
            group.reason
        ));
    }
    out.push_str(&format!(
        "{} passed, {} skipped. Next: {}\n",
        things(report.count_of(Status::Pass), "check"),
        report.count_of(Status::Skipped),
        report.next_command()
    ));
    out
}
