//! A running program, watched from outside by what the kernel says of it: its calls, the bytes that it causes to be
//! written, and the figures of its control group. It need not have been started for that.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use demo::report::Footprint;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use crate::trace::{stores, writes};

/// Offending calls that are kept to be shown.
const SHOWN_MAX: usize = 20;
/// All that makes, changes or fills a file, or maps one.
const TRACED: &str = "trace=%file,write,writev,pwrite64,pwritev,pwritev2,sendfile,copy_file_range,fallocate,ftruncate,msync,\
                      fsync,fdatasync,sync,syncfs,sync_file_range,mmap";

/// A program under watch.
pub struct Watched {
    pid: i32,
    strace: Child,
    calls: JoinHandle<Result<Calls>>,
    group: Group,
    before: (u64, u64),
    // It says a word of each new thread, and waits when nobody reads them.
    complaints: JoinHandle<()>,
}

/// What was seen of it.
#[derive(Debug)]
pub struct Seen {
    /// Calls that could, of all threads.
    pub calls: u64,
    /// Those of them that store something in a file, or change a file system; the first ones.
    pub storing: Vec<String>,
    /// Bytes that the process caused to be sent to a block device (`/proc/PID/io`).
    pub bytes: u64,
    /// Bytes that its control group wrote to block devices.
    pub group_bytes: u64,
}

#[derive(Debug, Default)]
struct Calls {
    all: u64,
    storing: Vec<String>,
}

impl Watched {
    /// Begins with this process and all its threads.
    pub async fn begin(pid: i32) -> Result<Self> {
        let mut strace = Command::new("strace")
            .args(["-f", "-y", "-s", "0", "-e", TRACED, "-o", "/dev/stdout", "-p", &pid.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("`strace` cannot be started")?;
        let output = strace.stdout.take().context("no output")?;
        let calls = tokio::spawn(read(BufReader::new(output).lines()));
        let mut complaints = BufReader::new(strace.stderr.take().context("no standard error")?).lines();
        let first = complaints.next_line().await?.unwrap_or_default();
        ensure!(first.contains("attached"), "strace cannot watch here: {first}");
        let complaints = tokio::spawn(async move { while let Ok(Some(_)) = complaints.next_line().await {} });
        let group = Group::of(pid)?;
        let before = (Footprint::of(pid)?.bytes_written(), group.bytes_written()?);
        Ok(Self { pid, strace, calls, group, before, complaints })
    }

    /// The control group that it is in.
    pub fn group(&self) -> &Group {
        &self.group
    }

    /// Ends; the process runs on, and is the one that it was at the beginning.
    pub async fn end(mut self) -> Result<Seen> {
        let bytes = Footprint::of(self.pid)?.bytes_written();
        let group_bytes = self.group.bytes_written()?;
        let strace = self.strace.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        kill_process(strace.context("strace has ended before")?, Signal::INT)?;
        self.strace.wait().await?;
        self.complaints.await?;
        let Calls { all, storing } = self.calls.await??;
        Ok(Seen {
            calls: all,
            storing,
            bytes: bytes - self.before.0,
            group_bytes: group_bytes - self.before.1,
        })
    }
}

async fn read(mut lines: Lines<BufReader<tokio::process::ChildStdout>>) -> Result<Calls> {
    let mut calls = Calls::default();
    while let Some(line) = lines.next_line().await? {
        calls.all += 1;
        if (writes(&line) || stores(&line)) && calls.storing.len() < SHOWN_MAX {
            calls.storing.push(line);
        }
    }
    Ok(calls)
}

/// The control group that counts what its processes write.
pub struct Group(PathBuf);

impl Group {
    /// That of a process.
    fn of(pid: i32) -> Result<Self> {
        let said = fs::read_to_string(format!("/proc/{pid}/cgroup"))?;
        let place = |line: &str| {
            let mut parts = line.splitn(3, ':').skip(1);
            let (controllers, path) = (parts.next()?, parts.next()?);
            let root = match controllers {
                "" => "/sys/fs/cgroup",
                "blkio" => "/sys/fs/cgroup/blkio",
                _ => return None,
            };
            let group = PathBuf::from(root).join(path.trim_start_matches('/'));
            FIGURES.iter().any(|file| group.join(file).exists()).then_some(group)
        };
        let group =
            said.lines().find_map(place).map(Self).context("no control group counts what is written")?;
        group.have_counted()?;
        Ok(group)
    }

    // The first version counts nothing before somebody has limited a device; this limit is beyond what any can do.
    fn have_counted(&self) -> Result<()> {
        let limit = self.0.join("blkio.throttle.write_bps_device");
        if !limit.exists() {
            return Ok(());
        }
        let mut counted = 0;
        for device in fs::read_dir("/sys/block")? {
            let number = fs::read_to_string(device?.path().join("dev"))?;
            // Some of them, such as memory, cannot be limited, and are no disks.
            counted += usize::from(fs::write(&limit, format!("{} {BEYOND_ALL}", number.trim())).is_ok());
        }
        ensure!(counted > 0, "no block device can be counted");
        Ok(())
    }

    /// Bytes that were written to block devices by what runs in it.
    pub fn bytes_written(&self) -> Result<u64> {
        let text = FIGURES.iter().find_map(|file| fs::read_to_string(self.0.join(file)).ok());
        Ok(text.context("the control group has gone")?.lines().filter_map(written).sum())
    }

    /// Words to put before a command so that it runs in the group.
    pub fn enter(&self) -> [String; 4] {
        let procs = self.0.join("cgroup.procs").display().to_string();
        ["sh", "-ec", "echo $$ >\"$0\"; exec \"$@\"", &procs].map(str::to_owned)
    }
}

/// Bytes a second.
const BEYOND_ALL: u64 = 1_000_000_000_000;
/// Of the second version of control groups, and of the first.
const FIGURES: [&str; 2] = ["io.stat", "blkio.throttle.io_service_bytes"];

// `254:0 rbytes=4096 wbytes=0 …`, or `254:0 Write 0`.
fn written(line: &str) -> Option<u64> {
    let (_, words) = line.split_once(' ')?;
    match words.strip_prefix("Write ") {
        Some(bytes) => bytes.parse().ok(),
        None => words.split(' ').find_map(|word| word.strip_prefix("wbytes="))?.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_groups_figures_are_read() {
        for (line, expected) in [
            ("254:0 Write 8192", Some(8192)),
            ("254:0 Read 8192", None),
            ("Total 8192", None),
            ("254:0 rbytes=1 wbytes=4096 rios=1 wios=1 dbytes=0 dios=0", Some(4096)),
        ] {
            assert_eq!(written(line), expected, "{line}");
        }
    }
}
