//! Tests of `metrics`.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow_array::{Date32Array, Float32Array, Int64Array, TimestampMicrosecondArray, UInt64Array};
use proptest::prelude::*;

use super::*;

type Change = fn(&mut Metric);

fn set(field: &mut Option<String>, value: &str) {
    *field = Some(value.to_owned());
}

fn ratio(metric: &mut Metric, parts: [Option<f64>; 3]) {
    [metric.value, metric.numerator, metric.denominator] = parts;
    metric.name = Some("conversion".to_owned());
}

#[test]
fn each_fault_of_a_metric_is_found_and_nothing_near_it() {
    let cases: &[(&str, Change, &[&str])] = &[
        ("default", |_| {}, &[]),
        ("null unit", |m| m.unit_id = None, &["M601"]),
        ("empty unit", |m| set(&mut m.unit_id, ""), &["M601"]),
        ("white unit", |m| set(&mut m.unit_id, " "), &[]),
        ("null type", |m| m.id_type = None, &["M602"]),
        ("empty type", |m| set(&mut m.id_type, ""), &["M602"]),
        (
            "the user object's spelling",
            |m| set(&mut m.id_type, "userID"),
            &["M603"],
        ),
        ("other case", |m| set(&mut m.id_type, "User_ID"), &["M603"]),
        ("trailing space", |m| set(&mut m.id_type, "user_id "), &["M603"]),
        ("stable", |m| set(&mut m.id_type, "stable_id"), &[]),
        ("configured", |m| set(&mut m.id_type, "company_id"), &[]),
        ("not configured", |m| set(&mut m.id_type, "companyID"), &["M603"]),
        ("null date", |m| m.date = None, &["M604"]),
        ("empty date", |m| set(&mut m.date, ""), &["M605"]),
        ("compact date", |m| set(&mut m.date, "20220622"), &["M605"]),
        ("slashes", |m| set(&mut m.date, "2022/06/22"), &["M605"]),
        ("no such day", |m| set(&mut m.date, "2022-02-29"), &["M605"]),
        (
            "date-time",
            |m| set(&mut m.date, "2022-06-22T23:59:59-12:00"),
            &[],
        ),
        (
            "broken date-time",
            |m| set(&mut m.date, "2022-06-22T25:00"),
            &["M605"],
        ),
        (
            "tomorrow in PST, today in UTC",
            |m| set(&mut m.date, "2022-06-23"),
            &["M606", "M607"],
        ),
        ("yesterday", |m| set(&mut m.date, "2022-06-21"), &["M607"]),
        ("null name", |m| m.name = None, &["M610"]),
        ("empty name", |m| set(&mut m.name, ""), &["M610"]),
        ("any signs", |m| set(&mut m.name, "my metric; 100 %"), &[]),
        ("127", |m| set(&mut m.name, &"é".repeat(127)), &[]),
        ("128", |m| set(&mut m.name, &"é".repeat(128)), &["M611"]),
        ("nothing", |m| m.value = None, &["M620"]),
        (
            "numerator alone",
            |m| ratio(m, [None, Some(1.0), None]),
            &["M620", "M621"],
        ),
        (
            "denominator alone",
            |m| ratio(m, [None, None, Some(1.0)]),
            &["M620", "M621"],
        ),
        (
            "a value and a half",
            |m| ratio(m, [Some(1.0), Some(1.0), None]),
            &["M621"],
        ),
        ("a ratio", |m| ratio(m, [None, Some(1.0), Some(2.0)]), &[]),
        (
            "all three",
            |m| ratio(m, [Some(0.5), Some(1.0), Some(2.0)]),
            &["M622"],
        ),
        ("NaN", |m| m.value = Some(f64::NAN), &["M624"]),
        (
            "infinite part",
            |m| ratio(m, [None, Some(f64::NEG_INFINITY), Some(1.0)]),
            &["M624"],
        ),
        (
            "two of them",
            |m| ratio(m, [None, Some(f64::NAN), Some(f64::INFINITY)]),
            &["M624"],
        ),
        ("largest", |m| m.value = Some(f64::MAX), &[]),
        ("zero", |m| m.value = Some(0.0), &[]),
        (
            "zero below",
            |m| ratio(m, [None, Some(1.0), Some(0.0)]),
            &["M625"],
        ),
        (
            "minus zero below",
            |m| ratio(m, [None, Some(1.0), Some(-0.0)]),
            &["M625"],
        ),
        (
            "zero below nothing",
            |m| ratio(m, [Some(1.0), None, Some(0.0)]),
            &["M621", "M625"],
        ),
        ("tiny below", |m| ratio(m, [None, Some(1.0), Some(5e-324)]), &[]),
        ("zero above", |m| ratio(m, [None, Some(0.0), Some(1.0)]), &[]),
        ("twice", |m| set(&mut m.unit_id, "other"), &["M630"]),
        (
            "twice by a date-time",
            |m| {
                set(&mut m.unit_id, "other");
                set(&mut m.date, "2022-06-22 08:00");
            },
            &["M630"],
        ),
        (
            "another type",
            |m| {
                set(&mut m.unit_id, "other");
                set(&mut m.id_type, "stable_id");
            },
            &[],
        ),
        (
            "another metric",
            |m| {
                set(&mut m.unit_id, "other");
                set(&mut m.name, "Revenue");
            },
            &[],
        ),
        (
            "a ratio of the same name",
            |m| [m.value, m.numerator, m.denominator] = [None, Some(1.0), Some(1.0)],
            &["M623"],
        ),
    ];
    for (label, change, codes) in cases {
        let mut metric = Metric::default();
        change(&mut metric);
        let healthy = Metric {
            unit_id: Some("other".to_owned()),
            ..Metric::default()
        };
        let batch = metrics(&[healthy, metric]);
        assert_eq!(
            found(Dataset::Metrics, Some("2022-06-22"), &batch),
            once(codes),
            "{label}"
        );
    }
}

