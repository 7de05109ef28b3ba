//! `adapter site`: what an appliance does at boot with a site stick. Standard output is the machine's; sentences for people go to
//! standard error, and from there to the journal and the console.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;
use release::Time;
use serde_json::json;

use super::{Failure, drive, fault, say, usage};
use crate::app::environment;
use crate::clock::Clock;
use crate::config::{self, Sections};
use crate::enrol::{Keeping, WithKey};
use crate::site::firewall::{self, Users};
use crate::site::users::User;
use crate::site::{self, Came, Ended, SiteError, Taken, Taking, network};

/// A stick or a code was refused; the box runs with what it had.
const REFUSED: u8 = 3;
/// There is nothing that it could run with.
const NOTHING: u8 = 4;
/// Where the adapter's halves meet, as the packages' units have it.
const SOCKET: &str = "/run/oneway/link.sock";
/// Where a machine lists its users.
const USERS: &str = "/etc/passwd";
/// Where the kernel lists network interfaces.
const INTERFACES: &str = "/sys/class/net";

#[derive(Subcommand)]
pub(super) enum Command {
    /// Take the configuration from a stick, or the one that was taken before. It opens no connection.
    ///
    /// Exit code: 0 a configuration is in place, 3 so it is, and the stick was refused, 4 there is none; 1 a fault of the
    /// machine, 2 the command line or the list of trusted keys is wrong.
    Take(Take),
    /// Exchange the code that a stick brought for the adapter's key. Without a code it does nothing.
    ///
    /// Exit code: 0 the adapter has its key, 3 the platform does not take the code or there is neither code nor key; 1 the
    /// platform is out of reach, 2 the command line or the configuration is wrong.
    Enrol(Enrol),
    /// Print the firewall of a configuration, for `nft -f -`.
    Firewall(Firewall),
    /// Write the network of a configuration, for systemd-networkd and chrony; without `--to`, print it.
    Network(Network),
}

#[derive(clap::Args)]
struct Kept {
    /// The directory that outlives a restart.
    #[arg(long, value_name = "DIRECTORY")]
    state: PathBuf,
    /// The directory that the services read, in memory.
    #[arg(long, value_name = "DIRECTORY")]
    to: PathBuf,
    /// What keys and the kept stick are sealed with.
    #[arg(long, value_enum, value_name = "KEY", default_value_t = WithKey::Auto)]
    with_key: WithKey,
    /// Seal nothing: for a bench, not for a site.
    #[arg(long, conflicts_with = "with_key")]
    in_clear: bool,
}

#[derive(clap::Args)]
pub(super) struct Take {
    /// Where the stick is mounted, if one is.
    #[arg(long, value_name = "DIRECTORY")]
    stick: Option<PathBuf>,
    #[command(flatten)]
    kept: Kept,
    /// The keys of platforms that this box trusts, as `platform site-key` prints them.
    #[arg(long, value_name = "FILE")]
    trust: PathBuf,
    /// Where the adapter's halves shall meet.
    #[arg(long, value_name = "PATH", default_value = SOCKET)]
    socket: String,
    /// Where the kernel lists the machine's network interfaces.
    #[arg(long, value_name = "DIRECTORY", default_value = INTERFACES)]
    interfaces: PathBuf,
    /// Set the machine's clock forward to when the stick was made, if it is behind.
    #[arg(long)]
    set_clock: bool,
}

#[derive(clap::Args)]
pub(super) struct Enrol {
    #[command(flatten)]
    kept: Kept,
}

#[derive(clap::Args)]
pub(super) struct Firewall {
    /// The configuration file.
    #[arg(long, value_name = "FILE", required_unless_present = "closed")]
    config: Option<PathBuf>,
    /// Only the rules, with nothing in their sets: for the time before there is a configuration.
    #[arg(long, conflicts_with_all = ["config", "elements"])]
    closed: bool,
    /// Only what a configuration puts into the rules' sets.
    #[arg(long)]
    elements: bool,
    /// Whose programs are on the printers' network.
    #[arg(long, value_name = "USER", default_value = "oneway-intake")]
    intake_user: User,
    /// Whose programs are on the way to the platform.
    #[arg(long, value_name = "USER", default_value = "oneway-uplink")]
    uplink_user: User,
    /// Who asks name servers.
    #[arg(long, value_name = "USER", default_value = "systemd-resolve")]
    resolver_user: User,
    /// Who asks for the time.
    #[arg(long, value_name = "USER", default_value = "_chrony")]
    clock_user: User,
    /// Who looks for a new system at the address of releases, if one is configured and this machine has this user.
    #[arg(long, value_name = "USER", default_value = "oneway-update")]
    update_user: User,
    /// Who asks for an address by DHCP.
    #[arg(long, value_name = "USER", default_value = "systemd-network")]
    network_user: User,
}

