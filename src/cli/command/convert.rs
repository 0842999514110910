//! `convert`: a saved report in another form.

use super::{deliver, read_report, render};
use crate::{
    cli::{Outcome, args::ConvertArgs, output::Console, output::OutFile},
    report::redact::Redactor,
};

/// Runs `convert`.
///
/// # Errors
/// Exit 4: a report that can't be opened, a file that can't be written.
pub fn run(args: &ConvertArgs, console: &Console) -> Outcome {
    let mut report = read_report(&args.report)?;
    let out = args.out.as_deref().map(OutFile::create).transpose()?;
    if args.redact {
        Redactor::default().report(&mut report);
    }
    deliver(out, console, |style| render(&report, args.output, style))?;
    Ok(0)
}
