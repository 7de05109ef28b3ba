//! The command line.

mod limits;
mod users;

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use secrecy::SecretString;
use tracing_subscriber::EnvFilter;

use crate::app::{App, Settings};
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::sticks::SiteKey;
use crate::store::StoreError;
use crate::{health, keys, lifecycle, report};

/// Who did it, in the audit trail, when it was done here.
const BY: &str = "command line";

/// Longest password that is read from stdin, in bytes.
const PASSWORD_BYTES_MAX: u64 = 4 << 10;

#[derive(Parser)]
#[command(
    name = "platform",
    version,
    about = "Where service staff watch alarms and history, and admins keep the keys"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve adapters and people.
    Serve(File),
    /// Check the configuration, its certificate and key, and end.
    Check(File),
    /// Ask the platform that runs with this configuration on this machine whether it serves; ends with 1 if not.
    Health(File),
    /// Print what the store holds as JSON, and end.
    Report(File),
    /// Manage people.
    #[command(subcommand)]
    User(users::Command),
    /// Print the public half of the key that signs site sticks, which boxes are made with.
    SiteKey {
        /// Make a new key, in the place of one that is gone for good. No box takes its sticks until its image has its public half.
        #[arg(long)]
        new: bool,
        #[command(flatten)]
        file: File,
    },
    /// Manage adapters.
    #[command(subcommand)]
    Adapter(AdapterCommand),
    /// Show and replace the operating limits.
    #[command(subcommand)]
    Limits(limits::Command),
}

#[derive(Subcommand)]
enum AdapterCommand {
    /// Create an adapter and print the one-time code that enrols it.
    Create {
        /// Its name: a-z, 0-9 and -.
        name: String,
        /// Where it stands, for people.
        #[arg(long)]
        site: String,
        #[command(flatten)]
        file: File,
    },
    /// Print a further one-time code for an adapter that there is. The older key stays valid until the new one is used and a day old.
    Code {
        /// Its name.
        name: String,
        /// End the older keys when the new one is first used. To end a stolen key now: `platform adapter revoke`.
        #[arg(long)]
        replace: bool,
        #[command(flatten)]
        file: File,
    },
    /// Revoke all keys of an adapter, from its next request on.
    Revoke {
        /// Its name.
        name: String,
        #[command(flatten)]
        file: File,
    },
}

#[derive(clap::Args)]
struct File {
    /// The configuration.
    #[arg(long)]
    config: PathBuf,
}

impl File {
    fn load(&self) -> Result<Config, Failure> {
        let environment: HashMap<_, _> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        config::load(&self.config, &environment).map_err(|error| Failure::Usage(error.into()))
    }
}

/// How a command failed, which decides the exit code.
enum Failure {
    /// The configuration or the command line is wrong: 2.
    Usage(anyhow::Error),
    /// Something failed while it ran: 1.
    Run(anyhow::Error),
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Run(error)
    }
}

/// Runs a command: 0 done, or stopped by a signal in order; 1 failed; 2 wrong configuration or usage.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(args) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version come this way too, and are no failure.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    start_log();
    match run(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Run(error)) => fail(&error, 1),
        Err(Failure::Usage(error)) => fail(&error, 2),
    }
}

fn fail(error: &anyhow::Error, code: u8) -> ExitCode {
    let _ = writeln!(io::stderr(), "platform: {error:#}");
    ExitCode::from(code)
}

/// Logs go to stderr; stdout is the machine interface.
fn start_log() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    // Another role of the demo may have started it in this process already.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .try_init();
}

fn run(command: Command) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("the asynchronous runtime did not start")?;
    match command {
        Command::Serve(file) => {
            let config = file.load()?;
            config::server_config(&config.server).map_err(|error| Failure::Usage(error.into()))?;
            Ok(runtime.block_on(lifecycle::serve(&config))?)
        }
        Command::Check(file) => check(&file),
        Command::Health(file) => Ok(runtime.block_on(health::ask(&file.load()?.server))?),
        Command::Report(file) => Ok(runtime.block_on(print_report(&file.load()?))?),
        Command::User(command) => print(&runtime.block_on(users::run(command))?),
        Command::Adapter(AdapterCommand::Create { name, site, file }) => {
            Ok(runtime.block_on(create_adapter(&file.load()?, name, site))?)
        }
        Command::SiteKey { new, file } => Ok(runtime.block_on(site_key(&file.load()?, new))?),
        Command::Adapter(AdapterCommand::Code { name, replace, file }) => {
            Ok(runtime.block_on(further_code(&file.load()?, name, replace))?)
        }
        Command::Adapter(AdapterCommand::Revoke { name, file }) => {
            Ok(runtime.block_on(revoke_adapter(&file.load()?, name))?)
        }
        Command::Limits(command) => runtime.block_on(limits::run(command)),
    }
}

