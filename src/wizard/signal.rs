//! The lane of step 6 that sends: the days chosen, what a signal would do, its confirmation, and what came of it.

use super::{
    connect::Connection,
    event::{Effect, Lane, RunId},
    state::Wizard,
};
use crate::calendar::PstDay;

/// What step 6 knows of signals under way.
#[derive(Clone, Debug, Default)]
pub struct Signalling {
    /// The newest work of this lane.
    pub run: RunId,
}

/// A signal to send.
#[derive(Clone, Debug, PartialEq)]
pub struct StartSignal {
    /// Its number.
    pub run: RunId,
    /// Which bucket, as whom.
    pub connection: Connection,
    /// The days, oldest first.
    pub days: Vec<PstDay>,
}

/// What sending tells.
#[derive(Clone, Debug, PartialEq)]
pub enum SignalEvent {
    /// One day was told complete.
    Sent {
        /// The day.
        day: PstDay,
        /// In words: written, already there, answered.
        say: String,
    },
    /// All that was asked for is done. Always the last, unless the run failed.
    Finished,
}

impl Wizard {
    /// Takes in what the lane's work says.
    pub(super) fn signalling(&mut self, _event: Lane<SignalEvent>) -> Vec<Effect> {
        Vec::new()
    }

    /// Signal the chosen days.
    pub(super) fn act_on_signal(&mut self) -> Vec<Effect> {
        Vec::new()
    }
}
