//! A box as it stands at a customer's: a machine with a container engine and an interface on the printers' network, twenty
//! printers there, a platform beyond the machine's router, and a supervisor that has to bring the adapter up.

use std::fs;
use std::os::unix::fs::chown;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use demo::certificates::{Authority, Validity};
use demo::program::{Launcher, Program};
use serde_json::Value;
use tempfile::TempDir;

use crate::engine::{Engine, OUTSIDE};
use crate::{images, number, repository, until};

/// Where the printers are.
pub const PRINTERS: &str = "192.168.77.10";
/// The intake's place beside them.
pub const INTAKE: &str = "192.168.77.2";

/// The printers' network, as the configuration has it.
pub const PLUGGED_IN: &str =
    "printers_network = { interface = \"lan0\", subnet = \"192.168.77.0/24\", address = \"192.168.77.2\" }";

/// Of a platform's report: whether it has so many lines.
pub fn distinct(at_least: u64) -> impl Fn(&Value) -> bool {
    move |report| number(report, "/records/distinct").is_ok_and(|distinct| distinct >= at_least)
}

/// The box and what is around it.
pub struct Site {
    /// The engine.
    pub engine: Engine,
    /// What to put before a command so that it runs where the printers are.
    pub lan: Vec<String>,
    launcher: Launcher,
    directory: PathBuf,
    /// In memory, and seen by the engine: what a service manager would make for the supervisor.
    runtime: TempDir,
}

/// What runs there.
pub struct Running {
    /// Beyond the machine's router.
    pub platform: Program,
    /// On the machine.
    pub supervisor: Program,
    /// On their network.
    pub printers: Program,
}

impl Site {
    /// Prepares one; nothing runs but the engine. `printers_network` is the line of the configuration for it, or nothing.
    pub async fn prepare(below: &str, launcher: Launcher, printers_network: &str) -> Result<Self> {
        let engine = images::engine(below).await?;
        let lan = engine.plug_in(PRINTERS).await?;
        let directory = engine.directory().join("site");
        fs::create_dir(&directory)?;
        let runtime = tempfile::Builder::new().prefix("oneway-supervisor-").tempdir_in("/dev/shm")?;
        let site = Self { engine, lan, launcher, directory, runtime };
        site.certificates()?;
        for (name, from) in [("platform", "platform"), ("simulator", "simulator")] {
            let text = fs::read_to_string(repository().join(format!("docker/evaluation/{from}.toml")))?;
            let text = text
                .replace("/var/lib/oneway", &site.path(""))
                .replace("/var/log/printers", &site.path("logs"))
                .replace("intake:5044", &format!("{INTAKE}:5044"));
            fs::write(site.file(&format!("{name}.toml")), text)?;
        }
        let images = ["intake", "uplink"].map(images::tag);
        let mut ids = Vec::new();
        for image in &images {
            let said = site.engine.docker(&["image", "inspect", "--format", "{{.Id}}", image]).await?;
            ids.push(said.trim().to_owned());
        }
        let [intake, uplink] = &ids[..] else { anyhow::bail!("no images") };
        let printers = fs::read_to_string(repository().join("docker/evaluation/intake.toml"))?;
        let printers = printers
            .replace("/var/lib/oneway", &site.path(""))
            .replace("simulator:", &format!("{PRINTERS}:"))
            .replace("uplink_user = 10002", "uplink_user = 10002\nintake_user = 10001");
        let directory = site.path("");
        let supervise = format!(
            "\n[platform]\nurl = \"https://{OUTSIDE}:8443\"\nca_file = \"{directory}/uplink/ca.pem\"\n\
             credentials_file = \"{directory}/uplink/credentials.toml\"\n\n\
             [supervise]\nengine = \"{}\"\nintake_image = \"{intake}\"\nuplink_image = \"{uplink}\"\n\
             intake_files = \"{directory}/intake\"\nuplink_files = \"{directory}/uplink\"\n{printers_network}\n",
            site.engine.socket().display(),
        );
        fs::write(site.file("adapter.toml"), printers + &supervise)?;
        Ok(site)
    }

    fn certificates(&self) -> Result<()> {
        let authority = Authority::new("Oneway test authority")?;
        let of = |program: &str| self.file(program);
        for program in ["platform", "intake", "uplink", "simulator", "logs"] {
            fs::create_dir(of(program))?;
        }
        authority.issue(&of("platform"), &["platform", OUTSIDE], Validity::Current)?;
        authority.issue(&of("intake"), &["intake"], Validity::Current)?;
        for printer in 1..=20 {
            authority.issue(&of("simulator"), &[&format!("p{printer:02}")], Validity::Current)?;
        }
        for program in ["uplink", "intake", "simulator"] {
            authority.write(&of(program).join("ca.pem"))?;
        }
        Ok(())
    }

    /// Starts all of it: the supervisor has brought the adapter up, and the platform has so many of the printers' lines.
    pub async fn start(&self, lines: u64) -> Result<Running> {
        let platform = self.start_platform().await?;
        let mut supervisor = self.start_supervisor()?;
        supervisor.ready().await.with_context(|| self.log())?;
        let printers = self.start_printers().await?;
        self.until_stored("lines through the containers", distinct(lines)).await?;
        Ok(Running { platform, supervisor, printers })
    }

