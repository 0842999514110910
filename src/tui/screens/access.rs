//! Step 3: three ways of knowing, side by side: what the policies predict, what the reader's key observed, what the
//! integration needs. Under it why, and what each policy says.
//!
//! ```text
//!  3 Access     as arn:aws:iam::123456789012:user/statsig-reader (key …7F3Q)
//!  ─────────────────────────────────────────────────────────────────
//!                     events/         metrics/          signals/        elsewhere
//!   list objects    ✓ 214 seen      ✓ 31 seen         ✓ 9 seen        ✓ refused
//!   read objects    ✓ seen          ✗ REFUSED         ✓ seen          ✓ refused
//!   write, delete   ✓ predicted no  ✓ predicted no    ✓ predicted no
//!  ─────────────────────────────────────────────────────────────────
//!   Why
//!   ✗ A208 read metrics/…
//! ```

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::Line,
    widgets::{StatefulWidget, Widget},
};

use super::{Columns, body, check_line, code_span, nothing_yet, tall_list};
use crate::{
    access::{
        AccessView, Need, Truth,
        view::{AccessAction, AccessCell, Seen},
    },
    tui::{
        frame::{Drawn, Look},
        widgets::{Paragraph, fit, span, text::fit_middle, text::pad, width, wrap},
    },
    wizard::{
        Mark, Step,
        access::{AccessItem, codes_in_words},
        rows::Item,
        words::{self, count},
    },
};

/// The screen.
#[derive(Clone, Copy, Debug)]
pub struct Access<'a>(pub Look<'a>);

impl StatefulWidget for Access<'_> {
    type State = Drawn;

    fn render(self, area: Rect, buf: &mut Buffer, drawn: &mut Drawn) {
        let look = self.0;
        let room = usize::from(area.width).saturating_sub(15);
        let content = body(
            look,
            area,
            vec![span(fit(&self.as_whom(), room), look.theme.dim())],
            buf,
        );
        let status = look.wizard.status(Step::Access);
        if look.wizard.report.is_none() {
            nothing_yet(look, content, buf);
            return;
        }
        if status.mark == Mark::Skipped {
            let behind = look.wizard.behind(Step::Access);
            let why = behind
                .as_deref()
                .or(status.why)
                .unwrap_or("there was nothing to judge");
            let mut text = Paragraph::new(usize::from(content.width.saturating_sub(6)));
            text.gap();
            text.text(
                &format!("{} skipped  {why}", Mark::Skipped.glyph()),
                look.theme.text(),
            );
            (&text).render(
                Rect {
                    x: content.x + 3,
                    width: content.width.saturating_sub(6),
                    ..content
                },
                buf,
            );
            return;
        }
        let matrix = self.matrix(usize::from(content.width.saturating_sub(2)));
        let height = (matrix.lines.len() as u16).min(content.height);
        (&matrix).render(
            Rect {
                x: content.x + 1,
                width: content.width.saturating_sub(2),
                height,
                ..content
            },
            buf,
        );
        if content.height <= height + 1 {
            return;
        }
        let rule = "─".repeat(usize::from(content.width.saturating_sub(2)));
        let y = content.y + height;
        buf.set_line(
            content.x + 1,
            y,
            &Line::from(span(rule, look.theme.line())),
            content.width,
        );
        let below = Rect {
            y: y + 1,
            height: content.height - height - 1,
            ..content
        };
        tall_list(look, below, buf, drawn, |item, columns| self.item(item, columns));
    }
}

