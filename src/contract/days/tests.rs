//! Every rule planted and nearly planted; every state of a day is in `states`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod states;

use std::sync::Arc;

use jiff::Timestamp;

use super::*;
use crate::{
    calendar::PstDay,
    contract::{Context, SignalVia},
    rule::{Code, Found, Judged, Outcome, Severity, Subject, Unit},
};

/// Tuesday evening in PST, Wednesday in UTC: today is 23 June.
const NOW: &str = "2026-06-23T21:14:00-08:00";

fn day(text: &str) -> PstDay {
    PstDay::parse(text).unwrap()
}

/// A day of June 2026.
fn june(n: i8) -> PstDay {
    PstDay::from_ymd(2026, 6, n).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn ctx() -> Context {
    Context::at(at(NOW))
}

fn data(rows: u64, files: &[(&str, &str)]) -> DayData {
    DayData {
        rows,
        rows_checked: rows,
        metric_names: None,
        metric_names_at_least: false,
        first: None,
        last: None,
        files: files
            .iter()
            .map(|(key, modified)| DataFile {
                key: Arc::from(*key),
                modified: Some(at(modified)),
            })
            .collect(),
    }
}

/// A dataset with one file for each day, landed at 11:05 UTC of the next day.
fn dataset(folder: &str, days: impl IntoIterator<Item = PstDay>) -> DatasetDays {
    let mut dataset = DatasetDays::default();
    for day in days {
        let key = format!("{folder}/{day}/part-0.parquet");
        let landed = format!("{}T11:05:00Z", day.plus(1).unwrap());
        dataset.days.insert(day, data(100, &[(&key, &landed)]));
        dataset.objects += 1;
        dataset.files += 1;
    }
    dataset
}

fn signal(modified: &str, days: &[PstDay]) -> SignalFile {
    let dates = days.iter().enumerate().map(|(row, day)| SignalDate {
        day: *day,
        rows: 1,
        first_row: row as u64,
    });
    SignalFile {
        key: Arc::from(format!("signals/{modified}.parquet")),
        modified: Some(at(modified)),
        rows_read: days.len() as u64,
        null_rows: 0,
        dates: dates.collect(),
    }
}

fn signals(files: Vec<SignalFile>) -> SignalsEvidence {
    SignalsEvidence {
        objects: files.len() as u64,
        rows: files.iter().map(|f| f.rows_read).sum(),
        files,
        ..SignalsEvidence::default()
    }
}

/// 1 to 22 June in both datasets; each day to 20 June signalled at noon UTC of the next day, by a file of its own.
fn healthy() -> Evidence {
    Evidence {
        events: dataset("events", june(1).through(june(22))),
        metrics: dataset("metrics", june(1).through(june(22))),
        signals: signals(
            june(1)
                .through(june(20))
                .map(|day| signal(&format!("{}T12:00:00Z", day.plus(1).unwrap()), &[day]))
                .collect(),
        ),
        ..Evidence::default()
    }
}

fn outcome(ctx: &Context, evidence: &Evidence, code: &str) -> Outcome {
    let found: Vec<Outcome> = judge(ctx, evidence)
        .into_iter()
        .filter(|o| o.code == Code::new(code))
        .collect();
    assert_eq!(found.len(), 1, "{code} must be judged once");
    assert_eq!(found[0].subject, Subject::Calendar);
    found[0].clone()
}

fn judged(evidence: &Evidence, code: &str) -> Judged {
    match outcome(&ctx(), evidence, code).found {
        Found::Judged(judged) => judged,
        other => panic!("{code}: {other:?}"),
    }
}

fn count(evidence: &Evidence, code: &str) -> u64 {
    let judged = judged(evidence, code);
    assert!(
        judged.checked > 0 && judged.count <= judged.checked.max(judged.of),
        "{code}: {judged:?}"
    );
    if code != "G701" {
        assert_eq!(judged.count > 0, !judged.samples.is_empty(), "{code}");
    }
    judged.count
}

/// What keeps a rule from being judged: the rule that explains it, or `None` for unknown.
fn kept_by(ctx: &Context, evidence: &Evidence, code: &str) -> Option<String> {
    match outcome(ctx, evidence, code).found {
        Found::Skipped { blocked_by, .. } => Some(blocked_by.expect("a skip is explained").to_string()),
        Found::Unknown { cause, .. } => {
            assert!(!cause.is_empty());
            None
        }
        Found::Judged(judged) => panic!("{code} was judged: {judged:?}"),
    }
}

const CODES: [&str; 9] = [
    "G701", "G704", "G705", "G706", "G707", "G708", "G709", "G710", "G711",
];

#[test]
fn a_healthy_bucket_has_no_finding_but_two_days_that_wait() {
    for code in CODES {
        let expected = if code == "G708" { 2 } else { 0 };
        assert_eq!(count(&healthy(), code), expected, "{code}");
    }
    assert_eq!(
        judged(&healthy(), "G708").severity,
        None,
        "two days are no warning"
    );
}

#[test]
fn g701_wants_one_way_of_signalling() {
    let mut none = healthy();
    none.signals = SignalsEvidence::default();
    assert_eq!(count(&none, "G701"), 1);
    assert_eq!(judged(&none, "G701").severity, None);
    let mut only_a_marker = none.clone();
    only_a_marker.signals.objects = 1;
    assert_eq!(count(&only_a_marker, "G701"), 1);

    let mut api = ctx();
    api.signal_via = Some(SignalVia::Api);
    let both = outcome(&api, &healthy(), "G701");
    assert!(matches!(&both.found, Found::Judged(j) if j.count == 1 && j.severity == Some(Severity::Warn)));
    let one = outcome(&api, &none, "G701");
    assert!(matches!(&one.found, Found::Judged(j) if j.count == 0 && j.checked == 1));
    // Days that the API marked can't be read back.
    for code in ["G704", "G705", "G706", "G707", "G708", "G709", "G711"] {
        assert_eq!(kept_by(&api, &none, code).as_deref(), Some("G701"), "{code}");
    }
    assert!(matches!(outcome(&api, &none, "G710").found, Found::Judged(j) if j.count == 0));
}

#[test]
fn g704_counts_rows_after_today_in_pst_and_not_after_today_in_utc() {
    let mut evidence = healthy();
    // In UTC it is the 24th already; in PST today is the 23rd.
    evidence
        .signals
        .files
        .push(signal("2026-06-24T05:00:00Z", &[june(23)]));
    assert_eq!(count(&evidence, "G704"), 0);
    let mut typo = signal("2026-06-24T05:00:00Z", &[june(24), day("2062-06-22")]);
    typo.dates[1].rows = 3;
    typo.rows_read = 4;
    evidence.signals.files.push(typo);
    assert_eq!(count(&evidence, "G704"), 4);
    let found = judged(&evidence, "G704");
    assert_eq!(found.samples[1].value.as_deref(), Some("2062-06-22"));
    assert_eq!(found.samples[1].row, Some(1));
    assert!(found.cause.unwrap().contains("2062-06-22"));
}

#[test]
fn g705_looks_at_the_second_in_which_the_pst_day_ends() {
    for (modified, early) in [
        ("2026-06-21T07:59:59.999Z", 1),
        ("2026-06-21T08:00:00Z", 0),
        ("2026-06-20T12:00:00Z", 1),
        ("2026-06-22T00:00:00Z", 0),
    ] {
        let mut evidence = healthy();
        evidence.signals = signals(vec![signal(modified, &[june(18), june(19), june(20)])]);
        assert_eq!(count(&evidence, "G705"), early, "{modified}");
    }
    // The same growing file written a day too soon: both of its last days were not over.
    let mut evidence = healthy();
    evidence.signals = signals(vec![signal(
        "2026-06-20T07:00:00Z",
        &[june(18), june(19), june(20)],
    )]);
    assert_eq!(count(&evidence, "G705"), 2);
    // A future date was signalled early as well.
    evidence.signals = signals(vec![signal("2026-06-24T05:00:00Z", &[day("2062-06-22")])]);
    assert_eq!((count(&evidence, "G704"), count(&evidence, "G705")), (1, 1));
}

#[test]
fn g705_does_not_pass_on_files_whose_time_nobody_knows() {
    let mut evidence = healthy();
    evidence.signals.files[3].modified = None;
    let found = judged(&evidence, "G705");
    assert_eq!((found.count, found.checked, found.of), (0, 19, 20));
}

#[test]
fn g706_counts_days_between_the_first_data_day_and_the_last_signal() {
    let mut evidence = healthy();
    for n in [5, 6, 21] {
        evidence.events.days.remove(&june(n));
    }
    assert_eq!(count(&evidence, "G706"), 0, "metrics alone make a data day");
    for n in [5, 6, 21] {
        evidence.metrics.days.remove(&june(n));
    }
    // The 21st is not closed, the last signal being the 20th.
    assert_eq!(count(&evidence, "G706"), 2);
    let first = evidence.signals.files[0].clone();
    let before = SignalFile {
        dates: vec![SignalDate {
            day: day("2026-05-01"),
            ..first.dates[0]
        }],
        ..first
    };
    evidence.signals.files.push(before);
    assert_eq!(
        count(&evidence, "G706"),
        2,
        "days before the first data day are no gaps"
    );
    // A far-off date closes the 21st and today, but nothing after today.
    evidence
        .signals
        .files
        .push(signal("2026-06-24T05:00:00Z", &[day("2062-06-22")]));
    assert_eq!(count(&evidence, "G706"), 4);
    let found = judged(&evidence, "G706");
    assert_eq!(found.samples[0].value.as_deref(), Some("2026-06-05"));
    assert_eq!((found.checked, found.of), (23, 23));
}

#[test]
fn g707_compares_with_the_earliest_signal_of_that_or_a_later_date() {
    let key = "events/2026-06-10/late.parquet";
    let late = |modified: &str| {
        let mut evidence = healthy();
        evidence
            .events
            .days
            .get_mut(&june(10))
            .unwrap()
            .files
            .push(DataFile {
                key: key.into(),
                modified: Some(at(modified)),
            });
        evidence
    };
    // The 10th's own signal was written on the 11th at noon.
    assert_eq!(
        count(&late("2026-06-11T12:00:00Z"), "G707"),
        0,
        "not newer than the signal"
    );
    assert_eq!(count(&late("2026-06-11T12:00:00.001Z"), "G707"), 1);
    assert_eq!(judged(&late("2026-06-15T00:00:00Z"), "G707").samples[0].key, key);

    // A signal of a later date that was written first has closed the day before its own signal.
    let mut evidence = late("2026-06-11T11:30:00Z");
    assert_eq!(count(&evidence, "G707"), 0);
    evidence
        .signals
        .files
        .push(signal("2026-06-11T11:00:00Z", &[june(11)]));
    assert_eq!(
        count(&evidence, "G707"),
        // The late file, the 10th's own two at 11:05, the 11th's two and no other day's.
        5
    );

    // One growing file, rewritten each day, is as new as its last writing.
    let mut evidence = late("2026-06-15T00:00:00Z");
    let all: Vec<PstDay> = june(1).through(june(20)).collect();
    evidence.signals = signals(vec![signal("2026-06-21T12:00:00Z", &all)]);
    assert_eq!(count(&evidence, "G707"), 0);
}

#[test]
fn g707_counts_an_object_once_however_many_days_it_holds() {
    let mut evidence = healthy();
    for n in [8, 9, 10, 21] {
        evidence
            .events
            .days
            .get_mut(&june(n))
            .unwrap()
            .files
            .push(DataFile {
                key: "events/all.parquet".into(),
                modified: Some(at("2026-06-15T00:00:00Z")),
            });
    }
    assert_eq!(count(&evidence, "G707"), 1);
    let found = judged(&evidence, "G707");
    assert_eq!((found.checked, found.of), (41, 41));
    // Days after the last signal are open: data may come.
    let mut open = healthy();
    open.events.days.get_mut(&june(21)).unwrap().files[0].modified = Some(at("2026-06-23T23:00:00Z"));
    assert_eq!(count(&open, "G707"), 0);
    let mut timeless = healthy();
    timeless.events.days.get_mut(&june(5)).unwrap().files[0].modified = None;
    let found = judged(&timeless, "G707");
    assert_eq!((found.count, found.checked, found.of), (0, 39, 40));
}

#[test]
fn g708_warns_of_more_than_two_days_and_leaves_today_alone() {
    let mut evidence = healthy();
    evidence.events.days.insert(june(23), data(5, &[]));
    assert_eq!(count(&evidence, "G708"), 2, "today is not over");
    evidence.signals.files.pop();
    assert_eq!(count(&evidence, "G708"), 3);
    assert_eq!(judged(&evidence, "G708").severity, Some(Severity::Warn));
    let mut none = healthy();
    none.signals = SignalsEvidence::default();
    assert_eq!(count(&none, "G708"), 22);
    let mut all = healthy();
    all.signals
        .files
        .push(signal("2026-06-23T12:00:00Z", &[june(22)]));
    assert_eq!(count(&all, "G708"), 0);
}

#[test]
fn g709_begins_at_the_twenty_ninth_day() {
    for (first, old) in [
        ("2026-05-26", 0),
        ("2026-05-25", 1),
        ("2020-01-01", 1),
        ("2026-07-01", 0),
    ] {
        let mut evidence = healthy();
        evidence.signals = signals(vec![signal(
            "2026-06-21T12:00:00Z",
            &[day(first), day("2026-07-01")],
        )]);
        assert_eq!(count(&evidence, "G709"), old, "{first}");
    }
}

#[test]
fn g710_compares_only_datasets_that_are_both_in_use() {
    let mut evidence = healthy();
    evidence.metrics.days.remove(&june(9));
    evidence.events.days.remove(&june(22));
    assert_eq!(count(&evidence, "G710"), 2);
    assert!(
        judged(&evidence, "G710").samples[0]
            .value
            .as_ref()
            .unwrap()
            .contains("metrics/")
    );
    evidence.metrics = DatasetDays::default();
    assert_eq!(kept_by(&ctx(), &evidence, "G710").as_deref(), Some("L301"));
    // A day that neither has is a gap, not half a day.
    let mut neither = healthy();
    neither.metrics.days.remove(&june(9));
    neither.events.days.remove(&june(9));
    assert_eq!((count(&neither, "G710"), count(&neither, "G706")), (0, 1));
}

fn finding(code: &str, severity: Severity, unit: Unit) -> DayFinding {
    DayFinding {
        code: Code::new(code),
        severity,
        unit,
        count: 2,
    }
}

#[test]
fn g711_counts_signalled_days_with_rows_that_fail() {
    let mut evidence = healthy();
    let rows = |severity| vec![finding("E511", severity, Unit::Rows)];
    evidence.findings.insert(june(4), rows(Severity::Warn));
    evidence
        .findings
        .insert(june(5), vec![finding("S404", Severity::Fail, Unit::Files)]);
    evidence.findings.insert(june(21), rows(Severity::Fail));
    assert_eq!(
        count(&evidence, "G711"),
        0,
        "a warning, a file, a day not signalled"
    );
    evidence.findings.insert(june(6), rows(Severity::Fail));
    evidence.findings.insert(june(20), rows(Severity::Fail));
    assert_eq!(count(&evidence, "G711"), 2);
    assert_eq!(
        judged(&evidence, "G711").samples[0].value.as_deref(),
        Some("2026-06-06: E511 2 rows")
    );
}

#[test]
fn g711_on_a_sample_says_of_how_many_days_rows_were_read() {
    let mut evidence = healthy();
    for dataset in [&mut evidence.events, &mut evidence.metrics] {
        for (day, data) in &mut dataset.days {
            data.rows_checked = if *day < june(10) { 10 } else { 0 };
        }
    }
    let found = judged(&evidence, "G711");
    assert_eq!((found.count, found.checked, found.of), (0, 9, 9));
    assert!(found.cause.unwrap().contains("9 of 20 signalled days"));
    for dataset in [&mut evidence.events, &mut evidence.metrics] {
        dataset.days.values_mut().for_each(|data| data.rows_checked = 0);
    }
    assert_eq!(judged(&evidence, "G711").checked, 0, "no evidence, no pass");
}

#[test]
fn days_over_400_days_ago_are_no_days_of_the_calendar() {
    let mut evidence = healthy();
    let (old, edge) = (day("2025-05-18"), day("2025-05-19"));
    assert_eq!(june(23).epoch_day() - edge.epoch_day(), 400);
    evidence
        .events
        .days
        .insert(old, data(9, &[("events/old.parquet", "2026-06-22T00:00:00Z")]));
    assert_eq!(
        (
            count(&evidence, "G706"),
            count(&evidence, "G707"),
            count(&evidence, "G710")
        ),
        (0, 0, 0)
    );
    assert_eq!(calendar(&ctx(), &evidence).days[0].day, "2026-06-01");
    evidence
        .events
        .days
        .insert(edge, data(9, &[("events/edge.parquet", "2026-06-22T00:00:00Z")]));
    assert_eq!(count(&evidence, "G707"), 1);
    assert_eq!(count(&evidence, "G710"), 1);
    let between = june(1).epoch_day() - edge.epoch_day() - 1;
    assert_eq!(count(&evidence, "G706"), u64::try_from(between).unwrap());
    assert_eq!(calendar(&ctx(), &evidence).days[0].day, "2025-05-19");
}

/// Nothing that could not be seen may pass: every rule, on every way of not seeing.
#[test]
fn nothing_passes_on_what_could_not_be_seen() {
    let refused = || Some("listing was refused".to_owned());
    let mut empty = Evidence::default();
    let nothing_read = |e: &mut Evidence| {
        e.events.unknown = refused();
        e.metrics.unknown = refused();
        e.signals.unknown = refused();
    };
    for code in CODES {
        if code != "G701" {
            assert_eq!(
                kept_by(&ctx(), &empty, code).as_deref(),
                Some("L301"),
                "{code} on an empty bucket"
            );
        }
    }
    assert_eq!(count(&empty, "G701"), 1);
    nothing_read(&mut empty);
    for code in CODES {
        assert_eq!(
            kept_by(&ctx(), &empty, code),
            None,
            "{code} on a bucket that refuses"
        );
        let mut api = ctx();
        api.signal_via = Some(SignalVia::Api);
        assert_eq!(
            kept_by(&api, &empty, code),
            None,
            "{code} on a bucket that refuses"
        );
    }
    let mut part = healthy();
    nothing_read(&mut part);
    for code in CODES {
        match outcome(&ctx(), &part, code).found {
            Found::Judged(judged) => assert!(judged.count > 0 || code == "G701", "{code} passed on a part"),
            Found::Unknown { .. } => {}
            Found::Skipped { .. } => panic!("{code} was skipped"),
        }
    }
    // What was found stays found.
    part.signals
        .files
        .push(signal("2026-06-24T05:00:00Z", &[day("2062-06-22")]));
    part.findings
        .insert(june(3), vec![finding("E540", Severity::Fail, Unit::Rows)]);
    part.events.days.get_mut(&june(3)).unwrap().files[0].modified = Some(at("2026-06-22T05:00:00Z"));
    for (code, expected) in [("G704", 1), ("G705", 1), ("G707", 1), ("G711", 1)] {
        assert_eq!(count(&part, code), expected, "{code}");
    }
}

#[test]
fn a_skip_names_what_explains_it() {
    let with = |signals: SignalsEvidence| Evidence { signals, ..healthy() };
    let file = |rows: u64, null: u64| SignalFile {
        rows_read: rows,
        null_rows: null,
        ..signal("2026-06-21T12:00:00Z", &[])
    };
    let cases = [
        (signals(vec![file(0, 0)]), "S411"),
        (signals(vec![file(2, 2)]), "G702"),
        (signals(vec![file(2, 1)]), "G703"),
        (
            SignalsEvidence {
                rows: 7,
                blocked_by: Some(Code::new("S404")),
                ..signals(vec![file(0, 0)])
            },
            "S404",
        ),
    ];
    for (signals, by) in cases {
        let evidence = with(signals);
        for code in ["G706", "G707", "G709", "G711"] {
            assert_eq!(kept_by(&ctx(), &evidence, code).as_deref(), Some(by), "{code}");
        }
        assert_eq!(count(&evidence, "G701"), 0);
    }
    // Rows that say nothing are still rows that were read.
    let null = with(signals(vec![file(2, 2)]));
    assert_eq!((count(&null, "G704"), count(&null, "G705")), (0, 0));
}

#[test]
fn a_hundred_thousand_objects_are_judged() {
    // Anything quadratic makes itself felt here by minutes.
    let mut evidence = healthy();
    for n in 0..100_000u32 {
        let day = june(i8::try_from(n % 22).unwrap() + 1);
        evidence.events.days.get_mut(&day).unwrap().files.push(DataFile {
            key: format!("events/{day}/part-{n}.parquet").into(),
            modified: Some(at("2026-06-22T00:00:00Z")),
        });
    }
    let late = count(&evidence, "G707");
    let _ = calendar(&ctx(), &evidence);
    assert_eq!(
        late,
        u64::from((0..100_000u32).map(|n| u32::from(n % 22 < 20)).sum::<u32>())
    );
}
