//! The report as text: a header, the data found, the checks in groups, and one verdict line with the next command.
//!
//! A finding has a line of its own and detail below it. Checks that passed, were skipped or could not be made are told
//! together where their evidence or reason is the same, each by its code.

use unicode_width::UnicodeWidthStr;

use super::{Style, matrix::matrix, pad, paragraph, wrap};
use crate::{
    report::{
        catalogue,
        escape::escape_cut,
        model::*,
        words::{bytes, grouped, read_words, things},
    },
    rule::{Basis, Category, Dataset, Sample},
};

const CATEGORIES: [Category; 8] = [
    Category::Connection,
    Category::Access,
    Category::Layout,
    Category::Schema,
    Category::EventRows,
    Category::MetricRows,
    Category::Calendar,
    Category::Datasets,
];

/// Columns before a check's text: two spaces, the sign, the word.
const INDENT: usize = 12;
/// So many of a finding's samples are shown; the JSON holds them all.
const SHOWN_SAMPLES: usize = 3;

/// The report as text.
pub fn text(report: &Report, style: Style) -> String {
    let mut out = String::new();
    header(&mut out, report, style);
    data(&mut out, report, style);
    for category in CATEGORIES {
        group(&mut out, report, category, style);
    }
    verdict(&mut out, report, style);
    out
}

fn header(out: &mut String, report: &Report, style: Style) {
    let mut first = vec![
        format!("bucket-ready {}", report.tool.version),
        report.target.spelled(),
    ];
    if let Target::S3 {
        region: Some(region), ..
    }
    | Target::Demo {
        region: Some(region), ..
    } = &report.target
    {
        first.push(region.clone());
    }
    for line in wrap(&first.join(" · "), style.width.max(24)) {
        out.push_str(&format!("{}\n", style.bold(&line)));
    }
    let as_whom = |identity: &Identity| {
        let arn = identity.arn.clone().unwrap_or_else(|| "an unnamed key".into());
        match &identity.key_last4 {
            Some(last) => format!("{arn} (key …{last})"),
            None => arn,
        }
    };
    if let Some(identity) = &report.identity {
        paragraph(out, "as ", &as_whom(identity), 0, style);
    }
    if let Some(operator) = &report.operator {
        paragraph(out, "operator ", &as_whom(operator), 0, style);
    }
    paragraph(
        out,
        "",
        &format!("{} · {}", clocks(report), read_words(report)),
        0,
        style,
    );
    if matches!(report.target, Target::Folder { .. }) {
        let line = "a local folder: access and connection are not checked, which takes a bucket";
        paragraph(out, "", line, 0, style);
    }
    for notice in &report.notices {
        paragraph(out, "note: ", notice, 0, style);
    }
}

/// The check's clock, in UTC and by the project's days.
fn clocks(report: &Report) -> String {
    let Ok(instant) = report.created_at.parse::<jiff::Timestamp>() else {
        return report.created_at.clone();
    };
    let hours = report.mode.day_offset_hours;
    let zone = jiff::tz::Offset::from_hours(hours).unwrap_or(jiff::tz::Offset::UTC);
    let utc = instant.strftime("%Y-%m-%d %H:%M UTC");
    let local = zone.to_datetime(instant).strftime("%Y-%m-%d %H:%M");
    let name = if hours == -8 {
        "PST".to_owned()
    } else {
        format!("UTC{hours:+}")
    };
    format!("{utc} = {local} {name}")
}

fn data(out: &mut String, report: &Report, style: Style) {
    out.push('\n');
    for dataset in Dataset::ALL {
        let Some(found) = report.datasets.get(&dataset) else {
            continue;
        };
        let label = format!("{} ", pad(dataset.folder(), 9));
        if !found.complete && found.objects == 0 {
            paragraph(out, &label, "not seen", 0, style);
            continue;
        }
        let mut parts = vec![
            things(found.objects as usize, "object"),
            things(found.files as usize, "file"),
            bytes(found.bytes),
            things(found.rows as usize, "row"),
        ];
        if found.rows_checked < found.rows {
            parts.push(format!("{} of them read", grouped(found.rows_checked)));
        }
        if found.schema_groups.len() > 1 {
            parts.push(format!("{} different schemas", found.schema_groups.len()));
        }
        match (found.days.first(), found.days.last()) {
            (Some(first), Some(last)) => parts.push(format!(
                "{} from {} to {}",
                things(found.days.len(), "day"),
                first.day,
                last.day
            )),
            _ if !found.finished_dates.is_empty() => {
                let newest = found
                    .finished_dates
                    .last()
                    .map(String::as_str)
                    .unwrap_or_default();
                parts.push(format!(
                    "{}, the last {newest}",
                    things(found.finished_dates.len(), "signalled date")
                ));
            }
            _ => {}
        }
        if !found.complete {
            parts.push("as far as it was seen".into());
        }
        paragraph(out, &label, &parts.join(", "), 0, style);
    }
}

