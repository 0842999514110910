//! What a survey reads from.

use std::fmt;

use crate::{
    report::Identity,
    store::{Folder, S3Settings, SharedStore},
};

/// Where a target's objects are read from, and as whom.
pub enum Source {
    /// A local folder: no C, A and L309 checks.
    Folder(Folder),
    /// A bucket. It is connected to as part of the run, so that trouble on the way becomes a check.
    S3 {
        /// Whose key is judged.
        reader: Box<S3Settings>,
        /// Whose key reads what the reader's may not.
        operator: Option<Box<S3Settings>>,
    },
    /// A bucket that nobody may read for Statsig yet. It is read as the operator, so that the data is known; of the
    /// reader's access nothing is.
    NoReader {
        /// Whose key reads.
        operator: Box<S3Settings>,
    },
    /// A bucket that is connected already.
    Store {
        /// As the one whose key is judged.
        reader: SharedStore,
        /// As the one who reads what the reader may not.
        operator: Option<SharedStore>,
        /// The reader.
        identity: Option<Identity>,
    },
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(_) => f.write_str("Folder"),
            Self::S3 { reader, .. } => write!(f, "S3({})", reader.bucket),
            Self::NoReader { operator } => write!(f, "NoReader({})", operator.bucket),
            Self::Store { .. } => f.write_str("Store"),
        }
    }
}
