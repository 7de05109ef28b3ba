//! `platform limits` as a person runs it.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};

const CONFIG: &str = "\
[server]
listen = \"127.0.0.1:0\"
certificate_file = \"cert.pem\"
key_file = \"key.pem\"

[store]
path = \"store.db\"
";

fn limits(directory: &Path, arguments: &[&str], stdin: &[u8]) -> io::Result<Output> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_platform"))
        .current_dir(directory)
        .arg("limits")
        .args(arguments)
        .args(["--config", "platform.toml"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    child.stdin.take().map_or(Ok(()), |mut pipe| pipe.write_all(stdin))?;
    child.wait_with_output()
}

#[test]
fn a_good_file_replaces_the_limits_and_a_bad_one_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("platform.toml"), CONFIG).unwrap();
    let shipped = include_bytes!("../limits/every-printer.toml");
    let done = limits(directory.path(), &["import", "-"], shipped).unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(String::from_utf8_lossy(&done.stdout), "limits: 16 added, 0 removed, 0 kept\n");

    let exported = limits(directory.path(), &["export"], b"").unwrap().stdout;
    std::fs::write(directory.path().join("limits.toml"), &exported).unwrap();
    let done = limits(directory.path(), &["import", "limits.toml"], b"").unwrap();
    assert_eq!(String::from_utf8_lossy(&done.stdout), "limits: 0 added, 0 removed, 16 kept\n");

    let wrong = String::from_utf8(exported.clone()).unwrap().replace("\"laser.fault\"", "\"laser.falt\"");
    let refused = limits(directory.path(), &["import", "-"], wrong.as_bytes()).unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let line = wrong.lines().position(|line| line.contains("laser.falt")).unwrap() + 1;
    let said = String::from_utf8(refused.stderr).unwrap();
    let expected = format!(
        "platform: stdin:{line}:8: item: the catalogue has no item \"laser.falt\"; did you mean \"laser.fault\"?\n"
    );
    assert_eq!(said, expected);
    assert_eq!(limits(directory.path(), &["export"], b"").unwrap().stdout, exported);
}
