//! The commands, one file each.

pub mod calendar;
pub mod check;
pub mod convert;
pub mod demo;
pub mod grant;
pub mod open;
pub mod rules;
pub mod screen;
pub mod shell;
pub mod signal;
pub mod wizard;

use std::{
    fs,
    io::{self, Read},
    path::Path,
};

use super::{
    args::Format,
    failure::Failure,
    output::{Console, OutFile},
};
use crate::report::{
    Report, escape,
    render::{Style, json, short, text},
};

/// A report larger than this is no report: it holds no rows.
const MAX_REPORT: u64 = 512 << 20;

/// Reads a saved report; `-` is standard input.
pub(super) fn read_report(path: &Path) -> Result<Report, Failure> {
    let shown = escape(&path.to_string_lossy()).into_owned();
    let failed = |error: io::Error| {
        let failure = Failure::cannot(format!("the report {shown} can't be read: {error}"));
        match error.kind() {
            io::ErrorKind::NotFound => failure
                .hint("a report is saved with `bucket-ready check TARGET --output json --out report.json`"),
            _ => failure,
        }
    };
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        io::stdin()
            .lock()
            .take(MAX_REPORT)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
    } else {
        if fs::metadata(path).map_err(failed)?.is_dir() {
            return Err(failed(io::Error::other("it is a folder")));
        }
        fs::File::open(path)
            .and_then(|file| file.take(MAX_REPORT).read_to_end(&mut bytes))
            .map_err(failed)?;
    }
    let text = String::from_utf8_lossy(&bytes);
    Report::from_json(&text).map_err(|why| {
        Failure::cannot(format!("the report {shown} can't be opened: {why}"))
            .hint("a report is saved with `bucket-ready check TARGET --output json --out report.json`")
    })
}

/// A report in a form.
fn render(report: &Report, format: Format, style: Style) -> String {
    match format {
        Format::Text => text::text(report, style),
        Format::Short => short::short(report),
        Format::Json => json::json(report),
        Format::Jsonl => json::last(report),
    }
}

/// Writes a finished result to `--out`, or to stdout.
fn deliver(out: Option<OutFile>, console: &Console, make: impl Fn(Style) -> String) -> Result<(), Failure> {
    match out {
        Some(mut file) => {
            let shown = file.shown();
            file.write(&make(console.file_style()))?;
            file.finish()?;
            console.note(&format!("written to {shown}"));
        }
        None => {
            console.result(&make(console.stdout_style()))?;
        }
    }
    Ok(())
}
