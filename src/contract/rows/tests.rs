//! Rows that break a rule, and rows that nearly do.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringViewArray};
use jiff::Timestamp;

use super::*;
use crate::calendar::PstDay;
use crate::contract::Context;
use crate::rule::{Dataset, Found, Judged, Outcome};

mod cells;
mod cross;
mod decoded;
mod events;
mod metrics;
mod scopes;
mod splits;

/// Wednesday evening in PST, and already Thursday in UTC.
const NOW: &str = "2022-06-22T21:14:00-08:00";

fn context() -> Context {
    Context {
        id_types: vec!["company_id".to_owned()],
        ..Context::at(NOW.parse::<Timestamp>().unwrap())
    }
}

fn day(text: &str) -> PstDay {
    PstDay::parse(text).unwrap()
}

fn second(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_second()
}

/// Readings in which every column is read as it comes.
fn readings(dataset: Dataset) -> Vec<(Column, Reading)> {
    Column::of(dataset)
        .iter()
        .enumerate()
        .map(|(leaf, column)| (*column, Reading::plain(leaf)))
        .collect()
}

fn plan(dataset: Dataset, key: &str, folder: Option<&str>) -> FilePlan {
    FilePlan::new(dataset, Arc::from(key), folder.map(day), &readings(dataset))
}

fn texts<'a>(values: impl IntoIterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(values.into_iter().collect::<StringViewArray>())
}

/// One event. The default breaks no rule.
#[derive(Clone, Debug)]
struct Event {
    timestamp: Option<i64>,
    name: Option<String>,
    value: Option<String>,
    metadata: Option<String>,
    user: Option<String>,
    timeuuid: Option<String>,
}

impl Default for Event {
    fn default() -> Self {
        Self {
            timestamp: Some(second("2022-06-22T12:00:00Z")),
            name: Some("add_to_cart".to_owned()),
            value: Some("12.5".to_owned()),
            metadata: Some(r#"{"sku":"a-1"}"#.to_owned()),
            user: Some(r#"{"userID":"u1","customIDs":{"stableID":"s1"},"custom":{}}"#.to_owned()),
            timeuuid: Some("0b0dcb2c-f1f4-11ec-8ea0-0242ac120002".to_owned()),
        }
    }
}

fn events(rows: &[Event]) -> RecordBatch {
    let text = |get: fn(&Event) -> &Option<String>| texts(rows.iter().map(|row| get(row).as_deref()));
    let timestamps: Int64Array = rows.iter().map(|row| row.timestamp).collect();
    RecordBatch::try_from_iter([
        ("timestamp", Arc::new(timestamps) as ArrayRef),
        ("event_name", text(|e| &e.name)),
        ("event_value", text(|e| &e.value)),
        ("event_metadata", text(|e| &e.metadata)),
        ("user", text(|e| &e.user)),
        ("timeuuid", text(|e| &e.timeuuid)),
    ])
    .unwrap()
}

/// One row of metrics. The default breaks no rule.
#[derive(Clone, Debug)]
struct Metric {
    unit_id: Option<String>,
    id_type: Option<String>,
    date: Option<String>,
    name: Option<String>,
    value: Option<f64>,
    numerator: Option<f64>,
    denominator: Option<f64>,
}

impl Default for Metric {
    fn default() -> Self {
        Self {
            unit_id: Some("u1".to_owned()),
            id_type: Some("user_id".to_owned()),
            date: Some("2022-06-22".to_owned()),
            name: Some("revenue".to_owned()),
            value: Some(1.5),
            numerator: None,
            denominator: None,
        }
    }
}

fn metrics(rows: &[Metric]) -> RecordBatch {
    let text = |get: fn(&Metric) -> &Option<String>| texts(rows.iter().map(|row| get(row).as_deref()));
    let number = |get: fn(&Metric) -> Option<f64>| {
        Arc::new(rows.iter().map(get).collect::<Float64Array>()) as ArrayRef
    };
    RecordBatch::try_from_iter([
        ("unit_id", text(|m| &m.unit_id)),
        ("id_type", text(|m| &m.id_type)),
        ("date", text(|m| &m.date)),
        ("metric_name", text(|m| &m.name)),
        ("metric_value", number(|m| m.value)),
        ("numerator", number(|m| m.numerator)),
        ("denominator", number(|m| m.denominator)),
    ])
    .unwrap()
}

/// A tally of files, each a plan with its one batch, all rows read.
fn tally(dataset: Dataset, files: &[(FilePlan, RecordBatch)]) -> (Tally, Scope) {
    let mut tally = Tally::new(&context(), dataset);
    let mut scope = Scope::new(dataset, false);
    let mut before = 0;
    for (plan, batch) in files {
        let plan = plan.clone().after(before);
        scope.file(&plan, batch.num_rows() as u64);
        before += batch.num_rows() as u64;
        tally.file(&plan);
        tally.check(batch, 0).unwrap();
    }
    (tally, scope)
}

fn judged(outcome: &Outcome) -> Option<&Judged> {
    match &outcome.found {
        Found::Judged(judged) => Some(judged),
        _ => None,
    }
}

fn of_code<'a>(outcomes: &'a [Outcome], code: &str) -> &'a Outcome {
    outcomes.iter().find(|o| o.code.as_str() == code).unwrap()
}

/// Counts above zero by code, of rules that were judged.
fn counts(outcomes: &[Outcome]) -> BTreeMap<String, u64> {
    outcomes
        .iter()
        .filter_map(|outcome| Some((outcome.code.to_string(), judged(outcome)?.count)))
        .filter(|(_, count)| *count > 0)
        .collect()
}

/// What is found in one file of one batch.
fn found(dataset: Dataset, folder: Option<&str>, batch: &RecordBatch) -> BTreeMap<String, u64> {
    let plan = plan(dataset, "file", folder);
    let (mut tally, scope) = tally(dataset, &[(plan, batch.clone())]);
    let outcomes = tally.outcomes(&scope);
    for outcome in &outcomes {
        // M631 counts metrics, and is unknown where no row names one or has a date.
        let of_metrics = outcome.code.as_str() == "M631";
        let Some(judged) = judged(outcome) else {
            assert!(of_metrics, "{outcome:?}");
            continue;
        };
        if !of_metrics {
            assert_eq!(judged.checked, batch.num_rows() as u64);
            assert_eq!(judged.of, batch.num_rows() as u64);
        }
        assert!(judged.count == 0 || !judged.samples.is_empty(), "{outcome:?}");
    }
    counts(&outcomes)
}

/// Codes found once each.
fn once(codes: &[&str]) -> BTreeMap<String, u64> {
    codes.iter().map(|code| ((*code).to_owned(), 1)).collect()
}
