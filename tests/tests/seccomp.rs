//! The seccomp profiles in use: a program that tries what ours never do is run as each service is, and is refused.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tests::evaluation::{Evaluation, SERVICES};
use tests::images::run;
use tests::repository;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::time::timeout;

/// A line that is written is a row within a second or so.
const PATIENCE: Duration = Duration::from_secs(60);
const BELOW: &str = env!("CARGO_TARGET_TMPDIR");

/// What the profile alone refuses: without it a container with no capability can do this, or is refused for what it passed
/// and not for what it asked.
const BY_THE_PROFILE: [&str; 8] = [
    "ptrace",
    "unshare",
    "memfd_create",
    "execveat",
    "mmap_executable",
    "mprotect_executable",
    "mptcp_socket",
    "udplite_socket",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_program_of_ours_calls_is_refused() -> Result<()> {
    let evaluation = Evaluation::up(BELOW).await?;
    let probe = evaluation.engine.directory().join("probe").display().to_string();
    let source = repository().join("tests/src/probe.c").display().to_string();
    run("cc", &["-static", "-O1", "-Wall", "-Werror", "-o", &probe, &source])?;
    let mounted = format!("{probe}:/probe:ro");
    for service in SERVICES {
        let words =
            ["run", "--rm", "--no-deps", "--no-TTY", "--entrypoint", "/probe", "--volume", &mounted, service];
        let said = evaluation.compose(&words).await?;
        let tried: BTreeMap<_, _> = said.lines().filter_map(|line| line.trim().split_once(' ')).collect();
        assert_eq!(tried.len(), 36, "{said}");
        for (attempt, outcome) in &tried {
            let expected = match *attempt {
                "tcp_socket" | "tcp_socket_by_name" | "udp_socket_by_name" | "getpid" => "done",
                // The file system says no as well, and is asked where the call itself is one that the program makes.
                "root_write" => "EROFS",
                _ => "EPERM",
            };
            assert_eq!(*outcome, expected, "{service}: {attempt}");
        }
    }

    // The same container but for the profile.
    let words = ["run", "--rm", "--network=none", "--cap-drop=ALL", "--security-opt=no-new-privileges:true"];
    let more =
        ["--security-opt=seccomp=unconfined", "--read-only", "--entrypoint=/probe", "--volume", &mounted];
    let image = tests::images::tag("intake");
    let said = evaluation.engine.docker(&[&words[..], &more, &[&image]].concat()).await?;
    for attempt in BY_THE_PROFILE {
        assert!(
            !said.contains(&format!("{attempt} EPERM")),
            "{attempt} is refused without the profile as well: {said}"
        );
    }
    Ok(())
}

/// The evaluation's printers ship their logs. What reads a directory makes calls of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_directory_is_read_as_well() -> Result<()> {
    let evaluation = Evaluation::up(BELOW).await?;
    let logs = evaluation.engine.directory().join("logs");
    fs::create_dir(&logs)?;
    let mut log = File::create(logs.join("laser.log"))?;
    let configuration = evaluation.engine.directory().join("tail.toml");
    let link =
        "socket = \"/run/oneway/link.sock\"\nidentity_file = \"/var/lib/oneway/intake/identity.toml\"\n";
    let printer =
        "id = \"p01\"\nfamily = \"projet\"\nlogs = { directory = \"/logs\", pattern = \"*.log*\" }\n";
    fs::write(&configuration, format!("[link]\n{link}\n[[printers]]\n{printer}"))?;
    let mounts =
        [format!("{}:/logs:ro", logs.display()), format!("{}:/tail.toml:ro", configuration.display())];
    let run = ["run", "--rm", "--no-deps", "--no-TTY", "--volume", &mounts[0], "--volume", &mounts[1]];
    let tap = ["--entrypoint", "/adapter", "intake", "tap", "--config", "/tail.toml"];
    let mut tap = evaluation.compose_command(&[&run[..], &tap].concat()).stdout(Stdio::piped()).spawn()?;
    let mut rows = BufReader::new(tap.stdout.take().context("no output")?).lines();
    // The first is found by a look, the second by an event; then the file is another one.
    for (number, power) in [(1, "111"), (2, "222"), (3, "333")] {
        if number == 3 {
            fs::rename(logs.join("laser.log"), logs.join("laser.log.1"))?;
            log = File::create(logs.join("laser.log"))?;
        }
        writeln!(log, "2026-11-22T10:15:3{number}Z laser #00000000{number} INFO power={power}mW")?;
        let row = timeout(PATIENCE, async {
            loop {
                match rows.next_line().await?.context("the tap has ended")? {
                    row if row.contains(power) => return anyhow::Ok(row),
                    _ => {}
                }
            }
        });
        let row = row.await.with_context(|| format!("line {number} did not become a row"))??;
        assert!(row.contains("laser_power"), "{row}");
    }
    Ok(())
}
