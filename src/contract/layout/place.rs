//! What each object of a folder is, and what a Spark read of `folder/*` makes of it.

use super::{FolderListing, SparkView};
use crate::{calendar::PstDay, rule::Dataset};

/// What an object is, by its name and size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// To be read as Parquet: its footer is judged, its rows are counted. Too deep ones and those in `_temporary/` and
    /// the like, too.
    Data,
    /// `_metadata` or `_common_metadata` (L310): its footer is read and compared, it is no file of the dataset.
    Metadata,
    /// Named like Parquet data, but with `_` or `.` before it: never read (L314).
    HiddenData,
    /// Another name that starts with `_` or `.`: `_SUCCESS`, `.part-0.parquet.crc`.
    Ignored,
    /// Its name says that it is not Parquet (L303).
    NotParquet,
    /// Zero bytes, named like data (L311).
    Empty,
    /// What a console or tool leaves to show a folder: a key that ends in `/`, `…_$folder$`.
    Marker,
}

/// Where an object lies and what comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// What it is.
    pub role: Role,
    /// What Spark makes of it.
    pub spark: SparkView,
    /// The day of its level-one folder.
    pub folder_day: Option<PstDay>,
    /// Folders between the dataset's folder and the object: 0 directly in it, 1 in a day folder.
    pub depth: u16,
    /// The length of the level-one folder's name, 0 where there is none.
    pub(super) folder_len: u32,
}

/// The places of all objects of a folder, and what a read of the whole folder comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    /// One for each object of the listing, in its order.
    pub places: Vec<Place>,
    /// Why a read of the whole folder fails because of its layout.
    pub read_fails: Option<String>,
}

/// What each listed object is and what Spark makes of it.
pub fn place(dataset: Dataset, listing: &FolderListing) -> Placement {
    let _ = (dataset, listing);
    Placement::default()
}
