//! The seccomp profiles in use: a program that tries what ours never do is run as each service is, and is refused.

use std::collections::BTreeMap;

use anyhow::Result;
use tests::evaluation::{Evaluation, SERVICES};
use tests::images::run;
use tests::repository;

const BELOW: &str = env!("CARGO_TARGET_TMPDIR");

/// What the profile alone refuses: without it a container with no capability can do this, or is refused for what it passed
/// and not for what it asked.
const BY_THE_PROFILE: [&str; 6] =
    ["ptrace", "unshare", "memfd_create", "execveat", "mmap_executable", "mprotect_executable"];

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
        assert_eq!(tried.len(), 30, "{said}");
        for (attempt, outcome) in &tried {
            let expected = match *attempt {
                "tcp_socket" | "getpid" => "done",
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
