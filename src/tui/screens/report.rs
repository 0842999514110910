//! Step 7: the verdict in one sentence, the checks in groups with their evidence, and what to hand over.
//!
//! ```text
//!  7 Report     s3://acme-export, 20,000 rows of each dataset sampled
//!  ─────────────────────────────────────────────────────────────────
//!  NOT READY: 3 checks fail, 2 others warned.
//!  Next: metrics/ has 2 objects that are not Parquet (L303). n goes there.
//!
//!   ▾ Layout                  ✗ 1 fail, 12 pass
//!   ✗ fail    L303 metrics/   not-parquet-object       2 of 31 objects
//!     ✓ 12 pass               Enter shows them
//! ```

use ratatui::{buffer::Buffer, layout::Rect, text::Line, widgets::StatefulWidget};

use super::{Columns, body, check_line, list, nothing_yet};
use crate::{
    report::{Status, Verdict, words::read_words},
    rule::Category,
    tui::{
        frame::{Drawn, Look},
        widgets::{fit, span, text::pad, wrap},
    },
    wizard::{
        Mark,
        rows::{Branch, Item},
        step::Tally,
        words,
    },
};

/// A text on two lines at most.
fn two_lines(text: &str, columns: usize) -> Vec<String> {
    let mut lines = wrap(text, columns);
    if lines.len() > 2 {
        lines.truncate(2);
        if let Some(last) = lines.last_mut() {
            *last = fit(&format!("{last} …"), columns);
            if !last.ends_with('…') {
                last.push('…');
            }
        }
    }
    lines
}

/// The screen.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a>(pub Look<'a>);

impl StatefulWidget for Report<'_> {
    type State = Drawn;

    fn render(self, area: Rect, buf: &mut Buffer, drawn: &mut Drawn) {
        let look = self.0;
        let content = body(look, area, vec![span(self.summary(), look.theme.dim())], buf);
        let used = self.opening(content, buf);
        let rest = Rect {
            y: content.y + used,
            height: content.height.saturating_sub(used),
            ..content
        };
        if look.wizard.report.is_none() {
            nothing_yet(look, rest, buf);
            return;
        }
        list(look, rest, buf, drawn, |item, columns| self.line(item, columns));
    }
}

