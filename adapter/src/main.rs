//! Starts the program; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    adapter::cli::main(std::env::args_os())
}
