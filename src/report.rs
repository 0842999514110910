//! The report: checks, evidence and verdict, as one versioned model.
//!
//! The engine emits [`SurveyEvent`]s and nothing else; a [`Report`] is their fold. The command line renders a report,
//! the wizard folds the events in as they come, a saved report is opened on the same screens. This module knows no
//! clock, terminal, network or file.
//!
//! - [`model`]: the report's types, as `assets/report.schema.json` describes them
//! - [`event`]: what the engine says while it works, a [`SurveyEvent`] at a time
//! - [`judge`]: from outcomes to checks: severities in force, what counts as evidence
//! - [`fold`]: from events to a report, and the verdict
//! - `escape`: the one way in which text from outside is made fit to be shown
//! - [`saved`]: a report read back from a file
//! - [`redact`]: a report without names of people and accounts
//! - [`words`]: numbers, evidence and verdict in words, the same on every face
//! - [`render`]: a report as text, JSON and other forms
//! - [`catalogue`]: every rule of the product, in order
//! - [`days`]: what a signal would do, told from a report
//! - [`config`]: what `bucket-ready.toml` says
//! - [`problem`]: what went wrong between us and a bucket, with its remedy

mod access;
pub mod catalogue;
pub mod config;
pub mod days;
pub mod escape;
pub mod event;
pub mod fold;
pub mod judge;
pub mod model;
pub mod problem;
pub mod redact;
pub mod render;
pub mod saved;
pub mod words;

pub use escape::{escape, escape_cut};
pub use event::{Stage, SurveyEvent};
pub use judge::Judge;
pub use model::*;
pub use problem::{Problem, ProblemKind};
pub use saved::Unreadable;
