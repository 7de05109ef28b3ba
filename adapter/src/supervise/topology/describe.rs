//! The description, made of the configuration.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::sources::{self, SourceError};
use super::{Container, Driver, Mount, Network, Role, Topology, Volume};
use crate::config::{Lan, Sections, Supervise};

/// Directories of the machine that the supervisor fills, in memory.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// Where the account of the containers is.
    pub(crate) account: PathBuf,
    /// What was handed over for the intake; nothing where its files are in its directory.
    pub(crate) intake: Option<PathBuf>,
    /// The same for the uplink.
    pub(crate) uplink: Option<PathBuf>,
}

/// Where the halves meet. In memory, and the uplink's.
const LINK_OPTIONS: &str = "size=64k,mode=0750,uid=10002,gid=10000,noexec,nosuid,nodev";
/// Where a half finds what a service manager would hand over.
const HANDED_OVER: &str = "/run/credentials/oneway";
/// Where the uplink finds the account.
const ACCOUNT: &str = "/run/oneway-account";
/// Nobody, in the place of the resolver that the engine's would ask.
const NO_RESOLVER: &str = "127.0.0.1";
/// The C library keeps memory for each thread apart; a half with two threads that hardly allocates is half a megabyte smaller
/// without (docs/performance.md).
const ONE_ARENA: &str = "GLIBC_TUNABLES=glibc.malloc.arena_max=1";
const MIB: i64 = 1 << 20;

/// The system calls that each half may make (`docker/seccomp/trace` made the lists).
const INTAKE_CALLS: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docker/seccomp/intake.json"));
const UPLINK_CALLS: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docker/seccomp/uplink.json"));

/// What a configuration leaves open, so that there is nothing to run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Incomplete {
    /// A section is missing.
    #[error("missing field `{0}`: write a section `[{0}]`")]
    Section(&'static str),
    /// The socket is not where the halves can share it.
    #[error("link.socket is {}: in containers it is in a directory of its own, such as /run/oneway/link.sock", .0.display())]
    Socket(PathBuf),
    /// A printer by name, where nobody can be asked for it.
    #[error(
        "printer {printer}: {host} is a name, and with supervise.printers_network the intake asks nobody for names; write the address"
    )]
    Name {
        /// The printer.
        printer: String,
        /// What is written.
        host: String,
    },
    /// A half would see more of the machine than its files.
    #[error(transparent)]
    Source(#[from] SourceError),
}

impl Topology {
    /// What this configuration asks for. `file` is its whole path, and stands at the same place in the containers, so that
    /// the paths in it are right there as here.
    pub(crate) fn of(
        file: &Path,
        sections: &Sections,
        supervise: &Supervise,
        places: &Places,
    ) -> Result<Self, Incomplete> {
        let link = sections.link.as_ref().ok_or(Incomplete::Section("link"))?;
        if sections.platform.is_none() {
            return Err(Incomplete::Section("platform"));
        }
        let meet =
            link.socket.parent().filter(|parent| parent.starts_with("/run/") && *parent != Path::new("/run"));
        let meet = meet.ok_or_else(|| Incomplete::Socket(link.socket.clone()))?;
        if supervise.printers_network.is_some() {
            named_by_address(sections)?;
        }
        let logs = sections.config.printers.iter().filter_map(|printer| printer.logs.as_ref());
        let shown =
            logs.map(|logs| &logs.directory).chain(&supervise.intake_files).chain(&supervise.uplink_files);
        for source in shown {
            sources::check(source, &supervise.engine)?;
        }
        if let (Some(intake), Some(uplink)) = (&supervise.intake_files, &supervise.uplink_files) {
            sources::apart(intake, uplink)?;
        }
        let common = Common { file, meet };
        let networks = vec![
            network(Role::Uplink, supervise.uplink_network.as_ref()),
            network(Role::Intake, supervise.printers_network.as_ref()),
        ];
        let containers = vec![common.uplink(supervise, places), common.intake(sections, supervise, places)];
        let link = Volume { name: "oneway-link".into(), options: LINK_OPTIONS.into() };
        Ok(Self { networks, link, containers })
    }
}

