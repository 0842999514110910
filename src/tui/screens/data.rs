//! Step 5: for each dataset the columns, the groups of files that differ, and the rules with what they found.
//!
//! ```text
//!  5 Data       [events]  metrics   signals    212 files, 20,000 of 5.2 M rows
//!  ─────────────────────────────────────────────────────────────────
//!   Columns
//!   ✓ pass    timestamp         INT64 TIMESTAMP(MICROS,UTC)
//!   ✗ fail    event_value       missing in 3 of 212 files
//!
//!   Rules
//!   ✗ fail    E511 event-name-too-long    12 in 20,000 rows sampled of 5.2 M
//!   ✓ pass    E510 event-name-null        0 in 20,000 sampled of 5.2 M: under 0.02 % at 95 %
//! ```

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
    widgets::StatefulWidget,
};

use super::{Columns, body, check_line, list, mark_span, nothing_yet};
use crate::{
    report::{ColumnReport, DatasetReport},
    rule::Dataset,
    tui::{
        frame::{Drawn, Look},
        widgets::{
            fit, span,
            text::{fit_middle, pad, pad_left},
            width,
        },
    },
    wizard::{
        rows::{Item, expected_columns},
        words,
    },
};

/// The screen.
#[derive(Clone, Copy, Debug)]
pub struct Data<'a>(pub Look<'a>);

impl StatefulWidget for Data<'_> {
    type State = Drawn;

    fn render(self, area: Rect, buf: &mut Buffer, drawn: &mut Drawn) {
        let look = self.0;
        let content = body(look, area, self.summary(usize::from(area.width)), buf);
        if look.wizard.report.is_none() {
            nothing_yet(look, content, buf);
            return;
        }
        list(look, content, buf, drawn, |item, columns| {
            self.line(item, columns)
        });
    }
}

