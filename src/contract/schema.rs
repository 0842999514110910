//! S4xx: columns and types, from the footer of every file; and which columns of a file can be judged, and how.
//!
//! Bytes of a footer come in, never a file: fetching is the survey's. The footer is read by a reader of our own that
//! keeps only what the rules and the row path need, so that a hostile footer (sizes that lie, nesting without end,
//! millions of columns) costs at most its own length, and a hundred thousand footers fit in memory.
//!
//! - [`footer`]: [`check_head`], [`footer_length`], [`FileFooter::read`], [`FooterFailure`]
//! - `column`: a column's type, and how it is spelled in reports
//! - [`reading`]: the tables of the contract: [`readings`], [`Reading`]
//! - [`judge`](mod@judge): the rules, [`judge()`]; [`drift`]: what Spark 3.5 does with files that differ
//! - [`groups`](mod@groups): files by their columns, for the report

pub mod column;
pub mod drift;
mod elements;
pub mod footer;
pub mod groups;
pub mod judge;
mod project;
pub mod reading;
mod scan;
mod thrift;

pub use column::{Column, ColumnReport, Logical, Physical, Unit};
pub use drift::{Fate, fate};
pub use footer::{Chunk, FileFooter, FooterFailure, RowGroup, Shape, Shapes, check_head, footer_length};
pub use groups::{SchemaGroup, groups};
pub use judge::{DatasetFooters, judge};
pub use reading::{ColumnReading, Reading, Readings, Standing, columns as contract_columns, readings};

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
