//! Signals as their operators send them: guards that can't be got past, signals by file on a folder, the practice account
//! and `moto`, signals by the API against a server on this machine that fails in every way.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "signal/by_api.rs"]
mod by_api;
#[path = "signal/by_file.rs"]
mod by_file;
#[path = "signal/guards.rs"]
mod guards;
#[path = "signal/harness.rs"]
mod harness;
#[path = "support/moto.rs"]
mod moto;
#[path = "support/program.rs"]
mod program;
#[cfg(unix)]
#[path = "signal/prompt.rs"]
mod prompt;
#[path = "signal/server.rs"]
mod server;
