//! A file's footer: whether it can be read, and what is kept of it.

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use parquet::file::metadata::ParquetMetaData;

use super::{Column, project, scan};
use crate::contract::layout::SparkView;

/// What stands at the head and the tail of a Parquet file.
const MAGIC: &[u8] = b"PAR1";
/// What stands there where the footer is encrypted.
const MAGIC_ENCRYPTED: &[u8] = b"PARE";
/// Footers beyond so many bytes are not read ([`FooterFailure::TooLarge`]): memory is bounded.
pub const MAX_FOOTER: u64 = 128 << 20;
/// The bytes of a file's tail that are worth fetching at first: nearly every footer lies in them.
pub const TAIL: u64 = 64 << 10;

/// Why a footer could not be read. All but [`Self::TooLarge`] and [`Self::NotRead`] are findings of S401.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FooterFailure {
    /// The file does not begin with `PAR1`.
    BadMagicHead,
    /// The file does not end in `PAR1`.
    BadMagicTail,
    /// The file is shorter than its footer says, or than any Parquet file.
    Truncated,
    /// The footer can't be decoded; in what way.
    Corrupt(String),
    /// The footer is encrypted (`PARE`).
    EncryptedFooter,
    /// Some columns are encrypted.
    EncryptedColumns,
    /// The footer has so many bytes that it was not read: nothing is known of the file.
    TooLarge(u64),
    /// The footer could not be fetched; why. Nothing is known of the file.
    NotRead(String),
}

impl FooterFailure {
    /// Whether it says something about the file (S401), and not only that we could not look.
    pub fn is_finding(&self) -> bool {
        !matches!(self, Self::TooLarge(_) | Self::NotRead(_))
    }
}

impl fmt::Display for FooterFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadMagicHead => f.write_str("does not begin with PAR1"),
            Self::BadMagicTail => f.write_str("does not end in PAR1"),
            Self::Truncated => f.write_str("is shorter than its footer says"),
            Self::Corrupt(what) => write!(f, "has a corrupt footer: {what}"),
            Self::EncryptedFooter => f.write_str("has an encrypted footer"),
            Self::EncryptedColumns => f.write_str("has encrypted columns"),
            Self::TooLarge(bytes) => write!(
                f,
                "has a footer of {bytes} bytes, more than the {MAX_FOOTER} that are read"
            ),
            Self::NotRead(cause) => write!(f, "could not be read: {cause}"),
        }
    }
}

/// Judges the first four bytes of a file. To be called for every file: where the whole file came with its tail, too.
///
/// # Errors
/// [`FooterFailure::BadMagicHead`], [`FooterFailure::EncryptedFooter`], [`FooterFailure::Truncated`] for fewer bytes.
pub fn check_head(head: &[u8]) -> Result<(), FooterFailure> {
    match head.get(..4) {
        Some(MAGIC) => Ok(()),
        Some(MAGIC_ENCRYPTED) => Err(FooterFailure::EncryptedFooter),
        Some(_) => Err(FooterFailure::BadMagicHead),
        None => Err(FooterFailure::Truncated),
    }
}

/// The length in bytes of the footer, which ends 8 bytes before the end of the file.
///
/// `tail` is the end of the file, at least its last 8 bytes (or all of a shorter file); `size` the file's bytes.
///
/// # Errors
/// [`FooterFailure::Truncated`], [`FooterFailure::BadMagicTail`], [`FooterFailure::EncryptedFooter`],
/// [`FooterFailure::TooLarge`].
pub fn footer_length(tail: &[u8], size: u64) -> Result<u64, FooterFailure> {
    let end = tail
        .len()
        .checked_sub(8)
        .and_then(|from| tail.get(from..))
        .ok_or(FooterFailure::Truncated)?;
    let (length, magic) = end.split_at_checked(4).ok_or(FooterFailure::Truncated)?;
    if magic == MAGIC_ENCRYPTED {
        return Err(FooterFailure::EncryptedFooter);
    }
    if magic != MAGIC {
        return Err(FooterFailure::BadMagicTail);
    }
    let length = length
        .try_into()
        .map_or(u64::MAX, |bytes| u64::from(u32::from_le_bytes(bytes)));
    if length.saturating_add(12) > size {
        return Err(FooterFailure::Truncated);
    }
    if length > MAX_FOOTER {
        return Err(FooterFailure::TooLarge(length));
    }
    Ok(length)
}

