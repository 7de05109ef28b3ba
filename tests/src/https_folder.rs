//! A web server on a folder: Python's own, over TLS (`tests/peers/https_folder.py`).

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, Result};
use demo::certificates::Pair;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout};

use crate::booted::as_root;
use crate::repository;

/// The server. It goes when this is dropped.
pub struct HttpsFolder {
    /// Its address, by the name `localhost`.
    pub address: String,
    /// A line for each thing that was asked.
    pub asked: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

impl HttpsFolder {
    /// Serves a folder, in the manner that the program knows.
    pub async fn start(folder: &Path, pair: &Pair, manner: &[&str]) -> Result<Self> {
        Self::start_within(&[], folder, pair, manner).await
    }

    /// The same behind these words, such as those that lead into another network.
    pub async fn start_within(words: &[String], folder: &Path, pair: &Pair, manner: &[&str]) -> Result<Self> {
        let python = ["setpriv", "--pdeathsig", "KILL", "python3", "-B"];
        let words: Vec<&str> = words.iter().map(String::as_str).chain(python).collect();
        let mut child = as_root(&words)
            .arg(repository().join("tests/peers/https_folder.py"))
            .arg(folder)
            .args([&pair.certificate, &pair.key])
            .args(manner)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("`setpriv` or `python3` cannot be started")?;
        let mut asked = BufReader::new(child.stdout.take().context("no output")?).lines();
        let port = asked.next_line().await?.context("the server ended")?;
        Ok(Self { address: format!("https://localhost:{port}/"), asked, _child: child })
    }
}
