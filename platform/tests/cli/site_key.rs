//! `platform site-key` as a person runs it, beside its configuration.

use std::process::Command;

const CONFIG: &str = "\
[server]
listen = \"127.0.0.1:0\"
certificate_file = \"cert.pem\"
key_file = \"key.pem\"

[store]
path = \"store.db\"
";

#[test]
fn the_key_is_made_beside_a_configuration_that_is_given_by_its_name_alone() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("platform.toml"), CONFIG).unwrap();
    let made = Command::new(env!("CARGO_BIN_EXE_platform"))
        .current_dir(directory.path())
        .args(["site-key", "--new", "--config", "platform.toml"])
        .output()
        .unwrap();
    assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
    assert!(directory.path().join("site.key").exists());
}
