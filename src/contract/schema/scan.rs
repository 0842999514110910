//! Reads a footer's Thrift and keeps what is needed: `FileMetaData` of the Parquet format, `parquet.thrift`.

use super::{
    elements::{self, Schema},
    footer::{Chunk, FooterFailure, RowGroup, Shape},
    thrift::{Bad, Field, Read, Reader, kind},
};

/// At most so many column chunks are kept of a file; beyond, it is not read.
const MAX_CHUNKS: usize = 1_000_000;

/// What a scan yields.
#[derive(Debug)]
pub(super) struct Scanned {
    pub rows: u64,
    pub row_groups: Vec<RowGroup>,
    pub shape: Shape,
}

impl From<Bad> for FooterFailure {
    fn from(bad: Bad) -> Self {
        Self::Corrupt(bad.0.into())
    }
}

/// Reads a footer. With the file's size, chunks that lie outside the file are refused; a `_metadata` file has none.
pub(super) fn scan(footer: &[u8], size: Option<u64>) -> Result<Scanned, FooterFailure> {
    let mut reader = Reader::new(footer);
    let mut version = false;
    let mut rows = None;
    let mut schema = None;
    let mut row_groups = None;
    reader.fields(|r, field| {
        match field.id {
            1 => {
                field.expect(kind::I32)?;
                r.i32()?;
                version = true;
            }
            2 => {
                field.expect(kind::LIST)?;
                schema = Some(elements::read(r)?);
            }
            3 => {
                field.expect(kind::I64)?;
                rows = Some(r.size()?);
            }
            4 => {
                field.expect(kind::LIST)?;
                row_groups = Some(r.clone());
                return Ok(false);
            }
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    if !version || rows.is_none() {
        return Err(Bad("a required field is missing").into());
    }
    let schema = schema.ok_or(Bad("it has no schema"))?;
    let mut reader = row_groups.ok_or(Bad("it has no list of row groups"))?;
    let mut groups = Groups::new(schema, size);
    let count = reader.structs()?;
    for _ in 0..count {
        groups.read(&mut reader)?;
        if groups.encrypted {
            return Err(FooterFailure::EncryptedColumns);
        }
        if groups.chunks > MAX_CHUNKS {
            return Err(FooterFailure::TooLarge(footer.len() as u64));
        }
    }
    groups.finish()
}

/// What a column chunk's metadata says.
#[derive(Debug, Default)]
struct Meta {
    encodings: u16,
    codec: Option<u8>,
    values: Option<u64>,
    uncompressed: Option<u64>,
    compressed: Option<u64>,
    data_page: Option<u64>,
    dictionary_page: Option<u64>,
    nulls: Option<u64>,
    elsewhere: bool,
}

/// How many values of a wanted INT32 column there are, and how many of them are null by the statistics.
#[derive(Clone, Copy, Debug, Default)]
struct Nulls {
    values: u64,
    nulls: u64,
    told: bool,
}

/// The row groups as they are read.
#[derive(Debug)]
struct Groups {
    schema: Schema,
    size: Option<u64>,
    found: Vec<RowGroup>,
    chunks: usize,
    encrypted: bool,
    /// Codecs and encodings that Spark lacks, each with a leaf that has it.
    codings: Vec<(&'static str, u32)>,
    undecodable: bool,
    nulls: Vec<(u32, Nulls)>,
}

const CODEC_LZO: u8 = 3;
const CODEC_BROTLI: u8 = 4;
const BYTE_STREAM_SPLIT: u16 = 1 << 9;

impl Groups {
    fn new(schema: Schema, size: Option<u64>) -> Self {
        Self {
            schema,
            size,
            found: Vec::new(),
            chunks: 0,
            encrypted: false,
            codings: Vec::new(),
            undecodable: false,
            nulls: Vec::new(),
        }
    }

    fn read(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let mut rows = None;
        let mut bytes = None;
        let mut chunks = None;
        reader.fields(|r, field| {
            match field.id {
                1 => {
                    field.expect(kind::LIST)?;
                    chunks = Some(self.chunks(r)?);
                }
                2 => {
                    field.expect(kind::I64)?;
                    bytes = Some(r.size()?);
                }
                3 => {
                    field.expect(kind::I64)?;
                    rows = Some(r.size()?);
                }
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        let missing = Bad("a row group lacks a required field");
        let chunks = chunks.ok_or(missing)?;
        self.chunks += chunks.len().max(1);
        self.found.push(RowGroup {
            rows: rows.ok_or(missing)?,
            bytes: bytes.ok_or(missing)?,
            chunks: chunks.into_boxed_slice(),
        });
        Ok(())
    }

    fn chunks(&mut self, reader: &mut Reader<'_>) -> Read<Vec<Chunk>> {
        let count = reader.structs()?;
        if count != u64::from(self.schema.leaves) {
            return Err(Bad("a row group has another number of columns than the schema"));
        }
        let mut kept = Vec::with_capacity(self.schema.wanted.len());
        for leaf in 0..self.schema.leaves {
            let Some(meta) = self.chunk(reader)? else {
                continue;
            };
            let codec = meta.codec.ok_or(Bad("a column chunk lacks a required field"))?;
            self.note_coding(leaf, codec, meta.encodings);
            let chunk = self.place(codec, &meta)?;
            if let Some(column) = self.schema.wanted.get(&leaf).copied() {
                self.undecodable |= codec == CODEC_LZO;
                self.note_nulls(column, &meta);
                kept.push(Chunk { column, ..chunk });
            }
        }
        Ok(kept)
    }

    /// One column chunk; `None` where it is encrypted.
    fn chunk(&mut self, reader: &mut Reader<'_>) -> Read<Option<Meta>> {
        let mut meta = None;
        let mut encrypted = false;
        let mut elsewhere = false;
        reader.fields(|r, field| {
            match field.id {
                1 => {
                    field.expect(kind::BINARY)?;
                    elsewhere = !r.binary()?.is_empty();
                    return Ok(true);
                }
                3 => {
                    field.expect(kind::STRUCT)?;
                    meta = Some(column_meta(r)?);
                    return Ok(true);
                }
                8 | 9 => encrypted = true,
                _ => {}
            }
            Ok(false)
        })?;
        self.encrypted |= encrypted;
        match meta {
            _ if encrypted => Ok(None),
            Some(meta) => Ok(Some(Meta { elsewhere, ..meta })),
            None => Err(Bad("a column chunk has no metadata")),
        }
    }

    fn note_coding(&mut self, leaf: u32, codec: u8, encodings: u16) {
        let codings = [
            ("brotli", codec == CODEC_BROTLI),
            ("lzo", codec == CODEC_LZO),
            ("BYTE_STREAM_SPLIT", encodings & BYTE_STREAM_SPLIT != 0),
        ];
        for (name, _) in codings.iter().filter(|(_, found)| *found) {
            if !self.codings.iter().any(|(known, _)| known == name) {
                self.codings.push((name, leaf));
            }
        }
    }

    fn note_nulls(&mut self, column: u32, meta: &Meta) {
        let at = self.nulls.iter().position(|(known, _)| *known == column);
        let at = at.unwrap_or_else(|| {
            let told = Nulls {
                told: true,
                ..Nulls::default()
            };
            self.nulls.push((column, told));
            self.nulls.len() - 1
        });
        if let Some((_, nulls)) = self.nulls.get_mut(at) {
            let values = meta.values.unwrap_or(0);
            nulls.values = nulls.values.saturating_add(values);
            nulls.told &= values == 0 || meta.nulls.is_some();
            nulls.nulls = nulls.nulls.saturating_add(meta.nulls.unwrap_or(0));
        }
    }

    /// Makes sure that a chunk lies in the file.
    fn place(&self, codec: u8, meta: &Meta) -> Read<Chunk> {
        let missing = Bad("a column chunk lacks a required field");
        let data_page = meta.data_page.ok_or(missing)?;
        let compressed = meta.compressed.ok_or(missing)?;
        let dictionary_page = meta
            .dictionary_page
            .filter(|page| *page > 0 && (*page < data_page || data_page == 0));
        // A chunk without values has no data page: pyarrow writes a lone dictionary page, and the data page's place as 0.
        let has_pages = !meta.elsewhere && compressed > 0 && meta.values != Some(0);
        if let Some(size) = self.size.filter(|_| has_pages) {
            let start = dictionary_page.unwrap_or(data_page);
            let end = start.checked_add(compressed);
            if start < 4 || end.is_none_or(|end| end > size) {
                return Err(Bad("a column chunk lies outside the file"));
            }
        }
        Ok(Chunk {
            column: 0,
            codec,
            encodings: meta.encodings,
            values: meta.values.ok_or(missing)?,
            data_page,
            dictionary_page,
            compressed,
            uncompressed: meta.uncompressed.ok_or(missing)?,
        })
    }

    fn finish(self) -> Result<Scanned, FooterFailure> {
        let Schema {
            columns,
            columns_more,
            duplicates,
            mut unsupported,
            ..
        } = self.schema;
        for (name, leaf) in self.codings {
            let after = columns.partition_point(|column| column.leaf <= leaf);
            let column = after.checked_sub(1).and_then(|at| columns.get(at));
            let column = column.map_or_else(Box::default, |column| column.name.clone());
            unsupported.push((name.into(), column));
        }
        let all_null = self
            .nulls
            .iter()
            .filter(|(_, nulls)| nulls.told && nulls.values > 0 && nulls.nulls >= nulls.values)
            .filter_map(|(column, _)| columns.get(*column as usize))
            .filter(|column| column.is_plain_int32())
            .map(|column| column.name.clone())
            .collect();
        let rows = self
            .found
            .iter()
            .fold(0u64, |rows, group| rows.saturating_add(group.rows));
        Ok(Scanned {
            rows,
            row_groups: self.found,
            shape: Shape {
                columns,
                columns_more,
                duplicates,
                unsupported,
                undecodable: self.undecodable,
                all_null,
            },
        })
    }
}

fn column_meta(reader: &mut Reader<'_>) -> Read<Meta> {
    let mut meta = Meta::default();
    reader.fields(|r, field| {
        match field.id {
            2 => {
                field.expect(kind::LIST)?;
                let (size, of) = r.list()?;
                if size > 0 && of != kind::I32 {
                    return Err(Bad("a list has an unexpected type"));
                }
                for _ in 0..size {
                    if let Ok(bit @ 0..16) = u32::try_from(r.i32()?) {
                        meta.encodings |= 1 << bit;
                    }
                }
            }
            4 => {
                field.expect(kind::I32)?;
                let codec = u8::try_from(r.i32()?).ok().filter(|codec| *codec <= 7);
                meta.codec = Some(codec.ok_or(Bad("a column has an unknown compression"))?);
            }
            5 => meta.values = Some(i64_of(r, field)?),
            6 => meta.uncompressed = Some(i64_of(r, field)?),
            7 => meta.compressed = Some(i64_of(r, field)?),
            9 => meta.data_page = Some(i64_of(r, field)?),
            11 => meta.dictionary_page = Some(i64_of(r, field)?),
            12 => {
                field.expect(kind::STRUCT)?;
                r.fields(|r, field| {
                    if field.id == 3 && field.kind == kind::I64 {
                        meta.nulls = u64::try_from(r.int()?).ok();
                        return Ok(true);
                    }
                    Ok(false)
                })?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(meta)
}

fn i64_of(reader: &mut Reader<'_>, field: Field) -> Read<u64> {
    field.expect(kind::I64)?;
    reader.size()
}
