//! What a survey reads from, and what looks at the access to it.

use std::{fmt, sync::Arc};

use futures_util::future::BoxFuture;

use crate::{
    access::{self, Inspected},
    report::{Identity, Problem},
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

/// Looks at the policies and settings that decide on the reader's access. Read-only; one inspection a run.
pub trait Inspect: Send + Sync + 'static {
    /// Looks at the bucket and, by its ARN, at the reader. What may not be read is
    /// [`crate::access::Known::Unknown`] with the reason, and the rest goes on; a problem is only what leaves nothing
    /// to be said: no credentials, no endpoint.
    fn inspect<'a>(
        &'a self,
        target: &'a access::Target,
        reader: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Inspected, Problem>>;

    /// Requests that it made so far, retries included.
    fn requests(&self) -> u64 {
        0
    }
}

/// How the reader's access is judged beside reading as the reader.
#[derive(Clone, Default)]
pub struct AccessSettings {
    /// What looks at policies and settings, with the operator's key or else the reader's own. Without one they are
    /// *unknown*, and findings rest on what requests came to.
    pub inspector: Option<Arc<dyn Inspect>>,
    /// Addresses and networks from which Statsig reads, where they are not
    /// [`crate::access::evidence::STATSIG_ADDRESSES`].
    pub statsig_addresses: Vec<String>,
}

impl fmt::Debug for AccessSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessSettings")
            .field("inspector", &self.inspector.is_some())
            .field("statsig_addresses", &self.statsig_addresses)
            .finish()
    }
}
