//! X8xx: events and metrics side by side.
