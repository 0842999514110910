//! Grants, made real: inspects user and bucket, applies a plan change by change with a journal on disk, waits until AWS
//! agrees with itself, and takes exactly its own changes back.
//!
//! What is planned and which step comes next is [`crate::access::plan`](mod@crate::access::plan)'s, which is pure; here are the clock, the files
//! and the calls. Calls go through the port [`Account`], which [`crate::aws`] implements. This module must not know the
//! SDK, the terminal or the command line. What it does it tells as [`GrantEvent`](crate::access::plan::GrantEvent)s.
//!
//! - [`account`] and [`settle`]: the ports: the account's calls, and a fresh key tried as Statsig would use it
//! - [`engine`]: [`Engine`], which plans; [`apply`] and [`undo`] are the rest of it
//! - [`disk`]: files that outlive a kill; [`journal`] and [`keyfile`] are two of them, the undo file the third
//! - [`stopped`]: how it ends

pub mod account;
pub mod apply;
pub mod disk;
pub mod engine;
pub mod journal;
pub mod keyfile;
pub mod settle;
pub mod stopped;
pub mod undo;

pub use account::{Account, Look, NewKey};
pub use apply::Places;
pub use disk::{Disk, LocalDisk, MemoryDisk};
pub use engine::{Engine, MachineTimer, Timer};
pub use journal::{Unfinished, unfinished};
pub use keyfile::KeyPlace;
pub use settle::{Seen, Verifier};
pub use stopped::{Applied, HandedOut, Stopped, TakenBack, Verdict};
