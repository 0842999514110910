//! Access: what the reader needs, what policies say of it, and why a request was refused. Pure.

pub mod rules;
