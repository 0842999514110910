//! The wizard on a target.

use crate::cli::{
    Outcome,
    args::{GlobalArgs, ReaderArgs},
    failure::Failure,
    output::Console,
    target::Place,
};

/// Opens the wizard, on a target if one is given.
///
/// # Errors
/// Exit 4: a target that can't be opened, no terminal.
pub fn run(global: &GlobalArgs, reader: &ReaderArgs, target: Option<&str>, console: &Console) -> Outcome {
    let place = target.map(Place::parse).transpose()?;
    open_place(global, reader, place, console)
}

/// Opens the wizard on a place.
pub(super) fn open_place(
    _global: &GlobalArgs,
    _reader: &ReaderArgs,
    _place: Option<Place>,
    _console: &Console,
) -> Outcome {
    Err(Failure::cannot("the wizard is not there yet").hint("`bucket-ready check TARGET` makes every check"))
}
