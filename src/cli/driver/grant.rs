//! The grant's lane: inspect, plan, apply, undo.

use super::Driver;
use crate::wizard::grant::StartGrant;

impl Driver {
    pub(super) fn grant(&mut self, _start: StartGrant) {}
}
