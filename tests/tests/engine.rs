//! The tests' own container engine leaves nothing behind.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use tests::images::{engine, tag};

/// Every control group whose name has this word in it.
fn groups(below: &Path, word: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(below).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            if entry.file_name().to_string_lossy().contains(word) {
                found.push(entry.path());
            }
            found.extend(groups(&entry.path(), word));
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_container_running_and_nobody_to_stop_it() -> Result<()> {
    let engine = engine(env!("CARGO_TARGET_TMPDIR")).await?;
    // It has nobody to talk to and waits, as long as it is let.
    let run = ["run", "--detach", "--user=0:0", "--network=none", "--entrypoint=/adapter", &tag("intake")];
    engine.docker(&[&run[..], &["probe", "hold"]].concat()).await?;
    let daemon = engine.process("dockerd")?;
    let container = engine.process("adapter").context("the container has ended")?;
    let directory = engine.directory().to_owned();
    let word = format!("oneway-{}", std::process::id());
    let root = Path::new("/sys/fs/cgroup");
    assert!(
        !groups(root, &word).is_empty(),
        "its control groups were not found, so nothing is shown by this test"
    );
    drop(engine);
    for process in [daemon, container] {
        assert!(!Path::new("/proc").join(&process).exists(), "process {process} is left");
    }
    assert!(!directory.exists(), "{} is left", directory.display());
    assert_eq!(groups(root, &word), Vec::<PathBuf>::new());
    Ok(())
}
