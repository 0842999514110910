//! Step 4: the three folders as a tree of days, what is in the way, and what a Spark read makes of it.
//!
//! ```text
//!  4 Layout     213 objects in 3 folders, 12.4 MiB
//!  ─────────────────────────────────────────────────────────────────
//!   In the way
//!   ✗ fail    L303 metrics/  not-parquet-object   2 of 31 objects
//!
//!   Folders, as Spark sees them
//!   ▾ events/                   214 objects     8.1 MiB   read 212, skipped 2
//!       2022-06-21               20 objects     0.8 MiB   ✓ read 20
//!       2022-06-22               20 objects     0.8 MiB   ✗ read 18, dropped 2   L304
//! ```

use ratatui::{buffer::Buffer, layout::Rect, text::Line, widgets::StatefulWidget};

use super::{Columns, body, check_line, list, nothing_yet};
use crate::{
    report::{LayoutFolder, ObjectCount, SparkView},
    rule::Dataset,
    tui::{
        frame::{Drawn, Look},
        widgets::{
            fit, span,
            text::{pad, pad_left},
            width,
        },
    },
    wizard::{
        Mark,
        rows::{Branch, Item, folder_mark},
        words,
    },
};

/// The screen.
#[derive(Clone, Copy, Debug)]
pub struct Layout<'a>(pub Look<'a>);

impl StatefulWidget for Layout<'_> {
    type State = Drawn;

    fn render(self, area: Rect, buf: &mut Buffer, drawn: &mut Drawn) {
        let look = self.0;
        let content = body(look, area, vec![span(self.summary(), look.theme.dim())], buf);
        if look.wizard.report.is_none() {
            nothing_yet(look, content, buf);
            return;
        }
        list(look, content, buf, drawn, |item, columns| {
            self.line(item, columns)
        });
    }
}

impl Layout<'_> {
    fn summary(&self) -> String {
        let Some(report) = &self.0.wizard.report else {
            return "the three folders, and what Spark makes of them".into();
        };
        let objects = report
            .datasets
            .values()
            .map(|d| d.objects)
            .fold(0, u64::saturating_add);
        let bytes = report
            .datasets
            .values()
            .map(|d| d.bytes)
            .fold(0, u64::saturating_add);
        let folders = report.datasets.values().filter(|d| d.objects > 0).count() as u64;
        format!(
            "{} in {}, {}",
            words::counted(objects, "objects"),
            words::counted(folders, "folders"),
            words::bytes(bytes)
        )
    }

    fn line(&self, item: &Item, columns: Columns) -> Line<'static> {
        let look = self.0;
        match item {
            Item::Check { code, subject } => match look.wizard.check(*code, subject) {
                Some(check) => check_line(look, check, 2, columns, true),
                None => Line::default(),
            },
            Item::Dataset(dataset) => self.dataset(*dataset, columns.all),
            Item::Folder { dataset, name } => match look.wizard.folder(*dataset, name) {
                Some(folder) => self.folder(folder, columns.all),
                None => Line::default(),
            },
            _ => Line::default(),
        }
    }

    fn dataset(&self, dataset: Dataset, columns: usize) -> Line<'static> {
        let look = self.0;
        let theme = look.theme;
        let found = look.wizard.report.as_ref().and_then(|r| r.datasets.get(&dataset));
        let open = look.wizard.is_open(Branch::Dataset(dataset));
        let arrow = match found {
            Some(d) if d.layout.folders.is_empty() => " ",
            None => " ",
            Some(_) if open => "▾",
            Some(_) => "▸",
        };
        let mut spans = vec![
            span("  ", theme.text()),
            span(format!("{arrow} "), theme.text()),
            span(pad(dataset.folder(), 20), theme.strong()),
        ];
        match found {
            None => {
                let (mark, text) = if look.wizard.is_working() {
                    (Mark::Working, "not listed yet")
                } else {
                    (Mark::Unknown, "not listed")
                };
                spans.push(span(format!("{} {text}", mark.glyph()), theme.mark(mark)));
            }
            Some(d) if d.objects == 0 => spans.push(span("no objects", theme.dim())),
            Some(d) => {
                spans.push(span(amounts(d.objects, d.bytes, columns), theme.text()));
                let (mark, text) = match &d.layout.read_fails {
                    Some(why) => (Mark::Fail, format!("the whole read fails: {why}")),
                    None => (
                        if d.complete { Mark::Pass } else { Mark::Unknown },
                        spark_words(&d.layout.spark),
                    ),
                };
                let mark = match mark {
                    Mark::Pass if count(&d.layout.spark, SparkView::Fails) > 0 => Mark::Fail,
                    Mark::Pass if count(&d.layout.spark, SparkView::Dropped) > 0 => Mark::Fail,
                    other => other,
                };
                let room = columns.saturating_sub(24 + amounts(0, 0, columns).len());
                spans.push(span(
                    fit(&format!("{} {text}", mark.glyph()), room),
                    theme.mark(mark),
                ));
            }
        }
        Line::from(spans)
    }

    fn folder(&self, folder: &LayoutFolder, columns: usize) -> Line<'static> {
        let theme = self.0.theme;
        let mark = folder_mark(folder);
        let name = if folder.name.is_empty() {
            "(top level)".to_owned()
        } else {
            folder.name.clone()
        };
        let spark = spark_words(&folder.spark);
        let room = columns.saturating_sub(24 + amounts(0, 0, columns).len());
        let state = fit(&format!("{} {spark}", mark.glyph()), room);
        let notes = folder.notes.join("; ");
        let left = room.saturating_sub(width(&state) + 2);
        Line::from(vec![
            span("      ", theme.text()),
            span(pad(&name, 18), theme.text()),
            span(amounts(folder.objects, folder.bytes, columns), theme.text()),
            span(
                state,
                if mark == Mark::Pass {
                    theme.dim()
                } else {
                    theme.mark(mark)
                },
            ),
            span("  ", theme.text()),
            span(
                if left >= 4 {
                    fit(&notes, left)
                } else {
                    String::new()
                },
                theme.text(),
            ),
        ])
    }
}

/// Objects and bytes, right-aligned; where it is narrow, objects alone.
fn amounts(objects: u64, bytes: u64, columns: usize) -> String {
    let objects = words::counted(objects, "objects");
    if columns < 72 {
        format!("{}  ", pad_left(&objects, 13))
    } else {
        format!(
            "{}{}   ",
            pad_left(&objects, 16),
            pad_left(&words::bytes(bytes), 12)
        )
    }
}

fn count(spark: &std::collections::BTreeMap<SparkView, ObjectCount>, view: SparkView) -> u64 {
    spark.get(&view).map_or(0, |c| c.objects)
}

/// `read 18, dropped 2`
pub fn spark_words(spark: &std::collections::BTreeMap<SparkView, ObjectCount>) -> String {
    let parts: Vec<String> = [
        (SparkView::Fails, "fails on"),
        (SparkView::Dropped, "drops"),
        (SparkView::Read, "reads"),
        (SparkView::Skipped, "skips"),
    ]
    .into_iter()
    .map(|(view, word)| (count(spark, view), word))
    .filter(|(n, _)| *n > 0)
    .map(|(n, word)| format!("{word} {}", words::count(n)))
    .collect();
    if parts.is_empty() {
        "nothing to read".into()
    } else {
        parts.join(", ")
    }
}
