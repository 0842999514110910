//! What signalling the chosen days would do: every day that becomes ingestible, what would go wrong, from when on it
//! is safe.

use jiff::Timestamp;

use crate::{
    calendar::PstDay,
    contract::days::what_if::{Accept, Cron, WhatIf, WhatIfDay},
    tui::{
        frame::Look,
        widgets::{Paragraph, span, text::pad},
    },
    wizard::{Action, Can, Mark, Overlay, signal::weigh, words},
};

/// So many parts of a list of days are written out in the pane.
const PARTS: usize = 4;

/// Of the days under the cursor, most telling first: the pane may cut its end.
pub fn what_if(look: Look<'_>, out: &mut Paragraph) {
    let theme = look.theme;
    let Some((first, last)) = look.wizard.selection() else {
        return;
    };
    let title = format!("If you signal {}", words::dates(first, last));
    out.line(vec![span(title, theme.strong())]);
    let Some(found) = look.wizard.what_if() else {
        let why = if look.wizard.is_working() {
            "is told once the days are judged."
        } else {
            "is not told by what was read; R reads all again."
        };
        out.text(&format!("What Statsig would do {why}"), theme.dim());
        return;
    };
    effect(look, &found, out);
    consequences(look, &found, out);
    lists(look, &found, out);
    if found.days.is_empty() {
        return;
    }
    safe(look, &found, out);
    out.text("A signal can't be taken back.", theme.dim());
    if let (Some(Overlay::Signal), Some(sheet)) = (&look.wizard.overlay, &look.wizard.signal.sheet) {
        out.text(sheet.stage.goes_on(), theme.dim());
        return;
    }
    let (hint, style) = match look.wizard.can(Action::Signal) {
        Can::Yes => ("s signals, after a preview".to_owned(), theme.text()),
        Can::No(why) => (format!("s: {why}"), theme.dim()),
    };
    out.text(&hint, style);
}

/// One line: how many days become ingestible, and whether all is well.
pub fn effect(look: Look<'_>, found: &WhatIf, out: &mut Paragraph) {
    let theme = look.theme;
    let named = weigh::named(found).len();
    let inferred = found.days.len() - named;
    let days = words::counted(found.days.len() as u64, "days");
    let empty = found.consequences.iter().find(|c| c.accept == Accept::Empty);
    let (mark, text) = match (found.days.is_empty(), found.consequences.is_empty()) {
        (true, _) => (Mark::Skipped, closed(found)),
        (false, _)
            if found.consequences.iter().all(|c| c.accept == Accept::Unknown) && found.unknown.is_some() =>
        {
            (
                Mark::Unknown,
                format!("Statsig ingests at least {days}; not all could be seen"),
            )
        }
        (false, true) => (
            Mark::Pass,
            format!("Statsig ingests {days}, nothing is closed empty"),
        ),
        _ => {
            let of = match (inferred, empty) {
                (0, None) => String::new(),
                (0, Some(empty)) => format!(", {} without data", empty.days.len()),
                (n, None) => format!(": {named} named, {n} only inferred"),
                (n, Some(empty)) => {
                    format!(
                        ": {named} named, {n} only inferred, {} without data",
                        empty.days.len()
                    )
                }
            };
            (Mark::Fail, format!("Statsig ingests {days}{of}"))
        }
    };
    let lines = crate::tui::widgets::wrap(&text, out.columns().saturating_sub(2).max(8));
    for (i, line) in lines.into_iter().enumerate() {
        let glyph = if i == 0 { mark.glyph() } else { " " };
        out.line(vec![
            span(format!("{glyph} "), theme.mark(mark)),
            span(line, theme.text()),
        ]);
    }
}

/// Why nothing changes.
fn closed(found: &WhatIf) -> String {
    match found.closes_up_to {
        Some(last) => format!("nothing changes: every day up to {last} is closed already"),
        None => "nothing changes".to_owned(),
    }
}

/// Each consequence by its word.
pub fn consequences(look: Look<'_>, found: &WhatIf, out: &mut Paragraph) {
    let theme = look.theme;
    for consequence in &found.consequences {
        let mark = match consequence.accept {
            Accept::Unknown => Mark::Unknown,
            _ => Mark::Warn,
        };
        out.labelled(
            consequence.accept.word(),
            theme.mark(mark),
            &consequence.say,
            theme.text(),
        );
    }
}

/// The days by how they come to be ingested.
fn lists(look: Look<'_>, found: &WhatIf, out: &mut Paragraph) {
    let theme = look.theme;
    let inferred = weigh::inferred(found);
    if !inferred.is_empty() {
        let named = words::days(&weigh::named(found), PARTS);
        out.labelled("named", theme.dim(), &named, theme.text());
        let text = words::days(&inferred, PARTS);
        let text = format!("{text}: closed with it, as all days before");
        out.labelled("inferred", theme.dim(), &text, theme.text());
    }
    rest(look, found, out);
}

/// What is not among the days that become ingestible.
pub fn rest(look: Look<'_>, found: &WhatIf, out: &mut Paragraph) {
    let theme = look.theme;
    if !found.already.is_empty() && !found.days.is_empty() {
        let text = format!(
            "{} closed before: naming changes nothing",
            words::days(&found.already, PARTS)
        );
        out.labelled("already", theme.dim(), &text, theme.text());
    }
    if found.later_days > 0 {
        let text = format!(
            "{} more days after today would count as loaded when they come",
            words::count(found.later_days)
        );
        out.labelled("later", theme.mark(Mark::Warn), &text, theme.text());
    }
}

