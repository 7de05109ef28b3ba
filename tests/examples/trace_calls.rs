//! Runs the evaluation of `docker/compose.yaml` through all that a service meets with, without seccomp profiles and under the
//! system's own trace of its calls, which it writes into the file that is named: what `docker/seccomp/make` reads.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, kill_process};
use tests::engine::Engine;
use tests::evaluation::{Evaluation, SERVICES, container};
use tests::images;
use tokio::process::{Child, Command};

#[tokio::main]
async fn main() -> Result<()> {
    let file = std::env::args().nth(1).context("usage: trace_calls FILE")?;
    let below = Path::new(&file).parent().context("the file has no directory")?.display().to_string();
    let engine = images::engine(&below).await?;
    let mut strace = attach(&engine, &file).await?;
    let evaluation = Evaluation::without_profiles(engine).await?;
    evaluation.until_stored(1_000).await?;
    evaluation.until_all("healthy").await?;
    let ask = ["/adapter", "status", "--config", "/etc/oneway/intake.toml"];
    evaluation.engine.docker(&[&["exec", &container("intake")], &ask[..]].concat()).await?;
    evaluation.signal_all("STOP").await?;
    evaluation.until_all("unhealthy").await?;
    evaluation.signal_all("CONT").await?;
    evaluation.until_all("healthy").await?;
    // Each one away for a while, and each killed.
    for service in SERVICES {
        evaluation.compose(&["stop", service]).await?;
        evaluation.compose(&["start", service]).await?;
    }
    evaluation.until_all("healthy").await?;
    evaluation.signal_all("KILL").await?;
    evaluation.until_all("healthy").await?;
    evaluation.until_stored(2_000).await?;
    evaluation.compose(&["down"]).await?;
    let pid = strace.id().and_then(|pid| Pid::from_raw(pid.try_into().ok()?)).context("strace has ended")?;
    kill_process(pid, Signal::INT)?;
    strace.wait().await?;
    Ok(())
}

/// Every container's first process is a child's child of containerd.
async fn attach(engine: &Engine, file: &str) -> Result<Child> {
    let pid = tests::until("containerd", async || Ok(engine.process("containerd").ok())).await?;
    let strace = Command::new("strace")
        .args(["--follow-forks", "--quiet=all", "--decode-pids=pidns", "--string-limit=16", "--output", file])
        .args(["--attach", &pid])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .context("`strace` cannot be started")?;
    let path = Path::new(file);
    tests::until("strace", async || Ok(path.exists().then_some(()))).await?;
    Ok(strace)
}