fn group(out: &mut String, report: &Report, category: Category, style: Style) {
    let checks: Vec<_> = report
        .checks
        .iter()
        .filter(|check| check.category == category)
        .collect();
    if checks.is_empty() {
        return;
    }
    out.push_str(&format!("\n{}\n", style.bold(category.heading())));
    if let Some(why) = skipped_whole(&checks) {
        let line = format!("{}: {why}", things(checks.len(), "check"));
        entry(out, Status::Skipped, &line, style);
        return;
    }
    if let (Category::Access, Some(access)) = (category, &report.access) {
        matrix(out, access, style);
    }
    for status in [Status::Fail, Status::Warn, Status::Info] {
        for check in checks.iter().filter(|check| check.status == status) {
            finding(out, check, style);
        }
    }
    for status in [Status::Unknown, Status::Pass, Status::Skipped] {
        let same: Vec<_> = checks
            .iter()
            .copied()
            .filter(|check| check.status == status)
            .collect();
        for alike in gather(&same) {
            together(out, status, &alike, style);
        }
    }
}

/// Why not one check of a group could be made, where one reason holds for all.
fn skipped_whole(checks: &[&Check]) -> Option<String> {
    let why = reason(checks.first()?);
    let alike = |check: &&Check| check.status == Status::Skipped && reason(check) == why;
    (checks.len() > 1 && checks.iter().all(alike)).then_some(why)
}

/// Checks of one status, on one subject, with the same reason.
pub(super) struct Alike<'a> {
    pub subject: &'a str,
    pub reason: String,
    pub checks: Vec<&'a Check>,
}

/// Gathers checks of one status by subject and reason, in the order in which they come.
pub(super) fn gather<'a>(checks: &[&'a Check]) -> Vec<Alike<'a>> {
    let mut groups: Vec<Alike<'a>> = Vec::new();
    for check in checks {
        let reason = reason(check);
        match groups
            .iter_mut()
            .find(|group| group.subject == check.subject && group.reason == reason)
        {
            Some(group) => group.checks.push(check),
            None => groups.push(Alike {
                subject: &check.subject,
                reason,
                checks: vec![check],
            }),
        }
    }
    groups
}

fn reason(check: &Check) -> String {
    match check.status {
        Status::Unknown => check.cause.clone().unwrap_or_else(|| "no reason is told".into()),
        Status::Skipped => match (&check.cause, check.blocked_by) {
            (Some(cause), Some(code)) if !cause.contains(code.as_str()) => format!("{cause} (see {code})"),
            (Some(cause), _) => cause.clone(),
            (None, Some(code)) => format!("see {code}"),
            (None, None) => "no reason is told".into(),
        },
        _ => check.evidence(),
    }
}

fn label(status: Status, style: Style) -> String {
    format!(
        "  {}",
        style.status(status, &format!("{} {:<8}", status.glyph(), status.as_str()))
    )
}

/// A line behind its status, wrapped.
fn entry(out: &mut String, status: Status, line: &str, style: Style) {
    let width = style.width.saturating_sub(INDENT).max(24);
    for (number, line) in wrap(line, width).into_iter().enumerate() {
        match number {
            0 => out.push_str(&format!("{}{line}\n", label(status, style))),
            _ => out.push_str(&format!("{:INDENT$}{line}\n", "")),
        }
    }
}

fn together(out: &mut String, status: Status, alike: &Alike<'_>, style: Style) {
    let codes: Vec<_> = alike.checks.iter().map(|check| check.code.to_string()).collect();
    let line = format!(
        "{} {}{}",
        alike.subject,
        codes.join(" "),
        behind_colon(&alike.reason)
    );
    entry(out, status, &line, style);
    // What to do about unknown checks is told once for all that share it.
    if let Some(next) = alike.checks.iter().find_map(|check| check.next.as_ref()) {
        advice(out, next, style);
    }
}

