//! `bucket-ready` answers one question: is this S3 bucket ready for Statsig to ingest?
//!
//! A pure core, an engine, and two faces over it:
//!
//! - pure core, without clock, I/O, terminal or AWS types: [`rule`], [`contract`], [`calendar`], [`access`],
//!   [`report`], [`wizard`]
//! - engines, async and cancellable: [`survey`] reads, [`grant`] grants and takes back, [`signal`] tells a day complete
//! - adapters: [`store`], [`aws`], [`statsig`], and [`demo`], the practice account
//! - faces: [`tui`] and [`cli`]; they read state and send intents, and neither knows the other
//!
//! `tests/architecture.rs` holds who may use whom.

pub mod access;
pub mod aws;
pub mod calendar;
pub mod cli;
pub mod contract;
pub mod demo;
pub mod grant;
pub mod report;
pub mod rule;
pub mod signal;
pub mod statsig;
pub mod store;
pub mod survey;
pub mod tui;
pub mod wizard;

#[cfg(test)]
mod tests;