impl Data<'_> {
    fn found(&self) -> Option<&DatasetReport> {
        self.0
            .wizard
            .report
            .as_ref()?
            .datasets
            .get(&self.0.wizard.dataset)
    }

    /// The datasets as tabs, and how much of this one was read.
    fn summary(&self, columns: usize) -> Vec<Span<'static>> {
        let theme = self.0.theme;
        let mut spans = Vec::new();
        for dataset in Dataset::ALL {
            let here = dataset == self.0.wizard.dataset;
            let (text, style) = if here {
                (format!("[{}]", dataset.name()), theme.strong())
            } else {
                (format!(" {} ", dataset.name()), theme.dim())
            };
            spans.push(span(text, style));
            spans.push(span(" ", theme.text()));
        }
        let text = match self.found() {
            None if self.0.wizard.is_working() => "not listed yet".to_owned(),
            None => String::new(),
            Some(d) if d.files == 0 && !d.complete && self.0.wizard.is_working() => {
                "footers not read yet".to_owned()
            }
            Some(d) if d.files == 0 => "no Parquet files".to_owned(),
            Some(d) => {
                let rows = words::round_count(d.rows);
                let files = words::counted(d.files, "files");
                if d.rows_checked >= d.rows {
                    format!("{files}, all {rows} rows")
                } else {
                    format!("{files}, {} of {rows} rows", words::round_count(d.rows_checked))
                }
            }
        };
        let used: usize = 14 + spans.iter().map(Span::width).sum::<usize>();
        spans.push(span(
            fit(&format!("  {text}"), columns.saturating_sub(used + 1)),
            theme.dim(),
        ));
        spans
    }

    fn line(&self, item: &Item, columns: Columns) -> Line<'static> {
        let look = self.0;
        match item {
            Item::Check { code, subject } => match look.wizard.check(*code, subject) {
                Some(check) => check_line(look, check, 2, columns, false),
                None => Line::default(),
            },
            Item::Column { dataset, name } => self.column(*dataset, name, columns.all),
            Item::Group { index, .. } => self.group(*index, columns.all),
            _ => Line::default(),
        }
    }

    fn column(&self, dataset: Dataset, name: &str, columns: usize) -> Line<'static> {
        let look = self.0;
        let theme = look.theme;
        let mark = look.wizard.column_mark(dataset, name);
        let expected = expected_columns(dataset).iter().find(|e| e.name == name);
        let found = self.found().map(|d| types(d, name));
        let text = match (&found, expected) {
            (None, Some(e)) => format!("expected: {}", e.kind),
            (Some((kinds, _, 0)), Some(e)) if kinds.is_empty() => {
                let none = if look.wizard.is_working() {
                    ""
                } else {
                    "no files; "
                };
                format!("{none}expected: {}", e.kind)
            }
            (Some((kinds, _, _)), Some(e)) if kinds.is_empty() => {
                format!("missing; expected: {}", e.kind)
            }
            (Some((kinds, with, all)), Some(e)) => {
                let kinds = kinds.join(" and ");
                let typed = look
                    .wizard
                    .column_check(dataset, name)
                    .is_some_and(|c| c.slug.ends_with("-type"));
                if with < all {
                    format!("{kinds}; missing in {} of {all} files", all - with)
                } else if typed {
                    format!("{kinds}; expected: {}", e.kind)
                } else {
                    kinds
                }
            }
            (Some((kinds, with, all)), None) => {
                format!("{}; extra, in {with} of {all} files", kinds.join(" and "))
            }
            (None, None) => String::new(),
        };
        let room = columns.saturating_sub(30);
        Line::from(vec![
            span("  ", theme.text()),
            mark_span(look, mark, 10),
            span(pad(name, 17), theme.text()),
            span(" ", theme.text()),
            span(fit(&text, room), theme.text()),
        ])
    }

    fn group(&self, index: usize, columns: usize) -> Line<'static> {
        let theme = self.0.theme;
        let Some((found, group)) = self.found().and_then(|d| Some((d, d.schema_groups.get(index)?))) else {
            return Line::default();
        };
        let all: u64 = found
            .schema_groups
            .iter()
            .map(|g| g.files)
            .fold(0, u64::saturating_add);
        let files = format!(
            "{} of {}",
            pad_left(&words::count(group.files), words::count(all).len()),
            words::counted(all, "files")
        );
        let first = found.schema_groups.iter().map(|g| &g.first_key).min();
        let gives = if first == Some(&group.first_key) {
            "  Spark takes the schema from here"
        } else {
            ""
        };
        let differs = match found.schema_groups.first() {
            Some(largest) if index > 0 => {
                let names = differing(&largest.columns, &group.columns);
                format!("  differs in {}", names.join(", "))
            }
            _ => String::new(),
        };
        let text = format!("{files}{gives}{differs}");
        let room = columns.saturating_sub(2);
        let text = fit(&text, room);
        let left = room.saturating_sub(width(&text) + 2);
        let key = if left > 12 {
            fit_middle(&group.first_key, left)
        } else {
            String::new()
        };
        Line::from(vec![
            span("  ", theme.text()),
            span(text, theme.text()),
            span("  ", theme.text()),
            span(key, theme.dim()),
        ])
    }
}

/// A column's types in the order in which groups have them, in how many files it is, and how many files there are.
pub fn types(found: &DatasetReport, name: &str) -> (Vec<String>, u64, u64) {
    let mut kinds: Vec<String> = Vec::new();
    let (mut with, mut all) = (0u64, 0u64);
    for group in &found.schema_groups {
        all = all.saturating_add(group.files);
        let Some(column) = group.columns.iter().find(|c| c.name == name) else {
            continue;
        };
        with = with.saturating_add(group.files);
        let kind = kind(column);
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    (kinds, with, all)
}

/// `INT64 TIMESTAMP(MICROS,UTC)`
pub fn kind(column: &ColumnReport) -> String {
    match (column.physical.as_str(), column.logical.as_str()) {
        (physical, "") => physical.to_owned(),
        ("", logical) => logical.to_owned(),
        (physical, logical) => format!("{physical} {logical}"),
    }
}

/// The names of columns that two groups do not share as they are.
pub fn differing(a: &[ColumnReport], b: &[ColumnReport]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (these, those) in [(a, b), (b, a)] {
        for column in these {
            if !those.contains(column) && !names.contains(&column.name) && names.len() < 20 {
                names.push(column.name.clone());
            }
        }
    }
    if names.is_empty() {
        names.push("the order of columns".into());
    }
    names
}
