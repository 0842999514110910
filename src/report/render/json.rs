//! The report as JSON, and a survey's events as lines of JSON.

use serde::Serialize;

use crate::report::{event::SurveyEvent, model::Report};

/// The report, indented, with a line end.
pub fn json(report: &Report) -> String {
    line(serde_json::to_string_pretty(report))
}

/// An event as one line, with a line end.
pub fn event(event: &SurveyEvent) -> String {
    line(serde_json::to_string(event))
}

/// The last line of `jsonl`: the whole report.
pub fn last(report: &Report) -> String {
    #[derive(Serialize)]
    struct Last<'a> {
        event: &'static str,
        report: &'a Report,
    }
    line(serde_json::to_string(&Last {
        event: "report",
        report,
    }))
}

/// A value as indented JSON, with a line end.
pub fn pretty(value: &impl Serialize) -> String {
    line(serde_json::to_string_pretty(value))
}

/// Reports hold no maps with keys that JSON can't have and no failing serializers, so there is always a text.
fn line(text: serde_json::Result<String>) -> String {
    let mut text = text.unwrap_or_else(|_| "null".to_owned());
    text.push('\n');
    text
}
