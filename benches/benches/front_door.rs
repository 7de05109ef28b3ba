//! Events a second, CPU seconds and peak memory of the Beats front door, beside the server that a registry
//! gives: `cargo bench -p benches --bench front_door -- --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    benches::front_door::main()
}
