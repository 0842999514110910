//! `open`: a saved report in the wizard.

use crate::cli::{
    Outcome,
    args::{GlobalArgs, OpenArgs, StatsigArgs},
    driver::{self, Opening},
    output::Console,
};

/// Runs `open`.
///
/// # Errors
/// Exit 4: a report that can't be opened, no terminal.
pub fn run(global: &GlobalArgs, args: &OpenArgs, console: &Console) -> Outcome {
    let report = super::read_report(&args.report)?;
    let opening = Opening::Saved {
        report: Box::new(report),
        name: args.report.to_string_lossy().into_owned(),
    };
    driver::run(global, &StatsigArgs::default(), opening, console)
}
