//! Tests of `cells`.

use std::sync::Arc;

use arrow_array::builder::{BinaryViewBuilder, StringViewBuilder};

use super::*;

/// Long names that a view can't tell apart: equal in length and first bytes, each alone in its buffer.
#[test]
fn a_judgement_never_outlives_the_buffer_that_it_is_about() {
    let name = |end: &str| Event {
        name: Some(format!("an_event_name_{end}")),
        ..Event::default()
    };
    let plan = plan(Dataset::Events, "f", None);
    let mut tally = Tally::new(&context(), Dataset::Events);
    let mut scope = Scope::new(Dataset::Events, false);
    tally.file(&plan);
    for (at, end) in ["a_b", "a b", "a_b", "a#b", "a_b"].iter().enumerate() {
        let batch = events(&vec![name(end); 20]);
        scope.file(&plan, 20);
        tally.check(&batch, 20 * at as u64).unwrap();
    }
    let counts = counts(&tally.outcomes(&scope));
    assert_eq!((counts["E512"], counts["E513"]), (20, 20));
}

#[test]
fn a_repeated_value_counts_for_every_row_that_has_it() {
    // As a dictionary page gives them: many rows, few texts, through several batches over the same buffers.
    let mut builder = StringViewBuilder::new().with_fixed_block_size(4096);
    let words: Vec<String> = (0..50)
        .map(|i| {
            format!(
                "event_{i}{}",
                if i % 10 == 0 {
                    " with a space"
                } else {
                    "_without_any"
                }
            )
        })
        .collect();
    let places: Vec<_> = words.iter().map(|word| builder.try_append_value(word)).collect();
    assert!(places.iter().all(Result::is_ok));
    let dictionary = builder.finish();
    let views: Vec<u128> = (0..5_000).map(|row| dictionary.views()[row * 7 % 50]).collect();
    let column = StringViewArray::try_new(views.into(), dictionary.data_buffers().to_vec(), None).unwrap();
    let spaced = (0..5_000).filter(|row| words[row * 7 % 50].contains(' ')).count();

    let rows = vec![Event::default(); 5_000];
    let batch = events(&rows);
    let mut columns = batch.columns().to_vec();
    columns[1] = Arc::new(column);
    let names: Vec<_> = batch.schema().fields().iter().map(|f| f.name().clone()).collect();
    let batch = RecordBatch::try_from_iter(names.into_iter().zip(columns)).unwrap();
    let plan = plan(Dataset::Events, "f", None);
    let mut tally = Tally::new(&context(), Dataset::Events);
    let mut scope = Scope::new(Dataset::Events, false);
    scope.file(&plan, 5_000);
    tally.file(&plan);
    for from in (0..5_000).step_by(500) {
        tally.check(&batch.slice(from, 500), from as u64).unwrap();
    }
    assert_eq!(counts(&tally.outcomes(&scope))["E512"], spaced as u64);
}

/// A batch of two events whose column is made of raw bytes.
fn with_bytes(name: &str, values: [Option<&[u8]>; 2]) -> RecordBatch {
    let mut builder = BinaryViewBuilder::new();
    for value in values {
        builder.append_option(value);
    }
    let array: ArrayRef = Arc::new(builder.finish());
    let batch = events(&[Event::default(), Event::default()]);
    let names: Vec<_> = batch.schema().fields().iter().map(|f| f.name().clone()).collect();
    let columns = batch
        .columns()
        .iter()
        .zip(&names)
        .map(|(column, of)| (of.clone(), Arc::clone(if of == name { &array } else { column })));
    RecordBatch::try_from_iter(columns.collect::<Vec<_>>()).unwrap()
}

fn unchecked_plan() -> FilePlan {
    let readings: Vec<_> = Column::of(Dataset::Events)
        .iter()
        .enumerate()
        .map(|(leaf, column)| match column {
            Column::Timestamp => (*column, Reading::plain(leaf)),
            _ => (*column, Reading::text(leaf, false, false)),
        })
        .collect();
    FilePlan::new(Dataset::Events, Arc::from("f"), None, &readings)
}

#[test]
fn bytes_that_are_not_utf8_are_named_and_nothing_of_their_batch_is_counted() {
    for column in ["event_name", "event_value", "event_metadata", "user", "timeuuid"] {
        let mut tally = Tally::new(&context(), Dataset::Events);
        tally.file(&unchecked_plan());
        let sound = with_bytes(column, [None, Some("é".as_bytes())]);
        assert_eq!(tally.check(&sound, 0), Ok(()));
        let before = tally.rows_checked();
        for bad in [&b"\xff"[..], b"abc\xc3", b"a longer text, then \xed\xa0\x80"] {
            let batch = with_bytes(column, [Some(b"fine"), Some(bad)]);
            assert_eq!(
                tally.check(&batch, 40),
                Err(BadColumn::NotUtf8 { column, row: 41 })
            );
            assert_eq!(
                tally.check_chosen(&batch, &[3, 99]),
                Err(BadColumn::NotUtf8 { column, row: 99 })
            );
        }
        assert_eq!(tally.rows_checked(), before);
    }
}

#[test]
fn a_sample_shows_the_row_of_the_file_and_the_beginning_of_the_value() {
    let rows = [
        Event::default(),
        Event {
            name: Some("é ".repeat(1_000)),
            ..Event::default()
        },
    ];
    let plan = plan(Dataset::Events, "events/x", None);
    let mut tally = Tally::new(&context(), Dataset::Events);
    let mut scope = Scope::new(Dataset::Events, true);
    scope.file(&plan, 1_000);
    tally.file(&plan);
    tally.check_chosen(&events(&rows), &[7, 812]).unwrap();
    let outcomes = tally.outcomes(&scope);
    let long = judged(of_code(&outcomes, "E511")).unwrap();
    assert_eq!((long.count, long.checked, long.of), (1, 2, 1_000));
    let [sample] = &long.samples[..] else {
        panic!("{long:?}")
    };
    assert_eq!((sample.key.as_str(), sample.row), ("events/x", Some(812)));
    let value = sample.value.clone().unwrap();
    assert!(value.starts_with("é é ") && value.chars().count() >= 200 && value.len() < 1_000);
}
