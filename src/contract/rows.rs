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
//! - [`scope`]: from counts to outcomes: of how many, sampled or all, blocked by what
//! - [`facts`]: rows by day, finished dates

pub mod plan;
pub mod scope;
pub mod table;
pub mod tally;

pub use facts::{DayFacts, RowFacts};
pub use plan::{Column, FilePlan, Reading};
pub use scope::Scope;
pub use tally::{BadColumn, Tally};

pub mod facts;
