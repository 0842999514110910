//! A dataset's folder as a tree of level-one folders, with what Spark makes of the objects in it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{FolderListing, Placement};
use crate::rule::Dataset;

/// What Spark makes of an object in a `folder/*` read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SparkView {
    /// Reads it.
    Read,
    /// Passes over it by name (`_…`, `.…`) or because it is empty.
    Skipped,
    /// Drops it without a word, though it looks like data.
    Dropped,
    /// Fails on it, and the whole read with it.
    Fails,
}

/// A number of objects and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectCount {
    /// Objects.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// One dataset's folder as a tree of level-one folders.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LayoutReport {
    /// Level-one folders, in key order; files directly in the dataset's folder stand under the name "".
    pub folders: Vec<LayoutFolder>,
    /// How many more folders there are than are listed here.
    pub folders_more: u64,
    /// Objects and bytes by what Spark makes of them.
    pub spark: BTreeMap<SparkView, ObjectCount>,
    /// Whether a read of the whole folder fails, and why.
    pub read_fails: Option<String>,
}

/// A level-one folder of a dataset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LayoutFolder {
    /// Its name without slashes.
    pub name: String,
    /// The PST day that its name says, `YYYY-MM-DD`.
    pub day: Option<String>,
    /// Objects in it, at any depth.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Objects by what Spark makes of them.
    pub spark: BTreeMap<SparkView, ObjectCount>,
    /// What is in the way here, with rule codes: `L303 2 objects that are not Parquet`.
    pub notes: Vec<String>,
}

/// The folder as the Layout screen and the report show it.
pub fn report(dataset: Dataset, listing: &FolderListing, placement: &Placement) -> LayoutReport {
    let _ = (dataset, listing, placement);
    LayoutReport::default()
}
