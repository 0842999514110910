//! Rows as they come out of Parquet pages, from a footer's plan to the counts.

use std::sync::Arc;

use bytes::Bytes;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::data_type::{
    ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type, Int96, Int96Type,
};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use super::*;
use crate::contract::layout::SparkView;
use crate::contract::schema::{self, FileFooter, Shapes, footer_length};

/// A column of a file to write: optional values, all of one physical type.
enum Values {
    Bytes(Vec<Option<Vec<u8>>>),
    Longs(Vec<Option<i64>>),
    Ints(Vec<Option<i32>>),
    Instants(Vec<Option<Int96>>),
    Doubles(Vec<Option<f64>>),
}

fn file(message: &str, columns: Vec<Values>, dictionary: bool) -> Bytes {
    fn write<T: DataType>(
        group: &mut parquet::file::writer::SerializedRowGroupWriter<'_, &mut Vec<u8>>,
        values: Vec<Option<T::T>>,
    ) {
        let mut column = group.next_column().unwrap().unwrap();
        let levels: Vec<i16> = values.iter().map(|v| i16::from(v.is_some())).collect();
        let present: Vec<T::T> = values.into_iter().flatten().collect();
        column
            .typed::<T>()
            .write_batch(&present, Some(&levels), None)
            .unwrap();
        column.close().unwrap();
    }
    let schema = Arc::new(parse_message_type(message).unwrap());
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(dictionary)
        .set_data_page_size_limit(512)
        .set_write_batch_size(64)
        .build();
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties)).unwrap();
    let mut group = writer.next_row_group().unwrap();
    for column in columns {
        match column {
            Values::Bytes(values) => {
                let values = values.into_iter().map(|v| v.map(ByteArray::from)).collect();
                write::<ByteArrayType>(&mut group, values);
            }
            Values::Longs(values) => write::<Int64Type>(&mut group, values),
            Values::Ints(values) => write::<Int32Type>(&mut group, values),
            Values::Instants(values) => write::<Int96Type>(&mut group, values),
            Values::Doubles(values) => write::<DoubleType>(&mut group, values),
        }
    }
    group.close().unwrap();
    writer.close().unwrap();
    Bytes::from(bytes)
}

/// Judges a file by its own footer.
fn judge(dataset: Dataset, bytes: &Bytes) -> Result<(Tally, Scope), String> {
    let length = footer_length(bytes, bytes.len() as u64).unwrap() as usize;
    let footer = &bytes[bytes.len() - 8 - length..bytes.len() - 8];
    let shapes = Shapes::new();
    let footer = FileFooter::read("f", footer, bytes.len() as u64, SparkView::Read, &shapes).unwrap();
    let readings = schema::readings(dataset, &footer);
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes.clone()).unwrap();
    let descriptor = builder.parquet_schema().clone();
    let plan = FilePlan::of_footer(dataset, Arc::from("f"), None, &readings, &footer.shape, |leaf| {
        descriptor.column(leaf).converted_type() == parquet::basic::ConvertedType::UTF8
    });
    let mut fields: Vec<_> = builder
        .schema()
        .fields()
        .iter()
        .map(|f| f.as_ref().clone())
        .collect();
    for (leaf, column, arrow) in plan.reads() {
        assert_eq!(fields[leaf].name(), column.name());
        if let Some(arrow) = arrow {
            fields[leaf] = fields[leaf].clone().with_data_type(arrow.clone());
        }
    }
    let schema = Arc::new(arrow_schema::Schema::new(fields));
    let options = ArrowReaderOptions::new().with_schema(schema);
    let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(bytes.clone(), options).unwrap();
    let mask = parquet::arrow::ProjectionMask::leaves(builder.parquet_schema(), plan.leaves());
    let mut tally = Tally::new(&context(), dataset);
    let mut scope = Scope::new(dataset, false);
    scope.file(&plan, footer.rows);
    tally.file(&plan);
    let mut row = 0;
    for batch in builder
        .with_projection(mask)
        .with_batch_size(100)
        .build()
        .unwrap()
    {
        let batch = batch.map_err(|error| error.to_string())?;
        tally.check(&batch, row).map_err(|error| error.to_string())?;
        row += batch.num_rows() as u64;
    }
    Ok((tally, scope))
}

const EVENTS: &str = "message m {
    optional int96 timestamp; optional binary event_name (ENUM); optional double event_value;
    optional binary event_metadata (JSON); optional binary user; optional binary timeuuid (STRING);
    optional int64 more; }";