#[test]
fn a_ratio_anywhere_makes_value_rows_of_that_metric_mixed() {
    let row = |unit: usize, name: &str, [value, numerator, denominator]: [Option<f64>; 3]| Metric {
        unit_id: Some(unit.to_string()),
        name: Some(name.to_owned()).filter(|name| !name.is_empty()),
        value,
        numerator,
        denominator,
        ..Metric::default()
    };
    let value = [Some(1.0), None, None];
    let first = [
        row(1, "a", value),
        row(2, "a", value),
        row(3, "A", value),
        row(4, "b", value),
        row(5, "", value),
        row(6, "a", [Some(1.0), Some(1.0), None]),
    ];
    let second = [
        row(7, "a", [Some(1.0), Some(1.0), Some(1.0)]),
        row(8, "b", [None, Some(1.0), None]),
        row(9, "", [None, Some(1.0), Some(1.0)]),
        row(10, "a", value),
    ];
    let files = [
        (plan(Dataset::Metrics, "a", None), metrics(&first)),
        (plan(Dataset::Metrics, "b", None), metrics(&second)),
    ];
    let (mut tally, scope) = tally(Dataset::Metrics, &files);
    let outcomes = tally.outcomes(&scope);
    let mixed = judged(of_code(&outcomes, "M623")).unwrap();
    assert_eq!(mixed.count, 3);
    let [sample] = &mixed.samples[..] else {
        panic!("{mixed:?}")
    };
    assert_eq!(
        (sample.key.as_str(), sample.row, sample.value.as_deref()),
        ("a", Some(0), Some("a"))
    );
}

#[test]
fn a_metric_is_stale_when_its_last_row_is_fourteen_days_before_the_last_day() {
    let row = |name: &str, date: Option<&str>| Metric {
        name: Some(name.to_owned()),
        date: date.map(str::to_owned),
        ..Metric::default()
    };
    let rows = [
        row("fresh", Some("2022-06-20")),
        row("oldest of the window", Some("2022-06-07")),
        row("a day too old", Some("2022-06-06")),
        row("a day too old", Some("never")),
        row("only in the future", Some("2022-06-30")),
        row("without a date", None),
        row("old and new", Some("2021-01-01")),
        row("old and new", Some("2022-06-19")),
    ];
    let (mut tally_, scope) = tally(
        Dataset::Metrics,
        &[(plan(Dataset::Metrics, "f", None), metrics(&rows))],
    );
    let outcomes = tally_.outcomes(&scope);
    let stale = judged(of_code(&outcomes, "M631")).unwrap();
    assert_eq!((stale.count, stale.checked, stale.of), (3, 6, 6));
    let names: Vec<_> = stale.samples.iter().filter_map(|s| s.value.as_deref()).collect();
    assert_eq!(names, ["a day too old", "only in the future", "without a date"]);
    assert_eq!(stale.samples[0].row, None);
    // Without a last day nothing is stale, and nothing is fresh.
    let undated = [row("a", None), row("b", Some("2022-06-23"))];
    let (mut tally, scope) = tally(
        Dataset::Metrics,
        &[(plan(Dataset::Metrics, "f", None), metrics(&undated))],
    );
    let outcomes = tally.outcomes(&scope);
    assert!(matches!(of_code(&outcomes, "M631").found, Found::Unknown { .. }));
}

