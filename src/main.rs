//! The `bucket-ready` binary: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    bucket_ready::cli::main()
}
