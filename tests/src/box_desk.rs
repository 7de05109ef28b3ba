//! Makers of releases for boxes: a desk with a root of one key a role, and a box that trusts it. Releases are of the system alone.

use std::fs;

use anyhow::{Context as _, Result, ensure};

use crate::box_system::BoxSystem;
use crate::makers::{Makers, Said};

/// Where the bundle is put together.
pub const DESK: &str = "desk";
/// What the box runs.
pub const RUNS: &str = "0.2.0";
/// What a release calls machines of this kind.
pub const MACHINE: &str = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };

/// A desk with a root, and a box of version 0.2.0 that trusts it.
pub fn desk(programs: &str, below: &str) -> Result<Makers> {
    let makers = Makers::new(programs, below)?;
    makers.machine(DESK)?;
    let mut words: Vec<String> = ["root", "new", DESK].map(str::to_owned).to_vec();
    for (role, holder) in
        [("root", "anna"), ("targets", "dora"), ("snapshot", "gwen"), ("timestamp", "server")]
    {
        words.extend(["--add".into(), format!("{role}={}", makers.key(holder)?)]);
    }
    makers.release(&words.iter().map(String::as_str).collect::<Vec<_>>())?;
    makers.sign("anna", DESK, "1.root.signed")?;
    let at = makers.machine("box")?;
    fs::copy(makers.machine(DESK)?.join("1.root.signed"), at.join("root.signed"))?;
    fs::write(at.join("os-release"), format!("ID=debian\nIMAGE_ID=oneway\nIMAGE_VERSION={RUNS}\n"))?;
    fs::write(at.join("kernels"), format!("oneway_{RUNS}.efi\n"))?;
    Ok(makers)
}

/// Puts a release with a system onto the desk, signed; gives the system.
pub fn publish(makers: &Makers, version: &str, digit: char, machine: &str) -> Result<BoxSystem> {
    let system = BoxSystem::make(&makers.machine("output")?.join(version), version, digit, machine)?;
    let said = bundle(makers, version, &format!("output/{version}"))?;
    ensure!(said.code == Some(0), "{said:?}");
    let targets = said.text.split(':').next().context("no name")?.to_owned();
    makers.sign("dora", DESK, &targets)?;
    makers.release(&["renew", DESK, "snapshot", "--key", "gwen/gwen.key"])?;
    makers.release(&["renew", DESK, "timestamp", "--key", "server/server.key"])?;
    Ok(system)
}

/// Makes the document of a release, which nobody has signed yet.
pub fn bundle(makers: &Makers, version: &str, output: &str) -> Result<Said> {
    let words = [
        "bundle",
        DESK,
        "--version",
        version,
        "--from",
        "0.1.0",
        "--configuration",
        "1-1",
        "--system",
        output,
    ];
    makers.program("release", &words, "")
}

/// What a box makes of what it finds there: `--from` a folder or an address, or by its `--config`.
pub fn take(makers: &Makers, there: &[&str]) -> Result<Said> {
    let words = [&["update", "system", "take"], there].concat();
    let more = ["--root", "box/root.signed", "--state", "box/release", "--to", "box/take"];
    let seen =
        ["--kernels", "box/kernels", "--account", "box/account.json", "--os-release", "box/os-release"];
    makers.program("adapter", &[&words[..], &more, &seen].concat(), "")
}

/// The same of what lies in memory, once more.
pub fn ready(makers: &Makers) -> Result<Said> {
    let words = ["update", "system", "ready", "--from", "box/take/ready", "--root", "box/root.signed"];
    let more = ["--state", "box/release", "--kernels", "box/kernels", "--os-release", "box/os-release"];
    makers.program("adapter", &[&words[..], &more].concat(), "")
}
