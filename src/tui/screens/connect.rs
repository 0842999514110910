//! Step 1: which bucket, as whom; what each value resolved to and where it came from; and what went wrong.
//!
//! ```text
//!  1 Connect    Which bucket, as whom
//!  ─────────────────────────────────────────────────────────────────
//!     who am I      ‹ operator ›          may create users and policies
//!     bucket        s3://acme-export
//!     profile       the default credentials
//!     region        us-west-2             from the bucket
//!     …
//!   › Check this bucket
//!
//!   ✓ reached   as arn:aws:iam::123456789012:user/statsig-reader, key …7F3Q
//! ```

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::Line,
    widgets::{StatefulWidget, Widget},
};

use super::{body, code_span, mark_span};
use crate::{
    report::{Problem, Status, Target},
    tui::{
        frame::{Drawn, Look, field_text},
        panels,
        widgets::{List, Paragraph, fit, span, text::pad},
    },
    wizard::{Editing, Field, Mark, Role, RunState, Source, Step, connect::ConnectRow, rows::is_finding},
};

/// The screen.
#[derive(Clone, Copy, Debug)]
pub struct Connect<'a>(pub Look<'a>);

const LABEL: usize = 16;

impl StatefulWidget for Connect<'_> {
    type State = Drawn;

    fn render(self, area: Rect, buf: &mut Buffer, drawn: &mut Drawn) {
        let look = self.0;
        let wizard = look.wizard;
        let status = wizard.status(Step::Connect);
        let summary = match status.why {
            Some(why) => format!("{} {}: {why}", status.mark.glyph(), status.word),
            None => "which bucket, as whom".to_owned(),
        };
        let content = body(look, area, vec![span(summary, look.theme.dim())], buf);
        let rows = wizard.connect.rows(wizard.can_go_on());
        let cursor = wizard.connect.cursor.min(rows.len().saturating_sub(1));
        let mut lines: Vec<Line<'static>> = Vec::new();
        let mut cursor_line = 0;
        for (i, row) in rows.iter().enumerate() {
            if *row == ConnectRow::Start {
                lines.push(Line::default());
            }
            if i == cursor {
                cursor_line = lines.len();
            }
            lines.push(match row {
                ConnectRow::Field(field) => self.field(*field, content, lines.len(), drawn),
                ConnectRow::Start => self.start(),
                ConnectRow::GoOn => self.go_on(),
            });
        }
        let height = (lines.len() as u16).min(content.height);
        let form = Rect { height, ..content };
        let cursor = (wizard.editing.is_none()).then_some(cursor_line);
        List {
            lines,
            cursor,
            marked: true,
            theme: look.theme,
        }
        .render(form, buf);
        let rest = Rect {
            x: content.x + 2,
            y: (content.y + height + 1).min(content.bottom()),
            width: content.width.saturating_sub(4),
            height: content.height.saturating_sub(height + 1),
        };
        (&self.outcome(usize::from(rest.width).min(110))).render(rest, buf);
    }
}

/// The end of a key's id.
pub(in crate::tui) fn last4(id: &str) -> String {
    let skip = id.chars().count().saturating_sub(4);
    id.chars().skip(skip).collect()
}

