//! The counts of one thread, and how a batch goes in.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::RecordBatch;

use super::events::{EventCells, Events};
use super::facts::RowFacts;
use super::ids::IdBook;
use super::keys::{KeySet, PlacedKey};
use super::ledger::{Ledger, RowNumbers};
use super::metrics::{MetricCells, Metrics};
use super::plan::{Column, FilePlan};
use super::samples::Samples;
use super::signals::Signals;
use super::table::RowRule;
use super::texts::Cell;
use crate::calendar::PstDay;
use crate::contract::Context;
use crate::rule::Dataset;

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
    pub(super) dataset: Dataset,
    rows: u64,
    pub(super) ledger: Ledger,
    judge: Judge,
    plan: Option<FilePlan>,
    /// Files of which rows were judged, by the row of the dataset at which each begins.
    places: BTreeMap<u64, Arc<str>>,
    /// Two files claim one place: rows of the dataset can't be told to files.
    places_clash: bool,
}

/// The part of a tally that is of its dataset.
#[derive(Debug)]
pub(super) enum Judge {
    Events(Box<Events>),
    Metrics(Box<Metrics>),
    Signals(Box<Signals>),
}

impl Tally {
    /// Nothing seen yet.
    pub fn new(context: &Context, dataset: Dataset) -> Self {
        Self {
            dataset,
            rows: 0,
            ledger: Ledger::new(context.today()),
            judge: match dataset {
                Dataset::Events => Judge::Events(Box::new(Events::new(context))),
                Dataset::Metrics => Judge::Metrics(Box::new(Metrics::new(context))),
                Dataset::Signals => Judge::Signals(Box::new(Signals::new())),
            },
            plan: None,
            places: BTreeMap::new(),
            places_clash: false,
        }
    }

    /// The dataset.
    pub fn dataset(&self) -> Dataset {
        self.dataset
    }

    /// The batches that follow are of this file.
    pub fn file(&mut self, plan: &FilePlan) {
        self.ledger.file(plan);
        let folder = plan.folder_day.map(|day| day.epoch_day());
        match &mut self.judge {
            Judge::Events(events) => events.clock.file(folder),
            Judge::Metrics(metrics) => metrics.ids.file(),
            Judge::Signals(_) => {}
        }
        self.plan = Some(plan.clone());
    }

    /// Judges a batch of consecutive rows, the first of which is row `first_row` of the file, from 0.
    ///
    /// # Errors
    /// When a column can't be judged; nothing of the batch is counted then.
    pub fn check(&mut self, batch: &RecordBatch, first_row: u64) -> Result<(), BadColumn> {
        self.check_rows(batch, RowNumbers::From(first_row))
    }

    /// Judges a batch of chosen rows: `rows` are their numbers in the file, one for each row of the batch.
    ///
    /// # Errors
    /// As [`Tally::check`].
    pub fn check_chosen(&mut self, batch: &RecordBatch, rows: &[u64]) -> Result<(), BadColumn> {
        self.check_rows(batch, RowNumbers::Chosen(rows.to_vec()))
    }

    fn check_rows(&mut self, batch: &RecordBatch, rows: RowNumbers) -> Result<(), BadColumn> {
        let Some(plan) = self.plan.take() else {
            return Err(BadColumn::Unexpected {
                column: "",
                found: "rows of no file".to_owned(),
            });
        };
        let judged = self.check_planned(&plan, batch, rows);
        self.plan = Some(plan);
        judged
    }

    fn check_planned(
        &mut self,
        plan: &FilePlan,
        batch: &RecordBatch,
        rows: RowNumbers,
    ) -> Result<(), BadColumn> {
        let count = batch.num_rows();
        let cell = |column| Cell::of(plan, column, batch, |at| rows.row(at));
        let ledger = &mut self.ledger;
        // All cells come first: nothing is counted of a batch with a bad one.
        match &mut self.judge {
            Judge::Events(events) => {
                let cells = EventCells {
                    timestamp: cell(Column::Timestamp)?,
                    name: cell(Column::EventName)?,
                    value: cell(Column::EventValue)?,
                    metadata: cell(Column::EventMetadata)?,
                    user: cell(Column::User)?,
                    timeuuid: cell(Column::Timeuuid)?,
                };
                ledger.batch(plan, rows, count);
                events.judge(&cells, count, plan.rows_before, ledger);
            }
            Judge::Metrics(metrics) => {
                let cells = MetricCells {
                    unit_id: cell(Column::UnitId)?,
                    id_type: cell(Column::IdType)?,
                    date: cell(Column::Date)?,
                    metric_name: cell(Column::MetricName)?,
                    values: [
                        cell(Column::MetricValue)?,
                        cell(Column::Numerator)?,
                        cell(Column::Denominator)?,
                    ],
                };
                ledger.batch(plan, rows, count);
                metrics.judge(&cells, count, plan, ledger);
            }
            Judge::Signals(signals) => {
                let cell = cell(Column::FinishedDate)?;
                ledger.batch(plan, rows, count);
                signals.judge(&cell, count, &plan.key, ledger);
            }
        }
        self.rows += count as u64;
        if count > 0 {
            self.place(plan.rows_before, &plan.key);
        }
        Ok(())
    }

