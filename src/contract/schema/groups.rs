//! Files by their columns, for the report.

use serde::{Deserialize, Serialize};

use super::{ColumnReport, DatasetFooters};

/// Files with the same columns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaGroup {
    /// How many files.
    pub files: u64,
    /// The first of them by key.
    pub first_key: String,
    /// Their columns.
    pub columns: Vec<ColumnReport>,
}

/// The files of a dataset by their columns, the largest group first.
pub fn groups(footers: &DatasetFooters) -> Vec<SchemaGroup> {
    let _ = footers;
    Vec::new()
}
