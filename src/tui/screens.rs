//! One file a step. A screen reads the wizard's state and draws; it never changes state, does I/O or asks for the time.
//!
//! ```text
//!  4 Layout     213 objects in 3 folders, 12.4 MiB      <- the body's first line: the step, and a summary
//!  ──────────────────────────────────────────────
//!  content                       │ detail, where there is room: beside from 140 columns, else below
//!                               │ it, else beside from 118 columns
//! ```

pub mod access;
pub mod calendar;
pub mod connect;
pub mod data;
pub mod grant;
pub mod layout;
pub mod report;

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    style::Style,
    text::{Line, Span},
    widgets::{StatefulWidget, Widget},
};

use super::{
    frame::{Drawn, Look},
    panels,
    widgets::{List, Paragraph, fit, span, text::pad, width},
};
use crate::{
    report::Check,
    rule::Code,
    wizard::{Mark, Step, rows::Item, rows::Row, words},
};

/// Draws the current step.
pub fn render(look: Look<'_>, area: Rect, buf: &mut Buffer) -> Drawn {
    let mut drawn = Drawn::default();
    match look.wizard.step {
        Step::Connect => connect::Connect(look).render(area, buf, &mut drawn),
        Step::Grant => grant::Grant(look).render(area, buf, &mut drawn),
        Step::Access => access::Access(look).render(area, buf, &mut drawn),
        Step::Layout => layout::Layout(look).render(area, buf, &mut drawn),
        Step::Data => data::Data(look).render(area, buf, &mut drawn),
        Step::Calendar => calendar::Calendar(look).render(area, buf, &mut drawn),
        Step::Report => report::Report(look).render(area, buf, &mut drawn),
    }
    drawn
}

/// Draws the body's first line and the rule under it; what is left is for the content.
fn body(look: Look<'_>, area: Rect, summary: Vec<Span<'static>>, buf: &mut Buffer) -> Rect {
    let step = look.wizard.step;
    let name = format!(" {} {}", step.number(), step.name());
    let mut spans = vec![
        span(&name, look.theme.strong()),
        span(
            " ".repeat(14usize.saturating_sub(width(&name))),
            look.theme.text(),
        ),
    ];
    let mut room = usize::from(area.width).saturating_sub(14);
    for part in summary {
        let text = fit(&part.content, room);
        room = room.saturating_sub(width(&text));
        spans.push(span(text, part.style));
    }
    buf.set_line(area.x, area.y, &Line::from(spans), area.width);
    let rule = "─".repeat(usize::from(area.width.saturating_sub(2)));
    buf.set_line(
        area.x + 1,
        area.y + 1,
        &Line::from(span(rule, look.theme.line())),
        area.width,
    );
    Rect {
        y: area.y + 2,
        height: area.height.saturating_sub(2),
        ..area
    }
}

/// The content's part, and the detail's where there is room for one.
fn split(look: Look<'_>, area: Rect, buf: &mut Buffer) -> (Rect, Option<Rect>) {
    // Beside the list where that leaves the list enough, or where there is no room below it.
    if area.width >= 140 || area.width >= 118 && area.height < 28 {
        let detail = (u32::from(area.width) * 33 / 100).clamp(40, 90) as u16;
        let main = Rect {
            width: area.width - detail - 2,
            ..area
        };
        for y in area.y..area.bottom() {
            buf.set_line(main.right(), y, &Line::from(span("│", look.theme.line())), 1);
        }
        let pane = Rect {
            x: main.right() + 2,
            width: detail - 1,
            ..area
        };
        (main, Some(pane))
    } else if area.height >= 28 {
        let detail = area.height * 2 / 5;
        let main = Rect {
            height: area.height - detail - 1,
            ..area
        };
        let rule = "─".repeat(usize::from(area.width.saturating_sub(2)));
        buf.set_line(
            area.x + 1,
            main.bottom(),
            &Line::from(span(rule, look.theme.line())),
            area.width,
        );
        let pane = Rect {
            x: area.x + 1,
            y: main.bottom() + 1,
            width: area.width.saturating_sub(2),
            height: detail,
        };
        (main, Some(pane))
    } else {
        (area, None)
    }
}

/// A list of the wizard's rows, with the detail of the row under the cursor where there is room.
fn list(
    look: Look<'_>,
    area: Rect,
    buf: &mut Buffer,
    drawn: &mut Drawn,
    line_of: impl Fn(&Item, Columns) -> Line<'static>,
) {
    tall_list(look, area, buf, drawn, |item, columns| {
        vec![line_of(item, columns)]
    });
}

