//! One unit of reading rows: a row group of a file, or a run of rows in it.
//!
//! Pages are decoded one after the other through a [`Cursor`] for each column, so that a row group of any size takes
//! little memory. A batch holds about [`BATCH_BYTES`]; where values are so uneven that one would hold far more, the
//! reading starts over from there with smaller batches.

use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use arrow_schema::Fields;
use bytes::Bytes;
use parquet::{
    arrow::{
        FieldLevels, ProjectionMask,
        arrow_reader::{ParquetRecordBatchReader, RowGroups, RowSelection, RowSelector},
        parquet_to_arrow_field_levels,
    },
    column::page::{Page, PageIterator, PageMetadata, PageReader},
    errors::{ParquetError, Result},
    file::{
        metadata::{ParquetMetaData, RowGroupMetaData},
        serialized_reader::SerializedPageReader,
    },
};
use tokio_util::sync::CancellationToken;

use super::window::{Cursor, FileSource, SharedCursor, WINDOW};
use crate::{
    contract::{
        rows::{FilePlan, Tally},
        schema::{FileFooter, check_head},
    },
    report::{Problem, ProblemKind},
};

/// What a batch should hold, in uncompressed bytes.
const BATCH_BYTES: u64 = 2 << 20;
/// What the pages of one batch may hold before smaller batches are tried.
const BATCH_LIMIT: u64 = 48 << 20;
/// Rows in a batch at most.
const BATCH_ROWS: u64 = 8192;
/// Column chunks that lie within so many bytes are fetched with one request.
const TOGETHER: u64 = 4 << 20;

/// Rows of one row group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    /// The file, by its place among the footers.
    pub file: usize,
    /// The row group.
    pub group: usize,
    /// The first row in the group.
    pub start: u64,
    /// How many.
    pub rows: u64,
}

/// A file as its rows are read.
pub(super) struct OpenFile<'a> {
    pub source: FileSource,
    pub footer: &'a FileFooter,
    pub plan: &'a FilePlan,
    /// Only the columns that are read.
    pub metadata: Arc<ParquetMetaData>,
    /// Arrow types to ask for, in the metadata's order of columns.
    pub hints: &'a Fields,
    /// The file's head is still to be judged.
    pub check_head: bool,
}

/// Why a unit could not be read.
#[derive(Debug)]
pub(super) enum UnitFailure {
    /// The file's head is not Parquet's: S401.
    Head,
    /// Pages that can't be decoded, or text that is not UTF-8: S412. With the row, where it is known.
    Pages { cause: String, row: Option<u64> },
    /// Not the file's fault.
    Problem(Box<Problem>),
    /// The run was cancelled.
    Cancelled,
}

/// Reads a unit into a tally. `seen` is told the rows of each batch.
pub(super) fn read(
    file: &OpenFile<'_>,
    unit: Unit,
    tally: &mut Tally,
    cancel: &CancellationToken,
    seen: &mut dyn FnMut(u64),
) -> std::result::Result<(), UnitFailure> {
    let mut reading = Reading::new(file, unit)?;
    let first = file
        .footer
        .row_groups
        .iter()
        .take(unit.group)
        .map(|group| group.rows)
        .sum::<u64>()
        + unit.start;
    tally.file(file.plan);
    let mut done = 0;
    while done < unit.rows {
        let batches = match reading.batches(done) {
            Ok(batches) => batches,
            Err(error) => return Err(failure(file, &error.to_string())),
        };
        for batch in batches {
            if cancel.is_cancelled() {
                return Err(UnitFailure::Cancelled);
            }
            let batch = match batch {
                Ok(batch) => batch,
                Err(_) if reading.shrink() => break,
                Err(error) => return Err(failure(file, &error.to_string())),
            };
            reading.pages.store(0, Ordering::Relaxed);
            let rows = batch.num_rows() as u64;
            tally
                .check(&batch, first + done)
                .map_err(|bad| UnitFailure::Pages {
                    cause: bad.to_string(),
                    row: Some(first + done),
                })?;
            done += rows;
            seen(rows);
        }
        if done < unit.rows && !std::mem::take(&mut reading.shrunk) {
            return Err(UnitFailure::Pages {
                cause: format!("a row group holds fewer rows than the footer's {}", unit.rows),
                row: None,
            });
        }
    }
    Ok(())
}

