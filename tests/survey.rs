//! The engine over real stores: the same data gives the same report wherever it lies, and whatever goes wrong on the way
//! is retried, named and bounded.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "survey/harness.rs"]
mod harness;

#[path = "survey/bad_files.rs"]
mod bad_files;
#[path = "survey/hostile_stores.rs"]
mod hostile_stores;
#[path = "survey/same_everywhere.rs"]
mod same_everywhere;
