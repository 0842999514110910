//! X801 to X803: the ids of metrics beside the ids of events.

use super::rows::{Scope, Tally};
use crate::rule::Outcome;

/// The outcomes of X801, X802 and X803, whose subject is `metrics/`. A dataset that is not in use is `None`.
pub fn outcomes(events: Option<(&Tally, &Scope)>, metrics: Option<(&Tally, &Scope)>) -> Vec<Outcome> {
    let _ = (events, metrics);
    Vec::new()
}
