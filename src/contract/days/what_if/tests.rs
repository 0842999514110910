//! The what-if against the practice account's model of ingestion, which was written separately, and its words.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{super::*, *};
use crate::{
    calendar::DayOffset,
    demo::ingest::Ingestion,
    rule::{Code, Severity, Unit},
};

/// 2026-06-23, the check's today.
const TODAY: i64 = 20_627;

fn day(epoch: i64) -> PstDay {
    PstDay::from_epoch_day(epoch).unwrap()
}

fn ctx(hours: i8) -> Context {
    let offset = DayOffset::from_hours(hours).unwrap();
    let noon = day(TODAY).start_second(offset) + 43_200;
    Context {
        offset,
        ..Context::at(Timestamp::from_second(noon).unwrap())
    }
}

fn dataset(rows: &BTreeMap<i64, u64>) -> DatasetDays {
    DatasetDays {
        objects: rows.len() as u64,
        files: rows.len() as u64,
        days: rows
            .iter()
            .map(|(d, rows)| {
                let data = DayData {
                    rows: *rows,
                    rows_checked: *rows,
                    ..DayData::default()
                };
                (day(*d), data)
            })
            .collect(),
        ..DatasetDays::default()
    }
}

fn evidence(events: &BTreeMap<i64, u64>, metrics: &BTreeMap<i64, u64>, finished: &[i64]) -> Evidence {
    let dates = finished.iter().map(|d| SignalDate {
        day: day(*d),
        rows: 1,
        first_row: 0,
    });
    let file = SignalFile {
        rows_read: finished.len() as u64,
        dates: dates.collect(),
        ..SignalFile::default()
    };
    Evidence {
        events: dataset(events),
        metrics: dataset(metrics),
        signals: SignalsEvidence {
            objects: 1,
            rows: file.rows_read,
            files: vec![file],
            ..SignalsEvidence::default()
        },
        ..Evidence::default()
    }
}

fn rows_by_day() -> impl Strategy<Value = BTreeMap<i64, u64>> {
    proptest::collection::btree_map(TODAY - 30..TODAY + 4, 1u64..9, 0..25)
}

/// What the model loads by a candidate, over what it had loaded before.
fn newly_loaded(
    bucket: &BTreeMap<i64, u64>,
    finished: &[i64],
    before: Option<i64>,
    more: &[i64],
    after: Option<i64>,
    hours: i64,
) -> BTreeMap<i64, u64> {
    let mut statsig = Ingestion::default();
    statsig.poll(bucket, finished, before, hours);
    let all: Vec<i64> = finished.iter().chain(more).copied().collect();
    statsig.poll(bucket, &all, after, hours)
}

fn both(events: &BTreeMap<i64, u64>, metrics: &BTreeMap<i64, u64>) -> BTreeMap<i64, u64> {
    let mut bucket = events.clone();
    for (day, rows) in metrics {
        *bucket.entry(*day).or_default() += rows;
    }
    bucket
}

