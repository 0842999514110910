//! L3xx over a listing, and what Spark makes of each object.
