//! E5xx, M6xx and the signals' rows (G702, G703), judged over Arrow batches; and what rows say to the calendar.
//!
//! The hot path. Every column of a batch is judged on its own, over view arrays, so that a value that a dictionary
//! repeats is judged once; nothing is allocated for a row that breaks no rule. A [`Tally`] belongs to one thread, and
//! tallies merge: the result is the same however rows were split among them.
//!
//! The way of the data: a file's footer gives a [`FilePlan`] (which columns to read, as what, and which rules are
//! blocked in this file); batches go through [`Tally::check`]; a [`Scope`] says what was to be judged;
//! [`Tally::outcomes`] gives the checks and [`Tally::facts`] what the calendar needs. This module must not know where
//! bytes come from, nor the words of the rules ([`super::rules`]).
//!
//! - [`plan`]: contract columns, how a file's are read, which rules wait for which
//! - [`table`]: the row rules and the columns that each needs
//! - [`tally`]: the counts of one thread, and how a batch goes in
//! - `verdicts`: the outcomes; [`scope`]: of how many rows, sampled or all, blocked by what
//! - [`facts`]: rows by day, finished dates
//! - `events` and `times`, `metrics`, `signals`: the rules, by dataset
//! - `texts`: cells, and judging a repeated value once; `ledger`: what is counted; `samples`: what is shown
//! - `keys`, `metric_book`, `ids`, `bounded`: the rules over sets; `day_names`: metrics by day

mod bounded;
mod day_names;
mod events;
pub mod facts;
pub(in crate::contract) mod ids;
mod keys;
mod ledger;
mod metric_book;
mod metrics;
pub mod plan;
mod samples;
pub mod scope;
mod signals;
pub mod table;
pub mod tally;
mod texts;
mod times;
pub(in crate::contract) mod verdicts;

pub use facts::{DayFacts, FolderRows, RowFacts, SignalRows};
pub use plan::{Column, FilePlan, Reading};
pub use scope::Scope;
pub use table::RowRule;
pub use tally::{BadColumn, Tally};

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
