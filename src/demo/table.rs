//! Parquet files from columns, with full say over physical and logical types, codings and the writer's name.
//!
//! Knows nothing of shops or rules. It writes through parquet's column writers rather than from Arrow, because Arrow
//! cannot say all that writers in the field say (INT96, bare byte arrays, nanoseconds without a zone).

use std::sync::Arc;

use bytes::Bytes;
use parquet::{
    basic::{Compression, Encoding, LogicalType, Repetition, TimeUnit, Type as Physical},
    column::writer::ColumnWriter,
    data_type::{ByteArray, FixedLenByteArray, Int96},
    errors::{ParquetError, Result},
    file::{
        properties::{EnabledStatistics, WriterProperties},
        writer::SerializedFileWriter,
    },
    schema::types::Type,
};

/// A column: its name, its type, its values.
#[derive(Clone, Debug)]
pub struct Column {
    /// The name.
    pub name: String,
    logical: Option<LogicalType>,
    values: Values,
}

/// A column's values, `None` where null; the variant is the physical type.
#[derive(Clone, Debug)]
pub enum Values {
    /// INT32
    Int32(Vec<Option<i32>>),
    /// INT64
    Int64(Vec<Option<i64>>),
    /// INT96, from microseconds since the epoch.
    Int96(Vec<Option<i64>>),
    /// FLOAT
    Float(Vec<Option<f32>>),
    /// DOUBLE
    Double(Vec<Option<f64>>),
    /// BYTE_ARRAY
    Bytes(Vec<Option<Bytes>>),
    /// FIXED_LEN_BYTE_ARRAY of 16
    Fixed16(Vec<Option<Bytes>>),
}

impl Values {
    fn len(&self) -> usize {
        match self {
            Self::Int32(v) => v.len(),
            Self::Int64(v) | Self::Int96(v) => v.len(),
            Self::Float(v) => v.len(),
            Self::Double(v) => v.len(),
            Self::Bytes(v) | Self::Fixed16(v) => v.len(),
        }
    }

    fn physical(&self) -> Physical {
        match self {
            Self::Int32(_) => Physical::INT32,
            Self::Int64(_) => Physical::INT64,
            Self::Int96(_) => Physical::INT96,
            Self::Float(_) => Physical::FLOAT,
            Self::Double(_) => Physical::DOUBLE,
            Self::Bytes(_) => Physical::BYTE_ARRAY,
            Self::Fixed16(_) => Physical::FIXED_LEN_BYTE_ARRAY,
        }
    }
}

impl Column {
    /// A column of any type.
    pub fn new(name: &str, logical: Option<LogicalType>, values: Values) -> Self {
        Self {
            name: name.to_owned(),
            logical,
            values,
        }
    }

    /// BYTE_ARRAY STRING.
    pub fn text(name: &str, values: Vec<Option<Bytes>>) -> Self {
        Self::new(name, Some(LogicalType::String), Values::Bytes(values))
    }

    /// DOUBLE.
    pub fn double(name: &str, values: Vec<Option<f64>>) -> Self {
        Self::new(name, None, Values::Double(values))
    }

    /// INT32 DATE, from days since the epoch.
    pub fn date(name: &str, values: Vec<Option<i32>>) -> Self {
        Self::new(name, Some(LogicalType::Date), Values::Int32(values))
    }

    /// INT64 TIMESTAMP.
    pub fn timestamp(name: &str, unit: TimeUnit, utc: bool, values: Vec<Option<i64>>) -> Self {
        Self::new(
            name,
            Some(LogicalType::timestamp(utc, unit)),
            Values::Int64(values),
        )
    }

    /// The same column under another name.
    pub fn named(mut self, name: &str) -> Self {
        self.name = name.to_owned();
        self
    }
}

/// How a file is written.
#[derive(Clone, Debug)]
pub struct Form {
    /// The writer, as footers name it.
    pub created_by: &'static str,
    /// The codec.
    pub compression: Compression,
    /// Whether columns are dictionary-coded.
    pub dictionary: bool,
    /// The coding of columns that are not.
    pub encoding: Option<Encoding>,
}

impl Default for Form {
    fn default() -> Self {
        Self {
            created_by: "parquet-mr version 1.12.3 (build f8dced182c4c1fbdec6ccb3185537b5a01e6ed6b)",
            compression: Compression::SNAPPY,
            dictionary: true,
            encoding: None,
        }
    }
}