/// On a network of its own the intake has no resolver: what it asked for there would be a way for data.
pub(crate) fn named_by_address(sections: &Sections) -> Result<(), Incomplete> {
    for printer in &sections.config.printers {
        let host = printer.interface.as_ref().map(|interface| interface.address().host());
        if let Some(host) = host.filter(|host| host.parse::<IpAddr>().is_err()) {
            return Err(Incomplete::Name { printer: printer.id.to_string(), host: host.to_owned() });
        }
    }
    Ok(())
}

fn network(role: Role, lan: Option<&Lan>) -> Network {
    let (name, alone) = match role {
        Role::Intake => ("oneway-printers", Driver::Closed),
        Role::Uplink => ("oneway-out", Driver::Open),
    };
    Network {
        name: name.into(),
        role,
        driver: lan.map_or(alone, |lan| Driver::Interface(lan.interface.clone())),
        subnet: lan.map(|lan| lan.subnet),
        gateway: lan.and_then(|lan| lan.gateway),
    }
}

struct Common<'a> {
    file: &'a Path,
    meet: &'a Path,
}

impl Common<'_> {
    fn intake(&self, sections: &Sections, supervise: &Supervise, places: &Places) -> Container {
        let logs = sections.config.printers.iter().filter_map(|printer| printer.logs.as_ref());
        let logs = logs.map(|logs| logs.directory.clone());
        let mounts =
            self.mounts(Role::Intake, supervise.intake_files.iter().cloned().chain(logs), &places.intake);
        Container {
            name: "oneway-intake".into(),
            role: Role::Intake,
            image: supervise.intake_image.clone(),
            command: self.command("intake", &[]),
            health: self.command("status", &[]),
            user: user(Role::Intake),
            seccomp: INTAKE_CALLS,
            memory_bytes: 256 * MIB,
            pids_max: 64,
            network: "oneway-printers".into(),
            address: supervise.printers_network.as_ref().map(|lan| lan.address),
            resolvers: vec![NO_RESOLVER.into()],
            environment: environment(&places.intake),
            mounts,
        }
    }

    fn uplink(&self, supervise: &Supervise, places: &Places) -> Container {
        let mut mounts = self.mounts(Role::Uplink, supervise.uplink_files.iter().cloned(), &places.uplink);
        mounts.push(Mount::Read { source: places.account.clone(), target: ACCOUNT.into() });
        let account = format!("{ACCOUNT}/{}", super::super::account::FILE);
        Container {
            name: "oneway-uplink".into(),
            role: Role::Uplink,
            image: supervise.uplink_image.clone(),
            command: self.command("uplink", &["--account", &account]),
            health: self.command("status", &[]),
            user: user(Role::Uplink),
            seccomp: UPLINK_CALLS,
            memory_bytes: 64 * MIB,
            pids_max: 32,
            network: "oneway-out".into(),
            address: supervise.uplink_network.as_ref().map(|lan| lan.address),
            resolvers: supervise.resolvers.iter().map(ToString::to_string).collect(),
            environment: environment(&places.uplink),
            mounts,
        }
    }

    fn command(&self, command: &str, more: &[&str]) -> Vec<String> {
        let file = self.file.display().to_string();
        let words = ["/adapter", command, "--config", &file].into_iter().chain(more.iter().copied());
        words.map(str::to_owned).collect()
    }

    fn mounts(
        &self,
        role: Role,
        directories: impl Iterator<Item = PathBuf>,
        handed_over: &Option<PathBuf>,
    ) -> Vec<Mount> {
        let same = |path: PathBuf| Mount::Read { source: path.clone(), target: path };
        let mut directories: Vec<_> = directories.collect();
        directories.sort();
        directories.dedup();
        let mut mounts = vec![same(self.file.to_owned())];
        mounts.extend(directories.into_iter().map(same));
        mounts.extend(
            handed_over
                .iter()
                .map(|source| Mount::Read { source: source.clone(), target: HANDED_OVER.into() }),
        );
        mounts.push(Mount::Volume {
            name: "oneway-link".into(),
            target: self.meet.to_owned(),
            // The socket is the uplink's to make.
            read_only: role == Role::Intake,
        });
        mounts
    }
}

fn user(role: Role) -> String {
    let (user, group) = role.user();
    format!("{user}:{group}")
}

fn environment(handed_over: &Option<PathBuf>) -> Vec<String> {
    let handed_over = handed_over.iter().map(|_| format!("CREDENTIALS_DIRECTORY={HANDED_OVER}"));
    handed_over.chain([ONE_ARENA.to_owned()]).collect()
}
