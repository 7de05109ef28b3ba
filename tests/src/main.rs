//! Every program in one binary: `programs platform serve …`, `programs adapter run …`, `programs slow …`, `programs release …`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    let role = || tests::slow::as_role(&arguments);
    let release =
        || (arguments.get(1)? == "release").then(|| maker::cli::main(arguments.iter().skip(1).cloned()));
    demo::cli::as_role(&arguments).or_else(role).or_else(release).unwrap_or(ExitCode::FAILURE)
}
