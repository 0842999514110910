//! PST days: fixed windows of 24 hours, never a zone lookup.
//!
//! Statsig's days start at GMT−8 the whole year, without daylight saving. A project can move the boundary, so the offset
//! is configurable, and only the offset. This module has no clock: instants come in as arguments. It uses nothing else
//! of ours.
//!
//! - [`day`]: [`PstDay`], [`DayOffset`] and the day's window

pub mod day;

pub use day::{DayOffset, PstDay};