    fn place(&mut self, rows_before: u64, key: &Arc<str>) {
        let known = self.places.entry(rows_before).or_insert_with(|| Arc::clone(key));
        self.places_clash |= known != key;
    }

    /// Adds what another thread has seen. The order of merging makes no difference. Tell [`Tally::file`] again before
    /// further batches.
    pub fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.ledger.merge(other.ledger);
        match (&mut self.judge, other.judge) {
            (Judge::Events(mine), Judge::Events(theirs)) => {
                mine.uuids.merge(theirs.uuids);
                mine.ids.merge(theirs.ids);
            }
            (Judge::Metrics(mine), Judge::Metrics(theirs)) => {
                mine.book.merge(theirs.book);
                mine.unit_days.merge(theirs.unit_days);
                mine.ids.merge(theirs.ids);
            }
            (Judge::Signals(mine), Judge::Signals(theirs)) => mine.merge(*theirs),
            _ => {}
        }
        for (rows_before, key) in &other.places {
            self.place(*rows_before, key);
        }
        self.places_clash |= other.places_clash;
        self.plan = None;
    }

    /// Rows that were judged.
    pub fn rows_checked(&self) -> u64 {
        self.rows
    }

    /// What the rows say to the calendar.
    pub fn facts(&self) -> RowFacts {
        let mut days = self.ledger.days.facts();
        if let Judge::Metrics(metrics) = &self.judge {
            for (day, found) in metrics.book.by_day.counts() {
                if let Some(facts) = PstDay::from_epoch_day(day).and_then(|day| days.get_mut(&day)) {
                    facts.names = Some(found.names);
                    facts.names_at_least = found.at_least;
                }
            }
        }
        RowFacts {
            days,
            folder_rows: self.ledger.days.folder_rows,
            outside: self.ledger.days.outside(),
            signals: match &self.judge {
                Judge::Signals(signals) => signals.files.clone(),
                _ => BTreeMap::new(),
            },
        }
    }

    /// The ids that X8xx compare.
    pub(in crate::contract) fn ids(&self) -> Option<&IdBook> {
        match &self.judge {
            Judge::Events(events) => Some(&events.ids),
            Judge::Metrics(metrics) => Some(&metrics.ids),
            Judge::Signals(_) => None,
        }
    }

    /// Rows looked at for a rule.
    pub(in crate::contract) fn checked(&self, rule: RowRule) -> u64 {
        self.ledger.checked(rule)
    }

    pub(super) fn judge_mut(&mut self) -> &mut Judge {
        &mut self.judge
    }

    /// Repeated keys of the dataset's set: rows less distinct, and rows to show.
    pub(super) fn repeats(&mut self) -> (u64, Samples) {
        let Self {
            judge,
            places,
            places_clash,
            ..
        } = self;
        let (keys, column): (&mut KeySet<PlacedKey>, _) = match judge {
            Judge::Events(events) => (&mut events.uuids, Column::Timeuuid),
            Judge::Metrics(metrics) => (&mut metrics.unit_days, Column::UnitId),
            Judge::Signals(_) => return (0, Samples::default()),
        };
        let count = keys.added().saturating_sub(keys.distinct());
        let mut samples = Samples::default();
        if count > 0 && !*places_clash {
            for entry in keys.entries().filter(|entry| entry.repeated()) {
                if let Some((key, row)) = placed(places, entry.row()) {
                    samples.offer(key, row, Some(column), || None);
                }
            }
        }
        (count, samples)
    }

    /// The file of a row of the dataset, and the row in it.
    pub(super) fn placed(&self, row: u64) -> Option<(&Arc<str>, u64)> {
        if self.places_clash {
            return None;
        }
        placed(&self.places, row)
    }
}

fn placed(places: &BTreeMap<u64, Arc<str>>, row: u64) -> Option<(&Arc<str>, u64)> {
    let (rows_before, key) = places.range(..=row).next_back()?;
    Some((key, row - rows_before))
}
