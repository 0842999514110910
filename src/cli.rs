//! The command line: parses arguments, wires stores, survey, report and wizard together, sets exit codes.

use std::process::ExitCode;

/// Runs the program with the process's arguments.
pub fn main() -> ExitCode {
    ExitCode::from(2)
}
