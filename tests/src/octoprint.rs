//! A real OctoPrint 1.11 with its virtual printer as a child process on loopback. Everything in it that would call its
//! maker is off: what is left was seen to connect to nothing but itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use demo::site::free_port;
use reqwest::{Client, Method, Response, StatusCode};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::{repository, until};

/// It ends a few seconds after it was asked; more is a fault.
const STOPPED_WITHIN: Duration = Duration::from_secs(60);
/// A question that takes longer is not answered any more.
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);
const API_KEY: &str = "3F9A7C20D1E84B6695AC";
/// A key that may see the status and do nothing.
pub const STATUS_KEY: &str = "7B01E2C94D5A4F0CA8D3";
/// Its user, who may do everything.
pub const USER: &str = "rosterbo";
/// What announces it on the LAN.
const DISCOVERY: &str = "discovery";
/// Other plugins that ask or tell somebody on the internet or on the LAN.
const TALKATIVE: [&str; 6] =
    ["announcements", "errortracking", "health_check", "pluginmanager", "softwareupdate", "tracking"];

/// An OctoPrint that runs. It is killed when dropped, and by the kernel when the test is.
pub struct Octoprint {
    /// Its address, without a slash at the end.
    pub url: String,
    /// The key of [`USER`].
    pub api_key: &'static str,
    /// A key that may see the status and do nothing.
    pub status_key: &'static str,
    directory: PathBuf,
    port: u16,
    client: Client,
    child: Child,
}

impl Octoprint {
    /// Starts it in a base directory of its own, which is made. Its printer is not yet connected.
    pub async fn start(directory: &Path) -> Result<Self> {
        let silent: Vec<&str> = TALKATIVE.into_iter().chain([DISCOVERY]).collect();
        prepare(directory, &configuration(&silent))?;
        // The client wants a provider of TLS, even where it never uses it; another test may have set it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().no_proxy().timeout(ANSWERED_WITHIN).build()?;
        let port = free_port()?;
        let url = format!("http://127.0.0.1:{port}");
        let child = spawn(directory, ("127.0.0.1", port), &[])?;
        let directory = directory.to_owned();
        let (api_key, status_key) = (API_KEY, STATUS_KEY);
        let mut octoprint = Self { url, api_key, status_key, directory, port, client, child };
        octoprint.until_ready().await?;
        Ok(octoprint)
    }

    /// Stops it and starts it again, at the same address and on the same directory.
    pub async fn restart(&mut self) -> Result<()> {
        let id = self.child.id().context("OctoPrint has ended by itself")?;
        kill_process(Pid::from_raw(i32::try_from(id)?).context("no such process")?, Signal::TERM)?;
        timeout(STOPPED_WITHIN, self.child.wait()).await.context("OctoPrint does not stop")??;
        self.child = spawn(&self.directory, ("127.0.0.1", self.port), &[])?;
        self.until_ready().await
    }

    /// Where it writes `octoprint.log` and `serial.log`.
    pub fn logs(&self) -> PathBuf {
        self.directory.join("logs")
    }

    /// Connects the virtual printer.
    pub async fn connect(&self) -> Result<()> {
        let port = json!({"command": "connect", "port": "VIRTUAL", "baudrate": 115_200});
        self.post("/api/connection", &port).await?;
        self.until_state("Operational").await
    }

    /// Disconnects it.
    pub async fn disconnect(&self) -> Result<()> {
        self.post("/api/connection", &json!({"command": "disconnect"})).await?;
        self.until_state("Closed").await
    }

    /// Sends the printer a command, as G-code or as one of the virtual printer's own, such as
    /// `!!DEBUG:trigger_fatal_error_marlin`.
    pub async fn command(&self, command: &str) -> Result<()> {
        self.post("/api/printer/command", &json!({"command": command})).await
    }

    /// Makes a key as an admin does by `docs/printers/octoprint.md`: a group with STATUS alone, a user in it and in no
    /// other, an application key for that user.
    pub async fn key_that_can_only_read(&self) -> Result<String> {
        let group =
            json!({"key": "telemetry", "name": "Telemetry", "permissions": ["STATUS"], "subgroups": []});
        self.post("/api/access/groups", &group).await?;
        let password = "nobody needs to keep this one";
        let user = json!({"name": "oneway", "password": password, "active": true, "groups": ["telemetry"]});
        self.post("/api/access/users", &user).await?;
        let generate = json!({"command": "generate", "app": "oneway adapter", "user": "oneway"});
        let made = self.send(Method::POST, "/api/plugin/appkeys", self.api_key, Some(&generate)).await?;
        let made: Value = made.error_for_status()?.json().await?;
        made["api_key"].as_str().map(str::to_owned).with_context(|| format!("no key in {made}"))
    }

    /// The status of its answer to whoever has this key.
    pub async fn answers(&self, method: Method, path: &str, key: &str) -> Result<StatusCode> {
        let body = (method == Method::POST).then(|| json!({"command": "M115"}));
        Ok(self.send(method, path, key, body.as_ref()).await?.status())
    }

