//! A local directory as a bucket.