impl Report<'_> {
    /// Draws the verdict and what to do first, each on two lines at most; tells how many lines that took, with the
    /// empty one after them.
    fn opening(&self, area: Rect, buf: &mut Buffer) -> u16 {
        let theme = self.0.theme;
        let (word, sentence, mark) = self.verdict();
        if word.is_empty() {
            return 0;
        }
        let columns = usize::from(area.width.saturating_sub(2));
        let mut lines = Vec::new();
        for (i, line) in two_lines(&format!("{word} {sentence}"), columns)
            .into_iter()
            .enumerate()
        {
            let rest = match line.strip_prefix(word) {
                Some(rest) if i == 0 => {
                    lines.push(vec![
                        span(" ", theme.text()),
                        span(word, theme.mark(mark).patch(theme.strong())),
                    ]);
                    rest.to_owned()
                }
                _ => {
                    lines.push(vec![span(" ", theme.text())]);
                    line
                }
            };
            if let Some(spans) = lines.last_mut() {
                spans.push(span(rest, theme.strong()));
            }
        }
        for line in self.next().iter().flat_map(|next| two_lines(next, columns)) {
            lines.push(vec![span(format!(" {line}"), theme.text())]);
        }
        let unsettled = self
            .0
            .wizard
            .unsettled_words()
            .filter(|_| !self.0.wizard.is_working());
        for line in unsettled.iter().flat_map(|text| two_lines(text, columns)) {
            lines.push(vec![span(format!(" {line}"), theme.dim())]);
        }
        let used = lines.len() as u16 + 1;
        for (row, spans) in area.rows().zip(lines) {
            buf.set_line(row.x, row.y, &Line::from(spans), row.width);
        }
        used
    }

    fn summary(&self) -> String {
        let Some(report) = &self.0.wizard.report else {
            return "the verdict, and every check with its evidence".into();
        };
        format!(
            "{} on {}",
            words::counted(report.checks.len() as u64, "checks"),
            read_words(report)
        )
    }

    fn verdict(&self) -> (&'static str, String, Mark) {
        let wizard = self.0.wizard;
        if wizard.is_working() {
            let doing = wizard
                .run
                .progress
                .map_or_else(|| "connecting".to_owned(), words::progress);
            let tally = Tally::of(wizard.report.iter().flat_map(|r| &r.checks));
            let so_far = match (tally.fail, tally.warn) {
                (0, 0) => "nothing found so far".to_owned(),
                (fail, 0) => format!("{fail} fail so far"),
                (0, warn) => format!("{warn} warn so far"),
                (fail, warn) => format!("{fail} fail and {warn} warn so far"),
            };
            return ("CHECKING:", format!("{doing}; {so_far}."), Mark::Working);
        }
        match &wizard.report {
            None => ("", String::new(), Mark::ToDo),
            Some(report) => {
                let (word, mark) = match report.verdict {
                    Verdict::Ready => ("READY:", Mark::Pass),
                    Verdict::NotReady => ("NOT READY:", Mark::Fail),
                    Verdict::Inconclusive => ("INCONCLUSIVE:", Mark::Unknown),
                };
                (word, format!("{}.", report.verdict_sentence()), mark)
            }
        }
    }

    /// What to do first.
    fn next(&self) -> Option<String> {
        let wizard = self.0.wizard;
        if wizard.is_working() {
            return None;
        }
        let report = wizard.report.as_ref()?;
        let first = report
            .checks
            .iter()
            .find(|c| report.counts_against(c))
            .or_else(|| report.open_questions().next());
        match first {
            Some(check) => {
                let say = match (&check.next, check.status) {
                    (Some(next), _) if !next.say.is_empty() => next.say.clone(),
                    (_, Status::Unknown) => words::evidence(check),
                    _ => crate::report::catalogue::find(check.code)
                        .map_or(check.title.as_str(), |r| r.fix)
                        .to_owned(),
                };
                Some(format!("First: {} in {}: {say}", check.code, check.subject))
            }
            None => Some("Next: hand the reader's key and the card below to Statsig.".into()),
        }
    }

    fn line(&self, item: &Item, columns: Columns) -> Line<'static> {
        let look = self.0;
        let theme = look.theme;
        match item {
            Item::Check { code, subject } => match look.wizard.check(*code, subject) {
                Some(check) => check_line(look, check, 4, columns, true),
                None => Line::default(),
            },
            Item::Category(category) => self.category(*category),
            Item::Quiet(category) => {
                let tally = look.wizard.tally_of(*category);
                let quiet = Tally {
                    pass: tally.pass,
                    skipped: tally.skipped,
                    ..Tally::default()
                };
                let mark = quiet.gravest().unwrap_or(Mark::Pass);
                let open = look.wizard.is_open(Branch::Quiet(*category));
                Line::from(vec![
                    span("    ", theme.text()),
                    span(format!("{} {}", mark.glyph(), quiet.words()), theme.mark(mark)),
                    span(
                        if open {
                            "   Enter hides them"
                        } else {
                            "   Enter shows them"
                        },
                        theme.dim(),
                    ),
                ])
            }
            Item::Questions => Line::from(vec![
                span("  ", theme.text()),
                span(pad("open questions", 22), theme.text()),
                span(
                    format!(
                        "{} that only Statsig can answer",
                        words::counted(look.wizard.questions().len() as u64, "questions")
                    ),
                    theme.dim(),
                ),
            ]),
            Item::HandOver => Line::from(vec![
                span("  ", theme.text()),
                span(pad("hand-over card", 22), theme.text()),
                span("bucket, region, folders, reader; never the secret", theme.dim()),
            ]),
            _ => Line::default(),
        }
    }

    fn category(&self, category: Category) -> Line<'static> {
        let look = self.0;
        let tally = look.wizard.tally_of(category);
        let mark = tally.gravest().unwrap_or(Mark::ToDo);
        let arrow = if look.wizard.is_open(Branch::Category(category)) {
            "▾"
        } else {
            "▸"
        };
        Line::from(vec![
            span("  ", look.theme.text()),
            span(
                pad(&format!("{arrow} {}", category.heading()), 32),
                look.theme.strong(),
            ),
            span(
                format!("{} {}", mark.glyph(), tally.words()),
                look.theme.mark(mark),
            ),
        ])
    }
}
