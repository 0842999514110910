//! Tests of `events`.

use std::sync::Arc;

use arrow_array::{
    Date32Array, Decimal128Array, Float64Array, Int32Array, NullArray, TimestampMicrosecondArray,
    TimestampMillisecondArray,
};

use super::*;

type Change = fn(&mut Event);

fn check(cases: &[(&str, Change, &[&str])]) {
    for (label, change, codes) in cases {
        let mut event = Event::default();
        change(&mut event);
        let healthy = Event {
            timeuuid: Some("ffffffff-f1f4-11ec-8ea0-0242ac120002".to_owned()),
            ..Event::default()
        };
        let batch = events(&[healthy, event]);
        assert_eq!(
            found(Dataset::Events, Some("2022-06-22"), &batch),
            once(codes),
            "{label}"
        );
    }
}

fn set(field: &mut Option<String>, value: &str) {
    *field = Some(value.to_owned());
}

#[test]
fn a_sound_event_breaks_no_rule() {
    check(&[("default", |_| {}, &[])]);
}

#[test]
fn times_are_judged_to_the_second() {
    check(&[
        ("null", |e| e.timestamp = None, &["E501"]),
        ("zero", |e| e.timestamp = Some(0), &["E505", "E506"]),
        (
            "last of 2009",
            |e| e.timestamp = Some(second("2009-12-31T23:59:59Z")),
            &["E505", "E506"],
        ),
        (
            "first of 2010",
            |e| e.timestamp = Some(second("2010-01-01T00:00:00Z")),
            &["E505"],
        ),
        (
            "milliseconds",
            |e| e.timestamp = Some(second("2022-06-22T12:00:00Z") * 1_000),
            &["E503"],
        ),
        (
            "microseconds",
            |e| e.timestamp = Some(second("2022-06-22T12:00:00Z") * 1_000_000),
            &["E503"],
        ),
        (
            "nanoseconds",
            |e| e.timestamp = Some(second("2022-06-22T12:00:00Z") * 1_000_000_000),
            &["E503"],
        ),
        (
            "below 1e11",
            |e| e.timestamp = Some(99_999_999_999),
            &["E504", "E505"],
        ),
        (
            "1e11 is 1973",
            |e| e.timestamp = Some(100_000_000_000),
            &["E503", "E505", "E506"],
        ),
        (
            "minus 1e11",
            |e| e.timestamp = Some(-100_000_000_000),
            &["E503", "E505", "E506"],
        ),
        (
            "above minus 1e11",
            |e| e.timestamp = Some(-99_999_999_999),
            &["E505", "E506"],
        ),
        (
            "least",
            |e| e.timestamp = Some(i64::MIN),
            &["E503", "E505", "E506"],
        ),
        (
            "most is 2262",
            |e| e.timestamp = Some(i64::MAX),
            &["E503", "E504", "E505"],
        ),
        (
            "24 h after now",
            |e| e.timestamp = Some(second(NOW) + 86_400),
            &["E505"],
        ),
        (
            "a second more",
            |e| e.timestamp = Some(second(NOW) + 86_401),
            &["E504", "E505"],
        ),
        (
            "first of the day",
            |e| e.timestamp = Some(second("2022-06-22T08:00:00Z")),
            &[],
        ),
        (
            "before it",
            |e| e.timestamp = Some(second("2022-06-22T07:59:59Z")),
            &["E505"],
        ),
        (
            "last of the day",
            |e| e.timestamp = Some(second("2022-06-23T07:59:59Z")),
            &[],
        ),
        (
            "after it",
            |e| e.timestamp = Some(second("2022-06-23T08:00:00Z")),
            &["E505"],
        ),
        (
            "after it, in ms",
            |e| e.timestamp = Some(second("2022-06-23T08:00:00Z") * 1_000),
            &["E503", "E505"],
        ),
        (
            "before it, in ms",
            |e| e.timestamp = Some(second("2022-06-23T08:00:00Z") * 1_000 - 1),
            &["E503"],
        ),
    ]);
    // Without a day folder there is no day to be outside of.
    let late = Event {
        timestamp: Some(second("2022-06-23T08:00:00Z")),
        ..Event::default()
    };
    assert_eq!(found(Dataset::Events, None, &events(&[late])), once(&[]));
}