    /// Prints this G-code, as a file of this name, to its end.
    pub async fn print(&self, name: &str, gcode: &str) -> Result<()> {
        fs::write(self.directory.join("uploads").join(name), gcode)?;
        self.post(&format!("/api/files/local/{name}"), &json!({"command": "select", "print": true})).await?;
        until("the end of a print", async || {
            let job = self.get("/api/job").await?;
            let done = job["progress"]["completion"] == 100.0 && job["state"] == "Operational";
            Ok(done.then_some(()))
        })
        .await
    }

    /// Waits until its connection is in this state.
    pub async fn until_state(&self, state: &str) -> Result<()> {
        until(&format!("OctoPrint's connection is {state}"), async || {
            Ok((self.get("/api/connection").await?["current"]["state"] == state).then_some(()))
        })
        .await
    }

    /// What it answers to a question.
    pub async fn get(&self, path: &str) -> Result<Value> {
        let response = self.send(Method::GET, path, self.api_key, None).await?;
        ensure!(response.status().is_success(), "GET {path}: {}", response.status());
        response.json().await.map_err(Into::into)
    }

    /// Has it do something.
    pub async fn post(&self, path: &str, body: &Value) -> Result<()> {
        let response = self.send(Method::POST, path, self.api_key, Some(body)).await?;
        let status = response.status();
        ensure!(status.is_success(), "POST {path}: {status}: {}", response.text().await?);
        Ok(())
    }

    async fn send(&self, method: Method, path: &str, key: &str, body: Option<&Value>) -> Result<Response> {
        let request = self.client.request(method, format!("{}{path}", self.url)).header("X-Api-Key", key);
        let request = if let Some(body) = body { request.json(body) } else { request };
        request.send().await.map_err(Into::into)
    }

    async fn until_ready(&mut self) -> Result<()> {
        let (client, child) = (&self.client, &mut self.child);
        let version = format!("{}/api/version", self.url);
        until("OctoPrint answers", async || {
            if let Some(status) = child.try_wait()? {
                anyhow::bail!("OctoPrint ended with {status}; run tests/set-up if it is not there");
            }
            // Before its own server there is another one, which answers that it is not yet here.
            let answer = client.get(&version).header("X-Api-Key", self.api_key).send().await;
            Ok(answer.is_ok_and(|answer| answer.status() == StatusCode::OK).then_some(()))
        })
        .await
    }
}

/// Starts one behind these words, which enter a network namespace where nobody else is, that announces itself there by
/// this name.
pub fn announcing(directory: &Path, name: &str, port: u16, within: &[String]) -> Result<Child> {
    let mut configuration = configuration(&TALKATIVE);
    configuration["appearance"] = json!({"name": name});
    prepare(directory, &configuration)?;
    spawn(directory, ("0.0.0.0", port), within)
}

fn prepare(directory: &Path, configuration: &Value) -> Result<()> {
    fs::create_dir_all(directory.join("uploads"))?;
    fs::write(directory.join("config.yaml"), configuration.to_string())?;
    fs::write(directory.join("users.yaml"), users(API_KEY, STATUS_KEY).to_string()).map_err(Into::into)
}

fn spawn(directory: &Path, (host, port): (&str, u16), within: &[String]) -> Result<Child> {
    let packages = repository().join("target/peers/octoprint").canonicalize();
    let packages = packages.context("OctoPrint is not there; run tests/set-up")?;
    let output = fs::File::options().create(true).append(true).open(directory.join("output.log"))?;
    Command::new("setpriv")
        .args(["--pdeathsig", "KILL"])
        .args(within)
        .args(["python3", "-B", "-m", "octoprint", "-b"])
        .arg(directory)
        .args(["serve", "--host", host, "--port", &port.to_string(), "--iknowwhatimdoing"])
        .env("PYTHONPATH", packages)
        // Its logs are in local time. Written out, since a bare machine has no table of zones.
        .env("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
        .stdout(output.try_clone()?)
        .stderr(output)
        .kill_on_drop(true)
        .spawn()
        .context("`setpriv` or `python3` cannot be started")
}

/// Its `config.yaml`; JSON is YAML as well.
fn configuration(disabled: &[&str]) -> Value {
    json!({
        "server": {
            "firstRun": false,
            "onlineCheck": {"enabled": false},
            "pluginBlacklist": {"enabled": false},
        },
        "serial": {"log": true},
        // In a process of its own that nobody would stop.
        "gcodeAnalysis": {"runAt": "never"},
        "plugins": {
            "_disabled": disabled,
            "virtual_printer": {"enabled": true, "hasChamber": true},
        },
    })
}

fn users(api_key: &str, status_key: &str) -> Value {
    let user = |key: &str, groups: &[&str], permissions: &[&str]| json!({"active": true, "apikey": key, "groups": groups, "password": "", "permissions": permissions, "settings": {}});
    json!({USER: user(api_key, &["admins"], &[]), "watcher": user(status_key, &[], &["STATUS"])})
}
