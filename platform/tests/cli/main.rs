//! The platform's command line as a person runs it: beside its configuration, which is given by its name alone.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail the test")]

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

mod limits;
mod site_key;

const CONFIG: &str = "\
[server]
listen = \"127.0.0.1:0\"
certificate_file = \"cert.pem\"
key_file = \"key.pem\"

[store]
path = \"store.db\"
";

fn place() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("platform.toml"), CONFIG).unwrap();
    directory
}

fn platform(place: &TempDir, arguments: &[&str], stdin: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_platform"))
        .current_dir(place.path())
        .args(arguments)
        .args(["--config", "platform.toml"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One that refuses at once does not read.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    child.wait_with_output().unwrap()
}
