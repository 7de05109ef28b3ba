//! A whole site in one directory: certificates, configuration files, and how to start each program on them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::Value;

use crate::certificates::{Authority, Pair, Validity, write_secret};
pub use crate::port::free_port;
use crate::program::{Launcher, Program};

/// The adapter's name on the platform.
pub const ADAPTER: &str = "bench-1";
/// The person who may log in to the demo's dashboard.
pub const USER: &str = "demo";

/// What the site shall be.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many printers.
    pub printers: usize,
    /// Lines that each printer writes in a second.
    pub lines_per_second: f64,
    /// Every so many printers, one ships nothing and has its log directory tailed instead.
    pub tailed_every: usize,
    /// What goes wrong, and when.
    pub faults: Vec<Fault>,
    /// The dashboard's port; a free one if none is named.
    pub port: Option<u16>,
}

/// A fault on demand.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Index of the printer, from 0.
    pub printer: usize,
    /// One of the simulator's kinds.
    pub kind: &'static str,
    /// Seconds after the start.
    pub after: u32,
}

/// How printers ship to the adapter. But for the last, a sender shows no certificate and is known by its address,
/// which on one machine only one printer can have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// Without TLS.
    InClear,
    /// The adapter alone shows a certificate.
    ServerTls,
    /// Both show one.
    #[default]
    MutualTls,
}

/// A site whose files are written.
pub struct Site {
    /// Where all its files are.
    pub directory: PathBuf,
    /// Signs the site's certificates.
    pub authority: Authority,
    /// Starts the programs.
    pub launcher: Launcher,
    /// What it shall be.
    pub plan: Plan,
    /// Where the platform listens.
    pub platform_port: u16,
    /// Where the adapter finds it: the same, unless a test puts something between.
    pub uplink_port: u16,
    /// Where the adapter takes Beats.
    pub beats_port: u16,
    /// How it takes them.
    pub transport: Transport,
    /// The dashboard's password.
    pub password: String,
}

impl Site {
    /// Writes certificates, and the configuration of the platform and the simulator.
    pub fn prepare(directory: &Path, launcher: Launcher, plan: Plan) -> Result<Self> {
        let authority = Authority::new("Oneway demo authority")?;
        authority.write(&directory.join("ca.pem"))?;
        authority.issue(directory, &["platform", "localhost", "127.0.0.1"], Validity::Current)?;
        authority.issue(directory, &["adapter", "localhost", "127.0.0.1"], Validity::Current)?;
        for index in 0..plan.printers {
            authority.issue(directory, &[&printer_id(index)], Validity::Current)?;
            fs::create_dir_all(directory.join("printers").join(printer_id(index)))?;
        }
        fs::create_dir_all(directory.join("link"))?;
        let platform_port = plan.port.map_or_else(free_port, Ok)?;
        let site = Self {
            directory: directory.to_owned(),
            authority,
            launcher,
            platform_port,
            uplink_port: platform_port,
            beats_port: free_port()?,
            transport: Transport::default(),
            password: password()?,
            plan,
        };
        fs::write(site.file("platform.toml"), site.platform_configuration())?;
        fs::write(site.file("simulator.toml"), site.simulator_configuration()?)?;
        Ok(site)
    }

    /// Starts the platform.
    pub async fn start_platform(&self) -> Result<Program> {
        let mut platform = self.start("platform", "serve")?;
        platform.ready().await?;
        Ok(platform)
    }

    /// Starts the platform for the first time and gives the one-time link for its first admin.
    pub async fn start_new_platform(&self) -> Result<(Program, String)> {
        let mut platform = self.start("platform", "serve")?;
        let ready = platform.ready().await?;
        let link = ready["setup_link"].as_str().context("the platform gave no set-up link")?;
        Ok((platform, link.to_owned()))
    }

    /// Makes the dashboard's user.
    pub async fn create_user(&self) -> Result<()> {
        let configuration = self.configuration("platform");
        let arguments = ["user", "add", USER, "--role", "admin", "--config", &configuration];
        self.launcher.run("platform", &arguments, &self.password).await.map(drop)
    }

    /// Creates the adapter on the platform and exchanges its one-time code for the key, as an admin and a
    /// technician would.
    pub async fn enrol(&self) -> Result<()> {
        let platform = self.configuration("platform");
        let create = ["adapter", "create", ADAPTER, "--site", "This computer", "--config", &platform];
        let code = self.launcher.run("platform", &create, "").await?;
        let adapter = self.configuration("adapter");
        self.launcher
            .run("adapter", &["enrol", "--in-clear", "--config", &adapter], code.trim())
            .await
            .map(drop)
    }