fn finding(out: &mut String, check: &Check, style: Style) {
    let head = format!(
        "{} {} {}{}",
        check.code,
        check.subject,
        check.title,
        behind_colon(&check.evidence())
    );
    let width = style.width.saturating_sub(INDENT).max(24);
    for (number, line) in wrap(&head, width).into_iter().enumerate() {
        match number {
            0 => out.push_str(&format!("{}{}\n", label(check.status, style), style.bold(&line))),
            _ => out.push_str(&format!("{:INDENT$}{}\n", "", style.bold(&line))),
        }
    }
    if let Some(cause) = &check.cause {
        paragraph(out, "", cause, INDENT, style);
    }
    for sample in check.samples.iter().take(SHOWN_SAMPLES) {
        for (number, line) in seen_at(sample, width.saturating_sub(2)).iter().enumerate() {
            let mark = if number == 0 { "·" } else { " " };
            out.push_str(&format!("{:INDENT$}{mark} {line}\n", ""));
        }
    }
    if let Some(more) = check
        .samples
        .len()
        .checked_sub(SHOWN_SAMPLES)
        .filter(|more| *more > 0)
    {
        out.push_str(&format!(
            "{:INDENT$}· {}\n",
            "",
            style.faint(&more_samples(check, more))
        ));
    }
    if check.status == Status::Info {
        return;
    }
    if let Some(rule) = catalogue::find(check.code) {
        paragraph(out, "why:  ", rule.why, INDENT, style);
    }
    if let Some(next) = &check.next {
        advice(out, next, style);
    }
    if !matches!(check.basis, Basis::Contract | Basis::Aws) {
        paragraph(out, "says: ", check.basis.sentence(), INDENT, style);
    }
}

/// `: 12 of 20,000 rows`, or nothing where there is nothing to say.
pub(super) fn behind_colon(text: &str) -> String {
    match text {
        "" => String::new(),
        text => format!(": {text}"),
    }
}

/// How many more samples the report holds, which is rarely all that was found.
fn more_samples(check: &Check, more: usize) -> String {
    let are = if more == 1 { "is" } else { "are" };
    match check.count {
        Some(all) if all > check.samples.len() as u64 => format!(
            "{} of the {} {are} in the JSON report",
            things(more, "more sample"),
            grouped(all)
        ),
        _ => format!("the other {more} {are} in the JSON report"),
    }
}

fn advice(out: &mut String, next: &crate::rule::Next, style: Style) {
    paragraph(out, "next: ", &next.say, INDENT, style);
    if let Some(command) = &next.command {
        // A command is pasted, so it is never broken.
        out.push_str(&format!("{:INDENT$}{}{command}\n", "", style.faint("run:  ")));
    }
    if let Some(url) = &next.url {
        out.push_str(&format!("{:INDENT$}{}{url}\n", "", style.faint("see:  ")));
    }
}

/// A sample: where, and what stands there, which has a line of its own where the place leaves no room.
fn seen_at(sample: &Sample, width: usize) -> Vec<String> {
    let mut place = sample.key.clone();
    if let Some(row) = sample.row {
        place.push_str(&format!(" row {row}"));
    }
    if let Some(column) = &sample.column {
        place.push_str(&format!(" {column}"));
    }
    let place = place.trim().to_owned();
    let Some(value) = &sample.value else {
        return vec![place];
    };
    let taken = place.width() + 3;
    if place.is_empty() {
        vec![cut(value, width)]
    } else if width >= taken + value.width().min(24) {
        vec![format!("{place} = {}", cut(value, width - taken))]
    } else {
        vec![place, format!("= {}", cut(value, width.saturating_sub(2)))]
    }
}

/// A value cut to so many columns, wide characters counted as two.
fn cut(value: &str, columns: usize) -> String {
    let columns = columns.max(8);
    let mut max = columns;
    let mut shown = escape_cut(value, max);
    while shown.width() > columns && max > 4 {
        max -= 1;
        shown = escape_cut(value, max);
    }
    shown
}