fn events_file(rows: usize, dictionary: bool, spoil: impl Fn(usize, &mut [Option<Vec<u8>>; 4])) -> Bytes {
    let noon = {
        // 2022-06-22 is Julian day 2459753.
        let mut instant = Int96::new();
        let nanos = 12 * 3_600 * 1_000_000_000u64;
        instant.set_data(nanos as u32, (nanos >> 32) as u32, 2_459_753);
        instant
    };
    let mut texts: [Vec<_>; 4] = Default::default();
    for row in 0..rows {
        let event = Event::default();
        let mut values = [
            event.name,
            event.metadata,
            event.user,
            Some(format!("{row:08}-f1f4-11ec-8ea0-0242ac120002")),
        ]
        .map(|text| text.map(String::into_bytes));
        spoil(row, &mut values);
        for (column, value) in texts.iter_mut().zip(values) {
            column.push(value);
        }
    }
    let [names, metadata, users, uuids] = texts.map(Values::Bytes);
    let columns = vec![
        Values::Instants(vec![Some(noon); rows]),
        names,
        Values::Doubles(vec![None; rows]),
        metadata,
        users,
        uuids,
        Values::Longs(vec![Some(1); rows]),
    ];
    file(EVENTS, columns, dictionary)
}

#[test]
fn pages_of_every_kind_are_judged() {
    for dictionary in [true, false] {
        let bytes = events_file(1_000, dictionary, |row, [name, metadata, user, uuid]| {
            if row % 10 == 3 {
                *name = Some("a name with spaces".into());
            }
            if row % 100 == 7 {
                *metadata = Some("{\"a\":1}".into());
                *user = Some("{}".into());
            }
            if row == 999 {
                *name = None;
                *uuid = Some("00000000-F1F4-11EC-8EA0-0242AC120002".into());
            }
        });
        let (mut tally, scope) = judge(Dataset::Events, &bytes).unwrap();
        let outcomes = tally.outcomes(&scope);
        let expected = [
            ("E510", 1),
            ("E512", 100),
            ("E531", 10),
            ("E543", 10),
            ("E544", 10),
            ("E545", 10),
            ("E552", 1),
        ];
        assert_eq!(counts(&outcomes), expected.map(|(c, n)| (c.to_owned(), n)).into());
        let day = tally.facts().days.remove(&day("2022-06-22")).unwrap();
        assert_eq!(day.first.unwrap().to_string(), "2022-06-22T12:00:00Z");
        assert_eq!(judged(of_code(&outcomes, "E520")).unwrap().checked, 1_000);
    }
}

#[test]
fn text_that_is_not_utf8_is_told_whoever_checks_it() {
    for (at, column) in ["event_name", "event_metadata", "user", "timeuuid"]
        .iter()
        .enumerate()
    {
        for dictionary in [true, false] {
            let bytes = events_file(300, dictionary, |row, values| {
                if row == 250 {
                    values[at] = Some(b"a text that is longer than a view, \xff\xfe".to_vec());
                }
            });
            let error = judge(Dataset::Events, &bytes).unwrap_err();
            if *column == "timeuuid" {
                // With STRING the reader itself refuses.
                assert!(error.contains("non UTF-8"), "{error}");
            } else {
                assert!(error.contains(column) && error.contains("in row 250"), "{error}");
            }
        }
    }
}

#[test]
fn metrics_are_judged_by_the_types_that_their_files_have() {
    let message = "message m {
        optional int32 unit_id (INTEGER(32,false)); optional binary id_type (STRING); optional int32 date (DATE);
        optional binary metric_name (STRING); optional double metric_value; optional double numerator;
        optional int64 denominator; }";
    let date = day("2022-06-22").epoch_day() as i32;
    let text = |text: &str| Some(text.as_bytes().to_vec());
    let columns = vec![
        Values::Ints(vec![Some(-1), Some(-1), None]),
        Values::Bytes(vec![text("user_id"), text("user_id"), text("userID")]),
        Values::Ints(vec![Some(date), Some(date), Some(date + 1)]),
        Values::Bytes(vec![text("m"), text("m"), None]),
        Values::Doubles(vec![None, Some(1.0), Some(1.0)]),
        Values::Doubles(vec![None; 3]),
        Values::Longs(vec![None; 3]),
    ];
    let (mut tally, scope) = judge(Dataset::Metrics, &file(message, columns, true)).unwrap();
    let outcomes = tally.outcomes(&scope);
    assert_eq!(counts(&outcomes), once(&["M601", "M603", "M606", "M610", "M630"]));
    let blocked: Vec<_> = outcomes
        .iter()
        .filter(|outcome| matches!(outcome.found, Found::Skipped { .. }))
        .map(|outcome| outcome.code.to_string())
        .collect();
    assert_eq!(blocked, ["M620", "M621", "M622", "M623", "M624", "M625"]);
}
