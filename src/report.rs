//! The report: checks, evidence and verdict, as one versioned model.
//!
//! The engine emits [`SurveyEvent`]s and nothing else; a [`Report`] is their fold. The command line renders a report,
//! the wizard folds the events in as they come, a saved report is opened on the same screens. This module knows no
//! clock, terminal, network or file.
//!
//! - [`model`]: the report's types, as `assets/report.schema.json` describes them
//! - [`event`]: [`SurveyEvent`] and the fold
//! - [`catalogue`]: every rule of the product, in order
//! - [`config`]: `bucket-ready.toml`
//! - [`problem`]: what went wrong between us and a bucket, with its remedy

pub mod catalogue;
pub mod config;
pub mod event;
pub mod model;
pub mod problem;

pub use event::{Stage, SurveyEvent};
pub use model::*;
pub use problem::{Problem, ProblemKind};
