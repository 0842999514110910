//! A month of the calendar, a day a line: the form that needs no box, no colour and no wide screen.

use super::{Style, paragraph};
use crate::{
    calendar::{DayOffset, DayState, Month, PstDay, clock::zone},
    report::{
        model::{CalendarDay, CalendarReport, Report, Status},
        words::counted,
    },
    rule::Unit,
};

/// The report's calendar for one month alone, without the evidence of all the others.
pub fn of_month(report: &Report, month: Month) -> CalendarReport {
    let mut calendar = report.calendar.clone();
    calendar.evidence = None;
    calendar
        .days
        .retain(|day| PstDay::parse(&day.day).is_some_and(|day| month.contains(day)));
    calendar
}

/// The month to show where none was named: that of the last day with data or a signal, else today's.
pub fn default_month(report: &Report) -> Option<Month> {
    let days = &report.calendar.days;
    let busy = |day: &&CalendarDay| {
        !matches!(day.state, DayState::Empty | DayState::Future | DayState::Partial)
            || day.events_rows.is_some_and(|rows| rows > 0)
            || day.metrics_rows.is_some_and(|rows| rows > 0)
    };
    let day = days.iter().rfind(busy).map(|day| day.day.as_str());
    day.or(report.calendar.today.as_deref())
        .and_then(PstDay::parse)
        .map(Month::of)
}

fn status(state: DayState) -> Status {
    match state {
        DayState::Signalled => Status::Pass,
        DayState::Ready => Status::Info,
        DayState::ClosedEmpty | DayState::Late => Status::Fail,
        DayState::Landed => Status::Warn,
        DayState::Partial | DayState::Empty | DayState::Future => Status::Skipped,
    }
}

/// A month as text.
pub fn text(report: &Report, month: Month, style: Style) -> String {
    let calendar = of_month(report, month);
    let mut out = format!(
        "{}\n",
        style.bold(&format!(
            "{} {} · {}",
            month.name(),
            month.year(),
            report.target.spelled()
        ))
    );
    if let Some(today) = &calendar.today {
        let zone = DayOffset::from_hours(report.mode.day_offset_hours).map_or_else(|| "PST".into(), zone);
        out.push_str(&format!("{}\n", style.faint(&format!("today is {today} {zone}"))));
    }
    out.push('\n');
    if calendar.days.is_empty() {
        out.push_str("No day of this month has data or a signal.\n");
        if let (Some(first), Some(last)) = (report.calendar.days.first(), report.calendar.days.last()) {
            out.push_str(&format!(
                "The calendar goes from {} to {}.\n",
                first.day, last.day
            ));
        }
    }
    for day in &calendar.days {
        let sign = style.status(status(day.state), day.state.glyph());
        out.push_str(&format!("{sign} {}\n", line(day)));
        if let Some(reason) = &day.reason {
            paragraph(&mut out, "", reason, 17, style);
        }
    }
    out
}

/// A day in one line: `2022-06-22 Wed: events 522118 rows, metrics 310400 rows, not signalled, safe to signal since
/// 2022-06-23 08:00 UTC`.
pub fn line(day: &CalendarDay) -> String {
    let weekday = PstDay::parse(&day.day).map_or("", |day| day.weekday().abbreviation());
    let rows = |name: &str, rows: Option<u64>| match rows {
        Some(rows) => format!("{name} {}", counted(rows, Unit::Rows)),
        None => format!("{name} not known"),
    };
    let mut parts = vec![rows("events", day.events_rows), rows("metrics", day.metrics_rows)];
    let since = clock(&day.safe_from);
    match day.state {
        DayState::Ready => parts.push(format!("not signalled, safe to signal since {since}")),
        DayState::Partial => parts.push(format!("not over, not to be signalled before {since}")),
        DayState::Landed => parts.push("not signalled, not safe to signal".into()),
        state => parts.push(state.words().into()),
    }
    if !day.codes.is_empty() {
        let codes: Vec<_> = day.codes.iter().map(ToString::to_string).collect();
        parts.push(format!("findings {}", codes.join(" ")));
    }
    format!("{} {weekday}: {}", day.day, parts.join(", "))
}

/// `2022-06-23T08:00:00Z` as `2022-06-23 08:00 UTC`.
fn clock(instant: &str) -> String {
    match instant.parse::<jiff::Timestamp>() {
        Ok(instant) => instant.strftime("%Y-%m-%d %H:%M UTC").to_string(),
        Err(_) => instant.to_owned(),
    }
}