impl Connect<'_> {
    fn field(&self, field: Field, content: Rect, row: usize, drawn: &mut Drawn) -> Line<'static> {
        let look = self.0;
        let theme = look.theme;
        let form = &look.wizard.connect;
        let columns = usize::from(content.width).saturating_sub(4 + LABEL + 1);
        let label = match (field, form.role) {
            (Field::Profile, Role::Reader) => "reader's profile",
            _ => field.label(),
        };
        let mut spans = vec![
            span("  ", theme.text()),
            span(pad(label, LABEL), theme.text()),
            span(" ", theme.text()),
        ];
        match &look.wizard.editing {
            Some(Editing::Field(edited, input)) if *edited == field => {
                let columns = columns.min(80);
                let (text, at) = field_text(input.value(), input.cursor(), columns);
                spans.push(span(pad(&text, columns), theme.field()));
                drawn.text_cursor = Some(Position::new(
                    content.x + (3 + LABEL + at) as u16,
                    content.y + row as u16,
                ));
                return Line::from(spans);
            }
            _ => {}
        }
        if field == Field::Role {
            spans.push(span(
                pad(&format!("‹ {} ›", form.role.words()), 24),
                theme.strong(),
            ));
            spans.push(span(
                fit(form.role.why(), columns.saturating_sub(24)),
                theme.dim(),
            ));
            return Line::from(spans);
        }
        if let (Field::ReaderKey, Some(key)) = (field, &form.fresh_key) {
            let id = format!("…{}", last4(&key.id));
            spans.push(span(pad(&id, 24.min(columns)), theme.strong()));
            spans.push(span(
                fit("made in 2 Grant; in memory only", columns.saturating_sub(24)),
                theme.dim(),
            ));
            return Line::from(spans);
        }
        let typed = form.value(field);
        match form.resolved(field) {
            Some(found) if !found.value.is_empty() => {
                let value = fit(&found.value, columns.saturating_sub(16));
                spans.push(span(pad(&value, 24.min(columns)), theme.strong()));
                spans.push(span(fit(&found.from, columns.saturating_sub(24)), theme.dim()));
            }
            _ if !typed.is_empty() => spans.push(span(fit(typed, columns), theme.strong())),
            _ => spans.push(span(fit(field.hint(), columns), theme.dim())),
        }
        Line::from(spans)
    }

    fn start(&self) -> Line<'static> {
        let look = self.0;
        let wizard = look.wizard;
        let text = match (wizard.connect.role, wizard.report.is_some()) {
            (Role::SavedReport, _) => "Open the report",
            (_, true) => "Check again",
            (_, false) => "Check this bucket",
        };
        let ready = wizard.connect.is_complete() && !wizard.is_working();
        let style = if ready {
            look.theme.strong()
        } else {
            look.theme.dim()
        };
        Line::from(vec![span(format!("  {text}"), style)])
    }

    fn go_on(&self) -> Line<'static> {
        let wizard = self.0.wizard;
        let next = Step::ALL
            .into_iter()
            .find(|s| *s != Step::Connect && !wizard.status(*s).is_done())
            .unwrap_or(Step::Report);
        Line::from(span(
            format!("  Go on to {} {}", next.number(), next.name()),
            self.0.theme.strong(),
        ))
    }

    /// What came of it.
    fn outcome(&self, columns: usize) -> Paragraph {
        let look = self.0;
        let wizard = look.wizard;
        let mut out = Paragraph::new(columns);
        if let Some(problem) = &wizard.run.problem {
            self.problem(problem, &mut out);
            return out;
        }
        for check in wizard.checks_of(Step::Connect).filter(|c| is_finding(c)) {
            out.line(vec![
                mark_span(look, check.status.into(), 10),
                code_span(look, check.code),
                span(fit(&check.title, columns.saturating_sub(15)), look.theme.strong()),
            ]);
            // The whole text stands in 7 Report.
            panels::short_cause_and_fix(look, check, 2, &mut out);
            out.gap();
        }
        self.reached(&mut out);
        if wizard.is_practice() && wizard.report.is_some() {
            let words = "D tries things on this practice account, and moves its clock";
            out.labelled("practice", look.theme.dim(), words, look.theme.text());
        }
        if let Some(report) = &wizard.report {
            for notice in &report.notices {
                out.labelled("note", look.theme.mark(Mark::Info), notice, look.theme.text());
            }
        }
        out
    }

    fn reached(&self, out: &mut Paragraph) {
        let look = self.0;
        let wizard = look.wizard;
        let text = look.theme.text();
        let state = |out: &mut Paragraph, mark: Mark, word: &str, words: &str| {
            out.labelled(
                &format!("{} {word}", mark.glyph()),
                look.theme.mark(mark),
                words,
                text,
            );
        };
        let failed = wizard
            .checks_of(Step::Connect)
            .any(|c| matches!(c.status, Status::Fail | Status::Unknown));
        match (&wizard.report, wizard.run.state) {
            _ if failed => {}
            (_, RunState::Working) if !wizard.connected() => {
                state(out, Mark::Working, "trying", "waiting for an answer");
            }
            (Some(report), _) => {
                let target = report.target.spelled();
                let what = match &report.target {
                    Target::Folder { .. } => format!("{target}, a local folder: no credentials are needed"),
                    Target::S3 { .. } | Target::Demo { .. } => target,
                };
                match &wizard.source {
                    Source::Saved { .. } => {
                        state(out, Mark::Skipped, "saved", &format!("a report on {what}, of {}", report.created_at));
                    }
                    Source::Live => state(out, Mark::Pass, "reached", &what),
                }
                for (label, identity) in [("reader", &report.identity), ("operator", &report.operator)] {
                    if let Some(identity) = identity {
                        let arn = identity.arn.clone().unwrap_or_else(|| "not known".into());
                        let key = identity
                            .key_last4
                            .as_ref()
                            .map(|k| format!(", key …{k}"))
                            .unwrap_or_default();
                        out.labelled(label, look.theme.dim(), &format!("{arn}{key}"), text);
                    }
                }
            }
            (None, RunState::Idle) if !wizard.connect.is_complete() => out.text(
                "Move to the bucket and press Enter to name it. Nothing is read before you start the check, and \
                 nothing is ever written.",
                look.theme.dim(),
            ),
            (None, _) => {}
        }
    }

    fn problem(&self, problem: &Problem, out: &mut Paragraph) {
        panels::problem(self.0, problem, out);
        out.gap();
        out.text("Mend it and press r to try again.", self.0.theme.dim());
    }
}
