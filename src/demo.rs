//! The practice account: an AWS account in this process, with one bucket of generated data in it.
//!
//! S3, IAM, STS and Statsig's `mark_data_ready` are served over real HTTP on one loopback port, so that the same SDKs,
//! the same listings, ranged reads, signatures and refusals are met as with a real bucket. Nothing leaves the machine and
//! nothing is written to disk. What has no call in any cloud is under `/-practice/`, a path that no bucket can have.
//!
//! A [`Scenario`] says what is in the bucket and what is wrong with it; its clock starts at [`CLOCK`] and gives the
//! objects' times, while request signatures use the real clock. Scenarios are pure data made from a seed, byte for byte
//! the same each time, and are the fixtures of the tests too: [`Scenario::objects`], [`write_to_folder`].
//!
//! This module must not know the terminal, the command line or the survey that reads it.
//!
//! - [`scenario`]: the named scenarios, what is planted in each, and their objects
//! - [`account`]: [`PracticeAccount`], which serves one of them
//! - [`front`]: the HTTP service in front, which routes by the credentials' scope
//! - [`signature`]: the signatures that `s3s` does not verify
//! - [`gate`]: who the caller is and whether they may; [`enforce`] asks the policies in force
//! - [`iam`], [`sts`]: users, policies and keys, and who a key is
//! - [`stage`]: who is who when the account opens
//! - [`statsig`]: the call that tells a timestamp; [`ingest`]: a small Statsig that polls and loads, while the clock is moved
//! - [`practice`]: the calls that no cloud has; [`opening`]: what a restore puts back
//! - [`edits`]: changes to try, made over the account's own HTTP API as an outsider would make them
//! - [`faults`]: refusals, throttling, cut bodies and the like, for tests
//! - [`objects`] and [`s3`]: the buckets in memory, and the S3 calls over them
//! - [`shop`], [`export`], [`table`]: the shop whose data it is, its nightly export, and the Parquet files
//! - [`bend`]: the mistakes that scenarios plant in rows

pub mod account;
pub mod bend;
pub mod edits;
pub mod enforce;
pub mod export;
pub mod faults;
pub mod front;
pub mod gate;
pub mod iam;
pub mod ingest;
pub mod objects;
pub mod opening;
pub mod practice;
pub mod s3;
pub mod scenario;
pub mod shop;
pub mod signature;
pub mod stage;
pub mod statsig;
pub mod sts;
pub mod table;

pub use account::{AccessKey, DemoError, PracticeAccount};
pub use faults::{Faults, RegionAnswer, Seen, StatsigFault};
pub use scenario::{
    CLOCK, DEFAULT_SCENARIO, DemoObject, Planted, Scenario, find, scenarios, write_to_folder,
};
