//! S4xx over footers.
