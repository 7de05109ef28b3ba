//! The command line. Standard output is the machine's: ready and stopped lines, documents, rows; what is for
//! people goes to standard error.

mod check;
mod discover;
mod halves;
mod live;
mod of_a_half;
mod parse;
mod probe;
mod site;
mod status;
mod supervise;
mod system;
mod update;

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand, ValueEnum};
use sd_notify::NotifyState;
use serde_json::json;
use tracing_subscriber::EnvFilter;

use crate::app::{App, Sink, Way, environment};
use crate::clock::Clock;
use crate::config::{self, AdapterIdentity, Config, Credentials, Intake, Sections, Whole};
use crate::enrol::{self, Enrolled, Keeping, WithKey};
use crate::half::Half;
use crate::intake::poll;
use crate::lifecycle::{Lifecycle, Signals};
use crate::link::{Link, SocketLink};
use crate::normalise::HeldBack;
use crate::status::{Door, DoorError};
use crate::tls;
use crate::uplink::Uplink;

/// Stopped by an error while it ran.
const FAULT: u8 = 1;
/// Refused to start: a wrong configuration or command line.
const USAGE: u8 = 2;
/// The machine that the adapter is meant for has two cores to spare.
const WORKERS: usize = 2;
/// What `adapter tap` says to a configuration that names no adapter.
const NOBODY: &str = "write `[platform]` or `link.identity_file`: nothing says which adapter this is";

pub use of_a_half::{intake, uplink};

/// Takes telemetry in from printers and pushes it one way to the platform.
#[derive(Parser)]
#[command(name = "adapter", version)]
struct Arguments<C: Subcommand> {
    #[command(subcommand)]
    command: C,
}

/// What a program can be told to do.
trait Commands: Subcommand {
    fn run(self) -> Result<ExitCode, Failure>;
}

#[derive(Subcommand)]
enum Command {
    /// Run until SIGTERM or SIGINT, both halves in one process.
    Run(File),
    /// Run the half that is on the printers' network. It has no key and needs no route out.
    Intake(File),
    /// Run the half that is on the way to the platform. It has the key and needs no route to the printers.
    Uplink(halves::Uplink),
    /// Run both halves as containers, show that they are separated, and let them run in no other way. Needs the container
    /// engine's socket.
    Supervise {
        #[command(flatten)]
        file: File,
        /// Print what it would ask of the engine, as JSON, and start nothing.
        #[arg(long)]
        print: bool,
        /// Stop what a supervisor that has ended left running, unless the service manager starts it again, and start nothing:
        /// for `ExecStopPost=` of a service.
        #[arg(long, conflicts_with = "print")]
        end: bool,
    },
    /// Say what the running adapter does, and who was refused.
    Status(status::Arguments),
    /// Say what is configured, and what is wrong with it.
    Check {
        #[command(flatten)]
        file: File,
        /// Only what this half uses, as where the other's files are not there.
        #[arg(long, value_enum)]
        half: Option<OneHalf>,
        /// Connect to each printer that is queried, once, and say what it is and which items it gives.
        #[arg(long)]
        live: bool,
    },
    /// Find printers that announce themselves on the LAN, and print the lines that configure them.
    ///
    /// It asks by multicast DNS and listens. It connects to nothing that it finds, and writes no file. The table goes to
    /// standard error, the lines to standard output, so that `adapter discover >> adapter.toml` adds them.
    Discover(discover::Arguments),
    /// Print every row that would leave, and let none leave; sources keep their data.
    Tap(Tap),
    /// Exchange a one-time code, read from standard input, for the adapter's key, and seal that for this machine.
    Enrol(Enrol),
    /// Write the identity file for the intake again, out of the credentials file.
    Identity(Enrol),
    /// Show line by line what a profile or a family makes of a log, and what it leaves.
    Parse(parse::Arguments),
    /// Print the list of everything that may leave.
    Catalog {
        /// The form of the list.
        #[arg(long, value_enum, default_value_t = Format::Markdown)]
        format: Format,
    },
    /// Take an appliance's configuration from a site stick, and make the operating system's of it.
    #[command(subcommand)]
    Site(site::Command),
    /// Look at a release of the appliance.
    #[command(subcommand)]
    Update(update::Command),
    /// Look around within a container, for the supervisor.
    #[command(subcommand, hide = true)]
    Probe(probe::Command),
}

