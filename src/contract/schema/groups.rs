//! Files by their columns, for the report.

use std::{collections::HashMap, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{Column, ColumnReport, DatasetFooters, FileFooter, Shape};

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

/// At most so many groups and columns are told of in a report.
const MAX_GROUPS: usize = 100;
const MAX_COLUMNS: usize = 256;

/// The files of a dataset by their columns, the largest group first, then by the first key. Reports hold at most 100
/// groups with 256 columns each.
pub fn groups(footers: &DatasetFooters) -> Vec<SchemaGroup> {
    let mut by_shape: HashMap<*const Shape, (u64, &FileFooter)> = HashMap::new();
    for file in &footers.files {
        let (files, first) = by_shape.entry(Arc::as_ptr(&file.shape)).or_insert((0, file));
        *files += 1;
        if file.key < first.key {
            *first = file;
        }
    }
    // Shapes that differ only in codings or in order of discovery are one group.
    let mut groups: HashMap<Vec<ColumnReport>, (u64, &str)> = HashMap::new();
    for (files, first) in by_shape.into_values() {
        let shown = first.shape.columns.iter().take(MAX_COLUMNS);
        let columns = shown.map(Column::report).collect();
        let (count, key) = groups.entry(columns).or_insert((0, &first.key));
        *count += files;
        *key = (*key).min(&first.key);
    }
    let mut groups: Vec<_> = groups
        .into_iter()
        .map(|(columns, (files, first_key))| SchemaGroup {
            files,
            first_key: first_key.to_owned(),
            columns,
        })
        .collect();
    groups.sort_by(|a, b| b.files.cmp(&a.files).then_with(|| a.first_key.cmp(&b.first_key)));
    groups.truncate(MAX_GROUPS);
    groups
}