/// Writes columns of equal length to one Parquet file with one row group.
///
/// # Errors
/// Columns of different lengths, or none; what parquet's writer refuses.
pub fn file(columns: &[Column], form: &Form) -> Result<Bytes> {
    let rows = columns.first().map_or(0, |c| c.values.len());
    if columns.is_empty() || columns.iter().any(|c| c.values.len() != rows) {
        return Err(ParquetError::General(
            "columns of a file must be of equal length".to_owned(),
        ));
    }
    let fields = columns
        .iter()
        .map(|column| {
            Type::primitive_type_builder(&column.name, column.values.physical())
                .with_repetition(Repetition::OPTIONAL)
                .with_logical_type(column.logical.clone())
                .with_length(if matches!(column.values, Values::Fixed16(_)) {
                    16
                } else {
                    -1
                })
                .build()
                .map(Arc::new)
        })
        .collect::<Result<Vec<_>>>()?;
    let schema = Type::group_type_builder("schema").with_fields(fields).build()?;
    let mut properties = WriterProperties::builder()
        .set_created_by(form.created_by.to_owned())
        .set_compression(form.compression)
        .set_dictionary_enabled(form.dictionary)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true);
    if let Some(encoding) = form.encoding {
        properties = properties.set_encoding(encoding);
    }
    let mut writer = SerializedFileWriter::new(
        Vec::with_capacity(64 << 10),
        Arc::new(schema),
        Arc::new(properties.build()),
    )?;
    let mut group = writer.next_row_group()?;
    for column in columns {
        if let Some(mut chunk) = group.next_column()? {
            write(chunk.untyped(), &column.values)?;
            chunk.close()?;
        }
    }
    group.close()?;
    Ok(Bytes::from(writer.into_inner()?))
}

fn write(chunk: &mut ColumnWriter<'_>, values: &Values) -> Result<()> {
    match (chunk, values) {
        (ColumnWriter::Int32ColumnWriter(w), Values::Int32(v)) => {
            let (levels, values) = split(v, |x| *x);
            w.write_batch(&values, Some(&levels), None)?;
        }
        (ColumnWriter::Int64ColumnWriter(w), Values::Int64(v)) => {
            let (levels, values) = split(v, |x| *x);
            w.write_batch(&values, Some(&levels), None)?;
        }
        (ColumnWriter::Int96ColumnWriter(w), Values::Int96(v)) => {
            let (levels, values) = split(v, |x| int96(*x));
            w.write_batch(&values, Some(&levels), None)?;
        }
        (ColumnWriter::FloatColumnWriter(w), Values::Float(v)) => {
            let (levels, values) = split(v, |x| *x);
            w.write_batch(&values, Some(&levels), None)?;
        }
        (ColumnWriter::DoubleColumnWriter(w), Values::Double(v)) => {
            let (levels, values) = split(v, |x| *x);
            w.write_batch(&values, Some(&levels), None)?;
        }
        (ColumnWriter::ByteArrayColumnWriter(w), Values::Bytes(v)) => {
            let (levels, values) = split(v, |x| ByteArray::from(x.clone()));
            w.write_batch(&values, Some(&levels), None)?;
        }
        (ColumnWriter::FixedLenByteArrayColumnWriter(w), Values::Fixed16(v)) => {
            let (levels, values) = split(v, |x| FixedLenByteArray::from(ByteArray::from(x.clone())));
            w.write_batch(&values, Some(&levels), None)?;
        }
        _ => {
            return Err(ParquetError::General(
                "a column's writer is not of its type".to_owned(),
            ));
        }
    }
    Ok(())
}

/// Definition levels, and the values that are there.
fn split<T, U>(values: &[Option<T>], make: impl Fn(&T) -> U) -> (Vec<i16>, Vec<U>) {
    let levels = values.iter().map(|v| i16::from(v.is_some())).collect();
    (levels, values.iter().flatten().map(make).collect())
}

/// Nanoseconds of the day, and the Julian day.
fn int96(micros: i64) -> Int96 {
    const DAY: i64 = 86_400_000_000;
    let day = micros.div_euclid(DAY) + 2_440_588;
    let nanos = micros.rem_euclid(DAY) * 1000;
    let mut value = Int96::new();
    // The low halves first; both parts are non-negative and the shifts keep what fits.
    value.set_data(
        u32::try_from(nanos & 0xffff_ffff).unwrap_or(0),
        u32::try_from(nanos >> 32).unwrap_or(0),
        u32::try_from(day).unwrap_or(0),
    );
    value
}
