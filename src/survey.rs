//! The engine: lists, reads footers, samples or scans rows, and says what it finds as it finds it.
//!
//! [`Survey::run`] emits [`SurveyEvent`]s and nothing else; a report is their fold. It knows stores only by their port,
//! and no rule's words: evidence goes to [`crate::contract`], outcomes come back, [`crate::report::Judge`] makes checks of
//! them. What could not be read is *unknown* and says why. All work is bounded and ends promptly when cancelled.
//!
//! - [`source`]: what a survey reads from
//! - `run`: the stages, and what is told after each
//! - `connection`: what requests prove of C1xx
//! - `access`: the reader's access: policies, probes, and A2xx judged from both
//! - `objects`: what is in a folder, and who could read which of it
//! - `listing`, `footers`: what is fetched before rows
//! - `sample`, `plan`: which rows are read, and as what
//! - `scan`, `unit`, `window`: threads, row groups, and a column's bytes a window at a time
//! - `state`, `days`: what is known of a dataset, as the contract takes it
//! - `emit`: events, and outcomes made into checks

mod access;
mod connection;
mod days;
mod emit;
mod footers;
mod listing;
mod objects;
mod plan;
mod run;
mod sample;
mod scan;
pub mod source;
mod state;
mod unit;
mod window;

pub use source::{AccessSettings, Inspect, Source};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    contract::Context,
    report::{Mode, SurveyEvent, Target},
};

/// One run over a target.
#[derive(Debug)]
pub struct Survey {
    /// What is checked, as the report names it.
    pub target: Target,
    /// Where it is read from.
    pub source: Source,
    /// How rows are read, and the rules' severities and selections in force.
    pub mode: Mode,
    /// The checks' clock and the project's settings.
    pub context: Context,
    /// What looks at policies and settings, and from where Statsig reads.
    pub access: AccessSettings,
    /// Cancelling it ends the run promptly: what was found is told, and `Finished` says that the run is not complete.
    pub cancel: CancellationToken,
}

impl Survey {
    /// Runs to the end and sends what becomes known; the last event is always `Finished`. When nobody listens any more,
    /// the run ends as if cancelled.
    ///
    /// A channel of a few hundred events is enough: the survey waits for a slow listener.
    pub async fn run(self, events: mpsc::Sender<SurveyEvent>) {
        // Boxed: the whole run is one future, too deep for whoever awaits it to lay out.
        Box::pin(run::run(self, events)).await;
    }
}
