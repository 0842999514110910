//! What a signal would do is the same from a saved report as from the survey itself.

use proptest::prelude::*;

use super::*;
use crate::{
    calendar::DayOffset,
    contract::{
        Context,
        days::{
            data_days,
            what_if::{Candidate, what_if},
        },
    },
};

const TODAY: i64 = 20_627;

fn day(epoch: i64) -> PstDay {
    PstDay::from_epoch_day(epoch).unwrap()
}

fn files(epoch: i64, landed: &[i64]) -> Vec<DataFile> {
    landed
        .iter()
        .enumerate()
        .map(|(part, hours)| DataFile {
            key: format!("events/{epoch}/part-{part}.parquet").into(),
            modified: Timestamp::from_second(epoch * 86_400 + hours * 3600).ok(),
        })
        .collect()
}

prop_compose! {
    fn dataset_days()(
        days in proptest::collection::btree_map(
            (TODAY - 12)..(TODAY + 3),
            (1u64..1000, proptest::collection::vec(20i64..60, 1..4)),
            0..14,
        ),
        unknown in proptest::option::of("[a-z ]{1,12}"),
        outside in 0u64..40, utc in 0u64..100,
    ) -> DatasetDays {
        let days: BTreeMap<PstDay, DayData> = days
            .into_iter()
            .map(|(epoch, (rows, landed))| {
                let files = files(epoch, &landed);
                (day(epoch), DayData { rows, rows_checked: rows / 2, files, ..DayData::default() })
            })
            .collect();
        DatasetDays {
            objects: 40,
            files: 30,
            days,
            unknown,
            unread: None,
            folder_dates: FolderDates { rows: 100, outside, utc },
        }
    }
}

prop_compose! {
    fn evidence()(
        events in dataset_days(), metrics in dataset_days(),
        finished in proptest::collection::btree_set((TODAY - 14)..(TODAY + 3), 0..6),
        unknown in proptest::option::of("[a-z ]{1,12}"),
        failing in proptest::collection::btree_map((TODAY - 12)..(TODAY + 3), (0u64..3, 0usize..4), 0..6),
    ) -> Evidence {
        let file = SignalFile {
            key: "signals/all.parquet".into(),
            rows_read: finished.len() as u64,
            dates: finished.iter().map(|epoch| SignalDate { day: day(*epoch), rows: 2, first_row: 1 }).collect(),
            ..SignalFile::default()
        };
        let severities = [Severity::Info, Severity::Warn, Severity::Fail, Severity::Fail];
        Evidence {
            events,
            metrics: DatasetDays { folder_dates: FolderDates::default(), ..metrics },
            signals: SignalsEvidence { objects: 1, rows: file.rows_read, files: vec![file], unknown, blocked_by: None },
            findings: failing
                .into_iter()
                .map(|(epoch, (count, severity))| {
                    let found = DayFinding {
                        code: Code::new("E511"),
                        severity: severities[severity],
                        unit: Unit::Rows,
                        count,
                    };
                    (day(epoch), vec![found])
                })
                .collect(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_saved_report_tells_of_a_signal_what_the_survey_told(
        evidence in evidence(), named in proptest::collection::vec((TODAY - 14)..(TODAY + 4), 1..4),
        second in ((TODAY - 14) * 86_400)..((TODAY + 4) * 86_400), by_api in any::<bool>(),
        hours in -12i8..=14,
    ) {
        let context = Context {
            offset: DayOffset::from_hours(hours).unwrap(),
            ..Context::at(Timestamp::from_second(TODAY * 86_400 + 40_000).unwrap())
        };
        let candidate = if by_api {
            Candidate::Timestamp { second, marked: None }
        } else {
            Candidate::Dates(named.into_iter().map(day).collect())
        };
        let json = serde_json::to_string(&CalendarEvidence::of(&evidence)).unwrap();
        let kept: CalendarEvidence = serde_json::from_str(&json).unwrap();
        let finished = evidence.signals.files.iter().flat_map(|file| &file.dates).map(|date| date.day);
        let restored = kept.restored(&data_days(&evidence.events), &data_days(&evidence.metrics), finished);
        prop_assert_eq!(
            what_if(&context, &restored, &candidate),
            what_if(&context, &evidence, &candidate)
        );
    }
}
