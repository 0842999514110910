//! Changes to the practice account, over its own HTTP API.

use super::Driver;
use crate::wizard::practice::PracticeEdit;

impl Driver {
    pub(super) fn practise(&mut self, _edit: PracticeEdit) {}
}