    /// Starts the platform beyond the machine's router, and has the adapter enrolled there.
    pub async fn start_platform(&self) -> Result<Program> {
        let outside = self.launcher.clone().within(self.engine.enter_outside()?);
        let configuration = self.path("platform.toml");
        let mut platform =
            outside.start("platform", &["serve", "--config", &configuration], &self.directory)?;
        platform.ready().await?;
        let create = ["adapter", "create", "bench-1", "--site", "Test", "--config", &configuration];
        let code = outside.run("platform", &create, "").await?;
        let enrol = ["enrol", "--in-clear", "--config", &self.path("adapter.toml")];
        self.beside()?.run("adapter", &enrol, code.trim()).await?;
        // As an installer would: each half's files are its own user's.
        for (half, user) in [("intake", 10001), ("uplink", 10002)] {
            let directory = self.file(half);
            for file in fs::read_dir(&directory)? {
                chown(file?.path(), Some(user), Some(10000))?;
            }
            chown(&directory, Some(user), Some(10000))?;
        }
        Ok(platform)
    }

    /// Starts the printers.
    pub async fn start_printers(&self) -> Result<Program> {
        let there = self.launcher.clone().within(self.lan.clone());
        let arguments = ["run", "--config", &self.path("simulator.toml")];
        let mut printers = there.start("simulator", &arguments, &self.directory)?;
        printers.ready().await?;
        Ok(printers)
    }

    /// Starts the supervisor; it may take a while to be ready.
    pub fn start_supervisor(&self) -> Result<Program> {
        let arguments = ["supervise", "--config", &self.path("adapter.toml")];
        self.beside()?.start_as("adapter", "supervisor", &arguments, &self.directory)
    }

    /// Runs the supervisor's program to its end, with these words and variables: as a service manager would, or somebody by hand.
    pub async fn supervise(&self, variables: &[&str], words: &[&str]) -> Result<String> {
        let variables = variables.iter().map(|&variable| variable.to_owned());
        let within = ["env".to_owned()].into_iter().chain(variables).chain(self.beside_words()?).collect();
        let configuration = self.path("adapter.toml");
        let arguments = [&["supervise", "--config", &configuration], words].concat();
        self.launcher.clone().within(within).run("adapter", &arguments, "").await
    }

    /// What the supervisor says of itself.
    pub async fn status(&self, format: &str) -> Result<String> {
        let arguments = ["status", "--format", format, "--config", &self.path("adapter.toml")];
        self.beside()?.run("adapter", &arguments, "").await
    }

    /// Waits until the supervisor says something.
    pub async fn until_said(&self, what: &str, met: impl Fn(&Value) -> bool) -> Result<Value> {
        let said = until(what, async || {
            let Ok(text) = self.status("json").await else { return Ok(None) };
            let said: Value = serde_json::from_str(&text).context(text)?;
            Ok(met(&said).then_some(said))
        });
        said.await.with_context(|| self.log())
    }

    /// What the platform's store holds.
    pub async fn report(&self) -> Result<Value> {
        let arguments = ["report", "--config", &self.path("platform.toml")];
        let printed = self.launcher.run("platform", &arguments, "").await?;
        serde_json::from_str(&printed).context("the platform's report is not JSON")
    }

    /// Waits until the platform's report fulfils a condition; gives that report.
    pub async fn until_stored(&self, what: &str, met: impl Fn(&Value) -> bool) -> Result<Value> {
        let stored = until(what, async || Ok(Some(self.report().await?).filter(&met)));
        stored.await.with_context(|| self.log())
    }

    /// Stops the printers, and shows that every line that they wrote is stored, and once. Gives what they counted.
    pub async fn nothing_lost(&self, mut printers: Program) -> Result<Value> {
        printers.send("stop").await?;
        let counted = printers.ended().await?;
        let written = number(&counted, "/lines_written")?;
        let report = self.until_stored("the last lines", distinct(written)).await?;
        assert_eq!(number(&report, "/records/distinct")?, written, "{counted}\n{report}");
        assert_eq!(number(&report, "/records/missing")?, 0, "{report}");
        assert_eq!(number(&report, "/records/duplicates")?, 0, "{report}");
        Ok(counted)
    }

    /// A file of the site.
    pub fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// The end of the supervisor's log, with what the containers said.
    pub fn log(&self) -> String {
        let text = fs::read_to_string(self.file("supervisor.log")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines.get(lines.len().saturating_sub(60)..).unwrap_or_default().join("\n")
    }

    fn path(&self, name: &str) -> String {
        self.directory.join(name).display().to_string().trim_end_matches('/').to_owned()
    }

    fn beside(&self) -> Result<Launcher> {
        Ok(self.launcher.clone().within(self.beside_words()?))
    }

    fn beside_words(&self) -> Result<Vec<String>> {
        let runtime = format!("RUNTIME_DIRECTORY={}", self.runtime.path().display());
        Ok([vec!["env".to_owned(), runtime], self.engine.enter()?].concat())
    }
}
