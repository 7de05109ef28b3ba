//! `adapter update system`: how a box of the appliance's image takes a new system, in steps that its services call
//! (`ubuntu-image/mkosi.extra/usr/lib/systemd/system`, `oneway-update*`).

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use clap::Subcommand;
use release::{ReleaseVersion, Time};

use super::update::{NOTHING, REFUSED, ROOT};
use super::{Failure, drive, fault, say, usage};
use crate::app::environment;
use crate::clock::Clock;
use crate::config::{self, TimeOfDay, Updates};
use crate::files::if_there;
use crate::half::Half;
use crate::status;
use crate::update::limits::NAMES_BYTES_MAX;
use crate::update::system::{self, Account, Held, Kernels, ReadyError, Taken, Taking};

/// Where a system says which version it is.
const OS_RELEASE: &str = "/etc/os-release";
/// The line that says it.
const IMAGE_VERSION: &str = "IMAGE_VERSION=";
/// When an address was asked last; in the folder in memory.
const ASKED: &str = "asked";

#[derive(Subcommand)]
pub(super) enum Command {
    /// Verify the system in a folder or behind an address, and copy it into memory.
    ///
    /// Exit code: 0 it lies there, 3 it is refused, 4 there is nothing in it for this box; 1 it could not be read, 2 the command
    /// line, the configuration or the root is wrong.
    Take(Take),
    /// Verify once more what lies in memory, and print its version. Nothing is written.
    ///
    /// Exit code: 0 it may be installed, 3 it must not; 1 it could not be read, 2 the command line or the root is wrong.
    Ready(Ready),
    /// Keep the signed documents of what was installed.
    Remember {
        /// The folder in memory.
        #[arg(long, value_name = "FOLDER")]
        from: PathBuf,
        /// The folder that outlives a restart.
        #[arg(long, value_name = "FOLDER")]
        state: PathBuf,
    },
    /// Say whether the box may start again now.
    ///
    /// Exit code: 0 it may, 4 not yet; 2 the configuration is wrong.
    Restart {
        /// The configuration file.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// The file that was written when there was a reason to.
        #[arg(long, value_name = "FILE")]
        since: PathBuf,
    },
    /// Write down how the newest system on the disk does.
    Account(Seen),
}

/// What a box is, as its services tell.
#[derive(clap::Args)]
pub(super) struct Seen {
    /// The names of the kernel images on the disk, one on a line.
    #[arg(long, value_name = "FILE")]
    kernels: PathBuf,
    /// Where the box says how its system does.
    #[arg(long, value_name = "FILE")]
    account: PathBuf,
    /// The system's own description.
    #[arg(long, value_name = "FILE", default_value = OS_RELEASE)]
    os_release: PathBuf,
}

/// What a box believes.
#[derive(clap::Args)]
struct Knows {
    /// The root that this box trusts.
    #[arg(long, value_name = "FILE", default_value = ROOT)]
    root: PathBuf,
    /// The signed documents of what this box has taken.
    #[arg(long, value_name = "FOLDER")]
    state: PathBuf,
}

#[derive(clap::Args)]
pub(super) struct Take {
    /// A folder, such as on a stick, or the address of one.
    #[arg(long, value_name = "FOLDER_OR_URL", required_unless_present = "config")]
    from: Option<String>,
    /// The configuration file: ask the address that its `[updates]` names, if there is one and it is time.
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    config: Option<PathBuf>,
    /// The certificate authority of the server, in PEM form; without it, the public ones.
    #[arg(long, value_name = "FILE", conflicts_with = "config")]
    ca_file: Option<PathBuf>,
    #[command(flatten)]
    knows: Knows,
    /// The folder in memory.
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
    #[command(flatten)]
    seen: Seen,
}

#[derive(clap::Args)]
pub(super) struct Ready {
    /// The folder in memory.
    #[arg(long, value_name = "FOLDER")]
    from: PathBuf,
    #[command(flatten)]
    knows: Knows,
    /// The names of the kernel images on the disk, one on a line.
    #[arg(long, value_name = "FILE")]
    kernels: PathBuf,
    /// The system's own description.
    #[arg(long, value_name = "FILE", default_value = OS_RELEASE)]
    os_release: PathBuf,
}

