//! Starts the intake alone, as its image has it; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    adapter::cli::intake(std::env::args_os())
}
