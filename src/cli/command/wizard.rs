//! The wizard on a target.

use crate::cli::{
    Outcome,
    args::GlobalArgs,
    driver::{self, Opening},
    output::Console,
    target::Place,
};

/// Opens the wizard, on a target if one is given.
///
/// # Errors
/// Exit 4: a target that can't be opened, no terminal.
pub fn run(global: &GlobalArgs, target: Option<&str>, console: &Console) -> Outcome {
    let place = target.map(Place::parse).transpose()?;
    open_place(global, place, console)
}

/// Opens the wizard on a place.
pub(super) fn open_place(global: &GlobalArgs, place: Option<Place>, console: &Console) -> Outcome {
    driver::run(global, Opening::Target(place), console)
}
