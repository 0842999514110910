//! Step 6: PST days, what is there, what Statsig was told, and what a signal of the chosen days would do.
//!
//! ```text
//!  6 Calendar   June 2022                       now Thu 23 Jun 21:14 PST · Fri 24 Jun 05:14 UTC
//!  ────────────────────────────────────────────────────────────────────────────────
//!   Mo    Tu    We    Th    Fr    Sa    Su    │ Wed 22 June 2022 PST   ▲ ready to signal
//!                1●    2●    3●    4●    5●   │ = 06-22 08:00 … 06-23 08:00 UTC
//!    6●    7●    8●    9●   10●   11◌!  12◌!  │ events    522,118 rows in 20 files
//!   13●   14●   15●   16●   17●   18●   19●   │ …
//!  [20▲───21▲───22▲] <23▒>  24·   25·   26·   │ ─────────────────────────────
//!   27·   28·   29·   30·                     │ If you signal 20 to 22 June 2022
//!                                             │ ✓ Statsig ingests 3 days, nothing is closed empty
//!   ● signalled    ▲ ready to signal          │ safe      since 2022-06-23 00:00 PST = …
//!   ◌ closed without data  ▒ day not over     │
//! ```

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::{StatefulWidget, Widget},
};

use super::{body, nothing_yet};
use crate::{
    calendar::{Month, PstDay, Weekday},
    report::DayState,
    rule::Dataset,
    tui::{
        frame::{Drawn, Look},
        panels,
        theme::Theme,
        widgets::{Paragraph, span, text::pad, width},
    },
    wizard::{Mark, words},
};

/// The screen.
#[derive(Clone, Copy, Debug)]
pub struct Calendar<'a>(pub Look<'a>);

/// Columns of the month: seven cells of six.
const GRID: u16 = 44;

/// A pane of fewer lines has no room for two parts.
const SMALL_PANE: usize = 8;

/// The lines that what a signal would do takes at least: the days, what happens on two lines, and that there is more.
const LEAST_EFFECT: usize = 4;

impl StatefulWidget for Calendar<'_> {
    type State = Drawn;

    fn render(self, area: Rect, buf: &mut Buffer, _: &mut Drawn) {
        let look = self.0;
        let wizard = look.wizard;
        let (Some(month), Some(day)) = (wizard.month(), wizard.day()) else {
            let content = body(
                look,
                area,
                vec![span("PST days and signals", look.theme.dim())],
                buf,
            );
            nothing_yet(look, content, buf);
            return;
        };
        let content = body(look, area, self.summary(month, area.width), buf);
        if wizard.report.is_none() {
            nothing_yet(look, content, buf);
            return;
        }
        let beside = content.width >= GRID + 30;
        let mut grid = self.grid(month, day);
        let detail = if beside {
            // Months of four to six weeks take the same room, so that the legend stays where it is.
            grid.resize_with(8, Line::default);
            grid.extend(self.legend(usize::from(GRID)));
            for y in content.y..content.bottom() {
                buf.set_line(
                    content.x + GRID + 1,
                    y,
                    &Line::from(span("│", look.theme.line())),
                    1,
                );
            }
            Rect {
                x: content.x + GRID + 3,
                width: content.width.saturating_sub(GRID + 4),
                ..content
            }
        } else {
            // Without room for all, the chosen day comes first: it says its state in words, too.
            let used = grid.len() as u16 + 1;
            let rest = content.height.saturating_sub(used);
            let legend = self.legend(usize::from(content.width));
            let below = rest.saturating_sub(14).min(legend.len() as u16);
            let y = content.bottom() - below;
            for (line, y) in legend.iter().zip(y..content.bottom()) {
                buf.set_line(content.x, y, line, content.width);
            }
            Rect {
                x: content.x + 2,
                y: content.y + used.min(content.height),
                width: content.width.saturating_sub(3),
                height: rest - below,
            }
        };
        for (row, line) in content.rows().zip(&grid) {
            buf.set_line(row.x, row.y, line, GRID.min(row.width));
        }
        (&self.pane(day, detail)).render(detail, buf);
    }
}