/// What files of equal columns and codings share.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Top-level columns in the file's order; at most 4,096, but those of the contract always.
    pub columns: Vec<Column>,
    /// How many more columns there are than are listed.
    pub columns_more: u32,
    /// Pairs of column names that are equal but for case, some of them.
    pub duplicates: Vec<(Box<str>, Box<str>)>,
    /// Codings that Spark does not support, as `brotli` or `FLOAT16`, each with a column: S408.
    pub unsupported: Vec<(Box<str>, Box<str>)>,
    /// Whether our reader cannot decode some column of the contract either (LZO).
    pub undecodable: bool,
    /// Names of INT32 columns of the contract whose every value is null, by the footer's statistics: what DuckDB writes
    /// for a bare NULL.
    pub all_null: Vec<Box<str>>,
}

/// A column chunk of the contract's columns in a row group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Index in [`Shape::columns`].
    pub column: u32,
    /// The codec, by its number in the format.
    pub codec: u8,
    /// Encodings, one bit each by their numbers in the format.
    pub encodings: u16,
    /// Values, nulls included.
    pub values: u64,
    /// The first data page's place in the file.
    pub data_page: u64,
    /// The dictionary page's place, where there is one.
    pub dictionary_page: Option<u64>,
    /// Compressed bytes, page headers included.
    pub compressed: u64,
    /// Uncompressed bytes, page headers included.
    pub uncompressed: u64,
}

/// A row group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowGroup {
    /// Rows.
    pub rows: u64,
    /// Uncompressed bytes of all its columns.
    pub bytes: u64,
    /// The chunks of the contract's columns, in the file's order.
    pub chunks: Box<[Chunk]>,
}

/// What is kept of a file's footer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFooter {
    /// The key, relative to the target's prefix.
    pub key: Box<str>,
    /// Rows.
    pub rows: u64,
    /// Row groups, in file order.
    pub row_groups: Box<[RowGroup]>,
    /// Its columns and codings, shared with files of the same.
    pub shape: Arc<Shape>,
    /// What Spark makes of the file by its place: only those that it reads can give the schema.
    pub spark: SparkView,
}

impl FileFooter {
    /// Reads a footer: the bytes before the last eight of a file of `size` bytes.
    ///
    /// Never panics, whatever the bytes; takes time in proportion to their number and keeps only what is described here.
    ///
    /// # Errors
    /// [`FooterFailure::Corrupt`], [`FooterFailure::EncryptedColumns`].
    pub fn read(
        key: &str,
        footer: &[u8],
        size: u64,
        spark: SparkView,
        shapes: &Shapes,
    ) -> Result<Self, FooterFailure> {
        let scanned = scan::scan(footer, Some(size))?;
        Ok(Self {
            key: key.into(),
            rows: scanned.rows,
            row_groups: scanned.row_groups.into_boxed_slice(),
            shape: shapes.share(scanned.shape),
            spark,
        })
    }

    /// The same for a `_metadata` or `_common_metadata` file, whose chunks lie in other files.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_metadata(
        key: &str,
        footer: &[u8],
        spark: SparkView,
        shapes: &Shapes,
    ) -> Result<Self, FooterFailure> {
        let scanned = scan::scan(footer, None)?;
        Ok(Self {
            key: key.into(),
            rows: scanned.rows,
            row_groups: Box::default(),
            shape: shapes.share(scanned.shape),
            spark,
        })
    }

    /// The column of exactly this name; the first of them.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.shape.columns.iter().find(|column| &*column.name == name)
    }

    /// Whether there is a column of this name, case aside, as Spark compares names.
    pub fn has_column_ignoring_case(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        self.shape
            .columns
            .iter()
            .any(|column| column.name.to_lowercase() == name)
    }

    /// Metadata for parquet's readers that holds only these columns of the contract, in this order, with all row
    /// groups. Offsets are those of the whole file. Text columns are declared as bytes without annotation: a reader
    /// yields binary, and whoever reads rows judges UTF-8 itself. Statistics and key-value metadata are left out.
    ///
    /// # Errors
    /// In words, when a column is absent, nested, or of a type that parquet's own types refuse.
    pub fn metadata(&self, columns: &[&str]) -> Result<ParquetMetaData, String> {
        project::metadata(self, columns)
    }
}

/// The distinct shapes of a run's files, so that equal ones are kept once.
#[derive(Debug, Default)]
pub struct Shapes(Mutex<HashSet<Arc<Shape>>>);

impl Shapes {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn share(&self, shape: Shape) -> Arc<Shape> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get(&shape) {
            Some(shared) => Arc::clone(shared),
            None => {
                let shared = Arc::new(shape);
                known.insert(Arc::clone(&shared));
                shared
            }
        }
    }
}