fn verdict(out: &mut String, report: &Report, style: Style) {
    let counts: Vec<_> = [
        (Status::Fail, "fail"),
        (Status::Warn, "warn"),
        (Status::Info, "info"),
        (Status::Unknown, "unknown"),
        (Status::Skipped, "skipped"),
        (Status::Pass, "pass"),
    ]
    .into_iter()
    .map(|(status, word)| (report.count_of(status), word))
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| format!("{count} {word}"))
    .collect();
    out.push_str(&format!(
        "\n{}\n",
        style.faint(&format!(
            "{} · {}, {} read, {:.1} s",
            counts.join(", "),
            things(report.usage.requests as usize, "request"),
            bytes(report.usage.bytes_read),
            report.usage.seconds
        ))
    ));
    let status = match report.verdict {
        Verdict::Ready => Status::Pass,
        Verdict::NotReady => Status::Fail,
        Verdict::Inconclusive => Status::Unknown,
    };
    out.push_str(&format!(
        "{} {}. Next: {}\n",
        style.status(status, &format!("{}:", report.verdict.opening())),
        report.verdict_sentence(),
        report.next_command()
    ));
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        report::{Judge, SurveyEvent, render::short},
        rule::{Code, Judged, Outcome, Subject},
    };

    /// A finished report in which every rule takes a turn at each status.
    fn report() -> Report {
        let target = Target::S3 {
            bucket: "acme".into(),
            prefix: String::new(),
            region: Some("us-west-2".into()),
        };
        let mode = Mode::default();
        let judge = Judge::new(&target, &mode);
        let mut report = Report::default();
        report.apply(&SurveyEvent::Started {
            tool: Tool::this(),
            created_at: "2026-06-24T05:14:00Z".into(),
            target,
            mode,
            today: "2026-06-23".into(),
        });
        for (turn, (rule, subject)) in catalogue::checks(false).enumerate() {
            let judged = |count| Judged {
                count,
                checked: 20_000,
                of: if rule.unit == crate::rule::Unit::Rows {
                    5_210_000
                } else {
                    20_000
                },
                samples: vec![
                    Sample {
                        key: format!("events/2022-06-22/{}.parquet", "part".repeat(9)),
                        row: Some(17),
                        column: Some("event_name".into()),
                        value: Some("long ".repeat(30)),
                    };
                    (count as usize).min(5)
                ],
                cause: Some(
                    "what exactly was found, told in a sentence that is long enough to be wrapped somewhere"
                        .into(),
                ),
                ..Judged::default()
            };
            let outcome = match turn % 5 {
                0 => Outcome::judged(rule.code, subject, judged(5)),
                1 => Outcome::unknown(rule.code, subject, "the server did not answer"),
                2 => Outcome::skipped(rule.code, subject, Code::new("L301"), "there is no object"),
                _ => Outcome::judged(rule.code, subject, judged(0)),
            };
            report.apply(&SurveyEvent::Check {
                check: Box::new(judge.check(outcome)),
            });
        }
        report.apply(&SurveyEvent::Finished {
            complete: true,
            usage: Usage::default(),
        });
        report
    }

    fn without_colours(text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("\u{1b}[") {
            out.push_str(before);
            rest = after.split_once('m').unwrap().1;
        }
        out + rest
    }

    #[test]
    fn no_check_is_lost_and_lines_fit() {
        let report = report();
        let text = text(&report, Style::default());
        for check in &report.checks {
            assert!(text.contains(check.code.as_str()), "{}", check.code);
        }
        let body = text.lines().take(text.lines().count() - 1);
        for line in body {
            assert!(line.width() <= 100, "{line}");
        }
        assert!(text.lines().last().unwrap().starts_with("NOT READY: "));
        assert!(text.contains("under 0.015 % at 95 %"));
    }

    #[test]
    fn samples_that_are_left_out_are_not_told_as_the_rest() {
        let mut check = report()
            .checks
            .into_iter()
            .find(|c| c.samples.len() == 5)
            .unwrap();
        check.count = Some(12_000);
        let told = |check: &Check| {
            let mut out = String::new();
            finding(&mut out, check, Style::default());
            let line = out.lines().find(|line| line.contains("JSON report")).unwrap();
            line.trim().to_owned()
        };
        assert_eq!(
            told(&check),
            "· 2 more samples of the 12,000 are in the JSON report"
        );
        check.samples.truncate(4);
        assert_eq!(
            told(&check),
            "· 1 more sample of the 12,000 is in the JSON report"
        );
        check.count = Some(4);
        assert_eq!(told(&check), "· the other 1 is in the JSON report");
    }

    #[test]
    fn colours_add_nothing_but_colours() {
        let report = report();
        let plain = text(&report, Style::default());
        let coloured = text(
            &report,
            Style {
                color: true,
                ..Style::default()
            },
        );
        assert!(!plain.contains('\u{1b}') && coloured.contains('\u{1b}'));
        assert_eq!(without_colours(&coloured), plain);
    }

    #[test]
    fn a_bucket_behind_a_refused_connection_is_told_in_a_page() {
        let mut refused = report();
        refused.checks.clear();
        let judge = Judge::new(&refused.target, &refused.mode);
        let check = Box::new(judge.check(Outcome::unknown(Code::new("C101"), Subject::Account, "no key")));
        refused.apply(&SurveyEvent::Check { check });
        refused.apply(&SurveyEvent::Finished {
            complete: true,
            usage: Usage::default(),
        });
        let text = text(&refused, Style::default());
        assert!(text.lines().count() < 45, "{text}");
        assert!(
            text.contains("events/   not seen") || text.contains("0 objects"),
            "{text}"
        );
        assert!(text.contains("INCONCLUSIVE: "), "{text}");
    }

    proptest! {
        #[test]
        fn a_damaged_report_is_refused_or_shown_and_never_breaks(at in 0usize..100_000, byte in any::<u8>(), width in 0usize..200) {
            let mut bytes = serde_json::to_vec(&report()).unwrap();
            let at = at % bytes.len();
            bytes[at] = byte;
            if let Ok(opened) = Report::from_json(&String::from_utf8_lossy(&bytes)) {
                let shown = text(&opened, Style { color: false, width });
                prop_assert!(!shown.chars().any(|c| c != '\n' && c.is_control()));
                prop_assert!(!short::short(&opened).is_empty());
            }
        }
    }
}
