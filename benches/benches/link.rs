//! What the adapter costs as two processes: `cargo bench -p benches --bench link -- --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    benches::link::main()
}
