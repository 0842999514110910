//! The client of Statsig's `mark_data_ready` API.
//!
//! It sends one request and tells the answer as it came. It must not know when a signal is right: that is
//! [`crate::signal`]'s.
