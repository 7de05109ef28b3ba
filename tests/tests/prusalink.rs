//! The adapter proves its password to the web server of a real PrusaLink, and is told by it when it has the wrong one.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, Result};
use demo::program::Launcher;
use tests::{repository, soon};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// A nonce is good for so long, in seconds: longer than the test.
const NONCE_S: &str = "600";

/// The server, which ends with its handle or with the test, and its port.
async fn server() -> Result<(Child, u16)> {
    let packages = repository().join("target/peers/prusalink").canonicalize();
    let packages = packages.context("PrusaLink's web server is not there; run tests/set-up")?;
    let mut child = Command::new("setpriv")
        .args(["--pdeathsig", "KILL", "python3", "-B"])
        .arg(repository().join("tests/peers/prusalink_server.py"))
        .arg(NONCE_S)
        .env("PYTHONPATH", packages)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .context("`setpriv` or `python3` cannot be started")?;
    let out = child.stdout.take().context("no standard output")?;
    let port = soon("the server's port", BufReader::new(out).lines().next_line()).await?;
    let port = port.context("it has ended")?;
    Ok((child, port.trim().parse()?))
}

fn write(directory: &Path, name: &str, text: &str) -> Result<()> {
    let file = directory.join(name);
    fs::write(&file, text)?;
    Ok(fs::set_permissions(file, Permissions::from_mode(0o600))?)
}

#[tokio::test]
async fn the_password_is_proved_to_prusalinks_own_web_server() -> Result<()> {
    let (_server, port) = server().await?;
    let directory = tempfile::tempdir()?;
    write(
        directory.path(),
        "credentials.toml",
        "adapter = \"oslo-1\"\nkey = \"the-key\"\nsalt = \"000102030405060708090a0b0c0d0e0f\"\n",
    )?;
    let text = format!(
        "[platform]\nurl = \"https://127.0.0.1:1\"\ncredentials_file = \"credentials.toml\"\n[[printers]]\nid = \"p01\"\n\
         prusalink = {{ url = \"http://127.0.0.1:{port}\", user = \"maker\", password_file = \"p01.password\" }}\n"
    );
    write(directory.path(), "adapter.toml", &text)?;
    let launcher = Launcher::new(env!("CARGO_BIN_EXE_programs"));
    for (password, code, words) in [
        ("open sesame\n", 0, ["available", "firmware 3.14.0-8094, I3MK3S, serial CZPX4720X004XC12345"]),
        ("open barley\n", 1, ["refused", "it does not take our key: HTTP status 401"]),
    ] {
        write(directory.path(), "p01.password", password)?;
        let mut check = launcher.command("adapter", &["check", "--live", "--config", "adapter.toml"]);
        let looked = check.current_dir(directory.path()).output().await?;
        let page = String::from_utf8(looked.stdout)?;
        assert_eq!(looked.status.code(), Some(code), "{page}");
        for word in words {
            assert!(page.contains(word), "{word}: {page}");
        }
        assert!(!page.contains("Anna") && !page.contains(password.trim()), "{page}");
    }
    Ok(())
}
