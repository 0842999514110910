//! The counts of one thread, and how a batch goes in.

use arrow_array::RecordBatch;

use super::facts::RowFacts;
use super::plan::FilePlan;
use super::scope::Scope;
use crate::contract::Context;
use crate::rule::{Dataset, Outcome};

/// A batch that can't be judged: its file is S412.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadColumn {
    /// A string column holds bytes that are not UTF-8.
    #[error("column {column} holds bytes that are not UTF-8, in row {row}")]
    NotUtf8 {
        /// The column.
        column: &'static str,
        /// The row in the file, from 0.
        row: u64,
    },
    /// A column is not in the batch, or of a type that no plan asks for.
    #[error("column {column} came as {found}, which can't be judged")]
    Unexpected {
        /// The column.
        column: &'static str,
        /// What came.
        found: String,
    },
}

/// What one thread has seen of one dataset's rows.
#[derive(Debug)]
pub struct Tally {
    dataset: Dataset,
    rows: u64,
}

impl Tally {
    /// Nothing seen yet.
    pub fn new(context: &Context, dataset: Dataset) -> Self {
        let _ = context;
        Self { dataset, rows: 0 }
    }

    /// The dataset.
    pub fn dataset(&self) -> Dataset {
        self.dataset
    }

    /// The batches that follow are of this file.
    pub fn file(&mut self, plan: &FilePlan) {
        let _ = plan;
    }

    /// Judges a batch of consecutive rows, the first of which is row `first_row` of the file, from 0.
    ///
    /// # Errors
    /// When a column can't be judged; nothing of the batch is counted then.
    pub fn check(&mut self, batch: &RecordBatch, first_row: u64) -> Result<(), BadColumn> {
        let _ = first_row;
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    /// Judges a batch of chosen rows: `rows` are their numbers in the file, one for each row of the batch.
    ///
    /// # Errors
    /// As [`Tally::check`].
    pub fn check_chosen(&mut self, batch: &RecordBatch, rows: &[u64]) -> Result<(), BadColumn> {
        let _ = rows;
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    /// Adds what another thread has seen. The order of merging makes no difference.
    pub fn merge(&mut self, other: Self) {
        self.rows += other.rows;
    }

    /// Rows that were judged.
    pub fn rows_checked(&self) -> u64 {
        self.rows
    }

    /// The outcome of every row rule of the dataset, in the catalogue's order. Sets are counted here, on all cores.
    pub fn outcomes(&mut self, scope: &Scope) -> Vec<Outcome> {
        let _ = scope;
        Vec::new()
    }

    /// What the rows say to the calendar.
    pub fn facts(&self) -> RowFacts {
        RowFacts::default()
    }
}