/// The what-if's days as the model counts them; days without data before the first data day hold nothing to load.
fn said(found: &WhatIf, bucket: &BTreeMap<i64, u64>) -> BTreeMap<i64, u64> {
    let first = bucket.keys().next().copied().unwrap_or(i64::MAX);
    found
        .days
        .iter()
        .map(|d| (d.day.epoch_day(), d.rows.unwrap_or(0)))
        .filter(|(day, _)| *day >= first)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn a_signal_by_file_ingests_exactly_the_days_that_were_said(
        events in rows_by_day(), metrics in rows_by_day(),
        finished in proptest::collection::vec(TODAY - 40..TODAY + 6, 0..6),
        dates in proptest::collection::vec(TODAY - 40..TODAY + 10, 1..4),
    ) {
        let bucket = both(&events, &metrics);
        let loaded = newly_loaded(&bucket, &finished, None, &dates, None, -8);
        let candidate = Candidate::Dates(dates.iter().map(|d| day(*d)).collect());
        let found = what_if(&ctx(-8), &evidence(&events, &metrics, &finished), &candidate);

        // After today the what-if lists only days that are named or have data, and counts the others.
        let listed = said(&found, &bucket);
        let unlisted: BTreeMap<i64, u64> =
            loaded.iter().filter(|(d, _)| !listed.contains_key(d)).map(|(d, r)| (*d, *r)).collect();
        prop_assert!(unlisted.iter().all(|(d, rows)| *d > TODAY && *rows == 0));
        prop_assert!(found.later_days >= unlisted.len() as u64);
        let mut whole = listed;
        whole.extend(unlisted);
        prop_assert_eq!(whole, loaded.clone());

        // Each consequence names exactly its days.
        let on = |accept: Accept| -> BTreeSet<i64> {
            let of = found.consequences.iter().find(|c| c.accept == accept);
            of.into_iter().flat_map(|c| &c.days).map(|d| d.epoch_day()).collect()
        };
        for (d, rows) in &loaded {
            let in_use = !events.is_empty() && !metrics.is_empty();
            let half = in_use && *rows > 0 && events.contains_key(d) != metrics.contains_key(d);
            if *d <= TODAY {
                prop_assert_eq!(on(Accept::Empty).contains(d), *rows == 0);
            }
            prop_assert_eq!(on(Accept::Half).contains(d), half);
            prop_assert_eq!(on(Accept::NotOver).contains(d), *d == TODAY);
        }
        prop_assert_eq!(on(Accept::Future).is_empty(), dates.iter().max() <= finished.iter().max().max(Some(&TODAY)));
        for known in &found.days {
            prop_assert_eq!(known.named, dates.contains(&known.day.epoch_day()));
        }
    }

    #[test]
    fn a_timestamp_completes_exactly_the_days_that_were_said(
        events in rows_by_day(), metrics in rows_by_day(), hours in -12i8..=12,
        marked in proptest::option::of((TODAY - 30) * 86_400..(TODAY + 2) * 86_400),
        second in prop_oneof![
            (TODAY - 30) * 86_400..(TODAY + 3) * 86_400,
            // On and beside the boundaries.
            (TODAY - 30..TODAY + 3, -1i64..=1).prop_map(|(d, s)| d * 86_400 + 8 * 3600 + s),
        ],
    ) {
        let bucket = both(&events, &metrics);
        let ahead = marked.max(Some(second));
        let loaded = newly_loaded(&bucket, &[], marked, &[], ahead, hours.into());
        let mut given = evidence(&events, &metrics, &[]);
        given.signals = SignalsEvidence::default();
        let found = what_if(&ctx(hours), &given, &Candidate::Timestamp { second, marked });
        let mut listed = said(&found, &bucket);
        for (d, rows) in &loaded {
            if *d > TODAY && *rows == 0 {
                listed.insert(*d, 0);
            }
        }
        prop_assert_eq!(listed, loaded);
    }

    #[test]
    fn the_cron_line_fires_when_the_day_is_over_and_landed(
        late in -90_000i64..900_000, hours in -23i8..=23, date in 20_000i64..21_000
    ) {
        let offset = DayOffset::from_hours(hours).unwrap();
        let landing = Landing { usual_seconds: late, late_seconds: late, by_late: 1, days: 1 };
        let cron = Cron::after(landing, offset);
        let fires = date * 86_400 + i64::from(cron.hour) * 3600 + i64::from(cron.minute) * 60;
        let signalled = day(date - cron.days_back);
        prop_assert!(fires >= signalled.end_second(offset) + late.max(0));
        prop_assert!(fires - (signalled.end_second(offset) + late.max(0)) < 300);
    }
}

fn one_each() -> BTreeMap<i64, u64> {
    (TODAY - 10..TODAY).map(|d| (d, 5)).collect()
}

#[test]
fn a_clean_signal_has_no_consequence_and_says_since_when_it_is_safe() {
    let given = evidence(&one_each(), &one_each(), &[TODAY - 2]);
    let found = what_if(&ctx(-8), &given, &Candidate::Dates(vec![day(TODAY - 1)]));
    assert_eq!(found.days.len(), 1);
    assert_eq!((found.days[0].rows, found.days[0].named), (Some(10), true));
    assert_eq!(
        found.days[0].window.unwrap().start.to_string(),
        "2026-06-22T08:00:00Z"
    );
    assert_eq!(found.safe_from.unwrap().to_string(), "2026-06-23T08:00:00Z");
    assert!(found.consequences.is_empty() && found.already.is_empty() && found.later_days == 0);
    let again = what_if(
        &ctx(-8),
        &given,
        &Candidate::Dates(vec![day(TODAY - 2), day(TODAY - 5)]),
    );
    assert_eq!((again.days.len(), again.safe_from), (0, None));
    assert_eq!(again.already, [day(TODAY - 5), day(TODAY - 2)]);
}

