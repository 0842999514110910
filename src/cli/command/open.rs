//! `open`: a saved report in the wizard.

use crate::cli::{
    Outcome,
    args::{GlobalArgs, OpenArgs},
    failure::Failure,
    output::Console,
};

/// Runs `open`.
///
/// # Errors
/// Exit 4: a report that can't be opened, no terminal.
pub fn run(_global: &GlobalArgs, args: &OpenArgs, _console: &Console) -> Outcome {
    let _report = super::read_report(&args.report)?;
    Err(Failure::cannot("the wizard is not there yet")
        .hint("`bucket-ready convert REPORT --output text` prints it"))
}