#[test]
fn names_values_and_metadata_are_judged_by_characters() {
    check(&[
        ("null name", |e| e.name = None, &["E510"]),
        ("empty name", |e| set(&mut e.name, ""), &["E510"]),
        ("a space", |e| set(&mut e.name, " "), &["E512"]),
        ("inner space", |e| set(&mut e.name, "add to"), &["E512"]),
        ("tab", |e| set(&mut e.name, "add\tto"), &["E512"]),
        ("vertical tab", |e| set(&mut e.name, "add\u{b}to"), &["E512"]),
        ("no-break space", |e| set(&mut e.name, "add\u{a0}to"), &["E512"]),
        ("next line", |e| set(&mut e.name, "add\u{85}to"), &["E512"]),
        (
            "ideographic space",
            |e| set(&mut e.name, "カートに\u{3000}追加した"),
            &["E512"],
        ),
        (
            "zero width space is none",
            |e| set(&mut e.name, "add\u{200b}to"),
            &[],
        ),
        ("file separator is none", |e| set(&mut e.name, "add\u{1c}to"), &[]),
        ("line feed", |e| set(&mut e.name, "a\nb"), &["E512", "E513"]),
        ("carriage return", |e| set(&mut e.name, "a\rb"), &["E512", "E513"]),
        ("nul", |e| set(&mut e.name, "a\0b"), &["E513"]),
        ("full-width signs are none", |e| set(&mut e.name, "a＜b＃c"), &[]),
        (
            "other signs",
            |e| set(&mut e.name, "a-b_c.d:e/f,g@h!i?j'k\"l*m+n(o)p^q`r~"),
            &[],
        ),
        ("127 characters", |e| set(&mut e.name, &"é".repeat(127)), &[]),
        (
            "128 characters",
            |e| set(&mut e.name, &"é".repeat(128)),
            &["E511"],
        ),
        ("128 in ASCII", |e| set(&mut e.name, &"e".repeat(128)), &["E511"]),
        ("127 in ASCII", |e| set(&mut e.name, &"e".repeat(127)), &[]),
        (
            "a letter and its accent are two",
            |e| set(&mut e.name, &"e\u{301}".repeat(64)),
            &["E511"],
        ),
        ("outside the BMP", |e| set(&mut e.name, &"😀".repeat(127)), &[]),
        ("reserved", |e| set(&mut e.name, "statsig::exposure"), &["E514"]),
        ("nearly reserved", |e| set(&mut e.name, "Statsig::exposure"), &[]),
        (
            "not at the start",
            |e| set(&mut e.name, "my_statsig::exposure"),
            &[],
        ),
        ("null value", |e| e.value = None, &[]),
        ("empty value", |e| set(&mut e.value, ""), &[]),
        ("127", |e| set(&mut e.value, &"ü".repeat(127)), &[]),
        ("128", |e| set(&mut e.value, &"ü".repeat(128)), &["E520"]),
        ("null metadata", |e| e.metadata = None, &[]),
        ("empty metadata", |e| set(&mut e.metadata, ""), &[]),
        ("empty object", |e| set(&mut e.metadata, "{}"), &[]),
        ("white metadata", |e| set(&mut e.metadata, " "), &["E530"]),
        ("array", |e| set(&mut e.metadata, "[]"), &["E530"]),
        ("number in it", |e| set(&mut e.metadata, r#"{"a":1}"#), &["E531"]),
        (
            "dot in a key",
            |e| set(&mut e.metadata, r#"{"a.b":"1"}"#),
            &["E532"],
        ),
        (
            "both",
            |e| set(&mut e.metadata, r#"{"a.b":1}"#),
            &["E531", "E532"],
        ),
        (
            "long, not JSON",
            |e| set(&mut e.metadata, &"ä".repeat(16_384)),
            &["E530", "E533"],
        ),
        (
            "16,383 characters",
            |e| set(&mut e.metadata, &format!("{{\"a\":\"{}\"}}", "ä".repeat(16_375))),
            &[],
        ),
        (
            "16,384 characters",
            |e| set(&mut e.metadata, &format!("{{\"a\":\"{}\"}}", "ä".repeat(16_376))),
            &["E533"],
        ),
    ]);
    for sign in "\\[]{}<>#=;&$%|".chars() {
        let event = Event {
            name: Some(format!("a{sign}b")),
            ..Event::default()
        };
        assert_eq!(
            found(Dataset::Events, None, &events(&[event])),
            once(&["E513"]),
            "{sign}"
        );
    }
}

#[test]
fn users_and_uuids_are_judged_as_the_contract_reads_them() {
    check(&[
        ("null user", |e| e.user = None, &["E540"]),
        ("empty user", |e| set(&mut e.user, ""), &["E540"]),
        ("white user", |e| set(&mut e.user, " "), &["E541"]),
        ("JSON null", |e| set(&mut e.user, "null"), &["E541"]),
        (
            "double",
            |e| {
                set(
                    &mut e.user,
                    r#""{\"userID\":\"u\",\"custom\":{},\"customIDs\":{}}""#,
                )
            },
            &["E542"],
        ),
        (
            "double and bare",
            |e| set(&mut e.user, r#""{}""#),
            &["E542", "E543", "E544", "E545"],
        ),
        (
            "no custom",
            |e| set(&mut e.user, r#"{"userID":"u","customIDs":{}}"#),
            &["E543"],
        ),
        (
            "no customIDs",
            |e| set(&mut e.user, r#"{"userID":"u","custom":{}}"#),
            &["E544"],
        ),
        (
            "no id",
            |e| set(&mut e.user, r#"{"custom":{},"customIDs":{}}"#),
            &["E545"],
        ),
        (
            "misspelled",
            |e| {
                set(
                    &mut e.user,
                    r#"{"userID":"u","userId":"u","custom":{},"customIDs":{}}"#,
                )
            },
            &["E546"],
        ),
        (
            "private",
            |e| {
                set(
                    &mut e.user,
                    r#"{"userID":"u","custom":{},"customIDs":{},"privateAttributes":{"a":1}}"#,
                )
            },
            &["E547"],
        ),
        (
            "tier",
            |e| {
                set(
                    &mut e.user,
                    r#"{"userID":"u","custom":{},"customIDs":{},"statsigEnvironment":{"tier":"dev"}}"#,
                )
            },
            &["E548"],
        ),
        (
            "placeholder",
            |e| set(&mut e.user, r#"{"userID":"Null","custom":{},"customIDs":{}}"#),
            &["E549"],
        ),
        ("null uuid", |e| e.timeuuid = None, &["E550"]),
        ("empty uuid", |e| set(&mut e.timeuuid, ""), &["E550"]),
        ("not a uuid", |e| set(&mut e.timeuuid, "1"), &["E551"]),
        (
            "upper case",
            |e| set(&mut e.timeuuid, "0B0DCB2C-F1F4-11EC-8EA0-0242AC120002"),
            &[],
        ),
        (
            "braces",
            |e| set(&mut e.timeuuid, "{0b0dcb2c-f1f4-11ec-8ea0-0242ac120002}"),
            &["E551"],
        ),
        (
            "no dashes",
            |e| set(&mut e.timeuuid, "0b0dcb2cf1f411ec8ea00242ac120002"),
            &["E551"],
        ),
        (
            "moved dash",
            |e| set(&mut e.timeuuid, "0b0dcb2-cf1f4-11ec-8ea0-0242ac120002"),
            &["E551"],
        ),
        (
            "not hex",
            |e| set(&mut e.timeuuid, "0b0dcb2g-f1f4-11ec-8ea0-0242ac120002"),
            &["E551"],
        ),
        (
            "control character",
            |e| set(&mut e.timeuuid, "\u{10}b0dcb2c-f1f4-11ec-8ea0-0242ac120002"),
            &["E551"],
        ),
        (
            "at sign",
            |e| set(&mut e.timeuuid, "@b0dcb2c-f1f4-11ec-8ea0-0242ac120002"),
            &["E551"],
        ),
        (
            "trailing space",
            |e| set(&mut e.timeuuid, "0b0dcb2c-f1f4-11ec-8ea0-0242ac120002 "),
            &["E551"],
        ),
        (
            "nil",
            |e| set(&mut e.timeuuid, "00000000-0000-0000-0000-000000000000"),
            &[],
        ),
        (
            "the other's",
            |e| set(&mut e.timeuuid, "FFFFffff-f1f4-11ec-8ea0-0242ac120002"),
            &["E552"],
        ),
    ]);
}

#[test]
fn each_hex_digit_of_a_uuid_is_read() {
    for value in [0u128, 1, u128::MAX, 0x0123_4567_89ab_cdef_fedc_ba98_7654_3210] {
        let hex = format!("{value:032x}");
        let text = format!(
            "{}-{}-{}-{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..]
        );
        assert_eq!(texts::uuid(text.as_bytes()), Some(value));
        assert_eq!(texts::uuid(text.to_uppercase().as_bytes()), Some(value));
        for at in 0..36 {
            for wrong in [b'g', b'G', b'/', b':', b'@', b'`', 0xc3, 0x10, 0x41 | 0x80] {
                let mut bytes = text.clone().into_bytes();
                bytes[at] = wrong;
                assert_eq!(texts::uuid(&bytes), None, "{at} {wrong}");
            }
        }
    }
}

#[test]
fn duplicates_are_rows_less_distinct_wherever_they_lie() {
    let uuids =
        ["a", "b", "A", "c", "a", "x"].map(|c| format!("{}-f1f4-11ec-8ea0-0242ac120002", c.repeat(8)));
    let rows = uuids.map(|uuid| Event {
        timeuuid: Some(uuid),
        ..Event::default()
    });
    let (head, tail) = rows.split_at(3);
    let files = [
        (plan(Dataset::Events, "events/a", None), events(head)),
        (plan(Dataset::Events, "events/b", None), events(tail)),
    ];
    let (mut tally, scope) = tally(Dataset::Events, &files);
    let outcomes = tally.outcomes(&scope);
    assert_eq!(
        counts(&outcomes),
        [("E551".to_owned(), 1), ("E552".to_owned(), 2)].into()
    );
    let duplicates = judged(of_code(&outcomes, "E552")).unwrap();
    let [sample] = &duplicates.samples[..] else {
        panic!("{duplicates:?}")
    };
    assert_eq!((sample.key.as_str(), sample.row), ("events/a", Some(0)));
    assert_eq!(sample.column.as_deref(), Some("timeuuid"));
}

/// What is found where `timestamp` is this array and all else is sound.
fn with_times(times: ArrayRef) -> BTreeMap<String, u64> {
    let rows: Vec<_> = (0..times.len())
        .map(|at| Event {
            timeuuid: Some(format!("{at:08}-f1f4-11ec-8ea0-0242ac120002")),
            ..Event::default()
        })
        .collect();
    let batch = events(&rows);
    let mut columns = batch.columns().to_vec();
    let names: Vec<_> = batch.schema().fields().iter().map(|f| f.name().clone()).collect();
    columns[0] = times;
    let batch = RecordBatch::try_from_iter(names.into_iter().zip(columns)).unwrap();
    found(Dataset::Events, Some("2022-06-22"), &batch)
}

#[test]
fn every_type_of_timestamp_says_the_same_instants() {
    let instants = [
        "2022-06-22T07:59:59Z", // outside
        "2022-06-22T08:00:00Z",
        "2022-06-23T07:59:59Z",
        "2022-06-23T08:00:00Z", // outside
        "2009-12-31T23:59:59Z", // old, outside
        "2022-06-24T05:14:00Z", // outside
        "2022-06-24T05:14:01Z", // in the future, outside
    ]
    .map(second);
    let expected: BTreeMap<String, u64> = [("E501", 1), ("E504", 1), ("E505", 5), ("E506", 1)]
        .map(|(code, count)| (code.to_owned(), count))
        .into();
    let rows = || instants.iter().map(|s| Some(*s)).chain([None]);
    let strings: Vec<_> = rows().map(|s| s.map(|s| s.to_string())).collect();
    let iso: Vec<_> = rows()
        .map(|s| s.map(|s| Timestamp::from_second(s).unwrap().to_string()))
        .collect();
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(rows().collect::<Int64Array>()),
        Arc::new(rows().map(|s| s.map(|s| s as i32)).collect::<Int32Array>()),
        Arc::new(rows().map(|s| s.map(|s| s as f64)).collect::<Float64Array>()),
        Arc::new(
            rows()
                .map(|s| s.map(|s| s * 1_000))
                .collect::<TimestampMillisecondArray>(),
        ),
        Arc::new(
            rows()
                .map(|s| s.map(|s| s * 1_000_000))
                .collect::<TimestampMicrosecondArray>(),
        ),
        Arc::new(
            rows()
                .map(|s| s.map(|s| s * 1_000_000))
                .collect::<TimestampMicrosecondArray>()
                .with_timezone("UTC"),
        ),
        texts(strings.iter().map(|s| s.as_deref())),
        texts(iso.iter().map(|s| s.as_deref())),
    ];
    for array in arrays {
        assert_eq!(with_times(Arc::clone(&array)), expected, "{}", array.data_type());
    }
    // The fraction of a second counts.
    let future: TimestampMicrosecondArray = [second(NOW) + 86_400]
        .iter()
        .map(|s| Some(s * 1_000_000 + 1))
        .collect();
    assert_eq!(with_times(Arc::new(future)), once(&["E504", "E505"]));
    let past: TimestampMillisecondArray = [Some(second("2010-01-01T00:00:00Z") * 1_000 - 1)]
        .into_iter()
        .collect();
    assert_eq!(with_times(Arc::new(past)), once(&["E505", "E506"]));
    let extremes: TimestampMicrosecondArray = [Some(i64::MIN), Some(i64::MAX)].into_iter().collect();
    let counts = with_times(Arc::new(extremes));
    assert_eq!(counts.get("E504").zip(counts.get("E506")), Some((&1, &1)));
}

#[test]
fn times_as_text_and_floats_may_be_unreadable() {
    let texts = texts([
        Some(""),
        Some("yesterday"),
        Some(" 1655899200"),
        Some("1655899200.5"),
        Some("2022-06-22 12:00:00 UTC"),
        Some("1655899200000"),
        Some("+1655899200"),
        Some("2022-06-22T12:00:00,25Z"),
        Some("2022-06-23T01:00+10:00"),
        Some("20220622"),
    ]);
    let expected = [("E502", 5), ("E503", 1), ("E505", 1), ("E506", 1)];
    assert_eq!(with_times(texts), expected.map(|(c, n)| (c.to_owned(), n)).into());
    let floats: Float64Array = [
        Some(f64::NAN),
        Some(f64::INFINITY),
        Some(-f64::INFINITY),
        Some(1_655_899_200.75),
        Some(1_655_899_200_750.0),
        Some(f64::MAX),
        Some(f64::MIN),
        None,
    ]
    .into_iter()
    .collect();
    let expected = [
        ("E501", 1),
        ("E502", 3),
        ("E503", 3),
        ("E504", 1),
        ("E505", 2),
        ("E506", 1),
    ];
    assert_eq!(
        with_times(Arc::new(floats)),
        expected.map(|(c, n)| (c.to_owned(), n)).into()
    );
}

#[test]
fn unsorted_times_are_counted_as_sorted_ones() {
    // Every row in another day than the one before, over more days than are remembered.
    let seconds: Vec<_> = (0..5_000i64)
        .map(|i| second("2022-01-01T08:00:00Z") + i * 7_919 % 200 * 86_400)
        .collect();
    let inside = seconds
        .iter()
        .filter(|s| **s == second("2022-06-22T08:00:00Z"))
        .count();
    let future = seconds.iter().filter(|s| **s > second(NOW) + 86_400).count();
    let counts = with_times(Arc::new(Int64Array::from(seconds)));
    assert_eq!(counts["E505"], 5_000 - inside as u64);
    assert_eq!(counts["E504"], future as u64);
}

#[test]
fn columns_that_need_no_reading_are_judged_all_the_same() {
    let mut columns = readings(Dataset::Events);
    columns[2].1 = Reading::Unread;
    columns[3].1 = Reading::AllNull;
    columns[5].1 = Reading::AllNull;
    let plan = FilePlan::new(Dataset::Events, Arc::from("f"), None, &columns);
    assert_eq!(plan.leaves(), [0, 1, 4]);
    let batch = events(&[Event::default(), Event::default()])
        .project(&[0, 1, 4])
        .unwrap();
    let (mut tally, scope) = tally(Dataset::Events, &[(plan, batch)]);
    let outcomes = tally.outcomes(&scope);
    assert_eq!(counts(&outcomes), [("E550".to_owned(), 2)].into());
    for code in ["E520", "E530", "E551", "E552"] {
        let judged = judged(of_code(&outcomes, code)).unwrap();
        assert_eq!((judged.count, judged.checked, judged.of), (0, 2, 2), "{code}");
    }
}

#[test]
fn a_column_of_no_use_is_an_error_and_counts_nothing() {
    let wrong: [ArrayRef; 3] = [
        Arc::new(Date32Array::from(vec![1])),
        Arc::new(Decimal128Array::from(vec![1])),
        Arc::new(arrow_array::BooleanArray::from(vec![true])),
    ];
    for array in wrong {
        let batch = events(&[Event::default()]);
        let mut columns = batch.columns().to_vec();
        columns[0] = array;
        let names: Vec<_> = batch.schema().fields().iter().map(|f| f.name().clone()).collect();
        let batch = RecordBatch::try_from_iter(names.into_iter().zip(columns)).unwrap();
        let mut tally = Tally::new(&context(), Dataset::Events);
        assert!(tally.check(&batch, 0).is_err(), "a batch of no file");
        tally.file(&plan(Dataset::Events, "f", None));
        assert!(matches!(
            tally.check(&batch, 0),
            Err(BadColumn::Unexpected {
                column: "timestamp",
                ..
            })
        ));
        assert_eq!(tally.rows_checked(), 0);
    }
    // A null array is a column of nulls, whatever the footer said.
    assert_eq!(
        with_times(Arc::new(NullArray::new(2))),
        [("E501".to_owned(), 2)].into()
    );
}

#[test]
fn days_are_told_by_folder_and_else_by_row() {
    let at = |text: &str| Event {
        timestamp: Some(second(text)),
        ..Event::default()
    };
    let rows = [
        at("2022-06-22T07:59:59Z"),
        at("2022-06-22T08:00:00Z"),
        at("2022-06-22T23:00:00Z"),
        Event {
            timestamp: None,
            ..Event::default()
        },
        Event {
            name: None,
            ..at("2022-06-23T07:00:00Z")
        },
        at("1970-01-01T00:00:00Z"),
    ];
    let batch = events(&rows);
    let (tally_, _) = tally(
        Dataset::Events,
        &[(plan(Dataset::Events, "f", Some("2022-06-22")), batch.clone())],
    );
    let facts = tally_.facts();
    assert_eq!(facts.days.len(), 1);
    let folder = &facts.days[&day("2022-06-22")];
    assert_eq!(folder.rows, 6);
    assert_eq!(folder.first.unwrap().to_string(), "1970-01-01T00:00:00Z");
    assert_eq!(folder.last.unwrap().to_string(), "2022-06-23T07:00:00Z");
    let findings: Vec<_> = folder
        .findings
        .iter()
        .map(|(code, rows)| (code.to_string(), *rows))
        .collect();
    assert_eq!(
        findings,
        [("E501", 1), ("E505", 2), ("E506", 1), ("E510", 1)].map(|(c, n)| (c.to_owned(), n))
    );
    assert!(folder.files.is_empty());
    assert_eq!(
        (
            facts.folder_rows.rows,
            facts.folder_rows.outside,
            facts.folder_rows.utc
        ),
        (5, 2, 3)
    );
    assert_eq!(
        facts.outside,
        [((day("2022-06-21"), day("2022-06-22")), 1)].into()
    );

    let (tally_, _) = tally(Dataset::Events, &[(plan(Dataset::Events, "f", None), batch)]);
    let facts = tally_.facts();
    let days: Vec<_> = facts
        .days
        .iter()
        .map(|(day, facts)| (day.to_string(), facts.rows))
        .collect();
    assert_eq!(
        days,
        [("2022-06-21", 1), ("2022-06-22", 3)].map(|(d, n)| (d.to_owned(), n))
    );
    let found = &facts.days[&day("2022-06-22")];
    assert_eq!(found.findings.len(), 1);
    assert_eq!(found.files.iter().map(|key| &**key).collect::<Vec<_>>(), ["f"]);
    assert_eq!(found.first.unwrap().to_string(), "2022-06-22T08:00:00Z");
    assert_eq!(facts.folder_rows, FolderRows::default());
}

#[test]
fn folders_by_utc_date_are_told() {
    let rows: Vec<_> = (0..24)
        .map(|hour| Event {
            timestamp: Some(second("2022-06-22T00:30:00Z") + hour * 3_600),
            timeuuid: Some(format!("{hour:08}-f1f4-11ec-8ea0-0242ac120002")),
            ..Event::default()
        })
        .collect();
    let files = [(plan(Dataset::Events, "f", Some("2022-06-22")), events(&rows))];
    let (mut tally, scope) = tally(Dataset::Events, &files);
    let outcomes = tally.outcomes(&scope);
    let outside = judged(of_code(&outcomes, "E505")).unwrap();
    assert_eq!(outside.count, 8);
    assert!(
        outside.cause.as_deref().unwrap().contains("UTC date"),
        "{outside:?}"
    );
    assert_eq!(tally.facts().folder_rows.utc, 24);
}
