//! `screen`: one of the wizard's screens, without a terminal.

use crate::{
    cli::{
        Outcome,
        args::{ScreenArgs, ScreenForm, ScreenName},
        output::Console,
    },
    tui::{self, Form, Theme, render_to_text},
    wizard::Step,
};

/// Runs `screen`.
///
/// # Errors
/// Exit 4: a report that can't be opened.
pub fn run(args: &ScreenArgs, console: &Console) -> Outcome {
    let report = super::read_report(&args.report)?;
    let name = match args.name {
        ScreenName::Connect => tui::ScreenName::Step(Step::Connect),
        ScreenName::Grant => tui::ScreenName::Step(Step::Grant),
        ScreenName::Access => tui::ScreenName::Step(Step::Access),
        ScreenName::Layout => tui::ScreenName::Step(Step::Layout),
        ScreenName::Data => tui::ScreenName::Step(Step::Data),
        ScreenName::Calendar => tui::ScreenName::Step(Step::Calendar),
        ScreenName::Report => tui::ScreenName::Step(Step::Report),
        ScreenName::Help => tui::ScreenName::Help,
    };
    let form = match args.form {
        ScreenForm::Text => Form::Text,
        ScreenForm::Ansi => Form::Ansi(Theme::with_colours(console.ansi_colours())),
    };
    console.result(&render_to_text(report, name, args.size, args.now, form))?;
    Ok(0)
}