fn replaced(batch: &RecordBatch, name: &str, array: ArrayRef) -> RecordBatch {
    let names: Vec<_> = batch.schema().fields().iter().map(|f| f.name().clone()).collect();
    let columns = batch.columns().iter().zip(&names).map(|(column, of)| {
        let column = if of == name { &array } else { column };
        (of.clone(), Arc::clone(column))
    });
    RecordBatch::try_from_iter(columns.collect::<Vec<_>>()).unwrap()
}

#[test]
fn other_types_say_the_same() {
    let row = |unit: &str, date: &str| Metric {
        unit_id: Some(unit.to_owned()),
        date: Some(date.to_owned()),
        ..Metric::default()
    };
    let rows = [
        row("5", "2022-06-22"),
        row("5", "2022-06-22"),
        row("-7", "2022-06-23"),
        row("8", "2022-06-21"),
    ];
    let batch = metrics(&rows);
    let expected: BTreeMap<String, u64> = [("M606", 1), ("M607", 2), ("M630", 1)]
        .map(|(c, n)| (c.to_owned(), n))
        .into();
    let check = |batch: &RecordBatch| found(Dataset::Metrics, Some("2022-06-22"), batch);
    assert_eq!(check(&batch), expected);
    let days = |text: &str| day(text).epoch_day() as i32;
    let dates = ["2022-06-22", "2022-06-22", "2022-06-23", "2022-06-21"].map(days);
    let as_dates = replaced(&batch, "date", Arc::new(Date32Array::from(dates.to_vec())));
    assert_eq!(check(&as_dates), expected);
    // The UTC day of an instant counts.
    let micros: Vec<_> = dates
        .iter()
        .map(|d| (i64::from(*d) + 1) * 86_400_000_000 - 1)
        .collect();
    let as_instants = replaced(&batch, "date", Arc::new(TimestampMicrosecondArray::from(micros)));
    assert_eq!(check(&as_instants), expected);
    let as_integers = replaced(
        &as_dates,
        "unit_id",
        Arc::new(Int64Array::from(vec![5, 5, -7, 8])),
    );
    assert_eq!(check(&as_integers), expected);
    let unsigned = UInt64Array::from(vec![u64::MAX, u64::MAX, u64::MAX - 1, 8]);
    assert_eq!(check(&replaced(&batch, "unit_id", Arc::new(unsigned))), expected);
    let floats = Float32Array::from(vec![Some(f32::NAN), None, Some(0.0), Some(1.0)]);
    let counts = check(&replaced(&batch, "metric_value", Arc::new(floats)));
    assert_eq!((counts["M624"], counts["M620"]), (1, 1));
    // Dates far outside of the calendar are in the future or the past, and no trouble.
    let far = Date32Array::from(vec![Some(i32::MAX), Some(i32::MIN), None, Some(0)]);
    let counts = check(&replaced(&batch, "date", Arc::new(far)));
    assert_eq!((counts["M604"], counts["M606"], counts["M607"]), (1, 1, 3));
}

#[test]
fn integer_and_text_ids_of_drifting_files_are_the_same_ids() {
    let batch = metrics(&[Metric {
        unit_id: Some("5".to_owned()),
        ..Metric::default()
    }]);
    let integers = replaced(&batch, "unit_id", Arc::new(Int64Array::from(vec![5])));
    let files = [
        (plan(Dataset::Metrics, "a", None), batch),
        (plan(Dataset::Metrics, "b", None), integers),
    ];
    let (mut tally, scope) = tally(Dataset::Metrics, &files);
    assert_eq!(counts(&tally.outcomes(&scope)), once(&["M630"]));
}

