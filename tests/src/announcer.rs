//! Services that are announced as the real products do, by the library that they do it with: python-zeroconf, as it comes
//! with OctoPrint.

use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::{repository, soon};

/// Announces these at the interface with this address, within a network namespace. It ends when it is dropped.
pub async fn announce(within: &[String], address: &str, services: &Value) -> Result<Child> {
    let packages = repository().join("target/peers/octoprint").canonicalize();
    let packages = packages.context("python-zeroconf is not there; run tests/set-up")?;
    let mut announcer = Command::new("setpriv")
        .args(["--pdeathsig", "KILL"])
        .args(within)
        .args(["python3", "-B"])
        .arg(repository().join("tests/peers/mdns_announce.py"))
        .args([address, &services.to_string()])
        .env("PYTHONPATH", packages)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("`setpriv` or `python3` cannot be started")?;
    let said = announcer.stdout.take().context("no output")?;
    let said = soon("the announcer's first word", BufReader::new(said).lines().next_line()).await?;
    ensure!(said.as_deref() == Some("announced"), "the announcer said {said:?}");
    Ok(announcer)
}
