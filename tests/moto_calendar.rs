//! What the calendar says of a bucket on `moto`, a server that we did not write, with its own modification times: late
//! data, early signals, gaps and half days found exactly, by the program itself. What is expected is counted from the
//! server's own listing, in a few lines written from the contract's words (`moto_calendar/words.rs`), or stands as a
//! number where the order of events leaves no other.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "moto_calendar/alone.rs"]
mod alone;
#[path = "moto_calendar/harness.rs"]
mod harness;
#[path = "moto_calendar/late.rs"]
mod late;
#[path = "moto_calendar/mess.rs"]
mod mess;
#[path = "support/moto.rs"]
mod moto;
#[path = "support/program.rs"]
mod program;
#[path = "moto_calendar/replay.rs"]
mod replay;
#[path = "moto_calendar/signalling.rs"]
mod signalling;
#[path = "moto_calendar/words.rs"]
mod words;
