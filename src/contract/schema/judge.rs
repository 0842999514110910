//! The schema rules.

use super::{FileFooter, FooterFailure};
use crate::{
    contract::{Context, layout::FolderListing},
    rule::{Dataset, Outcome},
};

/// The footers of one dataset.
#[derive(Clone, Debug, Default)]
pub struct DatasetFooters {
    /// Footers that were read, in any order.
    pub files: Vec<FileFooter>,
    /// Files whose footer was not read, by key, and why.
    pub failures: Vec<(String, FooterFailure)>,
    /// Footers of `_metadata` and `_common_metadata` files.
    pub metadata: Vec<FileFooter>,
    /// Such files that could not be read, and why.
    pub metadata_failures: Vec<(String, FooterFailure)>,
    /// Why there are data files that are in neither list (the run was cut short), in words.
    pub incomplete: Option<String>,
}

/// Judges S401 to S411 on one dataset.
pub fn judge(
    ctx: &Context,
    dataset: Dataset,
    listing: &FolderListing,
    footers: &DatasetFooters,
) -> Vec<Outcome> {
    let _ = (ctx, dataset, listing, footers);
    Vec::new()
}
