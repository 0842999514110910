//! Reads a footer's Thrift and keeps what is needed.

use parquet::file::metadata::ParquetMetaData;

use super::footer::{FileFooter, FooterFailure, RowGroup, Shape};

/// At most so many columns of a file are kept by name.
pub const MAX_COLUMNS: usize = 4096;

/// What a scan yields.
#[derive(Debug)]
pub(super) struct Scanned {
    pub rows: u64,
    pub row_groups: Vec<RowGroup>,
    pub shape: Shape,
}

pub(super) fn scan(footer: &[u8], size: Option<u64>) -> Result<Scanned, FooterFailure> {
    let _ = (footer, size);
    Err(FooterFailure::NotRead("not yet".into()))
}

pub(super) fn metadata(footer: &FileFooter, columns: &[&str]) -> Result<ParquetMetaData, String> {
    let _ = (footer, columns);
    Err("not yet".into())
}
