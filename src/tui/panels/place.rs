//! Folders, columns, groups of files.

use crate::{
    calendar::PstDay,
    rule::Dataset,
    tui::{
        frame::Look,
        screens::{
            data::{differing, kind, types},
            layout::spark_words,
        },
        widgets::{
            Paragraph, fit, span,
            text::{fit_middle, pad},
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
