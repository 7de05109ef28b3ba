//! A share: a directory that a file system run by a program (FUSE) shows in another place. As on a network share, the kernel
//! tells nobody here of what is written on the other side.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use tokio::process::{Child, Command};

use crate::until;

/// A mounted share. It goes when it is dropped.
pub struct Share {
    served: PathBuf,
    at: PathBuf,
    server: Child,
}

impl Share {
    /// Shows `served` at `at`.
    pub async fn mount(served: &Path, at: &Path) -> Result<Self> {
        std::fs::create_dir_all(at)?;
        let server = serve(served, at).await?;
        Ok(Self { served: served.to_owned(), at: at.to_owned(), server })
    }

    /// The server dies: whoever asks for a file gets an error from now on.
    pub async fn die(&mut self) -> Result<()> {
        self.server.kill().await?;
        ensure!(self.at.read_dir().is_err(), "the share is still there");
        Ok(())
    }

    /// It is there again.
    pub async fn come_back(&mut self) -> Result<()> {
        unmount(&self.at)?;
        self.server = serve(&self.served, &self.at).await?;
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        // A directory that is still mounted could not be removed. There is nobody to tell if it fails.
        let _ = unmount(&self.at);
    }
}

async fn serve(served: &Path, at: &Path) -> Result<Child> {
    let before = device(at)?;
    // In the foreground, so that it is our child.
    let server = Command::new("bindfs")
        .args(["-f", "--no-allow-other"])
        .args([served, at])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .context("cannot start bindfs")?;
    until("the share to be there", async || Ok((device(at)? != before).then_some(()))).await?;
    Ok(server)
}

fn device(directory: &Path) -> Result<u64> {
    use std::os::unix::fs::MetadataExt as _;
    Ok(directory.metadata().with_context(|| directory.display().to_string())?.dev())
}

fn unmount(at: &Path) -> Result<()> {
    // Lazily: the adapter has files of it open.
    let done = std::process::Command::new("fusermount").args(["-u", "-z"]).arg(at).status()?;
    ensure!(done.success(), "{} cannot be unmounted", at.display());
    Ok(())
}
