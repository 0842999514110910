//! `bucket-ready.toml`: what the user changed of the rules.