#[derive(clap::Args)]
struct File {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

#[derive(clap::Args)]
struct Enrol {
    #[command(flatten)]
    file: File,
    /// What the key is sealed with.
    #[arg(long, value_enum, value_name = "KEY", default_value_t = WithKey::Auto)]
    with_key: WithKey,
    /// Keep the key in a file that its owner can read, and whoever has the disk: for a bench, not for a site.
    #[arg(long, conflicts_with = "with_key")]
    in_clear: bool,
}

impl Enrol {
    fn keeping(&self) -> Keeping {
        if self.in_clear { Keeping::InClear } else { Keeping::Sealed(self.with_key) }
    }
}

#[derive(clap::Args)]
struct Tap {
    #[command(flatten)]
    file: File,
    /// Print a row as well for each line and value that was held back, and why.
    #[arg(long)]
    held_back: bool,
    /// Print the text of what was held back. It holds what must not leave: keep it on this machine.
    #[arg(long, requires = "held_back")]
    show_text: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum OneHalf {
    Intake,
    Uplink,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Markdown,
    Json,
}

/// How a running adapter gives account of itself: its two lines, and to whoever asks. Without it, standard output is
/// for rows.
struct Account {
    door: Option<Door>,
}

/// What went wrong, with the exit code that says so.
enum Failure {
    Usage(anyhow::Error),
    Fault(anyhow::Error),
}

impl Commands for Command {
    fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::Run(file) => run(&file),
            Self::Intake(file) => halves::intake(&file),
            Self::Uplink(arguments) => halves::uplink(arguments),
            Self::Supervise { end: true, .. } => supervise::end(),
            Self::Supervise { file, print, .. } => supervise::run(&file, print),
            Self::Status(arguments) => status::run(&arguments),
            Self::Check { file, half, live } => check(&file, half, live),
            Self::Discover(arguments) => discover::run(&arguments),
            Self::Tap(tap) => self::tap(&tap),
            Self::Enrol(arguments) => enrol(&arguments),
            Self::Identity(arguments) => halves::identity(&arguments),
            Self::Parse(arguments) => parse::run(&arguments),
            Self::Catalog { format } => catalog(format),
            Self::Site(command) => site::run(&command),
            Self::Update(command) => update::run(&command),
            Self::Probe(command) => probe::run(command),
        }
    }
}

/// Runs the program with these arguments, the first of which is its own name.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    of::<Command>(arguments)
}

// Of a program that knows these commands.
fn of<C: Commands>(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::<C>::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            let code = if error.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS };
            // There is no one left to tell when even that cannot be printed.
            let _ = error.print();
            return code;
        }
    };
    log();
    tls::install_provider();
    let (code, error) = match arguments.command.run() {
        Ok(code) => return code,
        Err(Failure::Usage(error)) => (USAGE, error),
        Err(Failure::Fault(error)) => (FAULT, error),
    };
    let _ = writeln!(io::stderr(), "{error:#}");
    ExitCode::from(code)
}

// `RUST_LOG` sets how much is said; from a library only what matters.
fn log() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    // A second program in one process, as in a test, keeps the first one's log.
    let _ = log.with_ansi(io::stderr().is_terminal()).try_init();
}

fn run(file: &File) -> Result<ExitCode, Failure> {
    let Whole { platform, config, .. } = whole(file)?;
    let credentials = Credentials::load(&platform.credentials_file).map_err(usage)?;
    let uplink = Uplink::new(&platform, &credentials).map_err(usage)?;
    let (health, url) = (uplink.health(), platform.url.to_string());
    let way = Way { link: Arc::new(uplink), health, url, to_uplink: None };
    let account = Account { door: door(&file.config, Half::Whole) };
    serve(&config, &credentials.identity(), Sink::Link(way), Some(account))
}

// Without it nobody is told how it goes, and all else is as it should be.
fn door(config: &Path, half: Half) -> Option<Door> {
    let complain = |error: DoorError| {
        let why = anyhow::Error::from(error);
        tracing::warn!(why = format!("{why:#}"), "`adapter status` will not answer for this adapter");
    };
    Door::open(config, half).map_err(complain).ok()
}

fn tap(tap: &Tap) -> Result<ExitCode, Failure> {
    let Sections { platform, link, config, .. } = sections(&tap.file.config)?;
    let identity_file = link.and_then(|link| link.identity_file);
    let identity = match (&platform, identity_file.as_deref().map(AdapterIdentity::load)) {
        // The key is not needed to see what would leave.
        (_, Some(Ok(identity))) => identity,
        (None, Some(Err(error))) => return Err(usage(error)),
        (Some(platform), _) => Credentials::load(&platform.credentials_file).map_err(usage)?.identity(),
        (None, None) => return Err(usage(anyhow::anyhow!(NOBODY))),
    };
    let held_back = tap.held_back.then(|| HeldBack::new(tap.show_text));
    let with_origin = platform.is_none_or(|platform| platform.with_origin);
    // Nothing is sent by it; which link it is not sent by does not matter, and the smaller one is in every program that taps.
    serve(&config, &identity, Sink::<SocketLink>::Tap { held_back, with_origin }, None)
}

fn serve(
    config: &Config,
    identity: &AdapterIdentity,
    sink: Sink<impl Link + 'static>,
    account: Option<Account>,
) -> Result<ExitCode, Failure> {
    drive(async {
        let lifecycle = Lifecycle::new();
        let signals = Signals::listen().map_err(fault)?;
        tokio::spawn(lifecycle.clone().watch(signals));
        let app = App::start(config, identity, sink, lifecycle.clone()).await.map_err(|error| {
            // What had started already ends because of this, and is no fault of its own.
            lifecycle.hard.cancel();
            if error.can_pass() { fault(error) } else { usage(error) }
        })?;
        tracing::info!(version = env!("CARGO_PKG_VERSION"), adapter = %identity.adapter, printers = config.printers.len(), "running");
        let lines = account.is_some();
        if let Some(Account { door }) = account {
            door.into_iter().for_each(|door| app.tell_at(door));
            say(&app.ready_line())?;
            tell_manager(NotifyState::Ready);
        }
        let stopped = app.run().await;
        if lines {
            say(&stopped)?;
        }
        Ok(if lifecycle.failed() { ExitCode::from(FAULT) } else { ExitCode::SUCCESS })
    })
}