    /// Starts the printers, and writes the adapter's configuration with their addresses.
    pub async fn start_simulator(&self) -> Result<Program> {
        let mut simulator = self.start("simulator", "run")?;
        let ready = simulator.ready().await?;
        self.configure_adapter(&ready)?;
        Ok(simulator)
    }

    /// Writes the adapter's configuration for these printers: `{"printers": [{"id": …, "pip": "ADDRESS"}]}`. One
    /// without an address is not polled.
    pub fn configure_adapter(&self, printers: &Value) -> Result<()> {
        fs::write(self.file("adapter.toml"), self.adapter_configuration(printers)?).map_err(Into::into)
    }

    /// Starts the adapter.
    pub async fn start_adapter(&self) -> Result<Program> {
        let mut adapter = self.start("adapter", "run")?;
        adapter.ready().await?;
        Ok(adapter)
    }

    /// Starts the half of the adapter that is on the printers' network.
    pub async fn start_intake(&self) -> Result<Program> {
        let mut intake = self.start_half("intake")?;
        intake.ready().await?;
        Ok(intake)
    }

    /// Starts the half of the adapter that is on the way out.
    pub async fn start_uplink(&self) -> Result<Program> {
        let mut uplink = self.start_half("uplink")?;
        uplink.ready().await?;
        Ok(uplink)
    }

    /// Starts a half. Both have the adapter's configuration.
    pub fn start_half(&self, half: &'static str) -> Result<Program> {
        let arguments = [half, "--config", &self.configuration("adapter")];
        self.launcher.start_as("adapter", half, &arguments, &self.directory)
    }

    /// What the platform's store holds, in the platform's own words.
    pub async fn stored(&self) -> Result<Value> {
        let configuration = self.configuration("platform");
        let printed = self.launcher.run("platform", &["report", "--config", &configuration], "").await?;
        serde_json::from_str(&printed).context("the platform's report is not JSON")
    }

    /// What the running adapter says of itself, as `text` or as `json`.
    pub async fn status(&self, format: &str) -> Result<String> {
        let configuration = self.configuration("adapter");
        let arguments = ["status", "--format", format, "--config", &configuration];
        self.launcher.run("adapter", &arguments, "").await
    }

