//! A machine of its own that has booted: this machine's system a second time, in namespaces (`booted.sh`), so that a
//! package can be installed and its service be started by a real service manager. What is written to its disk is kept in
//! memory and goes with it.
//!
//! What it cannot show, since it has this machine's kernel: limits of memory and of tasks, where this machine has the older
//! groups of processes.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, bail, ensure};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};

use crate::until;

const BOOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/booted.sh");
const TPM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tpm.py");
/// Where its service manager finds its TPM.
const TPM_DEVICE: &str = "SYSTEMD_TPM2_DEVICE=swtpm:host=127.0.0.1,port=2321";
const PATH: &str = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
/// All that was written to its disk, seen from within.
pub const DISK: &str = "/run/oneway-disk";

/// The machine. It goes when this is dropped, and everything that runs on it with it.
pub struct Booted {
    holder: Child,
    first: String,
    group: PathBuf,
    _memory: TempDir,
}

/// A TPM that is plugged into it. It is pulled out when this is dropped.
pub struct Chip {
    program: Child,
    state: TempDir,
}

impl Chip {
    /// Pulls it out, and gives what is in it.
    pub async fn pull(mut self) -> Result<TempDir> {
        drop(self.program.stdin.take());
        self.program.wait().await?;
        Ok(self.state)
    }
}

impl Booted {
    /// Boots it. This directory of ours is seen there as well.
    pub async fn start(below: &str, seen: &Path) -> Result<Self> {
        let memory = tempfile::Builder::new().prefix("booted-").tempdir_in(below)?;
        let seen = seen.canonicalize()?;
        let words = [OsStr::new("sh"), BOOT.as_ref(), memory.path().as_ref(), seen.as_os_str()];
        let mut holder = as_root(&["env", "-i", PATH, TPM_DEVICE])
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("no second system can be started here")?;
        let id = holder.id().context("it ended at once")?;
        let mut errors = holder.stderr.take().context("no errors")?;
        let found = until("the second system's service manager", async || {
            if let Some(status) = holder.try_wait()? {
                let mut said = String::new();
                errors.read_to_string(&mut said).await?;
                bail!("the second system did not boot ({status}): {said}");
            }
            Ok(service_manager_below(&id.to_string()))
        });
        let first = found.await?;
        let group = group_of(&first)?;
        let booted = Self { holder, first, group, _memory: memory };
        until("the second system to be up", async || {
            let (_, said, _) = booted.outcome("systemctl is-system-running --wait", "").await?;
            // A service of this machine's own that cannot run there is no matter.
            Ok(["running", "degraded"].contains(&said.as_str()).then_some(()))
        })
        .await?;
        Ok(booted)
    }

    /// What to put before a command so that it runs there.
    pub fn enter(&self) -> Vec<String> {
        let all = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root"];
        self.entering(&all)
    }

    /// What to put before a command so that it has its network, and all else of ours.
    pub fn enter_network(&self) -> Vec<String> {
        self.entering(&["--net"])
    }

    /// Runs a script there as root, to its end; gives what it printed.
    pub async fn run(&self, script: &str) -> Result<String> {
        self.feed(script, "").await
    }

    /// The same, with this on its standard input.
    pub async fn feed(&self, script: &str, input: &str) -> Result<String> {
        let (success, said, errors) = self.outcome(script, input).await?;
        if success {
            return Ok(said);
        }
        let (_, journal, _) =
            self.outcome("journalctl --boot --lines 40 --output cat --unit 'oneway-*'", "").await?;
        bail!("`{script}`: {said}\n{errors}\n\nand in its journal:\n{journal}")
    }

    /// Runs a script that has to fail, and gives its errors.
    pub async fn fails(&self, script: &str) -> Result<String> {
        let (success, said, errors) = self.outcome(script, "").await?;
        if success { bail!("`{script}` succeeded: {said}") } else { Ok(errors) }
    }

    /// Plugs in a TPM: a new one, with nothing in it, or the one whose state is in this directory.
    pub async fn plug_in(&self, below: &str, state: Option<TempDir>) -> Result<Chip> {
        let state = match state {
            Some(state) => state,
            None => tempfile::Builder::new().prefix("tpm-").tempdir_in(below)?,
        };
        let mut words = self.enter_network();
        words.extend(["python3".to_owned(), TPM.to_owned(), state.path().display().to_string()]);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut program = as_root(&words).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut said = [0; 3];
        let output = program.stdout.as_mut().context("no output")?;
        output.read_exact(&mut said).await.context("no TPM can be had here")?;
        Ok(Chip { program, state })
    }

    async fn outcome(&self, script: &str, input: &str) -> Result<(bool, String, String)> {
        let enter = self.enter();
        let words: Vec<&str> = enter.iter().map(String::as_str).collect();
        let mut child = as_root(&words)
            .args(["env", "-i", PATH, "LC_ALL=C.UTF-8", TPM_DEVICE])
            .args(["sh", "-euc", &format!("cd /\n{script}")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.as_bytes()).await?;
        }
        let output = child.wait_with_output().await?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        Ok((output.status.success(), text(&output.stdout), text(&output.stderr)))
    }

    fn entering(&self, namespaces: &[&str]) -> Vec<String> {
        let words = ["nsenter", "--target", &self.first];
        words.iter().chain(namespaces).chain(&["--"]).map(|&word| word.to_owned()).collect()
    }
}

impl Drop for Booted {
    fn drop(&mut self) {
        // With its first process all others go; the groups of processes stay until somebody removes them.
        let group = self.group.display();
        let script = format!(
            "kill -KILL {0}; for _ in $(seq 100); do \
             find {group} -depth -type d -exec rmdir {{}} + 2>/dev/null && break; sleep 0.1; done",
            self.first
        );
        let _ = as_root(&["sh", "-c", &script]).into_std().status();
        let _ = self.holder.start_kill();
    }
}

/// Namespaces, and what is mounted in them, are root's to make.
pub fn as_root(words: &[&str]) -> Command {
    let mut words = words.iter();
    if rustix::process::getuid().is_root() {
        let mut command = Command::new(words.next().unwrap_or(&"true"));
        command.args(words);
        return command;
    }
    let mut command = Command::new("sudo");
    command.arg("--non-interactive").args(words);
    command
}

/// The first process that is a service manager, among what a process started.
fn service_manager_below(process: &str) -> Option<String> {
    let read = |what: &str| std::fs::read_to_string(format!("/proc/{process}/{what}")).ok();
    if read("comm")?.trim() == "systemd" {
        return Some(process.to_owned());
    }
    read(&format!("task/{process}/children"))?.split_whitespace().find_map(service_manager_below)
}

/// The group of processes that it was started in, as a directory of this machine.
fn group_of(first: &str) -> Result<PathBuf> {
    let mounts = std::fs::read_to_string("/proc/mounts")?;
    let mounted = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    let mut groups =
        mounted.filter(|words| words.get(2) == Some(&"cgroup2")).filter_map(|words| words.get(1).copied());
    let root = groups.next().context("this machine has no groups of processes of version 2")?;
    let own = std::fs::read_to_string(format!("/proc/{first}/cgroup"))?;
    let own = own.lines().find_map(|line| line.strip_prefix("0::/")).context("it is in no group")?;
    let top: PathBuf = Path::new(own).iter().take_while(|part| *part != "init.scope").collect();
    ensure!(top.to_string_lossy().contains("oneway-booted-"), "it is not in a group of its own but in {own}");
    Ok(Path::new(root).join(top))
}
