//! Every program in one binary: `programs platform serve …`, `programs adapter run …`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    demo::cli::as_role(&arguments).unwrap_or(ExitCode::FAILURE)
}
