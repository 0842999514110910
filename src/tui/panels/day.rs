//! A day: its window, what is there, when it landed, what Statsig was told, what is wrong.

use jiff::Timestamp;
use ratatui::style::Style;

use crate::{
    calendar::{Landing, PstDay},
    contract::SignalVia,
    report::{CalendarDay, DataDay, DayState},
    rule::Dataset,
    tui::{
        frame::Look,
        screens::calendar::style,
        widgets::{Paragraph, span, width},
    },
    wizard::{Mark, words},
};

/// A day: its window in UTC, what is there, what Statsig was told, what is wrong.
pub fn day(look: Look<'_>, day: PstDay, out: &mut Paragraph) {
    let theme = look.theme;
    let wizard = look.wizard;
    let offset = wizard.offset();
    let today = wizard.today() == Some(day);
    let title = format!(
        "{} {} {}{}",
        day.weekday().abbreviation(),
        words::date(day),
        words::zone(offset),
        if today { ", today" } else { "" }
    );
    let found = wizard.calendar_day(day);
    let (state, state_style) = state(look, day);
    let beside = width(&title) + 3 + width(&state) <= out.columns();
    let mut first = vec![span(&title, theme.strong())];
    if beside {
        first.push(span("   ", theme.text()));
        first.push(span(&state, state_style));
    }
    out.line(first);
    if let Some(window) = day.window(offset) {
        out.text(
            &format!(
                "= {} … {} UTC",
                words::utc(window.start, "%m-%d %H:%M"),
                words::utc(window.end, "%m-%d %H:%M")
            ),
            theme.dim(),
        );
    }
    if !beside {
        out.line(vec![span(&state, state_style)]);
    }
    let head = out.lines.len();
    out.gap();
    for dataset in [Dataset::Events, Dataset::Metrics] {
        data(look, dataset, day, found, out);
    }
    landed(look, day, out);
    if let Some(found) = found {
        signal(look, day, found, out);
        if let Some(mark) = look.wizard.mark_of(day) {
            out.labelled("API", theme.dim(), &mark.say(look.wizard.offset()), theme.text());
        }
        let stands = look.wizard.day_state(day) == Some(found.state);
        if let Some(reason) = found.reason.as_ref().filter(|_| stands) {
            out.labelled("because", theme.dim(), reason, theme.text());
        }
        moved_on(look, day, found, out);
        for code in &found.codes {
            let title = crate::report::catalogue::find(*code).map_or("", |r| r.title);
            out.labelled(
                "finding",
                theme.mark(Mark::Warn),
                &format!("{code} {title}"),
                theme.text(),
            );
        }
    }
    if out.lines.len() == head + 1 {
        out.lines.truncate(head); // Nothing is known of the day: no gap before nothing.
    }
}

/// A day's state in a glyph and words.
fn state(look: Look<'_>, day: PstDay) -> (String, Style) {
    let theme = look.theme;
    let wizard = look.wizard;
    let state = wizard.day_state(day);
    let days = wizard.report.as_ref().map_or(0, |r| r.calendar.days.len());
    match state {
        Some(state) => (
            format!("{} {}", state.glyph(), state.words()),
            style(theme, state).patch(theme.strong()),
        ),
        None if days == 0 && wizard.is_working() => (
            format!("{} not judged yet", Mark::Working.glyph()),
            theme.mark(Mark::Working),
        ),
        None if days == 0 => ("no data and no signal is known".into(), theme.dim()),
        None => ("before all data and signals".into(), theme.dim()),
    }
}

fn data(look: Look<'_>, dataset: Dataset, day: PstDay, found: Option<&CalendarDay>, out: &mut Paragraph) {
    let theme = look.theme;
    let offset = look.wizard.offset();
    let rows = found.and_then(|f| match dataset {
        Dataset::Events => f.events_rows,
        Dataset::Metrics => f.metrics_rows,
        Dataset::Signals => None,
    });
    let text = match (look.wizard.data_day(dataset, day), rows) {
        (Some(data), rows) => format!(
            "{} in {}{}",
            words::counted(rows.unwrap_or(data.rows), "rows"),
            words::counted(data.files, "files"),
            names(data)
        ),
        (None, Some(n)) => words::counted(n, "rows"),
        (None, None) if found.is_some() => "not known".to_owned(),
        (None, None) => return,
    };
    out.labelled(dataset.name(), theme.dim(), &text, theme.text());
    if let Some(data) = look.wizard.data_day(dataset, day)
        && let (Some(first), Some(last)) = (instant(&data.first), instant(&data.last))
        && dataset == Dataset::Events
    {
        // The day's own clock; an instant outside of the day is told with its date. Rows that were not read may be
        // earlier and later: to the second, a sample would say more than it knows.
        let sampled = is_sampled(look, dataset);
        let show = |at: Timestamp| {
            let format = match (PstDay::of(at, offset) == Some(day), sampled) {
                (true, false) => "%H:%M:%S",
                (true, true) => "%H:%M",
                (false, _) => "%m-%d %H:%M",
            };
            words::local(at, offset, format)
        };
        let of_what = if sampled { " sampled" } else { "" };
        out.labelled(
            "",
            theme.dim(),
            &format!("{} … {}{of_what}", show(first), show(last)),
            theme.dim(),
        );
    }
}