/// An error while decoding is the file's fault unless fetching failed.
fn failure(file: &OpenFile<'_>, error: &str) -> UnitFailure {
    match file.source.problem() {
        Some(problem) if problem.kind == ProblemKind::Cancelled => UnitFailure::Cancelled,
        Some(problem) => UnitFailure::Problem(Box::new(problem)),
        None => UnitFailure::Pages {
            cause: error.to_owned(),
            row: None,
        },
    }
}

/// A unit being read.
struct Reading<'a> {
    file: &'a OpenFile<'a>,
    unit: Unit,
    levels: FieldLevels,
    batch: u64,
    /// Bytes of the pages decoded since the last batch.
    pages: Arc<AtomicU64>,
    shrunk: bool,
    loaded: Option<(u64, Bytes)>,
}

impl<'a> Reading<'a> {
    fn new(file: &'a OpenFile<'a>, unit: Unit) -> std::result::Result<Self, UnitFailure> {
        let levels = parquet_to_arrow_field_levels(
            file.metadata.file_metadata().schema_descr(),
            ProjectionMask::all(),
            Some(file.hints),
        )
        .map_err(|error| failure(file, &error.to_string()))?;
        let group = file.footer.row_groups.get(unit.group);
        let uncompressed: u64 = group.map_or(0, |group| {
            group
                .chunks
                .iter()
                .map(|chunk| chunk.uncompressed)
                .fold(0, u64::saturating_add)
        });
        let rows = group.map_or(1, |group| group.rows).max(1);
        let batch = (BATCH_BYTES / (uncompressed / rows).max(1)).clamp(16, BATCH_ROWS);
        let mut reading = Self {
            file,
            unit,
            levels,
            batch,
            pages: Arc::default(),
            shrunk: false,
            loaded: None,
        };
        reading.load()?;
        Ok(reading)
    }

    fn group(&self) -> Option<&RowGroupMetaData> {
        self.file.metadata.row_groups().get(self.unit.group)
    }

    /// Fetches chunks that lie close together at once, and judges the file's head where that is still to be done.
    fn load(&mut self) -> std::result::Result<(), UnitFailure> {
        let ranges = self.group().map(ranges).unwrap_or_default();
        let start = ranges.iter().map(|range| range.start).min();
        let end = ranges.iter().map(|range| range.end).max();
        let fetch = |range: Range<u64>| {
            self.file
                .source
                .fetch(range)
                .map_err(|error| failure(self.file, &error.to_string()))
        };
        let mut head = None;
        if let (Some(start), Some(end)) = (start, end) {
            let end = end.min(self.file.source.size());
            // The first row group begins right behind the head.
            let start = if self.file.check_head && start <= 64 << 10 {
                0
            } else {
                start
            };
            if end > start && end - start <= TOGETHER {
                let bytes = fetch(start..end)?;
                head = (start == 0).then(|| bytes.clone());
                self.loaded = Some((start, bytes));
            }
        }
        if self.file.check_head {
            let head = match head {
                Some(head) => head,
                None => fetch(0..self.file.source.size().min(4))?,
            };
            check_head(&head).map_err(|_| UnitFailure::Head)?;
        }
        Ok(())
    }

