//! `completions` and `man`: what shells and manuals want to know of the command line.

use crate::cli::{
    Outcome,
    args::{self, CompletionsArgs},
    failure::Failure,
    output::Console,
};

/// Runs `completions`.
///
/// # Errors
/// Exit 4: stdout can't be written.
pub fn completions(args: &CompletionsArgs, console: &Console) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut shown(), "bucket-ready", &mut script);
    console.result(&String::from_utf8_lossy(&script))?;
    Ok(0)
}

/// Runs `man`: one page, with a section for each command.
///
/// # Errors
/// Exit 4: stdout can't be written.
pub fn man(console: &Console) -> Outcome {
    let mut command = shown();
    command.build();
    let mut page = Vec::new();
    let failed = |error: std::io::Error| Failure::cannot(format!("the manual could not be made: {error}"));
    clap_mangen::Man::new(command.clone())
        .render(&mut page)
        .map_err(failed)?;
    for sub in command
        .get_subcommands()
        .filter(|sub| !sub.is_hide_set() && sub.get_name() != "help")
    {
        let man = clap_mangen::Man::new(sub.clone().disable_help_subcommand(true));
        page.extend_from_slice(format!(".SH \"COMMAND {}\"\n", sub.get_name().to_uppercase()).as_bytes());
        let mut section = Vec::new();
        man.render_synopsis_section(&mut section)
            .and_then(|()| man.render_description_section(&mut section))
            .map_err(failed)?;
        // Within the page, a command's headings are one level lower.
        let section = String::from_utf8_lossy(&section).replace(".SH ", ".SS ");
        page.extend_from_slice(section.as_bytes());
    }
    console.result(&String::from_utf8_lossy(&page))?;
    Ok(0)
}

/// The command line without the commands that help does not show either.
fn shown() -> clap::Command {
    let whole = args::command();
    let mut command = clap::Command::new("bucket-ready")
        .version(env!("CARGO_PKG_VERSION"))
        .args(whole.get_arguments().filter(|arg| !arg.is_hide_set()).cloned())
        .subcommands(whole.get_subcommands().filter(|sub| !sub.is_hide_set()).cloned());
    if let Some(about) = whole.get_about() {
        command = command.about(about.clone());
    }
    if let Some(after) = whole.get_after_help() {
        command = command.after_help(after.clone());
    }
    command
}
