//! CPU, memory and punctuality of polling: `cargo bench -p benches --bench polling -- --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    benches::polling::main()
}