impl Access<'_> {
    fn as_whom(&self) -> String {
        let wizard = self.0.wizard;
        let Some(report) = &wizard.report else {
            return "what policies predict, what the key came to, what is needed".into();
        };
        let identity = report.identity.clone().unwrap_or_default();
        let new = if wizard.judges_new_key() {
            ", the new one"
        } else {
            ""
        };
        match (identity.arn, identity.key_last4) {
            (Some(arn), Some(key)) => format!("as {arn} (key …{key}{new})"),
            (Some(arn), None) => format!("as {arn}"),
            (None, Some(key)) => format!("as key …{key}{new}"),
            (None, None) if wizard.has_reader_since() => "a reader was made since these checks".into(),
            (None, None) if wizard.has_no_reader() => "there is no reader yet".into(),
            (None, None) => "as whom is not known".into(),
        }
    }

    /// The matrix, with one line a row, or two where cells are wrapped.
    fn matrix(&self, columns: usize) -> Paragraph {
        let look = self.0;
        let mut out = Paragraph::new(columns);
        let Some(view) = look.wizard.access() else {
            let text = match (
                look.wizard.is_working(),
                look.wizard.checks_of(Step::Access).next(),
            ) {
                (true, _) => "… Access is being looked at. What is found appears here as it comes.",
                (false, _) if look.wizard.has_reader_since() => {
                    "? A reader was made in step 2; these checks were made before. R judges with its key."
                }
                (false, _) if look.wizard.has_no_reader() => {
                    "? There is no reader yet whose access could be judged. 2 Grant makes one, and its key."
                }
                (false, Some(_)) => "? The policies were not looked at; what the key came to is below.",
                (false, None) => "? Nothing was found out about access.",
            };
            out.text(text, look.theme.text());
            return out;
        };
        let label = if columns >= 94 { 16 } else { 14 };
        let places: Vec<&str> = places(view);
        let cell = columns.saturating_sub(label + 1) / places.len().max(1);
        let mut head = vec![span(" ".repeat(label + 1), look.theme.text())];
        for place in &places {
            // Two columns in, under the words rather than the glyphs.
            let text = format!("  {}", fit_middle(place, cell.saturating_sub(3)));
            head.push(span(pad(&text, cell), look.theme.heading()));
        }
        out.line(head);
        for row in &view.rows {
            let cells: Vec<(Mark, Vec<String>)> = places
                .iter()
                .map(|place| match row.cells.iter().find(|c| c.place == **place) {
                    Some(found) => {
                        let (mark, long, short) = cell_words(row.action, found);
                        let room = cell.saturating_sub(3);
                        let text = if width(&long) <= room || cell >= 18 {
                            long
                        } else {
                            short
                        };
                        (mark, wrap(&text, room.max(4)).into_iter().take(2).collect())
                    }
                    None => (Mark::ToDo, Vec::new()),
                })
                .collect();
            let height = cells
                .iter()
                .map(|(_, lines)| lines.len())
                .max()
                .unwrap_or(1)
                .max(1);
            for line in 0..height {
                let name = if line == 0 { action_words(row.action) } else { "" };
                let mut spans = vec![span(pad(&format!(" {name}"), label + 1), look.theme.text())];
                for (mark, lines) in &cells {
                    let style = look.theme.mark(*mark);
                    let text = lines.get(line).map_or("", String::as_str);
                    let glyph = match (line, lines.is_empty()) {
                        (0, false) => mark.glyph(),
                        _ => " ",
                    };
                    spans.push(span(format!("{glyph} "), style));
                    spans.push(span(pad(text, cell.saturating_sub(2)), style));
                }
                out.line(spans);
            }
        }
        out
    }

    fn item(&self, item: &Item, columns: Columns) -> Vec<Line<'static>> {
        let look = self.0;
        match item {
            Item::Check { code, subject } => match look.wizard.check(*code, subject) {
                Some(check) => vec![check_line(look, check, 2, columns, true)],
                None => Vec::new(),
            },
            Item::Access(AccessItem::Explanation(index)) => self.explanation(*index, columns.all),
            Item::Access(AccessItem::Difference(index)) => self.difference(*index, columns.all),
            Item::Access(AccessItem::Policy(index)) => vec![self.policy(*index, columns.all)],
            Item::Access(AccessItem::Unseen(index)) => {
                let found = look.wizard.access().and_then(|a| a.unseen.get(*index));
                let text = found.map_or(String::new(), |u| format!("{}: {}", u.what, u.why));
                vec![Line::from(vec![
                    span("  ", look.theme.text()),
                    span(
                        format!("{} unseen   ", Mark::Unknown.glyph()),
                        look.theme.mark(Mark::Unknown),
                    ),
                    span(fit(&text, columns.all.saturating_sub(13)), look.theme.text()),
                ])]
            }
            Item::Access(AccessItem::Simulator(index)) => {
                let found = look.wizard.access().and_then(|a| a.simulator.get(*index));
                let mark = match found {
                    Some(says) if says.differs => Mark::Warn,
                    _ => Mark::Info,
                };
                let text = found.map_or("", |says| says.say.as_str());
                vec![Line::from(vec![
                    span("  ", look.theme.text()),
                    span(format!("{} ", mark.glyph()), look.theme.mark(mark)),
                    span(fit(text, columns.all.saturating_sub(4)), look.theme.text()),
                ])]
            }
            Item::Access(AccessItem::ConfirmStep) => vec![Line::from(vec![
                span("  ", look.theme.text()),
                span(pad("the confirm step", 22), look.theme.text()),
                span(
                    fit(
                        "PySpark that reads every column, as it works today",
                        columns.all.saturating_sub(24),
                    ),
                    look.theme.dim(),
                ),
            ])],
            Item::Access(AccessItem::NoReader) => self.no_reader(columns.all),
            _ => Vec::new(),
        }
    }

    /// The checks that wait for a reader: their codes, and what they wait for.
    fn no_reader(&self, columns: usize) -> Vec<Line<'static>> {
        let theme = self.0.theme;
        let waiting = self.0.wizard.waiting_for_reader();
        let cause = waiting
            .first()
            .and_then(|c| c.cause.as_deref())
            .unwrap_or_default();
        let text = format!("{}: {cause}", codes_in_words(&waiting));
        let head = format!("{} {}", Mark::Unknown.glyph(), Mark::Unknown.word());
        wrap(&text, columns.saturating_sub(12).max(8))
            .into_iter()
            .take(3)
            .enumerate()
            .map(|(i, line)| {
                Line::from(vec![
                    span("  ", theme.text()),
                    span(
                        pad(if i == 0 { &head } else { "" }, 10),
                        theme.mark(Mark::Unknown),
                    ),
                    span(line, theme.text()),
                ])
            })
            .collect()
    }

    /// Why a need is unmet: what was refused, the cause on up to three lines, what to do on one.
    fn explanation(&self, index: usize, columns: usize) -> Vec<Line<'static>> {
        let look = self.0;
        let theme = look.theme;
        let Some(found) = look.wizard.explanation(index) else {
            return Vec::new();
        };
        let mut lines = vec![Line::from(vec![
            span("  ", theme.text()),
            span(
                pad(&format!("{} {}", Mark::Fail.glyph(), Mark::Fail.word()), 10),
                theme.mark(Mark::Fail),
            ),
            code_span(look, found.code),
            span(
                fit(
                    &match self.title(found.code) {
                        "" => need_words(found.need),
                        slug if self.is_as_above(index) => {
                            format!("{}: {slug}, as above", need_words(found.need))
                        }
                        slug => format!("{}: {slug}", need_words(found.need)),
                    },
                    columns.saturating_sub(17),
                ),
                theme.strong(),
            ),
        ])];
        if self.is_as_above(index) {
            return lines;
        }
        let room = columns.saturating_sub(12).max(8);
        let mut say = wrap(&found.say, room);
        if say.len() > 3 {
            say.truncate(3);
            if let Some(last) = say.last_mut() {
                *last = format!("{}…", fit(last, room - 1).trim_end_matches('…'));
            }
        }
        let fix = (!found.next.say.is_empty()).then(|| fit(&format!("Fix: {}", found.next.say), room));
        for line in say.into_iter().chain(fix) {
            lines.push(Line::from(vec![
                span(" ".repeat(12), theme.text()),
                span(line, theme.text()),
            ]));
        }
        lines
    }

    /// Whether an explanation has the cause of the one before it, so that its words need not be repeated.
    fn is_as_above(&self, index: usize) -> bool {
        let before = index.checked_sub(1).and_then(|at| self.0.wizard.explanation(at));
        match (before, self.0.wizard.explanation(index)) {
            (Some(before), Some(found)) => {
                before.code == found.code && before.place == found.place && before.next == found.next
            }
            _ => false,
        }
    }

    /// Both sides of a difference, on up to two lines.
    fn difference(&self, index: usize, columns: usize) -> Vec<Line<'static>> {
        const WORD: usize = 10;
        let theme = self.0.theme;
        let Some(found) = self.0.wizard.difference(index) else {
            return Vec::new();
        };
        let room = columns.saturating_sub(2 + WORD).max(8);
        let mut say = wrap(&found.say, room);
        if say.len() > 2 {
            say.truncate(2);
            if let Some(last) = say.last_mut() {
                *last = format!("{}…", fit(last, room - 1).trim_end_matches('…'));
            }
        }
        let head = format!("{} differs", Mark::Warn.glyph());
        say.into_iter()
            .enumerate()
            .map(|(i, line)| {
                Line::from(vec![
                    span("  ", theme.text()),
                    span(pad(if i == 0 { &head } else { "" }, WORD), theme.mark(Mark::Warn)),
                    span(line, theme.text()),
                ])
            })
            .collect()
    }

    fn title(&self, code: crate::rule::Code) -> &'static str {
        crate::report::catalogue::find(code).map_or("", |rule| rule.slug)
    }

    fn policy(&self, index: usize, columns: usize) -> Line<'static> {
        let look = self.0;
        let Some(policy) = look.wizard.policy(index) else {
            return Line::default();
        };
        let name = policy.source.to_string();
        let statements = crate::access::Policy::parse(&policy.text).map(|p| p.statements.len());
        let about = match statements {
            Ok(n) => words::counted(n as u64, "statements"),
            Err(error) => format!("can't be read: {error}"),
        };
        let decides = look
            .wizard
            .access()
            .into_iter()
            .flat_map(|a| &a.explanations)
            .filter_map(|e| e.place.as_ref())
            .find(|p| p.source == policy.source)
            .map_or(String::new(), |p| format!(", ▸ {} decides", p.name));
        let columns_of_name = 40.min(columns / 2);
        Line::from(vec![
            span("  ", look.theme.text()),
            span(pad(&name, columns_of_name), look.theme.text()),
            span("  ", look.theme.text()),
            span(
                fit(
                    &format!("{about}{decides}"),
                    columns.saturating_sub(columns_of_name + 4),
                ),
                look.theme.dim(),
            ),
        ])
    }
}

