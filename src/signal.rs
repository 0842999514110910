//! Signals, sent: a day is told complete by a file in `signals/` or by the `mark_data_ready` API.
//!
//! What a signal would do is [`crate::contract::days`]'s to say, and whether it may be sent
//! [`crate::contract::days::guard`]'s; here it is written, read back and entered in the ledger. Neither way ever tells
//! more than it knows: what may or may not have happened is said to be so. This module must not know the terminal or
//! the command line.
//!
//! - [`object`]: the Parquet file that says that a day is finished, and what such a file says
//! - [`files`]: one object for each day, written only if absent, read back and compared
//! - [`api`]: one timestamp by the [`api::MarkReady`] port, with the ledger asked before and told after
//! - [`ledger`]: what was sent by which key and what came back, on disk

pub mod api;
pub mod files;
pub mod ledger;
pub mod object;

pub use api::{Answer, Mark, MarkReady, Marked, Reply};
pub use files::{Standing, Written};
pub use ledger::{Ledger, LedgerError};
