//! A container of a half.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use release::ImageDigest;

/// The two halves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    /// The half that faces the printers.
    Intake,
    /// The half that faces the platform.
    Uplink,
}

/// The user, and the group, that looks around from within a half, and is neither half's: what runs there can neither end it nor
/// speak in its name.
pub(crate) const LOOKER: u32 = 10003;

impl Role {
    /// Both, in the order of their start.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 2] = [Self::Uplink, Self::Intake];

    /// Its name in words, and the program's command.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Uplink => "uplink",
        }
    }

    /// Its user and group, as in its image. The group is in common, for the socket and the adapter's name.
    pub(crate) fn user(self) -> (u32, u32) {
        match self {
            Self::Intake => (10001, 10000),
            Self::Uplink => (10002, 10000),
        }
    }

    /// The part of an item that speaks of it.
    pub(crate) fn part(self) -> u8 {
        match self {
            Self::Intake => 1,
            Self::Uplink => 2,
        }
    }
}

/// One container. What every one of them has in common has no field: no capability, no new privileges, a root that
/// cannot be written to, no memory shared with others, no swap, no restart by the engine, no port of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Container {
    /// The engine's name of it.
    pub(crate) name: String,
    /// What it is.
    pub(crate) role: Role,
    /// The image, by the digest of its configuration: a tag could be moved.
    pub(crate) image: ImageDigest,
    /// The whole command line: what the image says of it is not asked.
    pub(crate) command: Vec<String>,
    /// What tells whether it is well.
    pub(crate) health: Vec<String>,
    /// `USER:GROUP`, as numbers.
    pub(crate) user: String,
    /// The system calls that it may make, as the engine reads it.
    pub(crate) seccomp: &'static str,
    /// Most memory, and none of it on a disk.
    pub(crate) memory_bytes: i64,
    /// Most processes and threads.
    pub(crate) pids_max: i64,
    /// Its one network, or [`super::NO_NETWORK`].
    pub(crate) network: String,
    /// Its address there; without, the engine chooses.
    pub(crate) address: Option<Ipv4Addr>,
    /// Whom the engine's own resolver asks for names that it does not know.
    pub(crate) resolvers: Vec<String>,
    /// Variables of the environment.
    pub(crate) environment: Vec<String>,
    /// What it sees of the machine.
    pub(crate) mounts: Vec<Mount>,
}

impl Container {
    /// The same in every respect, in which nothing runs but what waits: to look around before the half itself runs.
    pub(crate) fn stand_in(&self) -> Self {
        let command = ["/adapter", "probe", "hold"].map(str::to_owned).to_vec();
        Self { name: format!("{}-check", self.name), command, ..self.clone() }
    }
}

/// Something of the machine that a container sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mount {
    /// A file or directory of the machine, to be read.
    Read {
        /// Where it is on the machine.
        source: PathBuf,
        /// Where it is in the container.
        target: PathBuf,
    },
    /// A volume.
    Volume {
        /// The engine's name of it.
        name: String,
        /// Where it is in the container.
        target: PathBuf,
        /// Whether it can only be read.
        read_only: bool,
    },
}