#[test]
fn each_day_counts_the_names_of_its_rows_once() {
    let row = |name: Option<&str>, date: Option<&str>| Metric {
        name: name.map(str::to_owned),
        date: date.map(str::to_owned),
        ..Metric::default()
    };
    let (one, two) = (Some("2022-06-20"), Some("2022-06-21"));
    let rows = [
        row(Some("a"), one),
        row(Some("b"), two),
        row(Some("a"), two),
        row(Some("a"), one),
        row(Some("A"), one),
        row(Some(""), one),
        row(None, two),
        row(Some("c"), None),
    ];
    let names = |files: &[(FilePlan, RecordBatch)]| -> Vec<(String, Option<u64>, bool)> {
        let facts = tally(Dataset::Metrics, files).0.facts();
        let days = facts.days.iter();
        days.map(|(day, facts)| (day.to_string(), facts.names, facts.names_at_least))
            .collect()
    };
    let by_rows = (plan(Dataset::Metrics, "a", None), metrics(&rows));
    let exactly = |day: &str, count| (day.to_owned(), Some(count), false);
    assert_eq!(
        names(std::slice::from_ref(&by_rows)),
        [exactly("2022-06-20", 2), exactly("2022-06-21", 2)]
    );
    // In a day folder the folder's date counts, whatever the rows say.
    let in_folder = (plan(Dataset::Metrics, "b", two), metrics(&rows));
    assert_eq!(names(&[in_folder]), [exactly("2022-06-21", 4)]);
    // A file whose names can't be read hides some, and alone it hides all.
    let readings: Vec<_> = readings(Dataset::Metrics)
        .into_iter()
        .map(|(column, reading)| match column {
            Column::MetricName => (column, Reading::Blocked(crate::rule::Code::new("S404"))),
            _ => (column, reading),
        })
        .collect();
    let hidden = FilePlan::new(Dataset::Metrics, "c".into(), Some(day("2022-06-21")), &readings);
    let hidden = (hidden, metrics(&rows));
    assert_eq!(
        names(&[by_rows, hidden.clone()]),
        [exactly("2022-06-20", 2), ("2022-06-21".to_owned(), Some(2), true)]
    );
    assert_eq!(names(&[hidden]), [("2022-06-21".to_owned(), None, false)]);
}

#[test]
fn days_are_those_written() {
    let row = |date: Option<&str>| Metric {
        date: date.map(str::to_owned),
        ..Metric::default()
    };
    let rows = [
        row(Some("2022-06-21")),
        row(Some("2022-06-22")),
        row(Some("2022-06-21")),
        row(None),
        row(Some("0001-01-01")),
    ];
    let (tally_, _) = tally(
        Dataset::Metrics,
        &[(plan(Dataset::Metrics, "f", None), metrics(&rows))],
    );
    let facts = tally_.facts();
    let days: Vec<_> = facts
        .days
        .iter()
        .map(|(day, facts)| (day.to_string(), facts.rows))
        .collect();
    assert_eq!(
        days,
        [("2022-06-21", 2), ("2022-06-22", 1)].map(|(d, n)| (d.to_owned(), n))
    );
}

#[test]
fn unknown_id_types_are_named_with_what_they_come_near_to() {
    let row = |id_type: &str| Metric {
        id_type: Some(id_type.to_owned()),
        ..Metric::default()
    };
    let rows = [row("userID"), row("userID"), row("Company_ID"), row("device")];
    let (mut tally, scope) = tally(
        Dataset::Metrics,
        &[(plan(Dataset::Metrics, "f", None), metrics(&rows))],
    );
    let outcomes = tally.outcomes(&scope);
    let cause = judged(of_code(&outcomes, "M603")).unwrap().cause.clone().unwrap();
    assert_eq!(
        cause,
        "`userID` in 2 rows, which is close to `user_id`, `Company_ID` in 1 rows, which is close to `company_id`, \
         `device` in 1 rows; `userID` and `stableID` are the user object's spelling, `user_id` and `stable_id` the \
         metrics'"
    );
}