fn check(file: &File) -> Result<(), Failure> {
    let config = file.load()?;
    config::server_config(&config.server).map_err(|error| Failure::Usage(error.into()))?;
    let directory = config.store.path.parent().unwrap_or(&config.store.path);
    // A bare file name has an empty parent, which is where the program was started.
    if !directory.as_os_str().is_empty() && !directory.is_dir() {
        let what = format!("store.path: there is no directory {}: make it", directory.display());
        return Err(Failure::Usage(anyhow::Error::msg(what)));
    }
    print(&format!("{}: the configuration is good", file.config.display()))
}

async fn print_report(config: &Config) -> anyhow::Result<()> {
    let store = lifecycle::open_store(config)?;
    let ids = store.items().clone();
    let report = store.read(move |conn| report::report(conn, &ids)).await?;
    let text = serde_json::to_string_pretty(&report)?;
    writeln!(io::stdout(), "{text}").context("stdout is closed")
}

async fn create_adapter(config: &Config, name: String, site: String) -> anyhow::Result<()> {
    let app = open(config)?;
    let now = app.clock.now();
    let code = app.store.write(move |conn| keys::create_adapter(conn, &name, &site, BY, now)).await?;
    tracing::info!("the code can be used once, within {} minutes", keys::CODE_LIFE.as_secs() / 60);
    writeln!(io::stdout(), "{}", code.expose()).context("stdout is closed")
}

async fn further_code(config: &Config, name: String, replace: bool) -> anyhow::Result<()> {
    let app = open(config)?;
    let now = app.clock.now();
    let code = app.store.write(move |conn| {
        let adapter = keys::find_adapter(conn, &name)?.ok_or(StoreError::NotFound("adapter"))?;
        if replace {
            keys::replacing_code(conn, adapter, keys::CODE_LIFE, BY, now)
        } else {
            keys::new_code(conn, adapter, BY, now)
        }
    });
    let code = code.await?;
    tracing::info!("the code can be used once, within {} minutes", keys::CODE_LIFE.as_secs() / 60);
    writeln!(io::stdout(), "{}", code.expose()).context("stdout is closed")
}

async fn site_key(config: &Config, new: bool) -> anyhow::Result<()> {
    let path = &config.store.path;
    let key = if new {
        let app = open(config)?;
        SiteKey::renew(path, &app.store, BY, app.clock.now()).await?
    } else {
        // It is only read: a file that another user made would keep the platform from its own.
        SiteKey::beside(path)?
    };
    writeln!(io::stdout(), "{}", key.public_line()).context("stdout is closed")
}

async fn revoke_adapter(config: &Config, name: String) -> anyhow::Result<()> {
    let app = open(config)?;
    let now = app.clock.now();
    let revoked = app.store.write(move |conn| keys::revoke_all(conn, &name, BY, now)).await?;
    writeln!(io::stdout(), "revoked {revoked} keys").context("stdout is closed")
}

fn open(config: &Config) -> anyhow::Result<std::sync::Arc<App>> {
    Ok(App::new(lifecycle::open_store(config)?, Clock::system(), Settings::default()))
}

/// The first line of stdin: a password on the command line would stand in the list of processes.
fn password_from_stdin() -> anyhow::Result<SecretString> {
    let mut text = secrecy::zeroize::Zeroizing::new(String::new());
    io::stdin().lock().take(PASSWORD_BYTES_MAX).read_to_string(&mut text).context("the password on stdin")?;
    Ok(text.lines().next().unwrap_or_default().into())
}

fn print(line: &str) -> Result<(), Failure> {
    Ok(writeln!(io::stdout(), "{line}").context("stdout is closed")?)
}