#[derive(clap::Args)]
pub(super) struct Network {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Where to write the two `.network` files, such as `/run/systemd/network`.
    #[arg(long, value_name = "DIRECTORY")]
    to: Option<PathBuf>,
    /// Where to write chrony's list of servers.
    #[arg(long, value_name = "FILE", requires = "to")]
    sources: Option<PathBuf>,
}

pub(super) fn run(command: &Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Take(arguments) => take(arguments),
        Command::Enrol(arguments) => enrol(arguments),
        Command::Firewall(arguments) => firewall(arguments),
        Command::Network(arguments) => network(arguments),
    }
}

impl Kept {
    async fn keeping(&self) -> Result<Keeping, Failure> {
        if self.in_clear {
            return Ok(Keeping::InClear);
        }
        Ok(Keeping::Sealed(self.with_key.decided().await.map_err(fault)?))
    }
}

fn failed(error: SiteError) -> Failure {
    if error.is_usage() { usage(error) } else { fault(error) }
}

fn take(arguments: &Take) -> Result<ExitCode, Failure> {
    let Take { stick, kept, trust, socket, interfaces, set_clock } = arguments;
    let now = Time::from_seconds(Clock::system().now().0.div_euclid(1000));
    let taken = drive(async {
        let keeping = kept.keeping().await?;
        let (state, to) = (&kept.state, &kept.to);
        let stick = stick.as_deref();
        let taking = Taking { stick, state, to, trust, keeping, socket, interfaces, now };
        site::take(&taking).await.map_err(failed)
    })?;
    if let Some(time) = taken.at_least {
        clock_is_behind(time, now, *set_clock);
    }
    tell(&taken);
    say(&described(&taken).to_string())?;
    Ok(match (&taken.document, &taken.refused) {
        (None, _) => ExitCode::from(NOTHING),
        (Some(_), Some(_)) => ExitCode::from(REFUSED),
        (Some(_), None) => ExitCode::SUCCESS,
    })
}

// Certificates are believed by the time, and the first server of the time is known by one. A clock that cannot be set is no reason to
// run with nothing.
fn clock_is_behind(at_least: Time, now: Time, set: bool) {
    let done = if set { "it is set to that time" } else { "set it" };
    tracing::warn!("this machine's clock says {now}, and it is at least {at_least}: {done}");
    if set && let Err(error) = set_clock(at_least) {
        tracing::error!(%error, "this machine's clock cannot be set");
    }
}

fn set_clock(time: Time) -> rustix::io::Result<()> {
    let time = rustix::time::Timespec { tv_sec: time.seconds(), tv_nsec: 0 };
    rustix::time::clock_settime(rustix::time::ClockId::Realtime, time)
}

// What a person at the console needs to know.
fn tell(taken: &Taken) {
    if let Some(refused) = &taken.kept_refused {
        tracing::error!(times = refused.count, "{}", refused.says);
    }
    if let Some(refused) = &taken.refused {
        tracing::error!(times = refused.count, "the site stick was REFUSED: {}", refused.says);
    }
    match &taken.document {
        None => tracing::error!(
            "this box has no configuration: plug in a site stick and switch it off and on again"
        ),
        Some((came, document)) => {
            let (adapter, made) = (&document.adapter, document.made);
            let how = match came {
                Came::New => "a new configuration was taken from the stick, which can be pulled out",
                Came::Same => "the stick holds what this box has; it can be pulled out",
                Came::Kept => "the configuration that was taken before is in place",
            };
            tracing::info!(%adapter, %made, "{how}");
        }
    }
}