// Where a service manager waits for it (sd_notify(3)); elsewhere there is nobody to tell.
fn tell_manager(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "the service manager cannot be told that the adapter is ready");
    }
}

fn check(file: &File, half: Option<OneHalf>, live: bool) -> Result<ExitCode, Failure> {
    let environment = environment();
    let (report, config) = match half {
        None => {
            let sections = sections(&file.config)?;
            (check::Report::of(&sections), Some(sections.config))
        }
        Some(OneHalf::Intake) => {
            let Intake { link, config, .. } =
                config::load_intake(&file.config, &environment).map_err(usage)?;
            let sections = Sections {
                platform: None,
                link: Some(link),
                supervise: None,
                updates: None,
                network: None,
                config,
            };
            (check::Report::of(&sections), Some(sections.config))
        }
        Some(OneHalf::Uplink) => {
            let (platform, link) = config::load_uplink(&file.config, &environment).map_err(usage)?;
            (check::Report::of_uplink(&platform, &link), None)
        }
    };
    say(report.text().trim_end())?;
    if !report.good() {
        return Ok(ExitCode::from(USAGE));
    }
    let Some(config) = config.filter(|_| live) else { return Ok(ExitCode::SUCCESS) };
    let (text, all_answer) = drive(async {
        let looks =
            poll::look(&config.printers, config.pip.as_ref(), Clock::system()).await.map_err(usage)?;
        Ok(live::page(&looks))
    })?;
    say(text.trim_end())?;
    Ok(if all_answer { ExitCode::SUCCESS } else { ExitCode::from(FAULT) })
}

fn enrol(arguments: &Enrol) -> Result<ExitCode, Failure> {
    let Whole { platform, link, .. } = whole(&arguments.file)?;
    let identity_file = link.and_then(|link| link.identity_file);
    let code = enrol::read_code(io::stdin()).map_err(usage)?;
    let enrolled = drive(async {
        let identity_file = identity_file.as_deref();
        enrol::enrol(&platform, identity_file, &code, arguments.keeping()).await.map_err(fault)
    })?;
    say_enrolled("enrolled", &enrolled, &platform.credentials_file)
}

// What came of it, and to the person at the keyboard what that is worth.
fn say_enrolled(event: &str, enrolled: &Enrolled, file: &Path) -> Result<ExitCode, Failure> {
    let (adapter, file) = (enrolled.adapter.as_str(), file.display());
    match enrolled.sealed_with {
        None => {
            tracing::warn!(%file, "it is in clear: whoever has this disk, or a copy of it, has what is in it")
        }
        Some(WithKey::Host) => tracing::warn!(
            %file,
            "it is sealed without a TPM, by a key that is on this machine as well: whoever has the sealed file alone \
             has nothing, but whoever has the whole disk can open it unless that is encrypted"
        ),
        Some(_) => {}
    }
    let sealed_with = enrolled.sealed_with.map(WithKey::name);
    say(&json!({ "event": event, "adapter": adapter, "sealed_with": sealed_with }).to_string())?;
    Ok(ExitCode::SUCCESS)
}

fn catalog(format: Format) -> Result<ExitCode, Failure> {
    let text = match format {
        Format::Markdown => catalog::markdown(),
        Format::Json => check::catalog_json(),
    };
    say(text.trim_end())?;
    Ok(ExitCode::SUCCESS)
}

fn whole(file: &File) -> Result<Whole, Failure> {
    config::load(&file.config, &environment()).map_err(usage)
}

fn sections(file: &Path) -> Result<Sections, Failure> {
    config::load_sections(file, &environment()).map_err(usage)
}

// Does not wait for blocking calls at the end, as dropping the runtime would: a look at a network share, or for a
// name, can hang for longer than anyone waits for a stop, and nothing hangs on its outcome any more.
fn drive<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build();
    let runtime = runtime.map_err(fault)?;
    let outcome = runtime.block_on(work);
    runtime.shutdown_background();
    outcome
}

fn say(line: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(fault)
}

fn usage(error: impl Into<anyhow::Error>) -> Failure {
    Failure::Usage(error.into())
}

fn fault(error: impl Into<anyhow::Error>) -> Failure {
    Failure::Fault(error.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blocking_call_that_hangs_does_not_hold_up_the_end() {
        let (release, hung) = std::sync::mpsc::sync_channel::<()>(0);
        let (began, beginning) = tokio::sync::oneshot::channel();
        let driven = drive(async {
            tokio::task::spawn_blocking(move || (began.send(()), hung.recv()));
            beginning.await.map_err(fault)
        });
        assert!(driven.is_ok());
        drop(release);
    }
}
