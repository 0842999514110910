//! The wizard on a target.

use crate::cli::{
    Outcome,
    args::{GlobalArgs, StatsigArgs},
    driver::{self, Opening},
    failure::Failure,
    output::Console,
    target::Place,
};

/// Opens the wizard, on a target if one is given.
///
/// # Errors
/// Exit 4: a target that can't be opened, no terminal.
pub fn run(global: &GlobalArgs, statsig: &StatsigArgs, target: Option<&str>, console: &Console) -> Outcome {
    let place = target.map(Place::parse).transpose()?;
    if matches!(place, Some(Place::Demo(_))) && statsig.statsig_url.is_some() {
        return Err(
            Failure::usage("--statsig-url does not go with the practice account")
                .hint("it brings its own: leave it out"),
        );
    }
    driver::run(global, statsig, Opening::Target(place), console)
}

/// Opens the wizard on a place.
pub(super) fn open_place(global: &GlobalArgs, place: Option<Place>, console: &Console) -> Outcome {
    driver::run(global, &StatsigArgs::default(), Opening::Target(place), console)
}
