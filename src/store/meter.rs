//! What was asked of a store and received from it.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::report::Usage;

/// Counters that many tasks add to.
#[derive(Debug, Default)]
pub struct Meter {
    requests: AtomicU64,
    bytes: AtomicU64,
}

impl Meter {
    /// One more request, retries included.
    pub fn request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// Bytes of object bodies that arrived, of failed attempts too.
    pub fn received(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// The counts so far; `seconds` is not ours to tell.
    pub fn usage(&self) -> Usage {
        Usage {
            requests: self.requests.load(Ordering::Relaxed),
            bytes_read: self.bytes.load(Ordering::Relaxed),
            seconds: 0.0,
        }
    }
}
