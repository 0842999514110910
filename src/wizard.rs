//! The wizard as a pure state machine: seven steps, one [`Wizard::handle`], events in and effects out.
//!
//! It knows the report and the rules. It must not know a terminal, a clock, a file or a network: keys come in as
//! [`Key`]s, the time of day as [`Event::Tick`], results as [`Event::Survey`]; whatever has to happen outside is an
//! [`Effect`] that a driver performs. Work carries a [`RunId`]; what an older run still says is dropped in
//! [`Wizard::handle`], in one place.
//!
//! - [`step`]: the seven steps and what the rail says of each
//! - [`keys`]: the one table of keys, for dispatch, footer, help and README
//! - [`event`]: what comes in, what goes out
//! - [`connect`]: the form of the first step
//! - [`rows`]: what the lists of Layout, Data and Report hold, and the cursor in them
//! - [`month`]: the calendar's cursor, the chosen days, and what signalling them would do
//! - [`words`]: counts, bytes, clocks and evidence in words
//! - [`export`]: what is copied, saved and handed over
//! - [`grant`], [`signal`], [`practice`]: the lanes beside the survey's, each with its state, its events and its effects
//! - [`access`]: step 3, and the way from a finding to the plan that mends it
//! - [`state`] and [`handle`]: the machine itself

pub mod access;
pub mod connect;
pub mod event;
pub mod export;
pub mod grant;
pub mod handle;
pub mod keys;
pub mod month;
pub mod practice;
pub mod rows;
pub mod signal;
pub mod state;
pub mod step;
pub mod words;

pub use connect::{Connect, Field, Role};
pub use event::{Effect, Event, Lane, Measure, Resolved, RunId, Scope, StartSurvey};
pub use keys::{Action, Can, Key};
pub use state::{Confirm, Editing, Notice, Overlay, Run, RunState, Source, Wizard};
pub use step::{Mark, Step, StepStatus};

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
