//! Folders, columns, groups of files, days.

use jiff::Timestamp;
use ratatui::style::Style;

use crate::{
    calendar::{Month, PstDay},
    report::{CalendarDay, DayState},
    rule::Dataset,
    tui::{
        frame::Look,
        screens::{
            calendar::{glyph, style},
            data::{differing, kind, types},
            layout::spark_words,
        },
        widgets::{
            Paragraph, fit, span,
            text::{fit_middle, pad},
            width,
        },
    },
    wizard::{
        Mark,
        rows::{expected_columns, folder_mark},
        words,
    },
};

/// A dataset's folder.
pub fn dataset(look: Look<'_>, dataset: Dataset, out: &mut Paragraph) {
    let theme = look.theme;
    let Some(found) = look.wizard.report.as_ref().and_then(|r| r.datasets.get(&dataset)) else {
        out.text("Not listed yet.", theme.dim());
        return;
    };
    out.labelled(
        "objects",
        theme.dim(),
        &format!("{}, {}", words::count(found.objects), words::bytes(found.bytes)),
        theme.text(),
    );
    out.labelled(
        "files",
        theme.dim(),
        &format!(
            "{} Parquet files, {} rows",
            words::count(found.files),
            words::count(found.rows)
        ),
        theme.text(),
    );
    out.labelled(
        "Spark",
        theme.dim(),
        &spark_words(&found.layout.spark),
        theme.text(),
    );
    if let Some(why) = &found.layout.read_fails {
        out.labelled("fails", theme.mark(Mark::Fail), why, theme.text());
    }
    if let (Some(first), Some(last)) = (found.days.first(), found.days.last()) {
        out.labelled(
            "days",
            theme.dim(),
            &format!(
                "{} with data, {} to {}",
                words::count(found.days.len() as u64),
                first.day,
                last.day
            ),
            theme.text(),
        );
    }
    if !found.complete && !look.wizard.is_working() {
        out.gap();
        out.text(
            "Not everything here could be read; see 7 Report.",
            theme.mark(Mark::Unknown),
        );
    }
}

/// A level-one folder: what Spark makes of it, and what is in the way.
pub fn folder(look: Look<'_>, dataset: Dataset, name: &str, out: &mut Paragraph) {
    let theme = look.theme;
    let Some(found) = look.wizard.folder(dataset, name) else {
        out.text("This folder is being listed again.", theme.dim());
        return;
    };
    let mark = folder_mark(found);
    out.line(vec![
        span(format!("{} {}", mark.glyph(), mark.word()), theme.mark(mark)),
        span(
            format!(
                "  {}, {}",
                words::counted(found.objects, "objects"),
                words::bytes(found.bytes)
            ),
            theme.text(),
        ),
    ]);
    out.gap();
    out.labelled("Spark", theme.dim(), &spark_words(&found.spark), theme.text());
    let day = match &found.day {
        Some(day) => format!("{day} PST"),
        None => "the name is no date".into(),
    };
    out.labelled("day", theme.dim(), &day, theme.text());
    for note in &found.notes {
        out.labelled("found", theme.dim(), note, theme.text());
    }
    if let Some(data) = found
        .day
        .as_deref()
        .and_then(PstDay::parse)
        .and_then(|d| look.wizard.data_day(dataset, d))
    {
        out.labelled(
            "rows",
            theme.dim(),
            &format!(
                "{} in {}",
                words::count(data.rows),
                words::counted(data.files, "files")
            ),
            theme.text(),
        );
    }
}

/// A column, by file group.
pub fn column(look: Look<'_>, dataset: Dataset, name: &str, out: &mut Paragraph) {
    let theme = look.theme;
    let mark = look.wizard.column_mark(dataset, name);
    out.line(vec![span(
        format!("{} {}", mark.glyph(), mark.word()),
        theme.mark(mark),
    )]);
    out.gap();
    match expected_columns(dataset).iter().find(|e| e.name == name) {
        Some(expected) => {
            let kind = if expected.optional {
                format!("{}; may be absent, then nothing is deduplicated", expected.kind)
            } else {
                expected.kind.to_owned()
            };
            out.labelled("expected", theme.dim(), &kind, theme.text());
        }
        None => out.labelled("expected", theme.dim(), "not in the contract", theme.text()),
    }
    let Some(found) = look.wizard.report.as_ref().and_then(|r| r.datasets.get(&dataset)) else {
        return;
    };
    let (kinds, with, all) = types(found, name);
    if kinds.is_empty() {
        out.labelled(
            "found",
            theme.dim(),
            &format!("in none of {all} files"),
            theme.text(),
        );
    }
    for group in &found.schema_groups {
        if let Some(column) = group.columns.iter().find(|c| c.name == name) {
            let text = format!("{} in {}", kind(column), words::counted(group.files, "files"));
            out.labelled("found", theme.dim(), &text, theme.text());
            out.labelled(
                "",
                theme.dim(),
                &format!(
                    "first {}",
                    fit_middle(&group.first_key, out.columns().saturating_sub(16))
                ),
                theme.dim(),
            );
        }
    }
    if with > 0 && with < all {
        out.labelled(
            "missing",
            theme.dim(),
            &format!("in {} of {all} files", all - with),
            theme.text(),
        );
    }
    if let Some(check) = look.wizard.column_check(dataset, name) {
        out.gap();
        out.line(vec![span(
            fit(&format!("{} {}", check.code, check.title), out.columns()),
            theme.strong(),
        )]);
        super::check::cause_and_fix(look, check, out);
    }
}