impl Calendar<'_> {
    /// The day under the cursor, and what signalling the chosen days would do. What does not fit is behind Enter.
    fn pane(&self, day: PstDay, place: Rect) -> Paragraph {
        let theme = self.0.theme;
        let columns = usize::from(place.width).min(78);
        let height = usize::from(place.height);
        let mut text = Paragraph::new(columns);
        panels::day::day(self.0, day, &mut text);
        let mut effect = Paragraph::new(columns);
        panels::what_if::what_if(self.0, &mut effect);
        let rule = Line::from(span("─".repeat(columns), theme.line()));
        let more = || Line::from(span("… Enter shows all of it", theme.dim()));
        if text.lines.len() + 1 + effect.lines.len() > height {
            text.lines.retain(|line| line.width() > 0);
        }
        if text.lines.len() + 1 + effect.lines.len() <= height {
            text.lines.push(rule);
            text.lines.append(&mut effect.lines);
        } else if height < SMALL_PANE {
            // Its first line names the days, which the marked cells show; the second says what would happen.
            text.lines.truncate(height.saturating_sub(2));
            text.lines.extend(effect.lines.into_iter().nth(1));
            text.lines.push(more());
        } else {
            let for_effect = (height - 1)
                .saturating_sub(text.lines.len())
                .max(LEAST_EFFECT)
                .min(effect.lines.len());
            text.lines.truncate(height - 1 - for_effect);
            text.lines.push(rule);
            effect.lines.truncate(for_effect - 1);
            text.lines.append(&mut effect.lines);
            text.lines.push(more());
        }
        text
    }

    fn summary(&self, month: Month, columns: u16) -> Vec<Span<'static>> {
        let theme = self.0.theme;
        let wizard = self.0.wizard;
        let name = format!("{} {}", month.name(), month.year());
        let mut spans = vec![span(pad(&name, 15), theme.strong())];
        let Some(now) = wizard.now() else { return spans };
        let offset = wizard.offset();
        let formats = ["%a %d %b %H:%M", "%d %b %H:%M", "%d %H:%M"];
        let room = usize::from(columns).saturating_sub(14 + 15 + 1);
        let text = formats
            .iter()
            .map(|f| {
                format!(
                    "now {} {} · {} UTC",
                    words::local(now, offset, f),
                    words::zone(offset),
                    words::utc(now, f)
                )
            })
            .find(|t| width(t) <= room);
        if let Some(text) = text {
            spans.push(span(" ".repeat(room - width(&text)), theme.text()));
            spans.push(span(text, theme.text()));
        }
        spans
    }

    fn grid(&self, month: Month, cursor: PstDay) -> Vec<Line<'static>> {
        let theme = self.0.theme;
        let mut head = vec![span(" ", theme.text())];
        head.extend(Weekday::ALL.map(|d| span(format!(" {}   ", d.short()), theme.dim())));
        let mut lines = vec![Line::from(head)];
        for week in month.weeks() {
            let mut spans = vec![span(" ", theme.text())];
            for day in week {
                match day {
                    Some(day) => spans.extend(self.cell(day, day == cursor)),
                    None => spans.push(span("      ", theme.text())),
                }
            }
            lines.push(Line::from(spans));
        }
        lines
    }

    /// Six columns: ` 20●! `, `[22▲] `, `<23▒> `. Brackets hold the chosen days, a line joins those of a range, `< >`
    /// is today, `!` says findings; the cursor is reversed.
    fn cell(&self, day: PstDay, here: bool) -> Vec<Span<'static>> {
        let theme = self.0.theme;
        let wizard = self.0.wizard;
        let found = wizard.calendar_day(day);
        let number = format!("{:>2}", day.date().day());
        let state = wizard.day_state(day);
        let glyph = state.map_or(" ", DayState::glyph);
        let edge = self.edges(day);
        let base = if here { theme.cursor() } else { theme.text() };
        let colour = |style: Style| if here { theme.cursor() } else { style };
        let number_style = match state {
            None | Some(DayState::Future) => theme.dim(),
            _ => theme.text(),
        };
        let mut spans = vec![
            span(edge.open, base),
            span(number, colour(number_style)),
            span(glyph, colour(state.map_or(theme.dim(), |s| style(theme, s)))),
        ];
        let fill = |text: &'static str| span(text, theme.text());
        if found.is_some_and(|d| !d.codes.is_empty()) {
            spans.push(span("!", colour(theme.mark(Mark::Warn))));
            spans.push(span(edge.close, base));
        } else {
            spans.push(span(edge.close, base));
            spans.push(fill(edge.fill));
        }
        spans
    }

    /// What stands around a day.
    fn edges(&self, day: PstDay) -> Edges {
        let today = self.0.wizard.today() == Some(day);
        let chosen = self.0.wizard.selection();
        let Some((first, last)) = chosen.filter(|(first, last)| (*first..=*last).contains(&day)) else {
            return match today {
                true => Edges::new("<", ">", " "),
                false => Edges::new(" ", " ", " "),
            };
        };
        let open = match (day == first, today) {
            (_, true) if first != last => "<",
            (true, _) => "[",
            _ => "─",
        };
        let (close, fill) = match (day == last, today) {
            (true, _) => ("]", " "),
            (false, true) => (">", "─"),
            (false, false) => ("─", "─"),
        };
        Edges::new(open, close, fill)
    }

    /// Each glyph with its words, those of this screen's width beside each other.
    fn legend(&self, columns: usize) -> Vec<Line<'static>> {
        let theme = self.0.theme;
        let mut entries: Vec<(Span<'static>, &str)> = DayState::ALL
            .into_iter()
            .map(|state| (span(state.glyph(), style(theme, state)), state.words()))
            .collect();
        entries.push((span("!", theme.mark(Mark::Warn)), "has findings"));
        entries.push((span("< >", theme.text()), "today"));
        entries.push((span("[ ]", theme.text()), "chosen"));
        let half = entries.len().div_ceil(2);
        let second = if columns <= usize::from(GRID) { 29 } else { 34 };
        let mut lines = Vec::new();
        for i in 0..half {
            let mut spans = Vec::new();
            let mut used = 0;
            for (start, entry) in [(2, entries.get(i)), (second, entries.get(i + half))] {
                if let Some((glyph, words)) = entry {
                    spans.push(span(" ".repeat(start.max(used) - used), theme.text()));
                    spans.push(glyph.clone());
                    spans.push(span(format!(" {words}"), theme.text()));
                    used = start.max(used) + width(&glyph.content) + 1 + width(words);
                }
            }
            lines.push(Line::from(spans));
        }
        lines.push(Line::default());
        lines.push(Line::from(span(format!("  {}", self.so_far()), theme.dim())));
        lines
    }

    /// `last signal 2026-06-20, 1 day ready`
    fn so_far(&self) -> String {
        let Some(report) = &self.0.wizard.report else {
            return String::new();
        };
        if report.calendar.days.is_empty() && self.0.wizard.is_working() {
            return "days are judged when all is read".into();
        }
        let last = report
            .datasets
            .get(&Dataset::Signals)
            .and_then(|d| d.finished_dates.last());
        let ready = self.0.wizard.ready_days().count();
        let signal = match (last, self.0.wizard.marked_up_to()) {
            (_, Some(day)) => format!("by API up to {day}"),
            (Some(day), None) => format!("last signal {day}"),
            (None, None) => "no signal yet".to_owned(),
        };
        format!("{signal}; {} ready", words::counted(ready as u64, "days"))
    }
}

/// What stands around a day's number and state.
struct Edges {
    open: &'static str,
    close: &'static str,
    /// In the cell's last column, where nothing else stands there.
    fill: &'static str,
}

impl Edges {
    const fn new(open: &'static str, close: &'static str, fill: &'static str) -> Self {
        Self { open, close, fill }
    }
}

/// A state's style.
pub fn style(theme: Theme, state: DayState) -> Style {
    match state {
        DayState::Signalled => theme.mark(Mark::Pass),
        DayState::Ready => theme.mark(Mark::Info),
        DayState::ClosedEmpty | DayState::Late => theme.mark(Mark::Fail),
        DayState::Landed => theme.mark(Mark::Warn),
        DayState::Partial => theme.mark(Mark::Working),
        DayState::Empty | DayState::Future => theme.dim(),
    }
}