/// `read metrics/`
pub(in crate::tui) fn need_words(need: Need) -> String {
    let verb = match need {
        Need::List(_) => "list",
        Need::Read(_) => "read",
    };
    format!("{verb} {}", need.dataset().folder())
}

pub(in crate::tui) const fn action_words(action: AccessAction) -> &'static str {
    match action {
        AccessAction::List => "list objects",
        AccessAction::Read => "read objects",
        AccessAction::Write => "write, delete",
    }
}

/// The matrix' columns: every place that a row has a cell for, in the rows' order.
fn places(view: &AccessView) -> Vec<&str> {
    let mut all: Vec<&str> = Vec::new();
    for cell in view.rows.iter().flat_map(|r| &r.cells) {
        if !all.contains(&cell.place.as_str()) {
            all.push(&cell.place);
        }
    }
    // A report from elsewhere may hold anything; more than these can't be drawn.
    all.truncate(6);
    all
}

/// A cell's mark, and its words: long, and short where room is dear.
fn cell_words(action: AccessAction, cell: &AccessCell) -> (Mark, String, String) {
    let same = |mark: Mark, text: &str| (mark, text.to_owned(), text.to_owned());
    let pair = |mark: Mark, long: String, short: &str| (mark, long, short.to_owned());
    match (cell.needed, cell.seen, cell.predicted) {
        (true, Seen::Allowed { .. }, Truth::No) => {
            pair(Mark::Warn, "predicted no, seen".into(), "seen, not foreseen")
        }
        (true, Seen::Allowed { objects }, _) => {
            let seen = format!("{} seen", count(objects));
            match (action, cell.predicted) {
                (AccessAction::List, _) => (Mark::Pass, seen.clone(), seen),
                (_, Truth::Yes) => pair(Mark::Pass, "predicted, seen".into(), "seen"),
                _ => same(Mark::Pass, "seen"),
            }
        }
        (true, Seen::Refused { refused, of }, predicted) => {
            let some = if refused < of {
                format!("{} of {} REFUSED", count(refused), count(of))
            } else {
                "REFUSED".to_owned()
            };
            match predicted {
                Truth::Yes => pair(Mark::Fail, format!("predicted yes, {some}"), "REFUSED"),
                Truth::No => pair(Mark::Fail, format!("predicted no, {some}"), "REFUSED"),
                Truth::Unknown => pair(Mark::Fail, some, "REFUSED"),
            }
        }
        (true, Seen::NotTried, Truth::Yes) => {
            pair(Mark::Unknown, "predicted yes, not tried".into(), "not tried")
        }
        (true, Seen::NotTried, Truth::No) => same(Mark::Fail, "predicted no"),
        (_, Seen::NotTried, Truth::Unknown) => same(Mark::Unknown, "not known"),
        (false, Seen::Refused { .. }, Truth::Yes) => {
            pair(Mark::Warn, "predicted yes, refused".into(), "refused")
        }
        (false, Seen::Refused { .. }, _) => same(Mark::Pass, "refused"),
        (false, Seen::Allowed { .. }, _) => same(Mark::Warn, "open"),
        (false, Seen::NotTried, Truth::Yes) => same(Mark::Warn, "predicted yes"),
        (false, Seen::NotTried, Truth::No) => same(Mark::Pass, "predicted no"),
    }
}
