//! The tables of rules, one file a family.