/// [`list`], where an item may take several lines; the cursor stands on the first of them.
fn tall_list(
    look: Look<'_>,
    area: Rect,
    buf: &mut Buffer,
    drawn: &mut Drawn,
    lines_of: impl Fn(&Item, Columns) -> Vec<Line<'static>>,
) {
    let (main, pane) = split(look, area, buf);
    let rows = look.wizard.rows();
    let cursor = look.wizard.cursor_in(&rows);
    let columns = Columns::of(look, &rows, usize::from(main.width.saturating_sub(1)));
    let mut lines: Vec<Line<'static>> = Vec::new();
    let mut cursor_line = None;
    for (at, row) in rows.iter().enumerate() {
        if Some(at) == cursor {
            cursor_line = Some(lines.len());
        }
        match row {
            Row::Heading(text) => {
                lines.push(Line::from(span(format!("  {text}"), look.theme.heading())));
            }
            Row::Text(text) => lines.push(Line::from(span(
                format!("  {}", fit(text, columns.all.saturating_sub(2))),
                look.theme.dim(),
            ))),
            Row::Gap => lines.push(Line::default()),
            Row::Item(item) => lines.extend(lines_of(item, columns)),
        }
    }
    drawn.measure.page = main.height;
    let items = || rows.iter().enumerate().filter(|(_, r)| matches!(r, Row::Item(_)));
    if lines.len() > usize::from(main.height) {
        drawn.place = cursor.map(|c| (items().filter(|(i, _)| *i <= c).count(), items().count()));
    }
    let caret = grant::caret(look, columns);
    let list = List {
        lines,
        cursor: cursor_line,
        marked: caret.is_none(),
        theme: look.theme,
    };
    if let (Some(column), Some(line)) = (caret, cursor_line) {
        let row = line.saturating_sub(list.first(usize::from(main.height))) as u16;
        drawn.text_cursor = Some(Position::new(main.x + column as u16, main.y + row));
    }
    (&list).render(main, buf);
    if let (Some(pane), Some(index)) = (pane, cursor)
        && let Some(Row::Item(item)) = rows.get(index)
    {
        let mut detail = Paragraph::new(usize::from(pane.width));
        panels::item(look, item, &mut detail);
        (&detail).render(pane, buf);
    }
}

/// How wide a list and its parts are.
#[derive(Clone, Copy, Debug)]
struct Columns {
    /// The whole line.
    all: usize,
    /// The slugs of checks.
    slug: usize,
}

impl Columns {
    fn of(look: Look<'_>, rows: &[Row], all: usize) -> Self {
        let slugs = rows.iter().filter_map(|row| match row {
            Row::Item(Item::Check { code, subject }) => look.wizard.check(*code, subject),
            _ => None,
        });
        Self::for_checks(slugs, all)
    }

    fn for_checks<'a>(checks: impl Iterator<Item = &'a Check>, all: usize) -> Self {
        let slug = checks.map(|c| width(&c.slug)).max().unwrap_or(0).clamp(18, 25);
        Self { all, slug }
    }
}

/// A check's line: `✗ fail     E511 event-name-too-long        12 of 20,000`.
fn check_line(
    look: Look<'_>,
    check: &Check,
    indent: usize,
    columns: Columns,
    with_subject: bool,
) -> Line<'static> {
    let mark = Mark::from(check.status);
    let subject = if with_subject { 10 } else { 0 };
    let used = indent + 10 + 5 + subject + columns.slug + 1;
    let room = columns.all.saturating_sub(used);
    let evidence = words::evidence(check);
    let evidence = if width(&evidence) > room {
        words::evidence_short(check)
    } else {
        evidence
    };
    let mut spans = vec![
        span(" ".repeat(indent), look.theme.text()),
        mark_span(look, mark, 10),
        code_span(look, check.code),
    ];
    if with_subject {
        spans.push(span(pad(&check.subject, 9), look.theme.text()));
        spans.push(span(" ", look.theme.text()));
    }
    spans.push(span(pad(&check.slug, columns.slug), look.theme.text()));
    spans.push(span(" ", look.theme.text()));
    spans.push(span(fit(&evidence, room), evidence_style(look, mark)));
    Line::from(spans)
}

fn evidence_style(look: Look<'_>, mark: Mark) -> Style {
    match mark {
        Mark::Pass | Mark::Skipped | Mark::ToDo => look.theme.dim(),
        _ => look.theme.text(),
    }
}

/// Glyph and word, padded.
fn mark_span(look: Look<'_>, mark: Mark, columns: usize) -> Span<'static> {
    span(
        pad(&format!("{} {}", mark.glyph(), mark.word()), columns),
        look.theme.mark(mark),
    )
}

fn code_span(look: Look<'_>, code: Code) -> Span<'static> {
    span(format!("{code} "), look.theme.strong())
}

/// What stands in a body that has nothing to show yet.
fn nothing_yet(look: Look<'_>, area: Rect, buf: &mut Buffer) {
    let mut text = Paragraph::new(usize::from(area.width.saturating_sub(6)).min(90));
    let wizard = look.wizard;
    if wizard.is_working() {
        text.text(
            "Reading has begun. What is found appears here as it comes.",
            look.theme.text(),
        );
    } else if wizard.run.problem.is_some() {
        text.text(
            "Nothing was read: the connection failed. Press 1 for what went wrong and what to do.",
            look.theme.text(),
        );
    } else {
        text.text(
            "Nothing was read yet. Press 1, name a bucket and start the check.",
            look.theme.text(),
        );
    }
    let place = Rect {
        x: area.x + 3,
        y: area.y + 1.min(area.height),
        width: area.width.saturating_sub(6),
        height: area.height.saturating_sub(1),
    };
    (&text).render(place, buf);
}