    /// The batches from a row on.
    fn batches(&mut self, done: u64) -> Result<ParquetRecordBatchReader> {
        let start = usize::try_from(self.unit.start + done)?;
        let rows = usize::try_from(self.unit.rows - done)?;
        let whole = start == 0
            && self
                .group()
                .is_some_and(|group| group.num_rows() as usize == rows);
        let selection =
            (!whole).then(|| RowSelection::from(vec![RowSelector::skip(start), RowSelector::select(rows)]));
        self.pages.store(0, Ordering::Relaxed);
        let batch = usize::try_from(self.batch)?;
        ParquetRecordBatchReader::try_new_with_row_groups(&self.levels, &*self, batch, selection)
    }

    /// Whether the error was that a batch grew too large; from then on they are smaller.
    fn shrink(&mut self) -> bool {
        let too_large = self.pages.load(Ordering::Relaxed) > BATCH_LIMIT && self.batch > 1;
        if too_large {
            self.batch = (self.batch / 8).max(1);
            self.shrunk = true;
        }
        too_large
    }
}

/// Where the column chunks of a row group lie.
fn ranges(group: &RowGroupMetaData) -> Vec<Range<u64>> {
    group
        .columns()
        .iter()
        .map(|column| {
            let (start, length) = column.byte_range();
            start..start.saturating_add(length)
        })
        .collect()
}

impl RowGroups for Reading<'_> {
    fn num_rows(&self) -> usize {
        self.group()
            .map_or(0, |group| usize::try_from(group.num_rows()).unwrap_or(0))
    }

    fn column_chunks(&self, column: usize) -> Result<Box<dyn PageIterator>> {
        let group = self.group().ok_or_else(|| missing("row group"))?;
        let chunk = group.columns().get(column).ok_or_else(|| missing("column"))?;
        let (start, length) = chunk.byte_range();
        let range = start..start.saturating_add(length);
        if range.end > self.file.source.size() {
            return Err(ParquetError::EOF(
                "a column chunk lies beyond the end of the file".into(),
            ));
        }
        // A run of rows at the beginning of a long chunk ends long before it does.
        let reads_on = self.unit.rows.saturating_mul(2) >= group.num_rows().unsigned_abs() && length > WINDOW;
        let cursor = Cursor::new(
            self.file.source.clone(),
            range,
            chunk.compression(),
            reads_on,
            self.loaded.clone(),
        );
        let pages = SerializedPageReader::new(
            Arc::new(SharedCursor(Arc::new(cursor))),
            chunk,
            self.num_rows(),
            None,
        )?;
        let watched = Watched {
            pages,
            bytes: Arc::clone(&self.pages),
            limited: self.batch > 1,
        };
        Ok(Box::new(OneChunk(Some(Box::new(watched)))))
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(self.group().into_iter())
    }

    fn metadata(&self) -> &ParquetMetaData {
        &self.file.metadata
    }
}

fn missing(what: &str) -> ParquetError {
    ParquetError::General(format!("the footer has no such {what}"))
}

/// The one column chunk that a row group has of a column.
struct OneChunk(Option<Box<dyn PageReader>>);

impl Iterator for OneChunk {
    type Item = Result<Box<dyn PageReader>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.take().map(Ok)
    }
}

impl PageIterator for OneChunk {}

/// Pages, and a watch on how many bytes of them one batch takes.
struct Watched {
    pages: SerializedPageReader<SharedCursor>,
    bytes: Arc<AtomicU64>,
    limited: bool,
}

impl Iterator for Watched {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Watched {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.pages.get_next_page()?;
        if let Some(page) = &page {
            let length = page.buffer().len() as u64;
            let held = self.bytes.fetch_add(length, Ordering::Relaxed) + length;
            if self.limited && held > BATCH_LIMIT {
                return Err(ParquetError::General("the batch grows too large".into()));
            }
        }
        Ok(page)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.pages.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.pages.skip_next_page()
    }

    fn supports_deferred_dictionary(&self) -> bool {
        self.pages.supports_deferred_dictionary()
    }

    fn take_deferred_dictionary(&mut self) -> Result<Option<Page>> {
        self.pages.take_deferred_dictionary()
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        self.pages.at_record_boundary()
    }
}
