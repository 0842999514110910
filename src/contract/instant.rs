//! Readings of times: epoch numbers, ISO 8601 text, dates.
