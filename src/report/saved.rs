//! A report read back from a file: what `check --output json` or `--output jsonl` wrote.

use thiserror::Error;

use super::{
    event::SurveyEvent,
    model::{Report, SCHEMA_VERSION},
};

/// Why a text is not a report that this version can open.
#[derive(Debug, Error)]
pub enum Unreadable {
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// JSON that stops in the middle.
    #[error("the report ends in the middle, at line {line}: the file was cut short")]
    CutShort {
        /// The last line, from 1.
        line: usize,
    },
    /// Not JSON at all.
    #[error("this is not JSON: {0}")]
    NotJson(String),
    /// JSON of something else.
    #[error("this is JSON, but not a report of bucket-ready: it has no `schema_version`")]
    NotReport,
    /// A report in a shape that this version does not know.
    #[error(
        "the report has schema version {found:?}, and this version of bucket-ready reads {SCHEMA_VERSION:?}: update bucket-ready to open it"
    )]
    NewerVersion {
        /// Its version.
        found: String,
    },
    /// A report with something in it that does not fit.
    #[error("the report can't be read: {why}{}", written_by(.by))]
    Malformed {
        /// What does not fit, and where.
        why: String,
        /// The version that wrote it, where it says so.
        by: Option<String>,
    },
}

fn written_by(version: &Option<String>) -> String {
    match version {
        Some(version) if version != env!("CARGO_PKG_VERSION") => format!(
            " (written by bucket-ready {version}, this is {})",
            env!("CARGO_PKG_VERSION")
        ),
        _ => String::new(),
    }
}

impl Report {
    /// Reads a report from JSON, or from the lines of `--output jsonl`. Fields that this version does not know are
    /// ignored; text in it is escaped, since a report comes from outside.
    ///
    /// # Errors
    /// [`Unreadable`] says what the text is instead, in words for the person who opened it.
    pub fn from_json(text: &str) -> Result<Self, Unreadable> {
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            return Err(Unreadable::Empty);
        }
        let mut documents = serde_json::Deserializer::from_str(text).into_iter::<serde_json::Value>();
        let first = match documents.next() {
            Some(Ok(first)) => first,
            Some(Err(error)) => return Err(syntax(&error)),
            None => return Err(Unreadable::Empty),
        };
        let mut report = if first.get("event").is_some() {
            from_events(text)?
        } else {
            match documents.next() {
                None => from_value(first)?,
                Some(Err(error)) => return Err(syntax(&error)),
                Some(Ok(_)) => return Err(Unreadable::NotJson("there is more after its end".into())),
            }
        };
        report.clean();
        Ok(report)
    }
}

fn syntax(error: &serde_json::Error) -> Unreadable {
    if error.is_eof() {
        Unreadable::CutShort { line: error.line() }
    } else {
        Unreadable::NotJson(error.to_string())
    }
}

fn from_value(value: serde_json::Value) -> Result<Report, Unreadable> {
    let version = match value.get("schema_version") {
        Some(serde_json::Value::String(version)) => version.clone(),
        Some(other) => other.to_string(),
        None => return Err(Unreadable::NotReport),
    };
    if version != SCHEMA_VERSION {
        return Err(Unreadable::NewerVersion { found: version });
    }
    let by = value
        .pointer("/tool/version")
        .and_then(|v| v.as_str())
        .map(str::to_owned);
    serde_json::from_value(value).map_err(|error| Unreadable::Malformed {
        why: error.to_string(),
        by,
    })
}

/// A report from the lines of `--output jsonl`: the last line's, or, of a run that was cut off, the fold of its events.
fn from_events(text: &str) -> Result<Report, Unreadable> {
    let mut report = Report::default();
    let mut finished = false;
    for (number, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        let value: serde_json::Value = match serde_json::from_str(line) {
            Ok(value) => value,
            // The last line of a file that was cut off.
            Err(error) if error.is_eof() && number > 0 => break,
            Err(error) => return Err(syntax(&error)),
        };
        match value.get("event").and_then(|event| event.as_str()) {
            Some("report") => {
                let report = value.get("report").cloned().ok_or(Unreadable::NotReport)?;
                return from_value(report);
            }
            // Events of a newer version are ignored, like fields.
            Some(_) => {
                if let Ok(event) = serde_json::from_value::<SurveyEvent>(value) {
                    finished |= matches!(event, SurveyEvent::Finished { .. });
                    report.apply(&event);
                }
            }
            None => return Err(Unreadable::NotReport),
        }
    }
    if report.schema_version.is_empty() {
        return Err(Unreadable::NotReport);
    }
    if !finished {
        report.apply(&SurveyEvent::Finished {
            complete: false,
            usage: report.usage,
        });
    }
    Ok(report)
}
