//! Metadata for parquet's readers, made of what was kept of a footer.

use std::sync::Arc;

use parquet::{
    basic::{CompressionCodec, EncodingMask, LogicalType, Repetition, TimeUnit, Type as PhysicalType},
    errors::ParquetError,
    file::metadata::{ColumnChunkMetaData, FileMetaData, ParquetMetaData, RowGroupMetaData},
    schema::types::{SchemaDescriptor, Type},
};

use super::{Chunk, Column, FileFooter, Logical, Physical, RowGroup, Unit};

/// See [`FileFooter::metadata`].
pub(super) fn metadata(footer: &FileFooter, columns: &[&str]) -> Result<ParquetMetaData, String> {
    let found: Vec<(u32, &Column)> = columns
        .iter()
        .map(|name| {
            let at = footer.shape.columns.iter().position(|c| &*c.name == *name);
            at.and_then(|at| Some((u32::try_from(at).ok()?, footer.shape.columns.get(at)?)))
                .ok_or_else(|| format!("the file has no column {name}"))
        })
        .collect::<Result<_, _>>()?;
    let fields = found
        .iter()
        .map(|(_, column)| field(column).map(Arc::new))
        .collect::<Result<_, _>>()?;
    let schema = Type::group_type_builder("schema")
        .with_fields(fields)
        .build()
        .map_err(text)?;
    let schema = Arc::new(SchemaDescriptor::new(Arc::new(schema)));
    let groups = footer
        .row_groups
        .iter()
        .map(|group| row_group(group, &found, &schema))
        .collect::<Result<Vec<_>, _>>()?;
    let rows = i64::try_from(footer.rows).unwrap_or(i64::MAX);
    let file = FileMetaData::new(2, rows, None, None, schema, None);
    Ok(ParquetMetaData::new(file, groups))
}

fn text(error: ParquetError) -> String {
    error.to_string()
}

fn field(column: &Column) -> Result<Type, String> {
    let physical = match column.physical {
        Physical::Boolean => PhysicalType::BOOLEAN,
        Physical::Int32 => PhysicalType::INT32,
        Physical::Int64 => PhysicalType::INT64,
        Physical::Int96 => PhysicalType::INT96,
        Physical::Float => PhysicalType::FLOAT,
        Physical::Double => PhysicalType::DOUBLE,
        Physical::ByteArray => PhysicalType::BYTE_ARRAY,
        Physical::Fixed(_) => PhysicalType::FIXED_LEN_BYTE_ARRAY,
        Physical::Group => return Err(format!("the column {} is nested", column.name)),
    };
    let repetition = if column.required {
        Repetition::REQUIRED
    } else {
        Repetition::OPTIONAL
    };
    let mut builder = Type::primitive_type_builder(&column.name, physical).with_repetition(repetition);
    if let Physical::Fixed(length) = column.physical {
        builder = builder.with_length(length);
    }
    let unit = |unit| match unit {
        Unit::Millis => TimeUnit::MILLIS,
        Unit::Micros => TimeUnit::MICROS,
        Unit::Nanos => TimeUnit::NANOS,
    };
    let logical = match column.logical {
        Logical::Date => Some(LogicalType::Date),
        Logical::Timestamp { unit: of, utc } => Some(LogicalType::timestamp(utc, unit(of))),
        Logical::Time { unit: of, utc } => Some(LogicalType::time(utc, unit(of))),
        Logical::Int { bits, signed } => Some(LogicalType::integer(i8::try_from(bits).unwrap_or(0), signed)),
        Logical::Decimal { precision, scale } => {
            builder = builder.with_precision(precision).with_scale(scale);
            Some(LogicalType::decimal(scale, precision))
        }
        _ => None,
    };
    builder.with_logical_type(logical).build().map_err(text)
}

fn row_group(
    group: &RowGroup,
    columns: &[(u32, &Column)],
    schema: &Arc<SchemaDescriptor>,
) -> Result<RowGroupMetaData, String> {
    let chunks = columns
        .iter()
        .enumerate()
        .map(|(leaf, (at, column))| {
            let chunk = group.chunks.iter().find(|chunk| chunk.column == *at);
            let chunk = chunk.ok_or_else(|| format!("of the column {} no pages are known", column.name))?;
            column_chunk(chunk, schema, leaf)
        })
        .collect::<Result<Vec<_>, _>>()?;
    RowGroupMetaData::builder(Arc::clone(schema))
        .set_num_rows(i64::try_from(group.rows).unwrap_or(i64::MAX))
        .set_total_byte_size(i64::try_from(group.bytes).unwrap_or(i64::MAX))
        .set_column_metadata(chunks)
        .build()
        .map_err(text)
}

fn column_chunk(
    chunk: &Chunk,
    schema: &SchemaDescriptor,
    leaf: usize,
) -> Result<ColumnChunkMetaData, String> {
    let descriptor = schema.columns().get(leaf).ok_or("the columns do not add up")?;
    let codec = match chunk.codec {
        0 => CompressionCodec::UNCOMPRESSED,
        1 => CompressionCodec::SNAPPY,
        2 => CompressionCodec::GZIP,
        3 => CompressionCodec::LZO,
        4 => CompressionCodec::BROTLI,
        5 => CompressionCodec::LZ4,
        6 => CompressionCodec::ZSTD,
        _ => CompressionCodec::LZ4_RAW,
    };
    // Bits 0 and 2 to 9 are what parquet knows.
    let encodings = EncodingMask::try_new(i32::from(chunk.encodings & 0x3fd)).map_err(text)?;
    let size = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
    ColumnChunkMetaData::builder(Arc::clone(descriptor))
        .set_compression_codec(codec)
        .set_encodings_mask(encodings)
        .set_num_values(size(chunk.values))
        .set_total_compressed_size(size(chunk.compressed))
        .set_total_uncompressed_size(size(chunk.uncompressed))
        .set_data_page_offset(size(chunk.data_page))
        .set_dictionary_page_offset(chunk.dictionary_page.map(size))
        .build()
        .map_err(text)
}
