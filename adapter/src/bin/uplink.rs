//! Starts the uplink alone, as its image has it; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    adapter::cli::uplink(std::env::args_os())
}
