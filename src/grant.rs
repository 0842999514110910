//! Grants, made real: inspects user and bucket, applies a plan change by change with a journal on disk, waits until AWS
//! agrees with itself, and takes exactly its own changes back.
//!
//! What is planned and which step comes next is [`crate::access::plan`]'s, which is pure; here are the clock, the files
//! and the calls. Calls go through the port [`Account`], which [`crate::aws`] implements. This module must not know the
//! SDK, the terminal or the command line. What it does it tells as [`GrantEvent`](crate::access::plan::GrantEvent)s.
//!
//! - [`account`]: the port

pub mod account;

pub use account::{Account, NewKey};
