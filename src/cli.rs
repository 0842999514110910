//! The command line: parses arguments, wires stores, survey, report and wizard together, sets exit codes.
//!
//! stdout is the result and nothing else; progress, notes and errors go to stderr. Exit codes: 0 ready (or done), 1 not
//! ready, 2 usage, 3 inconclusive, 4 the tool could not do it, 130 interrupted.
//!
//! - [`args`]: commands and options
//! - [`secret`]: a secret from a file, the environment or a prompt
//! - [`target`]: what TARGET means
//! - [`settings`]: `bucket-ready.toml`, found and read; [`small`]: a small file that a user named
//! - [`session`]: a target made ready to be surveyed; [`inspector`]: what looks at its policies
//! - [`granting`]: what a grant works with, for command and wizard alike
//! - [`watch`]: a survey run to its end, or to Ctrl-C
//! - [`driver`]: the wizard's effects, done
//! - [`output`]: where results and messages go
//! - [`failure`]: errors with their hints
//! - [`command`]: one file a command

pub mod args;
pub mod command;
pub mod driver;
pub mod failure;
pub mod granting;
pub mod inspector;
pub mod output;
pub mod secret;
pub mod session;
pub mod settings;
pub mod small;
pub mod target;
pub mod watch;

use std::process::ExitCode;

use args::{Cli, ColorChoice, Command};
use failure::Failure;
use output::Console;

/// What a command comes to: an exit code, or an error to tell.
pub type Outcome = Result<u8, Failure>;

/// Interrupted by Ctrl-C or a request to end.
pub const INTERRUPTED: u8 = 130;

/// Runs the program with the process's arguments.
pub fn main() -> ExitCode {
    let cli = match Cli::of_process() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to stdout with 0, mistakes to stderr with 2. A closed pipe is nobody's mistake.
            let code = u8::try_from(error.exit_code()).unwrap_or(2);
            match error.use_stderr() {
                true => Console::new(ColorChoice::Auto, true).tell_mistake(&error.render().to_string()),
                false => {
                    let _ = error.print();
                }
            }
            return ExitCode::from(code);
        }
    };
    let console = Console::new(cli.global.color, cli.global.is_plain());
    match run(cli, &console) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            console.tell(&failure);
            ExitCode::from(failure.code)
        }
    }
}

fn run(cli: Cli, console: &Console) -> Outcome {
    let global = &cli.global;
    if let (Some(target), Some(_)) = (&cli.target, &cli.command) {
        return Err(Failure::usage(format!("{target} stands before the command"))
            .hint("a command takes its target behind it: bucket-ready check TARGET"));
    }
    if let (Some(option), Some(_)) = (cli.statsig.given(), &cli.command) {
        return Err(Failure::usage(format!("{option} stands before the command"))
            .hint("`signal` takes it behind it, and the wizard where there is no command"));
    }
    match cli.command {
        None => command::wizard::run(global, &cli.statsig, cli.target.as_deref(), console),
        Some(Command::Demo(args)) => command::demo::run(global, &args, console),
        Some(Command::Check(args)) => command::check::run(global, &args, console),
        Some(Command::Calendar(args)) => command::calendar::run(global, &args, console),
        Some(Command::Grant(what)) => command::grant::run(global, &what, console),
        Some(Command::Signal(args)) => command::signal::run(global, &args, console),
        Some(Command::Open(args)) => command::open::run(global, &args, console),
        Some(Command::Convert(args)) => command::convert::run(&args, console),
        Some(Command::Screen(args)) => command::screen::run(&args, console),
        Some(Command::Rules(args)) => command::rules::run(&args, console),
        Some(Command::Completions(args)) => command::shell::completions(&args, console),
        Some(Command::Man) => command::shell::man(console),
        Some(Command::Unload { .. } | Command::Audit { .. }) => Err(Failure::cannot(
            "this command is not in this version of bucket-ready",
        )
        .hint("`bucket-ready --help` lists the commands that are")),
    }
}
