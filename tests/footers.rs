//! Footers as other people's writers make them: ours reads of them what parquet's own reader does, and whatever is cut
//! off or flipped in them, it answers and does not panic.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{fs, path::PathBuf, sync::Arc};

use arrow_array::{Array, cast::AsArray, types::Int64Type};
use bucket_ready::contract::{
    layout::SparkView,
    schema::{FileFooter, FooterFailure, Shapes, check_head, footer_length},
};
use bytes::Bytes;
use parquet::{
    arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder},
    file::metadata::ParquetMetaDataReader,
};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/footers")
}

fn bytes(name: &str) -> Bytes {
    Bytes::from(fs::read(folder().join(format!("{name}.parquet"))).unwrap())
}

/// As the survey reads a file that it has whole.
fn read(file: &[u8], shapes: &Shapes) -> Result<FileFooter, FooterFailure> {
    check_head(file)?;
    let size = file.len() as u64;
    let length = footer_length(file, size)?;
    let footer = &file[(size - 8 - length) as usize..file.len() - 8];
    FileFooter::read("events/x.parquet", footer, size, SparkView::Read, shapes)
}

fn types(name: &str) -> Vec<String> {
    let footer = read(&bytes(name), &Shapes::new()).unwrap();
    let columns = footer.shape.columns.iter();
    columns
        .map(|column| format!("{} {}", column.name, column.spelled()))
        .collect()
}

fn all() -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder())
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".parquet").map(Into::into))
        .collect();
    names.sort();
    assert!(names.len() > 10);
    names
}

#[test]
fn types_are_spelled_as_the_writers_meant_them() {
    assert_eq!(
        types("duck"),
        [
            "timestamp INT64",
            "event_name BYTE_ARRAY STRING",
            "event_value INT32 NULL",
            "event_metadata INT32 NULL",
            "user BYTE_ARRAY STRING",
            "timeuuid FIXED_LEN_BYTE_ARRAY(16) UUID",
            "t1 INT64 TIMESTAMP(MICROS,LOCAL)",
            "t2 INT64 TIMESTAMP(MICROS,UTC)",
            "dec INT32 DECIMAL(2,1)",
            "b BOOLEAN",
            "u INT32 UINT(32)",
            "iv FIXED_LEN_BYTE_ARRAY(12) INTERVAL",
            "l GROUP LIST",
            "s GROUP STRUCT",
            "j BYTE_ARRAY JSON",
            "bl BYTE_ARRAY",
            "tm INT64 TIME(MICROS,LOCAL)",
            "d INT32 DATE",
            "ti INT32 INT(8)",
            "h DOUBLE",
        ]
    );
    assert_eq!(
        types("nested"),
        [
            "user BYTE_ARRAY STRING",
            "l GROUP LIST",
            "m GROUP MAP",
            "s GROUP STRUCT"
        ]
    );
    assert_eq!(types("i96"), ["i96 INT96"]);
    assert_eq!(
        types("pyarrow"),
        [
            "ts INT64 TIMESTAMP(MICROS,UTC)",
            "tl INT64 TIMESTAMP(MILLIS,LOCAL)",
            "u INT32 UINT(32)"
        ]
    );
    assert_eq!(
        types("pyarrow-1.0"),
        [
            "ts INT64 TIMESTAMP(MICROS,UTC)",
            "tl INT64 TIMESTAMP(MILLIS,LOCAL)",
            "u INT64"
        ]
    );
    assert_eq!(
        types("pandas")[1..3],
        ["event_value INT32 NULL", "event_metadata INT32 NULL"]
    );
    assert_eq!(
        types("polars")[1..3],
        ["event_value INT32 NULL", "event_metadata INT32 NULL"]
    );
}

#[test]
fn a_column_without_a_value_is_seen_by_its_statistics() {
    let footer = read(&bytes("int32-nulls"), &Shapes::new()).unwrap();
    let all_null: Vec<&str> = footer.shape.all_null.iter().map(|name| &**name).collect();
    assert_eq!(all_null, ["event_metadata"]);
    assert_eq!((footer.rows, footer.row_groups.len()), (3, 2));
}

