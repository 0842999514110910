//! What a check says of access, by real requests to the practice account: every scenario, the truth table, and what is
//! left to say where rights are missing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

#[path = "access_check/harness.rs"]
mod harness;

#[path = "access_check/rights.rs"]
mod rights;
#[path = "access_check/scenarios.rs"]
mod scenarios;
#[path = "access_check/truth_table.rs"]
mod truth_table;
#[path = "access_check/way.rs"]
mod way;
