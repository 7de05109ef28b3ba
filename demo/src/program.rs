//! One program of the site as a child process: started, listened to, stopped or killed.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// A debug build on a busy machine may take this long to bind its sockets.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// Longer than any program's own limit for an orderly stop.
const STOPPED_WITHIN: Duration = Duration::from_secs(90);

/// The executable that can start itself in each role.
#[derive(Clone, Debug)]
pub struct Launcher {
    executable: PathBuf,
    /// What stands before it on the command line: a network namespace to enter, or nothing.
    within: Vec<String>,
    /// Where the adapter's programs are as they are shipped, where those are to be started and not this executable.
    shipped: Option<PathBuf>,
}

/// A running program. It is killed when dropped.
pub struct Program {
    role: &'static str,
    child: Child,
    input: ChildStdin,
    events: Lines<BufReader<ChildStdout>>,
    log: PathBuf,
}

impl Launcher {
    /// Starts this executable.
    pub fn new(executable: impl Into<PathBuf>) -> Self {
        Self { executable: executable.into(), within: Vec::new(), shipped: None }
    }

    /// Starts everything behind these words.
    pub fn within(self, words: Vec<String>) -> Self {
        Self { within: words, ..self }
    }

    /// Starts the programs of this directory for the adapter; each half has its own.
    pub fn with_shipped(self, shipped: Option<PathBuf>) -> Self {
        Self { shipped, ..self }
    }

    /// Starts a long-running program; what it logs goes to `ROLE.log` in the directory.
    pub fn start(&self, role: &'static str, arguments: &[&str], directory: &Path) -> Result<Program> {
        self.start_as(role, role, arguments, directory)
    }

    /// The same of one that goes by another name than its role's, as one of two processes of one role.
    pub fn start_as(
        &self,
        role: &'static str,
        name: &'static str,
        arguments: &[&str],
        directory: &Path,
    ) -> Result<Program> {
        let log = directory.join(format!("{name}.log"));
        let mut child = self
            .command(role, arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {role} from {}", self.executable.display()))?;
        let errors = child.stderr.take().context("the child has no standard error")?;
        let file = File::options().create(true).append(true).open(&log)?;
        tokio::spawn(keep(errors, tokio::fs::File::from_std(file)));
        let input = child.stdin.take().context("the child has no standard input")?;
        let output = child.stdout.take().context("the child has no standard output")?;
        Ok(Program { role: name, child, input, events: BufReader::new(output).lines(), log })
    }

    /// Runs a program to its end, with this on its standard input, and gives what it printed.
    pub async fn run(&self, role: &str, arguments: &[&str], input: &str) -> Result<String> {
        let mut child = self
            .command(role, arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.as_bytes()).await?;
        }
        let output = timeout(STOPPED_WITHIN, child.wait_with_output()).await??;
        if !output.status.success() {
            bail!("{role} {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// The command itself, for a test that looks at how it ends.
    pub fn command(&self, role: &str, arguments: &[&str]) -> Command {
        let program = match &self.shipped {
            Some(directory) if role == "adapter" => {
                let half = arguments.first().filter(|word| ["intake", "uplink"].contains(word));
                vec![directory.join(half.unwrap_or(&"adapter")).into()]
            }
            _ => vec![self.executable.as_os_str().to_owned(), role.into()],
        };
        let mut words = self.within.iter().map(OsString::from).chain(program);
        let mut command = Command::new(words.next().unwrap_or_default());
        // A group of its own, so that Ctrl-C reaches the demo alone, which stops them in order.
        command.args(words).args(arguments).process_group(0).kill_on_drop(true);
        command
    }
}

impl Program {
    /// Waits until it is bound and running; gives what it said then.
    pub async fn ready(&mut self) -> Result<Value> {
        self.event("ready", READY_WITHIN).await
    }

    /// The process.
    pub fn pid(&self) -> Result<i32> {
        let id = self
            .child
            .id()
            .with_context(|| format!("the {} has ended; see {}", self.role, self.log.display()))?;
        Ok(i32::try_from(id)?)
    }

    /// Sends a line to its standard input.
    pub async fn send(&mut self, line: &str) -> Result<()> {
        self.input.write_all(format!("{line}\n").as_bytes()).await?;
        self.input.flush().await.map_err(Into::into)
    }

    /// Asks it to stop and gives its last words: what it counted.
    pub async fn stop(self) -> Result<Value> {
        let pid = Pid::from_raw(self.pid()?).context("no such process")?;
        kill_process(pid, Signal::TERM)?;
        self.ended().await
    }

    /// Waits for it to end by itself; gives its last words.
    pub async fn ended(mut self) -> Result<Value> {
        let counted = self.event("stopped", STOPPED_WITHIN).await?;
        let status = timeout(STOPPED_WITHIN, self.child.wait()).await??;
        if !status.success() {
            bail!("the {} ended with {status}; see {}", self.role, self.log.display());
        }
        Ok(counted)
    }

    /// Kills it, as a power cut would.
    pub async fn kill(mut self) -> Result<()> {
        self.child.kill().await.map_err(Into::into)
    }

    /// Where its log is.
    pub fn log(&self) -> &Path {
        &self.log
    }

    async fn event(&mut self, name: &str, within: Duration) -> Result<Value> {
        let read = async {
            while let Some(line) = self.events.next_line().await? {
                let event: Value =
                    serde_json::from_str(&line).with_context(|| format!("not an event: {line}"))?;
                if event["event"] == name {
                    return Ok(event);
                }
            }
            bail!("it ended before it was {name}: {}", tail(&self.log))
        };
        timeout(within, read)
            .await
            .unwrap_or_else(|_| bail!("it was not {name} within {within:?}: {}", tail(&self.log)))
            .with_context(|| format!("the {}", self.role))
    }
}

// Copied by us and not written by the child itself: what the adapter's process writes to disk is one of the
// figures that are measured, and has to be nothing.
async fn keep(mut errors: ChildStderr, mut file: tokio::fs::File) {
    let mut chunk = [0; 8192];
    while let Ok(length @ 1..) = errors.read(&mut chunk).await {
        if file.write_all(&chunk[..length]).await.and(file.flush().await).is_err() {
            return;
        }
    }
}

fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(12)..].join("\n")
}