fn described(taken: &Taken) -> serde_json::Value {
    let mut described = json!({ "event": "nothing" });
    if let Some((came, document)) = &taken.document {
        let event = match came {
            Came::New => "taken",
            Came::Same => "same",
            Came::Kept => "kept",
        };
        described = json!({
            "event": event,
            "adapter": document.adapter,
            "serial": document.serial,
            "made": document.made,
            "code_waits": taken.code_waits,
        });
    }
    for (name, refused) in [("refused", &taken.refused), ("kept_refused", &taken.kept_refused)] {
        if let Some(refused) = refused {
            described[name] = json!({ "why": refused.why, "says": refused.says, "count": refused.count });
        }
    }
    if let Some(time) = taken.at_least {
        described["clock_behind"] = time.to_string().into();
    }
    described
}

fn enrol(arguments: &Enrol) -> Result<ExitCode, Failure> {
    let kept = &arguments.kept;
    let ended = drive(async {
        let keeping = kept.keeping().await?;
        site::enrol(&kept.state, &kept.to, keeping).await.map_err(failed)
    })?;
    let refused = |event: &str| {
        say(&json!({ "event": event }).to_string())?;
        Ok(ExitCode::from(REFUSED))
    };
    match ended {
        Ended::Enrolled(enrolled, moved) => {
            if moved {
                tracing::error!(
                    "this box could not open the key that it had: it was sealed elsewhere, or the TPM or Secure Boot has changed since. It \
                     has a new one now; the old files are beside it, and what was sent before and comes again is stored twice"
                );
            }
            super::say_enrolled("enrolled", &enrolled, &kept.state)
        }
        Ended::Before => {
            say(&json!({ "event": "enrolled before" }).to_string())?;
            Ok(ExitCode::SUCCESS)
        }
        Ended::NoCode => {
            tracing::error!("this box has neither a key nor a code: make a site stick with a new code");
            refused("no code")
        }
        Ended::Refused(has_key) => {
            let then = if has_key { "this box goes on with the key that it has; " } else { "" };
            tracing::error!(
                "the platform does NOT take the stick's code: it was used, replaced or is too old. {then}make a site stick with a \
                 new code, and look in the platform's audit from which address this one was used"
            );
            refused("refused")
        }
    }
}

fn sections(file: &Path) -> Result<Sections, Failure> {
    config::load_sections(file, &environment()).map_err(usage)
}

fn firewall(arguments: &Firewall) -> Result<ExitCode, Failure> {
    let mut text = String::new();
    if !arguments.elements {
        text.push_str(&firewall::rules(&users(arguments)));
    }
    if let Some(file) = &arguments.config {
        let sections = sections(file)?;
        let who = who_updates(&arguments.update_user, firewall::releases(&sections))?;
        text.push_str(&firewall::elements(file, &sections, who).map_err(failed)?);
    }
    say(text.trim_end())?;
    Ok(ExitCode::SUCCESS)
}

// Only a box has this user; on other machines releases are the supervisor's, and somebody has to say as whom it goes out.
fn who_updates<'a>(user: &'a User, releases: Option<&str>) -> Result<Option<&'a User>, Failure> {
    let Some(address) = releases else { return Ok(None) };
    let users = std::fs::read_to_string(USERS).context(USERS).map_err(fault)?;
    if user.is_of(&users) {
        return Ok(Some(user));
    }
    tracing::warn!(
        "this machine has no user {user}, so nobody may go out to the releases at {address}: name who asks there with `--update-user`"
    );
    Ok(None)
}

fn users(arguments: &Firewall) -> Users {
    Users {
        intake: arguments.intake_user.clone(),
        uplink: arguments.uplink_user.clone(),
        resolver: arguments.resolver_user.clone(),
        clock: arguments.clock_user.clone(),
        network: arguments.network_user.clone(),
    }
}

fn network(arguments: &Network) -> Result<ExitCode, Failure> {
    let file = &arguments.config;
    let files = network::Files::of(file, &sections(file)?).map_err(failed)?;
    match &arguments.to {
        Some(to) => files.write(to, arguments.sources.as_deref()).map_err(failed)?,
        None => say(files.page().trim_end())?,
    }
    Ok(ExitCode::SUCCESS)
}
