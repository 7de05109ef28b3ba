//! `docker/compose.yaml`, brought up on an engine of the test's own.

use std::fs;

use anyhow::{Context as _, Result};
use serde_json::Value;
use tokio::process::Command;

use crate::engine::Engine;
use crate::images;
use crate::{number, repository, until};

/// The services that stay.
pub const SERVICES: [&str; 4] = ["intake", "uplink", "platform", "simulator"];

/// What a person would wait for is looked at more often, and nothing else is changed.
const HASTE: &str = "
services:
  intake: {healthcheck: &haste {interval: 1s, timeout: 5s, retries: 2}}
  uplink: {healthcheck: *haste}
  platform: {healthcheck: *haste}
  simulator: {healthcheck: *haste}
";

/// The evaluation, up.
pub struct Evaluation {
    /// The engine.
    pub engine: Engine,
    files: [String; 2],
}

impl Evaluation {
    /// Brings it up for the first time, on a new engine.
    pub async fn up(below: &str) -> Result<Self> {
        Self::with(images::engine(below).await?, HASTE).await
    }

    /// Brings it up with no seccomp profiles.
    pub async fn without_profiles(engine: Engine) -> Result<Self> {
        let mut more = HASTE.replace(
            "healthcheck:",
            "security_opt: !override [no-new-privileges:true, seccomp=unconfined], healthcheck:",
        );
        more.push_str("  prepare: {security_opt: !override [no-new-privileges:true, seccomp=unconfined]}\n");
        Self::with(engine, &more).await
    }

    async fn with(engine: Engine, more: &str) -> Result<Self> {
        let haste = engine.directory().join("haste.yaml");
        fs::write(&haste, more)?;
        let files = [repository().join("docker/compose.yaml"), haste].map(|file| file.display().to_string());
        let evaluation = Self { engine, files };
        evaluation.compose(&["up", "--detach", "--quiet-pull"]).await?;
        Ok(evaluation)
    }

    /// Runs `docker compose` with these words; gives what it printed.
    pub async fn compose(&self, words: &[&str]) -> Result<String> {
        match self.engine.docker(&self.words(words)).await {
            Ok(said) => Ok(said),
            Err(error) => Err(error.context(self.logs().await)),
        }
    }

    /// `docker compose` with these words.
    pub fn compose_command(&self, words: &[&str]) -> Command {
        self.engine.command(&self.words(words))
    }

    fn words<'a>(&'a self, words: &[&'a str]) -> Vec<&'a str> {
        let [compose, haste] = &self.files;
        [&["compose", "--file", compose, "--file", haste], words].concat()
    }

    /// What the platform's store holds, in its own words.
    pub async fn report(&self) -> Result<Value> {
        let words = ["/platform", "report", "--config", "/etc/oneway/platform.toml"];
        let said = self.engine.docker(&[&["exec", &container("platform")], &words[..]].concat()).await?;
        serde_json::from_str(&said).context("the platform's report is not JSON")
    }

    /// Waits until this many log lines are stored.
    pub async fn until_stored(&self, lines: u64) -> Result<Value> {
        let stored = until("log lines on the platform", async || {
            let report = self.report().await.ok();
            Ok(report
                .filter(|report| number(report, "/records/distinct").is_ok_and(|distinct| distinct >= lines)))
        });
        match stored.await {
            Ok(report) => Ok(report),
            Err(error) => Err(error.context(self.logs().await)),
        }
    }

    /// Waits until every service says this of its health.
    pub async fn until_all(&self, health: &str) -> Result<()> {
        for service in SERVICES {
            let what = format!("{service} to be {health}");
            let said = until(&what, async || {
                let state = self.engine.inspect(&container(service)).await?;
                Ok((state["State"]["Health"]["Status"] == health).then_some(()))
            });
            if let Err(error) = said.await {
                let state = self.engine.inspect(&container(service)).await?;
                return Err(error.context(state["State"].to_string()).context(self.logs().await));
            }
        }
        Ok(())
    }

    /// The first process of a service.
    pub async fn pid(&self, service: &str) -> Result<String> {
        self.engine.pid(&container(service)).await
    }

    /// Reads a file of `/proc` of a service's first process.
    pub async fn proc(&self, service: &str, file: &str) -> Result<String> {
        let path = format!("/proc/{}/{file}", self.pid(service).await?);
        self.engine.beside(&["cat", &path]).await
    }

    /// Sends every service's first process a signal, as nobody in a container could.
    pub async fn signal_all(&self, signal: &str) -> Result<()> {
        for service in SERVICES {
            let pid = self.pid(service).await?;
            self.engine.beside(&["kill", "-s", signal, &pid]).await?;
        }
        Ok(())
    }

    /// The last lines of what each service logged.
    pub async fn logs(&self) -> String {
        let words = self.words(&["logs", "--no-color", "--tail", "12"]);
        self.engine.docker(&words).await.unwrap_or_else(|error| error.to_string())
    }
}

/// What compose calls the container of a service.
pub fn container(service: &str) -> String {
    format!("oneway-{service}-1")
}
