//! The contract's reading of JSON text: RFC 8259, no byte order mark, at most [`MAX_DEPTH`] levels.
//!
//! One pass over the text, no values built, nothing allocated for ordinary text, no recursion on the input. Numbers and
//! strings may be of any length. A lone surrogate escape is not JSON. Input must be UTF-8; bytes beyond ASCII inside
//! strings are passed over unseen.
//!
//! - [`scan`]: the scanner
//! - [`user`]: what the rules want to know of `user`
//! - [`metadata`]: and of `event_metadata`

mod block;
pub mod metadata;
pub mod scan;
pub mod user;

pub use metadata::{MetadataFacts, MetadataJudge};
pub use scan::{MAX_DEPTH, Text, Value, is_json, is_object};
pub use user::{FoundId, IdTypes, UserFacts, UserJudge};

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