#[test]
fn codings_that_spark_lacks_are_seen_and_encryption_is_named() {
    let unsupported = |name: &str| {
        let footer = read(&bytes(name), &Shapes::new()).unwrap();
        let found = footer.shape.unsupported.iter();
        found
            .map(|(what, column)| format!("{what} {column}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(unsupported("brotli"), ["brotli user"]);
    assert_eq!(unsupported("bss"), ["BYTE_STREAM_SPLIT v"]);
    assert_eq!(unsupported("f16"), ["FLOAT16 f16"]);
    assert_eq!(unsupported("dec50"), ["DECIMAL of more than 38 digits dec"]);
    assert_eq!(unsupported("duck"), ["INTERVAL iv"]);
    assert!(unsupported("pandas").is_empty());
    let failure = |name: &str| read(&bytes(name), &Shapes::new()).unwrap_err();
    assert_eq!(failure("encfoot"), FooterFailure::EncryptedFooter);
    assert_eq!(failure("encplain"), FooterFailure::EncryptedColumns);
}

#[test]
fn what_is_kept_is_what_parquets_own_reader_finds() {
    let shapes = Shapes::new();
    for name in all().iter().filter(|name| !name.starts_with("enc")) {
        let file = bytes(name);
        let ours = read(&file, &shapes).unwrap_or_else(|why| panic!("{name} {why}"));
        let theirs = ParquetMetaDataReader::new().parse_and_finish(&file).unwrap();
        assert_eq!(ours.rows as i64, theirs.file_metadata().num_rows(), "{name}");
        assert_eq!(ours.row_groups.len(), theirs.num_row_groups(), "{name}");
        let schema = theirs.file_metadata().schema_descr();
        let names: Vec<_> = schema
            .root_schema()
            .get_fields()
            .iter()
            .map(|f| f.name())
            .collect();
        let our_names: Vec<_> = ours.shape.columns.iter().map(|c| &*c.name).collect();
        assert_eq!(our_names, names, "{name}");
        for (group, theirs) in ours.row_groups.iter().zip(theirs.row_groups()) {
            assert_eq!(group.rows as i64, theirs.num_rows(), "{name}");
            assert_eq!(group.bytes as i64, theirs.total_byte_size(), "{name}");
            for chunk in &group.chunks {
                let leaf = ours.shape.columns[chunk.column as usize].leaf as usize;
                let theirs = theirs.column(leaf);
                let start = chunk.dictionary_page.unwrap_or(chunk.data_page);
                assert_eq!((start, chunk.compressed), theirs.byte_range(), "{name}");
                assert_eq!(chunk.values as i64, theirs.num_values(), "{name}");
            }
        }
    }
}

#[test]
fn rows_are_read_by_what_was_kept() {
    let file = bytes("duck");
    let footer = read(&file, &Shapes::new()).unwrap();
    let metadata = footer.metadata(&["user", "timestamp"]).unwrap();
    let metadata = ArrowReaderMetadata::try_new(Arc::new(metadata), ArrowReaderOptions::new()).unwrap();
    let mut reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata)
        .build()
        .unwrap();
    let batch = reader.next().unwrap().unwrap();
    assert_eq!(batch.num_columns(), 2);
    assert_eq!(batch.column(0).as_binary::<i32>().value(0), b"{}");
    assert_eq!(
        batch.column(1).as_primitive::<Int64Type>().value(0),
        1_655_859_723
    );
    assert_eq!(batch.column(1).null_count(), 0);
    assert!(reader.next().is_none());
    assert!(footer.metadata(&["no such column"]).is_err());
}

#[test]
fn files_of_equal_columns_share_them() {
    let shapes = Shapes::new();
    let a = read(&bytes("pandas"), &shapes).unwrap();
    let b = read(&bytes("pandas"), &shapes).unwrap();
    assert!(Arc::ptr_eq(&a.shape, &b.shape));
}

#[test]
fn a_file_that_is_cut_off_is_never_taken_for_a_whole_one() {
    for name in all() {
        let file = bytes(&name);
        for end in 0..file.len() {
            let failure = read(&file[..end], &Shapes::new()).unwrap_err();
            assert!(failure.is_finding(), "{name} cut at {end}: {failure}");
        }
        for start in 1..file.len() {
            // The footer is whole; its pages are where it does not say.
            if let Err(failure) = read(&file[start..], &Shapes::new()) {
                assert!(failure.is_finding(), "{name} from {start}: {failure}");
            }
        }
    }
}

#[test]
fn no_flipped_bit_makes_a_footer_panic_or_grow() {
    for name in all() {
        let file = bytes(&name);
        for at in 0..file.len() {
            for bit in 0..8 {
                let mut flipped = file.to_vec();
                flipped[at] ^= 1 << bit;
                if let Ok(footer) = read(&flipped, &Shapes::new()) {
                    let names: Vec<_> = footer.shape.columns.iter().map(|c| c.name.to_string()).collect();
                    let names: Vec<_> = names.iter().map(String::as_str).collect();
                    let _ = footer.metadata(&names);
                    assert!(footer.row_groups.len() < 1000);
                }
            }
        }
    }
}
