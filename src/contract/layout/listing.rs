//! What was listed, and how far the listing got.

use jiff::Timestamp;

/// An object of one of the three folders, as its listing tells of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// The key without the target's prefix: `events/2022-06-22/part-0.parquet`.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// Last modified.
    pub modified: Option<Timestamp>,
    /// S3's storage class as it names it; `None` in a local folder.
    pub storage_class: Option<String>,
    /// Whether it is in an archive tier and must be restored before it can be read.
    pub archived: bool,
}

/// How far a listing got.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ListingState {
    /// To the last page.
    #[default]
    Complete,
    /// Cut short after some pages; why, in words.
    Incomplete(String),
    /// Not a page was to be had; why, in words.
    Refused(String),
}

/// The objects under one of the three folders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FolderListing {
    /// In key order (by bytes), as S3 lists them.
    pub objects: Vec<Listed>,
    /// How far it got.
    pub state: ListingState,
}

impl FolderListing {
    /// Whether every object under the folder is known.
    pub fn complete(&self) -> bool {
        self.state == ListingState::Complete
    }

    /// Why not every object is known, where that is so.
    pub fn cause(&self) -> Option<&str> {
        match &self.state {
            ListingState::Complete => None,
            ListingState::Incomplete(cause) | ListingState::Refused(cause) => Some(cause),
        }
    }
}

/// One page of the root (what stands under the target's prefix), folded at `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RootListing {
    /// The page.
    Page {
        /// Names of folders, without the prefix and without the slash.
        folders: Vec<String>,
        /// Names of objects that lie at the root itself, without the prefix.
        objects: Vec<String>,
        /// Whether there are further pages.
        more: bool,
    },
    /// It could not be listed; why, in words.
    Refused(String),
}
