//! `screen`: one of the wizard's screens, without a terminal.

use crate::cli::{Outcome, args::ScreenArgs, failure::Failure, output::Console};

/// Runs `screen`.
///
/// # Errors
/// Exit 4: a report that can't be opened.
pub fn run(args: &ScreenArgs, _console: &Console) -> Outcome {
    let _report = super::read_report(&args.report)?;
    Err(Failure::cannot("the wizard is not there yet"))
}
