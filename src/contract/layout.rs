//! L3xx: names and places of objects, from the listings of the three folders and one page of the root.
//!
//! Knows nothing of footers but what L306 and L310 ask of them, and nothing of how a listing was made. What Spark makes
//! of each object follows Spark 3.5's own steps (glob, leaf files, partition discovery), with no Spark at hand.
//!
//! - [`listing`]: what was listed: [`Listed`], [`FolderListing`], [`RootListing`]
//! - `place`: what each object is and what Spark makes of it: [`place()`], [`Place`]
//! - [`name`]: what a name says: Parquet or not, hidden, a day, a part number
//! - `rules`: the rules, [`judge()`]
//! - [`tree`]: the folder as the Layout screen shows it: [`report()`]

pub mod judge;
pub mod listing;
pub mod name;
pub mod place;
mod stale;
pub mod tree;

pub(in crate::contract) use judge::absence;
pub use judge::{Evidence, judge};
pub use listing::{FolderListing, Listed, ListingState, RootListing};
pub use name::folder_day;
pub use place::{Place, Placement, Role, place};
pub use tree::{LayoutFolder, LayoutReport, ObjectCount, SparkView, report};

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
