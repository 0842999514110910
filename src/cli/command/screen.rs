//! `screen`: one of the wizard's screens, without a terminal.

use crate::{
    cli::{
        Outcome,
        args::{ScreenArgs, ScreenForm},
        output::Console,
    },
    tui::{Form, Theme, render_to_text},
};

/// Runs `screen`.
///
/// # Errors
/// Exit 4: a report that can't be opened.
pub fn run(args: &ScreenArgs, console: &Console) -> Outcome {
    let report = super::read_report(&args.report)?;
    let form = match args.form {
        ScreenForm::Text => Form::Text,
        ScreenForm::Ansi => Form::Ansi(Theme::with_colours(console.ansi_colours())),
    };
    console.result(&render_to_text(report, args.name, args.size, args.now, form))?;
    Ok(0)
}
