//! `adapter check --live` against printers as they answer over TCP: what it is, what it gives, and whose fault it is.

#[path = "peers/duet.rs"]
mod duet;
#[path = "peers/prusalink.rs"]
mod prusalink;

use std::error::Error;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use duet::Duet;
use prusalink::PrusaLink;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// The exit code and the page for a printer of this section; beside it lies a file with the secret.
fn look(section: &str, secret: &str) -> Result<(Option<i32>, String)> {
    let directory = tempfile::tempdir()?;
    write(directory.path(), "secret", secret)?;
    write(
        directory.path(),
        "credentials.toml",
        "adapter = \"oslo-1\"\nkey = \"the-secret-key\"\nsalt = \"000102030405060708090a0b0c0d0e0f\"\n",
    )?;
    let text = format!(
        "[platform]\nurl = \"https://127.0.0.1:1\"\ncredentials_file = \"credentials.toml\"\n\
         [[printers]]\nid = \"p01\"\n{section}\n"
    );
    write(directory.path(), "adapter.toml", &text)?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_adapter"));
    command.args(["check", "--live", "--config", "adapter.toml"]).current_dir(directory.path());
    let output = command.env("RUST_LOG", "trace").output()?;
    let (page, log) = (String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?);
    for said in [&page, &log] {
        assert!(!said.contains(secret.trim()), "the secret is told: {said}");
        for name in ["acme", "anna", "Anna", "BRACKE", "sesame"] {
            assert!(!said.contains(name), "{name}: {said}");
        }
    }
    Ok((output.status.code(), page))
}

fn write(directory: &Path, name: &str, text: &str) -> Result {
    let path = directory.join(name);
    fs::write(&path, text)?;
    Ok(fs::set_permissions(path, Permissions::from_mode(0o600))?)
}

fn has(page: &str, words: &[&str]) {
    for word in words {
        assert!(page.contains(word), "{word}: {page}");
    }
}

#[test]
fn a_duet_is_asked_in_one_session_that_it_gets_back() -> Result {
    let duet = Duet::start()?;
    let section =
        format!("duet = {{ url = \"http://127.0.0.1:{}\", password_file = \"secret\" }}", duet.port);
    let (code, page) = look(&section, "open sesame&more\n")?;
    println!("{page}");
    assert_eq!(code, Some(0), "{page}");
    has(
        &page,
        &[
            "Duet 127.0.0.1:",
            "IN CLEAR",
            "available",
            "Duet 2 WiFi",
            "08DGM-956GU-DJMSN-6JKDL-3SD6T-1U3YB",
            "3.4.5",
        ],
    );
    has(
        &page,
        &[
            "heated_bed.temperature",
            "extruder.temperature_setpoint",
            "build.id",
            "build.layers",
            "controller.voltage",
        ],
    );
    duet.wait_until(|state| state.sessions.is_empty());
    assert_eq!(duet.with(|state| state.logins), 1);
    let (code, page) = look(&section, "open barley")?;
    assert_eq!(code, Some(1), "{page}");
    has(&page, &["refused", "it does not take our password"]);
    duet.with(|state| state.sessions = (0..8).collect());
    let (code, page) = look(&section, "open sesame&more")?;
    assert_eq!(code, Some(1), "{page}");
    has(&page, &["refused", "all of its sessions are taken"]);
    duet.with(duet::State::restart);
    let (code, page) = look(&section, "open sesame&more")?;
    assert_eq!(code, Some(0), "{page}");
    Ok(())
}

#[test]
fn a_prusalink_is_asked_by_digest_and_by_key() -> Result {
    let link = PrusaLink::start()?;
    let section = |by: &str| format!("prusalink = {{ url = \"http://127.0.0.1:{}\", {by} }}", link.port);
    let (by_user, by_key) =
        (section("user = \"maker\", password_file = \"secret\""), section("api_key_file = \"secret\""));
    for (section, secret) in [(&by_user, "open sesame"), (&by_key, "0123456789abcdef\n")] {
        let (code, page) = look(section, secret)?;
        println!("{page}");
        assert_eq!(code, Some(0), "{page}");
        has(
            &page,
            &[
                "PrusaLink 127.0.0.1:",
                "IN CLEAR",
                "available",
                "firmware 5.1.2, serial 10589-3742441631234567",
            ],
        );
        has(&page, &["extruder.temperature", "fan.rotation", "z.position", "build.id", "build.progress"]);
    }
    // Each nonce is stale at the second question, and none of them is asked more than twice.
    assert_eq!(link.with(|state| (state.answered, state.challenged)), (8, 4));
    for (section, secret) in [(&by_user, "open barley"), (&by_key, "fedcba9876543210")] {
        let (code, page) = look(section, secret)?;
        assert_eq!(code, Some(1), "{page}");
        has(&page, &["refused", "it does not take our key: HTTP status 401"]);
    }
    link.with(|state| state.status_bytes_more = 64 << 10);
    let (code, page) = look(&by_key, "0123456789abcdef")?;
    assert_eq!(code, Some(1), "{page}");
    has(&page, &["nonsense", "an answer that is longer than any of its kind"]);
    Ok(())
}
