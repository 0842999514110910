//! PST days: fixed windows of 24 hours, never a zone lookup.
//!
//! Statsig's days start at GMT−8 the whole year, without daylight saving. A project can move the boundary, so the offset
//! is configurable, and only the offset. This module has no clock: instants come in as arguments. It uses nothing else
//! of ours.
//!
//! - [`day`]: [`PstDay`], [`DayOffset`] and the day's [`Window`]
//! - [`month`]: [`Month`] and its grid of weeks
//! - [`clock`]: instants in words, by the project's clock and in UTC
//! - [`state`]: [`DayState`], what a day is to someone who signals
//! - [`landing`]: when days' data usually lands, from the days seen so far
//!
//! What makes a day ready or late is judged in [`crate::contract::days`].

pub mod clock;
pub mod day;
pub mod landing;
pub mod month;
pub mod state;

pub use day::{DayOffset, PstDay, Weekday, Window};
pub use landing::Landing;
pub use month::Month;
pub use state::DayState;
