//! Every program in one binary: `programs platform serve …`, `programs adapter run …`, `programs slow …`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    let role = || tests::slow::as_role(&arguments);
    demo::cli::as_role(&arguments).or_else(role).unwrap_or(ExitCode::FAILURE)
}
