//! The signal's lane.

use super::Driver;
use crate::wizard::signal::StartSignal;

impl Driver {
    pub(super) fn signal(&mut self, _start: StartSignal) {}
}
