//! `bucket-ready` answers one question: is this S3 bucket ready for Statsig to ingest?
//!
//! A pure core, an engine, and two faces over it:
//!
//! - pure core, without clock, I/O, terminal or AWS types: [`rule`], [`contract`], [`calendar`], [`access`],
//!   [`report`], [`wizard`]
//! - engine and adapters, async and cancellable: [`survey`], [`store`], [`demo`]
//! - faces: [`tui`] and [`cli`]; they read state and send intents, and neither knows the other
//!
//! `tests/architecture.rs` holds who may use whom.

pub mod access;
pub mod calendar;
pub mod cli;
pub mod contract;
pub mod demo;
pub mod report;
pub mod rule;
pub mod store;
pub mod survey;
pub mod tui;
pub mod wizard;
