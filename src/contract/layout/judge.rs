//! The layout rules.

use super::{FolderListing, RootListing};
use crate::{
    contract::{Context, schema::DatasetFooters},
    rule::{Dataset, Outcome},
};

/// What the layout rules look at.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// One page of the root.
    pub root: &'a RootListing,
    /// `events/`
    pub events: &'a FolderListing,
    /// `metrics/`
    pub metrics: &'a FolderListing,
    /// `signals/`
    pub signals: &'a FolderListing,
    /// Whether the listing knows of storage classes. False for a local folder: L309 is then absent.
    pub storage_known: bool,
}

impl<'a> Evidence<'a> {
    /// The listing of a dataset's folder.
    pub fn folder(&self, dataset: Dataset) -> &'a FolderListing {
        match dataset {
            Dataset::Events => self.events,
            Dataset::Metrics => self.metrics,
            Dataset::Signals => self.signals,
        }
    }
}

/// Judges L301 to L314 on all their subjects.
///
/// `footers` in the order of [`Dataset::ALL`]; `None` while they are not read yet: what L306 and L310 ask of them is
/// then *unknown*. Judge again when they are read.
pub fn judge(ctx: &Context, evidence: &Evidence<'_>, footers: Option<[&DatasetFooters; 3]>) -> Vec<Outcome> {
    let _ = (ctx, evidence, footers);
    Vec::new()
}
