//! The Parquet file that says that a day is finished.
//!
//! One row, one column `finished_date`, plain and uncompressed, so that the same day and type give the same bytes on
//! every machine. What is read back is judged by the dates in it and not by its bytes: another program's file for the
//! same day says the same.

use std::{collections::BTreeSet, sync::Arc};

use bytes::Bytes;
use parquet::{
    basic::{Compression, LogicalType, Repetition, Type as Physical},
    column::writer::ColumnWriter,
    data_type::ByteArray,
    errors::{ParquetError, Result},
    file::{
        properties::{EnabledStatistics, WriterProperties},
        reader::{FileReader, SerializedFileReader},
        writer::SerializedFileWriter,
    },
    record::Field,
    schema::types::Type,
};

use crate::{calendar::PstDay, contract::days::form::FinishedType, store::decoder::guarded};

/// The column.
const COLUMN: &str = "finished_date";
/// A file larger than this is no signal of ours; it is not read.
pub const MAX_BYTES: u64 = 16 << 20;
/// So many rows of a file are looked at.
const MAX_ROWS: usize = 1_000_000;

/// The key of a day's signal under a prefix (empty, or ending in `/`).
pub fn key(prefix: &str, day: PstDay) -> String {
    format!("{prefix}signals/{day}/finished_date.parquet")
}

/// The file for a day. The same day and type give the same bytes.
///
/// # Errors
/// What parquet's writer refuses; with one row of a known type there is nothing to refuse.
pub fn bytes(day: PstDay, kind: FinishedType) -> Result<Bytes> {
    let (physical, logical) = match kind {
        FinishedType::Date => (Physical::INT32, LogicalType::Date),
        FinishedType::String => (Physical::BYTE_ARRAY, LogicalType::String),
    };
    let column = Type::primitive_type_builder(COLUMN, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(Some(logical))
        .build()?;
    let schema = Type::group_type_builder("schema")
        .with_fields(vec![Arc::new(column)])
        .build()?;
    let properties = WriterProperties::builder()
        .set_created_by(format!("bucket-ready version {}", env!("CARGO_PKG_VERSION")))
        .set_compression(Compression::UNCOMPRESSED)
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .build();
    let mut writer = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties))?;
    let mut group = writer.next_row_group()?;
    if let Some(mut chunk) = group.next_column()? {
        match (chunk.untyped(), kind) {
            (ColumnWriter::Int32ColumnWriter(column), FinishedType::Date) => {
                let days = i32::try_from(day.epoch_day())
                    .map_err(|_| ParquetError::General("the day does not fit a DATE".into()))?;
                column.write_batch(&[days], Some(&[1]), None)?;
            }
            (ColumnWriter::ByteArrayColumnWriter(column), FinishedType::String) => {
                let text = ByteArray::from(day.to_string().into_bytes());
                column.write_batch(&[text], Some(&[1]), None)?;
            }
            _ => {
                return Err(ParquetError::General(
                    "a column's writer is not of its type".into(),
                ));
            }
        }
        chunk.close()?;
    }
    group.close()?;
    Ok(Bytes::from(writer.into_inner()?))
}

/// What an object at a signal's key says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    /// That the day is finished, perhaps among others.
    Finished,
    /// Something else, in words: "it says 2026-06-21", "it is no Parquet file".
    Other(String),
}

/// What bytes at the key of a day say of it. Whatever the bytes are.
pub fn says(bytes: Bytes, day: PstDay) -> Says {
    let own = [FinishedType::Date, FinishedType::String]
        .into_iter()
        .filter_map(|kind| self::bytes(day, kind).ok())
        .any(|own| own == bytes);
    if own {
        return Says::Finished;
    }
    // The reader of Parquet gives up by a panic on some damaged files: that is an answer too.
    let read = guarded(|| dates(bytes));
    match read.unwrap_or_else(|| Err(ParquetError::General("its pages are damaged".into()))) {
        Ok(dates) if dates.contains(&day) => Says::Finished,
        Ok(dates) if dates.is_empty() => Says::Other("it holds no date in a column `finished_date`".into()),
        Ok(dates) => {
            let shown: Vec<String> = dates.iter().take(3).map(ToString::to_string).collect();
            let more = if dates.len() > 3 { " and others" } else { "" };
            Says::Other(format!("it says {}{more}", shown.join(", ")))
        }
        Err(_) => Says::Other("it can't be read as a Parquet file".into()),
    }
}

/// The readable dates of a file.
fn dates(bytes: Bytes) -> Result<BTreeSet<PstDay>> {
    let reader = SerializedFileReader::new(bytes)?;
    let mut found = BTreeSet::new();
    for row in reader.get_row_iter(None)?.take(MAX_ROWS) {
        let row = row?;
        let value = row.get_column_iter().find(|(name, _)| *name == COLUMN);
        found.extend(value.and_then(|(_, field)| day_of(field)));
    }
    Ok(found)
}

/// A date, or text that begins with one: the contract's readings take an ISO date-time by its date.
fn day_of(field: &Field) -> Option<PstDay> {
    let text = |text: &str| PstDay::parse(text.get(..10)?);
    match field {
        Field::Date(days) => PstDay::from_epoch_day(i64::from(*days)),
        Field::Str(value) => text(value),
        Field::Bytes(value) => text(std::str::from_utf8(value.data()).ok()?),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> PstDay {
        PstDay::parse(text).unwrap()
    }

    #[test]
    fn the_same_day_gives_the_same_bytes_and_is_read_back_as_that_day_alone() {
        for kind in [FinishedType::Date, FinishedType::String] {
            for text in [
                "0001-01-01",
                "1969-12-31",
                "2024-02-29",
                "2026-06-22",
                "9999-12-31",
            ] {
                let file = bytes(day(text), kind).unwrap();
                assert_eq!(file, bytes(day(text), kind).unwrap());
                assert_eq!(dates(file.clone()).unwrap(), BTreeSet::from([day(text)]));
                assert_eq!(says(file.clone(), day(text)), Says::Finished);
                let other = says(file, day("2026-06-23"));
                assert_eq!(other, Says::Other(format!("it says {text}")));
            }
        }
    }

    #[test]
    fn the_file_is_one_optional_column_of_the_type_that_was_meant() {
        for (kind, physical, logical) in [
            (FinishedType::Date, Physical::INT32, LogicalType::Date),
            (FinishedType::String, Physical::BYTE_ARRAY, LogicalType::String),
        ] {
            let reader = SerializedFileReader::new(bytes(day("2026-06-22"), kind).unwrap()).unwrap();
            let meta = reader.metadata().file_metadata();
            assert_eq!((meta.num_rows(), meta.schema_descr().num_columns()), (1, 1));
            let column = meta.schema_descr().column(0);
            assert_eq!((column.name(), column.physical_type()), (COLUMN, physical));
            assert_eq!(column.logical_type_ref(), Some(&logical));
        }
    }

    proptest! {
        #[test]
        fn whatever_stands_at_the_key_is_told_and_is_no_signal_of_another_day(
            noise in proptest::collection::vec(any::<u8>(), 0..200), cut in 0usize..400, at in 0usize..400, to in any::<u8>()
        ) {
            let today = day("2026-06-22");
            prop_assert!(matches!(says(noise.into(), today), Says::Other(_)));
            let mut file = bytes(day("2026-06-21"), FinishedType::Date).unwrap().to_vec();
            let place = at % file.len();
            file[place] = to;
            file.truncate(file.len().saturating_sub(cut % 8));
            // A flipped bit may turn one date into another; it must not end the program.
            let _ = says(file.into(), today);
        }
    }
}