/// From when on the clock does not speak against it, and the schedule that would hit it every day.
pub fn safe(look: Look<'_>, found: &WhatIf, out: &mut Paragraph) {
    let theme = look.theme;
    if let Some(at) = found.safe_from {
        let both = words::both_clocks(at, look.wizard.offset(), "%Y-%m-%d %H:%M");
        let text = match look.wizard.now() {
            Some(now) if now < at => format!("from {both} on, in {}", words::until(seconds(now, at))),
            _ => format!("since {both}"),
        };
        // The clock is only one of the things that speak against it.
        let label = if found.consequences.is_empty() {
            "safe"
        } else {
            "over"
        };
        out.labelled(label, theme.dim(), &text, theme.text());
    }
    if let Some(cron) = found.cron {
        out.labelled("cron", theme.dim(), &cron_words(look, cron), theme.text());
    }
}

fn seconds(now: Timestamp, at: Timestamp) -> i64 {
    at.as_second().saturating_sub(now.as_second())
}

fn cron_words(look: Look<'_>, cron: Cron) -> String {
    let day = match cron.days_back {
        0 => "the same UTC date".to_owned(),
        1 => "the UTC date before".to_owned(),
        n => format!("the UTC date less {n} days"),
    };
    let zone = words::zone(look.wizard.offset());
    let landing = cron.landing;
    let usual = time_after(landing.usual_seconds, &zone);
    let late = time_after(landing.late_seconds, &zone);
    let on = landing.by_late_in_words();
    let lands = match usual == late {
        true => format!("data had landed by {late} {on}"),
        false => format!("data usually lands at {usual}, by {late} {on}"),
    };
    format!("{cron} in UTC, for {day}; {lands}")
}

/// So many seconds after the day's end, which is midnight by the project's clock: `03:05 PST`,
/// `16:00 PST 2 days later`.
fn time_after(seconds: i64, zone: &str) -> String {
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let time = format!("{:02}:{:02} {zone}", second / 3600, second % 3600 / 60);
    match days {
        0 => time,
        -1 => format!("{time} the same day"),
        n if n < 0 => format!("{time} {} before", words::counted(n.unsigned_abs() - 1, "days")),
        n => format!("{time} {} days later", n + 1),
    }
}

/// A line for each day: `2026-06-21 Sun  inferred  no data  06-21 08:00 … 06-22 08:00 UTC  empty`.
pub fn day_lines(look: Look<'_>, found: &WhatIf, most: usize, out: &mut Paragraph) {
    let theme = look.theme;
    // The last days are what is named, and what most often has something against it: the first are left out.
    let left_out = found.days.len().saturating_sub(most);
    if left_out > 0 {
        let text = format!("… {} before these", words::counted(left_out as u64, "days"));
        out.line(vec![span(text, theme.dim())]);
    }
    for day in found.days.iter().skip(left_out) {
        day_line(look, day, out);
    }
}

fn day_line(look: Look<'_>, day: &WhatIfDay, out: &mut Paragraph) {
    let theme = look.theme;
    let name = format!("{} {}", day.day, day.day.weekday().abbreviation());
    let (named, style) = if day.named {
        ("named", theme.strong())
    } else {
        ("inferred", theme.dim())
    };
    let rows = day.rows.map_or_else(
        || "no data".to_owned(),
        |n| format!("{} rows", words::round_count(n)),
    );
    let window = day.window.map_or_else(String::new, |window| {
        format!(
            "{} … {} UTC",
            words::utc(window.start, "%m-%d %H:%M"),
            words::utc(window.end, "%m-%d %H:%M")
        )
    });
    let against: Vec<String> = day
        .against
        .iter()
        .map(|accept| match accept {
            Accept::Failing => failing(look, day.day),
            accept => accept.word().to_owned(),
        })
        .collect();
    let mut spans = vec![
        span(pad(&name, 16), theme.text()),
        span(pad(named, 10), style),
        span(pad(&rows, 14), theme.text()),
        span(window, theme.dim()),
    ];
    let used: usize = spans.iter().map(ratatui::text::Span::width).sum();
    let against = against.join(" ");
    if against.is_empty() {
        out.line(spans);
    } else if used + 2 + against.len() <= out.columns() {
        spans.push(span(format!("  {against}"), theme.mark(Mark::Warn)));
        out.line(spans);
    } else {
        out.line(spans);
        out.line(vec![
            span(" ".repeat(16), theme.text()),
            span(against, theme.mark(Mark::Warn)),
        ]);
    }
}

/// `failing E511 M620`: the word, and the rules that fail on the day.
fn failing(look: Look<'_>, day: PstDay) -> String {
    let kept = look
        .wizard
        .report
        .as_ref()
        .and_then(|r| r.calendar.evidence.as_ref());
    let codes = kept
        .into_iter()
        .flat_map(|evidence| &evidence.failing)
        .filter(|failing| failing.day == day)
        .map(|failing| failing.code.as_str());
    std::iter::once(Accept::Failing.word())
        .chain(codes.take(3))
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_landing_is_told_by_the_projects_clock() {
        assert_eq!(time_after(11_100, "PST"), "03:05 PST");
        assert_eq!(time_after(-43_200, "PST"), "12:00 PST the same day");
        assert_eq!(time_after(-90_000, "PST"), "23:00 PST 1 day before");
        assert_eq!(time_after(86_400 + 57_600, "PST"), "16:00 PST 2 days later");
    }
}