/// Files with the same columns.
pub fn group(look: Look<'_>, dataset: Dataset, index: usize, out: &mut Paragraph) {
    let theme = look.theme;
    let found = look.wizard.report.as_ref().and_then(|r| r.datasets.get(&dataset));
    let Some((found, group)) = found.and_then(|d| Some((d, d.schema_groups.get(index)?))) else {
        out.text("These files are being read again.", theme.dim());
        return;
    };
    out.labelled("files", theme.dim(), &words::count(group.files), theme.text());
    out.labelled("first", theme.dim(), &group.first_key, theme.text());
    if let Some(largest) = found.schema_groups.first()
        && index > 0
    {
        let names = differing(&largest.columns, &group.columns).join(", ");
        out.labelled(
            "differs",
            theme.dim(),
            &format!("from the largest group in {names}"),
            theme.text(),
        );
    }
    out.gap();
    for column in group.columns.iter().take(200) {
        out.line(vec![
            span(pad(&column.name, 20), theme.text()),
            span(" ", theme.text()),
            span(fit(&kind(column), out.columns().saturating_sub(21)), theme.dim()),
        ]);
    }
    if group.columns.len() > 200 {
        out.text(
            &format!("… and {} more columns", group.columns.len() - 200),
            theme.dim(),
        );
    }
}

/// A day: its window in UTC, what is there, what Statsig was told, what is wrong.
pub fn day(look: Look<'_>, day: PstDay, out: &mut Paragraph) {
    let theme = look.theme;
    let wizard = look.wizard;
    let offset = wizard.offset();
    let date = day.date();
    let title = format!(
        "{} {} {} {} {}",
        day.weekday().abbreviation(),
        date.day(),
        Month::of(day).name(),
        date.year(),
        words::zone(offset)
    );
    let found = wizard.calendar_day(day);
    let (state, state_style) = state(look, day, found);
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
    out.gap();
    for dataset in [Dataset::Events, Dataset::Metrics] {
        data(look, dataset, day, found, out);
    }
    landed(look, day, out);
    if let Some(found) = found {
        signal(look, day, found, out);
        if let Some(reason) = &found.reason {
            out.labelled("because", theme.dim(), reason, theme.text());
        }
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
}

/// A day's state in a glyph and words.
fn state(look: Look<'_>, day: PstDay, found: Option<&CalendarDay>) -> (String, Style) {
    let theme = look.theme;
    let wizard = look.wizard;
    let state = match found {
        Some(found) => Some(found.state),
        None if wizard.today().is_some_and(|t| day > t) => Some(DayState::Future),
        None => None,
    };
    let days = wizard.report.as_ref().map_or(0, |r| r.calendar.days.len());
    match state {
        Some(state) => (
            format!("{} {}", glyph(state), state.words()),
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
            "{} in {}",
            words::counted(rows.unwrap_or(data.rows), "rows"),
            words::counted(data.files, "files")
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
        // The day's own clock; an instant outside of the day is told with its date.
        let show = |at: Timestamp| {
            let inside = PstDay::of(at, offset) == Some(day);
            words::local(at, offset, if inside { "%H:%M:%S" } else { "%m-%d %H:%M" })
        };
        out.labelled(
            "",
            theme.dim(),
            &format!("{} … {}", show(first), show(last)),
            theme.dim(),
        );
    }
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
    let safe = instant(&Some(found.safe_from.clone())).map(|at| {
        format!(
            "{} {} = {} UTC",
            words::local(at, offset, "%m-%d %H:%M"),
            words::zone(offset),
            words::utc(at, "%m-%d %H:%M")
        )
    });
    let safe = safe.unwrap_or_else(|| found.safe_from.clone());
    let text = match found.state {
        DayState::Signalled => format!("signalled {by}"),
        DayState::ClosedEmpty => format!("closed {by}, without data"),
        DayState::Late => format!("signalled {by}; data came after that"),
        DayState::Ready => format!("not signalled; safe since {safe}"),
        DayState::Landed => "not signalled; not safe to signal".to_owned(),
        DayState::Partial | DayState::Future => format!("not signalled; safe from {safe} on"),
        DayState::Empty => "not signalled; nothing to signal".to_owned(),
    };
    out.labelled("signal", theme.dim(), &text, theme.text());
}