    /// The dashboard's address.
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.platform_port)
    }

    /// A file of the site.
    pub fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// The path of a program's configuration.
    pub fn configuration(&self, role: &str) -> String {
        self.file(&format!("{role}.toml")).display().to_string()
    }

    /// The certificate of the printer with this index.
    pub fn printer_pair(&self, index: usize) -> Pair {
        let id = printer_id(index);
        Pair { certificate: self.file(&format!("{id}.pem")), key: self.file(&format!("{id}.key")) }
    }

    /// Whether this printer ships nothing itself.
    pub fn is_tailed(&self, index: usize) -> bool {
        self.plan.tailed_every > 0 && index % self.plan.tailed_every == self.plan.tailed_every - 1
    }

    /// Starts a program and does not wait for it to be ready.
    pub fn start(&self, role: &'static str, command: &str) -> Result<Program> {
        self.launcher.start(role, &[command, "--config", &self.configuration(role)], &self.directory)
    }

    fn platform_configuration(&self) -> String {
        format!(
            "[server]\nlisten = \"127.0.0.1:{port}\"\npublic_url = {url:?}\n\
             certificate_file = {certificate:?}\nkey_file = {key:?}\n\n[store]\npath = {store:?}\n",
            port = self.platform_port,
            url = self.url(),
            certificate = self.file("platform.pem"),
            key = self.file("platform.key"),
            store = self.file("platform.db"),
        )
    }

    fn simulator_configuration(&self) -> Result<String> {
        let mut text = format!(
            "seed = 7\n\n[beats]\naddress = \"127.0.0.1:{}\"\nserver_name = \"localhost\"\nca_file = {:?}\n",
            self.beats_port,
            self.file("ca.pem"),
        );
        for index in 0..self.plan.printers {
            let (id, pair) = (printer_id(index), self.printer_pair(index));
            let directory = self.printer_directory(index);
            write!(
                text,
                "\n[[printers]]\nid = {id:?}\nmodel = \"{model}\"\nserial = \"SIM-{number:04}\"\n\
                 certificate_file = {certificate:?}\nkey_file = {key:?}\nclient_ca_file = {ca:?}\n\
                 pip_listen = \"127.0.0.1:0\"\ndirectory = {directory:?}\nship = \"{ship}\"\n\
                 lines_per_second = {lines:?}\n",
                model = if index % 2 == 0 { "ProJet 7000 HD" } else { "ProJet 6000 HD" },
                number = index + 1,
                certificate = pair.certificate,
                key = pair.key,
                ca = self.file("ca.pem"),
                ship = if self.is_tailed(index) { "none" } else { "beats" },
                lines = self.plan.lines_per_second,
            )?;
        }
        for fault in &self.plan.faults {
            write!(
                text,
                "\n[[faults]]\nprinter = {:?}\nkind = \"{}\"\nafter = \"{}s\"\nfor = \"1h\"\n",
                printer_id(fault.printer),
                fault.kind,
                fault.after
            )?;
        }
        Ok(text)
    }

    fn adapter_configuration(&self, ready: &Value) -> Result<String> {
        let mut text = format!(
            "[platform]\nurl = \"https://localhost:{uplink}\"\nca_file = {ca:?}\ncredentials_file = {credentials:?}\n\n\
             [beats]\nlisten = \"127.0.0.1:{beats}\"\n{security}\n\
             [pip]\nca_file = {ca:?}\ncertificate_file = {certificate:?}\nkey_file = {key:?}\n\n\
             [link]\nsocket = {socket:?}\nidentity_file = {identity:?}\n",
            uplink = self.uplink_port,
            ca = self.file("ca.pem"),
            credentials = self.file("credentials.toml"),
            socket = self.socket_directory().join("link.sock"),
            identity = self.file("identity.toml"),
            beats = self.beats_port,
            security = self.beats_security(),
            certificate = self.file("adapter.pem"),
            key = self.file("adapter.key"),
        );
        let printers = ready["printers"].as_array().context("no printers are named")?;
        for (index, printer) in printers.iter().enumerate() {
            let id = printer["id"].as_str().context("a printer without an id")?;
            write!(
                text,
                "\n[[printers]]\nid = {id:?}\nfamily = \"projet\"\n{}\n",
                self.log_source(index, id)
            )?;
            if let Some(address) = printer["pip"].as_str() {
                writeln!(text, "pip = {{ address = {address:?}, server_name = {id:?}, interval = \"1s\" }}")?;
            }
        }
        Ok(text)
    }

    /// Where the halves of the adapter meet.
    pub fn socket_directory(&self) -> PathBuf {
        self.file("link")
    }

    fn beats_security(&self) -> String {
        let own = || {
            let (certificate, key) = (self.file("adapter.pem"), self.file("adapter.key"));
            format!("certificate_file = {certificate:?}\nkey_file = {key:?}\n")
        };
        match self.transport {
            Transport::InClear => "in_clear = true\n".to_owned(),
            Transport::ServerTls => own(),
            Transport::MutualTls => format!("{}client_ca_file = {:?}\n", own(), self.file("ca.pem")),
        }
    }

    fn log_source(&self, index: usize, id: &str) -> String {
        if self.is_tailed(index) {
            format!("logs = {{ directory = {:?}, pattern = \"*.log*\" }}", self.printer_directory(index))
        } else if self.transport == Transport::MutualTls {
            format!("beats = {{ certificate = {id:?} }}")
        } else {
            "beats = { address = \"127.0.0.1\" }".to_owned()
        }
    }

    /// Where this printer writes its logs.
    pub fn printer_directory(&self, index: usize) -> PathBuf {
        self.file("printers").join(printer_id(index))
    }
}

/// The name of the printer with this index.
pub fn printer_id(index: usize) -> String {
    format!("p{:02}", index + 1)
}

/// Writes a secret where only its owner can read it, for the tests that hand one over.
pub fn secret_file(path: &Path, text: &str) -> Result<()> {
    write_secret(path, text)
}

fn password() -> Result<String> {
    let mut bytes = [0; 10];
    SystemRandom::new().fill(&mut bytes).ok().context("no randomness")?;
    Ok(data_encoding::BASE32_NOPAD.encode(&bytes).to_lowercase())
}