pub(super) fn run(command: &Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Take(take) => self::take(take),
        Command::Ready(ready) => self::ready(ready),
        Command::Remember { from, state } => {
            let kept = || format!("{}: what was installed cannot be kept there", state.display());
            system::remember(from, state).with_context(kept).map_err(fault)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Restart { config, since } => restart(config, since),
        Command::Account(seen) => {
            let running = running(&seen.os_release)?;
            let account = Account::open(&seen.account, running, kernels(&seen.kernels)?.state(running));
            write(&account, &seen.account)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn take(take: &Take) -> Result<ExitCode, Failure> {
    let now = now();
    let updates = take.config.as_deref().map(updates).transpose()?.flatten();
    let from = updates.as_ref().and_then(|updates| updates.url.clone()).or_else(|| take.from.clone());
    let Some(from) = from else {
        say("no address is configured")?;
        return Ok(ExitCode::from(NOTHING));
    };
    if let Some(updates) = &updates
        && !is_time(&take.to.join(ASKED), updates.every, now)?
    {
        say("it was asked not long ago")?;
        return Ok(ExitCode::from(NOTHING));
    }
    let ca_file = updates.as_ref().map_or(take.ca_file.as_deref(), |updates| updates.ca_file.as_deref());
    let (running, kernels) = (running(&take.seen.os_release)?, kernels(&take.seen.kernels)?);
    let newest = kernels.state(running);
    let taking = Taking {
        at: &from,
        ca_file,
        root: &take.knows.root,
        state: &take.knows.state,
        to: &take.to,
        running,
        kernels,
        now: Time::from_seconds(now),
    };
    let taken = drive(async { Ok(Box::pin(system::take(&taking)).await) })?;
    if matches!(taken, Ok(Taken::Busy)) && updates.is_some() {
        // Nothing was asked.
        let asked = take.to.join(ASKED);
        if_there(fs::remove_file(&asked)).with_context(|| asked.display().to_string()).map_err(fault)?;
    }
    let mut account = Account::open(&take.seen.account, running, newest);
    let code = match &taken {
        Ok(taken @ Taken::Ready(_)) => {
            account.said(&from, &taken.text());
            ExitCode::SUCCESS
        }
        Ok(Taken::Refused(refusal)) => {
            account.refused(&from, refusal);
            ExitCode::from(REFUSED)
        }
        Ok(taken) => {
            account.said(&from, &taken.text());
            ExitCode::from(NOTHING)
        }
        Err(error) => {
            account.said(&from, &error.to_string());
            ExitCode::SUCCESS
        }
    };
    write(&account, &take.seen.account)?;
    match taken {
        Ok(taken) => say(&taken.text())?,
        Err(error) if error.is_usage() => return Err(usage(error)),
        Err(error) => return Err(fault(error)),
    }
    Ok(code)
}

fn ready(arguments: &Ready) -> Result<ExitCode, Failure> {
    let Ready { from, knows: Knows { root, state }, os_release, .. } = arguments;
    let (running, kernels, now) =
        (running(os_release)?, kernels(&arguments.kernels)?, Time::from_seconds(now()));
    let ready = drive(async { Ok(system::ready(from, root, state, running, &kernels, now).await) })?;
    match ready {
        Ok(version) => {
            say(&version.to_string())?;
            Ok(ExitCode::SUCCESS)
        }
        Err(ReadyError::Known(error)) if error.is_usage() => Err(usage(error)),
        Err(error @ (ReadyError::Known(_) | ReadyError::Read { .. })) => Err(fault(error)),
        Err(error) => {
            tracing::error!(why = %error, "what lies in memory is not installed");
            Ok(ExitCode::from(REFUSED))
        }
    }
}

fn restart(config: &Path, since: &Path) -> Result<ExitCode, Failure> {
    // A configuration that cannot be read must not keep a box on its old system for ever.
    let updates = updates(config).unwrap_or_else(|_| {
        tracing::warn!(config = %config.display(), "cannot be read as a configuration, so no hour is waited for");
        None
    });
    let hour = updates.and_then(|updates| updates.restart);
    let asked = fs::metadata(since).and_then(|file| file.modified()).context(since.display().to_string());
    let now = now();
    let asked = asked.map_err(usage)?.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let waited = Duration::from_secs(now.try_into().unwrap_or_default()).saturating_sub(asked);
    let held = drive(async { Ok(Held::of(&status::ask(config, Half::Intake).await)) })?;
    let due = system::due(TimeOfDay::of_seconds(now), hour, waited, held);
    say(if due { "now" } else { "not yet" })?;
    Ok(if due { ExitCode::SUCCESS } else { ExitCode::from(NOTHING) })
}

/// What the configuration says of updates.
fn updates(config: &Path) -> Result<Option<Updates>, Failure> {
    Ok(config::load_sections(config, &environment()).map_err(usage)?.updates)
}

/// Whether it is time to ask again; if so, it is written down.
fn is_time(asked: &Path, every: Duration, now: i64) -> Result<bool, Failure> {
    let last: Option<i64> = text(asked).ok().and_then(|text| text.trim().parse().ok());
    let since = last.map(|last| now.abs_diff(last));
    if since.is_some_and(|since| since < every.as_secs()) {
        return Ok(false);
    }
    if let Some(folder) = asked.parent() {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string()).map_err(fault)?;
    }
    fs::write(asked, now.to_string()).with_context(|| asked.display().to_string()).map_err(fault)?;
    Ok(true)
}

/// The version of the system that runs.
fn running(os_release: &Path) -> Result<ReleaseVersion, Failure> {
    let said = text(os_release).map_err(usage)?;
    let line = said.lines().find_map(|line| line.strip_prefix(IMAGE_VERSION));
    let version = line.and_then(|value| ReleaseVersion::parse(value.trim_matches('"')));
    let wrong = || format!("{}: has no line `{IMAGE_VERSION}X.Y.Z`; is this a box?", os_release.display());
    version.with_context(wrong).map_err(usage)
}

/// The kernel images on the disk.
fn kernels(names: &Path) -> Result<Kernels, Failure> {
    text(names).map(|names| Kernels::parse(&names)).map_err(usage)
}

fn text(file: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    let read = File::open(file).and_then(|file| file.take(NAMES_BYTES_MAX).read_to_string(&mut text));
    read.with_context(|| format!("{}: cannot be read", file.display()))?;
    Ok(text)
}

fn write(account: &Account, file: &Path) -> Result<(), Failure> {
    account.write(file).with_context(|| file.display().to_string()).map_err(fault)
}

fn now() -> i64 {
    Clock::system().now().0.div_euclid(1000)
}
