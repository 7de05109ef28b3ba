//! The peer's program, `benches/peer`: a workspace of its own, so that what it is made of is what a registry gives.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

/// Builds the peer, if that is still to be done, and gives its program.
///
/// # Errors
/// Cargo could not build it.
pub(super) fn build(zlib_rs: bool) -> Result<PathBuf> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("peer/Cargo.toml");
    // Each has a directory of its own: one would build both anew in every round.
    let (name, features): (_, &[_]) =
        if zlib_rs { ("zlib-rs", &["--features", "zlib-rs"]) } else { ("registry", &[]) };
    let target = target()?.join("peer").join(name);
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--release", "--locked", "--manifest-path"])
        .arg(manifest)
        .arg("--target-dir")
        .arg(&target)
        .args(features)
        .status()
        .context("cargo did not start")?;
    ensure!(built.success(), "the peer cannot be built");
    Ok(target.join("release/peer"))
}

/// Where cargo put this program: `target/release/deps/…`.
fn target() -> Result<PathBuf> {
    let program = env::current_exe()?;
    program.ancestors().nth(3).map(Path::to_owned).context("not in a directory of cargo's")
}
