//! The container images, as `docker/build` left them.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use crate::engine::Engine;
use crate::repository;

/// The images, the program in each, and what it is called there.
pub const IMAGES: [(&str, &str, &str); 5] = [
    ("intake", "intake", "adapter"),
    ("uplink", "uplink", "adapter"),
    ("platform", "platform", "platform"),
    ("simulator", "simulator", "simulator"),
    ("prepare", "demo", "demo"),
];

/// The image of this name, as the engine and `docker/compose.yaml` call it.
pub fn tag(name: &str) -> String {
    format!("oneway/{name}:{}", env!("CARGO_PKG_VERSION"))
}

/// Where `docker/build` puts everything.
pub fn built() -> Result<PathBuf> {
    let directory = repository().join("target/image");
    ensure!(
        directory.join("oneway.tar").exists(),
        "there are no images: run docker/build, as tests/run does"
    );
    Ok(directory)
}

/// An engine that has the images.
pub async fn engine(below: &str) -> Result<Engine> {
    let archive = built()?.join("oneway.tar").display().to_string();
    let engine = Engine::start(below).await?;
    engine.docker(&["load", "--quiet", "--input", &archive]).await?;
    Ok(engine)
}

/// Runs a program to its end; gives what it printed.
pub fn run(program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program).args(arguments).current_dir(repository()).output();
    let output = output.with_context(|| format!("{program} cannot be started"))?;
    if !output.status.success() {
        bail!("{program} {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8(output.stdout)?)
}