/// Whether rows of a dataset were not read.
fn is_sampled(look: Look<'_>, dataset: Dataset) -> bool {
    let of = look.wizard.report.as_ref().and_then(|r| r.datasets.get(&dataset));
    of.is_some_and(|d| d.rows_checked < d.rows)
}

/// `, 42 names`, and where the day may have more, `, at least 42 names`.
fn names(data: &DataDay) -> String {
    let least = if data.metric_names_at_least {
        "at least "
    } else {
        ""
    };
    data.metric_names.map_or_else(String::new, |names| {
        format!(", {least}{}", words::counted(names, "names"))
    })
}

fn instant(text: &Option<String>) -> Option<Timestamp> {
    text.as_deref()?.parse().ok()
}

fn landed(look: Look<'_>, day: PstDay, out: &mut Paragraph) {
    let theme = look.theme;
    let offset = look.wizard.offset();
    let newest = [Dataset::Events, Dataset::Metrics]
        .into_iter()
        .filter_map(|d| look.wizard.data_day(d, day))
        .filter_map(|d| instant(&d.landed_at))
        .max();
    let Some(at) = newest else { return };
    let when = match PstDay::of(at, offset).map(|d| d.epoch_day() - day.epoch_day()) {
        Some(0) => "the same day".to_owned(),
        Some(1) => "the next day".to_owned(),
        _ => words::local(at, offset, "%d %b"),
    };
    let mut text = format!(
        "{} {} {when}",
        words::local(at, offset, "%H:%M"),
        words::zone(offset)
    );
    let usual = look
        .wizard
        .report
        .as_ref()
        .and_then(|r| r.calendar.usual_landing_seconds)
        .filter(|seconds| Landing::is_daily(*seconds))
        .and_then(|s| Timestamp::from_second(day.end_second(offset).checked_add(s)?).ok());
    if let Some(usual) = usual {
        text.push_str(&format!(" (usually {})", words::local(usual, offset, "%H:%M")));
    }
    out.labelled("landed", theme.dim(), &text, theme.text());
}

fn signal(look: Look<'_>, day: PstDay, found: &CalendarDay, out: &mut Paragraph) {
    let theme = look.theme;
    let offset = look.wizard.offset();
    let closed_by = look
        .wizard
        .report
        .as_ref()
        .and_then(|r| r.datasets.get(&Dataset::Signals))
        .and_then(|d| {
            d.finished_dates
                .iter()
                .filter_map(|t| PstDay::parse(t))
                .filter(|d| *d >= day)
                .min()
        });
    let by = match closed_by {
        Some(d) if d == day => "by its own date".to_owned(),
        Some(d) => format!("by the signal of {d}"),
        None => "by a later signal".to_owned(),
    };
    let safe =
        instant(&Some(found.safe_from.clone())).map(|at| words::both_clocks(at, offset, "%m-%d %H:%M"));
    let safe = safe.unwrap_or_else(|| found.safe_from.clone());
    let by_api = look.wizard.mode().signal_via == Some(SignalVia::Api);
    let not = if by_api {
        "by the API, which can't be read back"
    } else {
        "not signalled"
    };
    let state = look.wizard.day_state(day).unwrap_or(found.state);
    let text = match state {
        state if state != found.state => "by the API alone: the bucket itself shows none".to_owned(),
        DayState::Signalled => format!("signalled {by}"),
        DayState::ClosedEmpty => format!("closed {by}, without data"),
        DayState::Late => format!("signalled {by}; data came after that"),
        DayState::Ready => format!("{not}; safe since {safe}"),
        DayState::Landed => format!("{not}; not safe to signal"),
        DayState::Partial | DayState::Future if closed_by.is_some() => {
            format!("signalled {by}, before the day was over")
        }
        DayState::Partial | DayState::Future => format!("{not}; safe from {safe} on"),
        DayState::Empty => format!("{not}; nothing to signal"),
    };
    out.labelled("signal", theme.dim(), &text, theme.text());
}

/// A state that was judged before the clock moved on says so, rather than look like a mistake.
fn moved_on(look: Look<'_>, day: PstDay, found: &CalendarDay, out: &mut Paragraph) {
    let Some(today) = look.wizard.today() else { return };
    let stale = match found.state {
        DayState::Partial => today > day,
        DayState::Future => today >= day,
        _ => false,
    };
    if stale {
        let text = "the clock has moved on since the days were judged; r judges them again";
        out.labelled("note", look.theme.mark(Mark::Unknown), text, look.theme.text());
    }
}