#[test]
fn finished_dates_are_told_by_file() {
    let batch = |dates: &[Option<&str>]| {
        RecordBatch::try_from_iter([("finished_date", texts(dates.iter().copied()))]).unwrap()
    };
    let files = [
        (
            plan(Dataset::Signals, "signals/a", None),
            batch(&[
                Some("2022-06-21"),
                None,
                Some("2022-06-20"),
                Some("2022-06-21T01:00Z"),
                Some(""),
                Some("22.6.2022"),
            ]),
        ),
        (
            plan(Dataset::Signals, "signals/b", None),
            batch(&[Some("2022-06-22")]),
        ),
    ];
    let (mut tally, scope) = tally(Dataset::Signals, &files);
    let outcomes = tally.outcomes(&scope);
    assert_eq!(
        counts(&outcomes),
        [("G702".to_owned(), 1), ("G703".to_owned(), 2)].into()
    );
    let facts = tally.facts();
    let a = &facts.signals["signals/a"];
    assert_eq!((a.rows_read, a.null_rows), (6, 1));
    assert_eq!(
        a.dates,
        [(day("2022-06-20"), (1, 2)), (day("2022-06-21"), (2, 0))].into()
    );
    assert_eq!(facts.signals["signals/b"].dates.len(), 1);
}

fn any_metric() -> impl Strategy<Value = Metric> {
    let one_of = |words: &'static [&'static str]| {
        prop::option::of(prop::sample::select(words.to_vec()).prop_map(str::to_owned))
    };
    let number = || prop::sample::select(vec![None, Some(0.0), Some(1.0), Some(f64::NAN)]);
    (
        one_of(&["", "u1", "u2", "a longer unit id than fits a view"]),
        one_of(&["user_id", "stable_id", "", "x"]),
        one_of(&["2022-06-22", "2022-06-22T01:00", "2022-06-01", "2022-06-23", "x"]),
        one_of(&["", "m", "n", "a longer metric name than fits a view"]),
        (number(), number(), number()),
    )
        .prop_map(
            |(unit_id, id_type, date, name, (value, numerator, denominator))| Metric {
                unit_id,
                id_type,
                date,
                name,
                value,
                numerator,
                denominator,
            },
        )
}

proptest! {
    #[test]
    fn rules_over_sets_are_what_the_words_say(rows in prop::collection::vec(any_metric(), 1..60)) {
        fn filled(field: &Option<String>) -> Option<&str> {
            field.as_deref().filter(|text| !text.is_empty())
        }
        fn date(metric: &Metric) -> Option<&str> {
            metric.date.as_deref().filter(|date| *date != "x").map(|date| &date[..10])
        }
        let counts = found(Dataset::Metrics, None, &metrics(&rows));
        let count = |code: &str| counts.get(code).copied().unwrap_or(0);
        let keys: Vec<_> = rows.iter().filter_map(|row| {
            Some((filled(&row.unit_id)?, filled(&row.id_type)?, date(row)?, filled(&row.name)?))
        }).collect();
        let distinct: HashSet<_> = keys.iter().collect();
        prop_assert_eq!(count("M630"), (keys.len() - distinct.len()) as u64);

        let ratio: HashSet<_> = rows.iter()
            .filter(|row| row.numerator.is_some() && row.denominator.is_some())
            .filter_map(|row| filled(&row.name)).collect();
        let mixed = rows.iter()
            .filter(|row| row.value.is_some() && row.numerator.is_none() && row.denominator.is_none())
            .filter(|row| filled(&row.name).is_some_and(|name| ratio.contains(name))).count();
        prop_assert_eq!(count("M623"), mixed as u64);

        let mut last: HashMap<&str, &str> = HashMap::new();
        for row in &rows {
            if let Some(name) = filled(&row.name) {
                let last = last.entry(name).or_default();
                *last = date(row).filter(|date| *date <= "2022-06-22").unwrap_or_default().max(last);
            }
        }
        let newest = rows.iter().filter_map(date).filter(|date| *date <= "2022-06-22").max();
        let stale = match newest {
            Some("2022-06-22") => last.values().filter(|last| **last < "2022-06-09").count(),
            Some(_) => last.values().filter(|last| **last < "2022-05-19").count(),
            None => 0,
        };
        prop_assert_eq!(count("M631"), stale as u64);
    }
}
