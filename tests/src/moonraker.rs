//! A real Moonraker 0.11 as a child process on loopback, before a Klipper of ours (`klippy.rs`).

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use demo::site::free_port;
use reqwest::Client;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::{repository, until};

/// It ends a second after it was asked; more is a fault.
const STOPPED_WITHIN: Duration = Duration::from_secs(60);
/// A question that takes longer is not answered any more.
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);

/// A Moonraker that runs. It is killed when dropped, and by the kernel when the test is.
pub struct Moonraker {
    /// Its address, without a slash at the end.
    pub url: String,
    /// The one key that it has, which may do everything.
    pub api_key: String,
    directory: PathBuf,
    client: Client,
    child: Child,
}

impl Moonraker {
    /// Starts it in a directory of its own, which is made, before the Klipper at this socket. Nobody is trusted for
    /// their address: whoever asks needs the key.
    pub async fn start(directory: &Path, klippy: &Path) -> Result<Self> {
        for below in ["config", "logs", "gcodes"] {
            fs::create_dir_all(directory.join(below))?;
        }
        let port = free_port()?;
        let configuration = format!(
            "[server]\nhost: 127.0.0.1\nport: {port}\nklippy_uds_address: {}\n[authorization]\n\
             [machine]\nprovider: none\nvalidate_service: False\n\
             # Its news come from the internet, but in this mode.\n[announcements]\ndev_mode: True\n",
            klippy.display()
        );
        fs::write(directory.join("config/moonraker.conf"), configuration)?;
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().no_proxy().timeout(ANSWERED_WITHIN).build()?;
        let url = format!("http://127.0.0.1:{port}");
        let child = spawn(directory)?;
        let mut moonraker =
            Self { url, api_key: String::new(), directory: directory.to_owned(), client, child };
        moonraker.until_running().await?;
        moonraker.api_key = moonraker.key().await?;
        Ok(moonraker)
    }

    /// Stops it, as its service would be.
    pub async fn stop(&mut self) -> Result<()> {
        let id = self.child.id().context("Moonraker has ended by itself")?;
        kill_process(Pid::from_raw(i32::try_from(id)?).context("no such process")?, Signal::TERM)?;
        timeout(STOPPED_WITHIN, self.child.wait()).await.context("Moonraker does not stop")??;
        Ok(())
    }

    /// Starts it again, at the same address and on the same directory.
    pub async fn start_again(&mut self) -> Result<()> {
        self.child = spawn(&self.directory)?;
        self.until_running().await
    }

    /// Waits until its Klipper is in this state.
    pub async fn until_klippy(&self, state: &str) -> Result<()> {
        until(&format!("Moonraker's Klipper is {state}"), async || {
            let said = self.get("/server/info").await?;
            Ok((said["result"]["klippy_state"] == state).then_some(()))
        })
        .await
    }

    /// What it answers to a question.
    pub async fn get(&self, path: &str) -> Result<Value> {
        let request = self.client.get(format!("{}{path}", self.url)).header("X-Api-Key", &self.api_key);
        let response = request.send().await?;
        ensure!(response.status().is_success(), "GET {path}: {}", response.status());
        response.json().await.map_err(Into::into)
    }

    /// As its own script gets the key: whoever is on its machine may ask over a socket.
    async fn key(&self) -> Result<String> {
        let mut socket =
            BufReader::new(UnixStream::connect(self.directory.join("comms/moonraker.sock")).await?);
        let call = json!({"jsonrpc": "2.0", "method": "access.get_api_key", "id": 1});
        socket.get_mut().write_all(format!("{call}\x03").as_bytes()).await?;
        loop {
            let mut message = Vec::new();
            ensure!(socket.read_until(0x03, &mut message).await? > 0, "Moonraker gives no key");
            message.pop();
            let said: Value = serde_json::from_slice(&message)?;
            if let Some(key) = said["result"].as_str() {
                return Ok(key.to_owned());
            }
        }
    }

    async fn until_running(&mut self) -> Result<()> {
        let (client, child, info) = (&self.client, &mut self.child, format!("{}/server/info", self.url));
        until("Moonraker answers", async || {
            if let Some(status) = child.try_wait()? {
                anyhow::bail!("Moonraker ended with {status}; run tests/set-up if it is not there");
            }
            Ok(client.get(&info).send().await.is_ok().then_some(()))
        })
        .await
    }
}

fn spawn(directory: &Path) -> Result<Child> {
    let packages = repository().join("target/peers/moonraker").canonicalize();
    let packages = packages.context("Moonraker is not there; run tests/set-up")?;
    let output = fs::File::options().create(true).append(true).open(directory.join("output.log"))?;
    Command::new("setpriv")
        .args(["--pdeathsig", "KILL", "python3", "-B", "-m", "moonraker", "-d"])
        .arg(directory)
        .env("PYTHONPATH", packages)
        .stdout(output.try_clone()?)
        .stderr(output)
        .kill_on_drop(true)
        .spawn()
        .context("`setpriv` or `python3` cannot be started")
}
