//! A report without names of people and accounts.
