//! A strict JSON scanner that builds no values.
