//! E5xx, M6xx and signal rows over Arrow batches.