#[test]
fn a_far_off_year_is_named_a_typing_error_and_costs_nothing_to_show() {
    let given = evidence(&one_each(), &one_each(), &[TODAY - 2]);
    let typo = PstDay::parse("2062-06-22").unwrap();
    let found = what_if(&ctx(-8), &given, &Candidate::Dates(vec![typo]));
    let words: Vec<&str> = found.consequences.iter().map(|c| c.accept.word()).collect();
    assert_eq!(words, ["not-over", "future", "empty"]);
    assert!(
        found.consequences[1].say.contains("typing error"),
        "{}",
        found.consequences[1].say
    );
    assert_eq!(found.days.len(), 3, "the 22nd, today, and the day that is named");
    let ahead = u64::try_from(typo.epoch_day() - TODAY).unwrap();
    assert_eq!(found.later_days, ahead - 1);
    let last = what_if(&ctx(-8), &given, &Candidate::Dates(vec![PstDay::MAX]));
    assert_eq!(last.safe_from, PstDay::MAX.end(DayOffset::default()));
    let tomorrow = what_if(&ctx(-8), &given, &Candidate::Dates(vec![day(TODAY + 1)]));
    assert!(!tomorrow.consequences[1].say.contains("typing error"));
}

#[test]
fn a_timestamp_at_the_end_of_time_is_a_signal_of_the_last_day_and_no_harmless_one() {
    let given = evidence(&one_each(), &one_each(), &[TODAY - 2]);
    for hours in [-23, -8, 0, 23] {
        let ctx = ctx(hours);
        for typo in ["9999-12-30", "9999-12-31"].map(|text| PstDay::parse(text).unwrap()) {
            let second = typo.end_second(ctx.offset);
            let by_api = what_if(&ctx, &given, &Candidate::Timestamp { second, marked: None });
            let by_files = what_if(&ctx, &given, &Candidate::Dates(vec![typo]));
            assert_eq!(by_api, by_files, "{typo} {hours}");
            assert!(by_api.consequences.iter().any(|c| c.accept == Accept::Future));
        }
        let beyond = Candidate::Timestamp {
            second: i64::MAX,
            marked: Some(i64::MIN),
        };
        assert_eq!(what_if(&ctx, &given, &beyond).closes_up_to, Some(PstDay::MAX));
        let marked = Candidate::Timestamp {
            second: 1,
            marked: Some(i64::MAX),
        };
        assert_eq!(what_if(&ctx, &given, &marked).days, []);
    }
}

#[test]
fn failing_days_and_days_that_still_land_are_told_even_when_only_inferred() {
    let mut given = evidence(&one_each(), &one_each(), &[TODAY - 4]);
    given.findings.insert(
        day(TODAY - 3),
        vec![DayFinding {
            code: Code::new("E511"),
            severity: Severity::Fail,
            unit: Unit::Rows,
            count: 1,
        }],
    );
    given.events.folder_dates = FolderDates {
        rows: 100,
        outside: 33,
        utc: 100,
    };
    let found = what_if(&ctx(-8), &given, &Candidate::Dates(vec![day(TODAY - 1)]));
    let told: Vec<_> = found
        .consequences
        .iter()
        .map(|c| (c.accept, c.days.clone()))
        .collect();
    assert_eq!(
        told,
        [
            (Accept::Failing, vec![day(TODAY - 3)]),
            (Accept::Landing, vec![day(TODAY - 1)])
        ]
    );
    assert_eq!(Accept::parse("landing"), Some(Accept::Landing));
    for word in ["", "Landing", "landing ", "all", "not_over"] {
        assert_eq!(Accept::parse(word), None, "{word:?}");
    }
}
