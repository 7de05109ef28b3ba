//! Has both halves looked around from within, and judges what they found.

use std::path::{Path, PathBuf};

use tokio::time::timeout;

use super::engine::{Asker, Engine, EngineError};
use super::judge::{Breach, Surroundings};
use super::limits::{HOST_ADDRESSES_MAX, LOOK_MAX};
use super::probe::{Findings, Names, own_addresses, routes};
use super::topology::{Container, Network, Role};
use crate::config::{Sections, Subnet};

/// What of a configuration says who is around.
#[derive(Clone, Debug)]
pub(crate) struct Around {
    printers: Vec<String>,
    ports: std::collections::BTreeSet<u16>,
    printers_network: Option<Subnet>,
    /// Where the halves meet.
    link: PathBuf,
}

/// Why nothing is known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LookError {
    /// The engine did not have it done.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The container is not there.
    #[error("the {} has gone before it could be looked around from", .0.name())]
    Gone(Role),
    /// It took too long.
    #[error("looking around from within the {} took longer than {LOOK_MAX:?}", .0.name())]
    Slow(Role),
    /// It ended with an error.
    #[error("looking around from within the {} failed: {why}", role.name())]
    Failed {
        /// From where.
        role: Role,
        /// What it said, escaped.
        why: String,
    },
    /// Nobody can say whether names leave.
    #[error(
        "the engine's resolver says nothing to the {} of a name that nobody has, or has it from elsewhere than it was told to: \
         whether names leave this machine is not known",
        .0.name()
    )]
    Names(Role),
    /// They would take too long to be tried.
    #[error(
        "this machine has {0} addresses, and no more than {HOST_ADDRESSES_MAX} can be tried; take those away that nothing uses"
    )]
    Addresses(usize),
    /// This machine's own addresses are not known.
    #[error("this machine's own addresses cannot be read")]
    Machine(#[source] std::io::Error),
}

impl Around {
    /// Of a configuration.
    pub(crate) fn of(sections: &Sections, printers_network: Option<Subnet>) -> Self {
        let config = &sections.config;
        let printers = config.printers.iter().filter_map(|printer| printer.interface.as_ref());
        let listeners = config.beats.iter().chain(&config.push);
        Self {
            printers: printers.map(|interface| interface.address().to_string()).collect(),
            ports: listeners.map(|listener| listener.listen.port()).collect(),
            printers_network,
            link: sections
                .link
                .as_ref()
                .and_then(|link| link.socket.parent())
                .map(Path::to_owned)
                .unwrap_or_default(),
        }
    }

    /// Looks around from within these containers, and says what is wrong with them and with their networks.
    pub(crate) async fn verify(
        &self,
        engine: &Engine,
        networks: &[Network],
        [uplink, intake]: [&Container; 2],
    ) -> Result<Vec<Breach>, LookError> {
        let mut breaches = Vec::new();
        for network in networks.iter().filter(|network| network.is_alone()) {
            let half = if network.role == Role::Intake { intake } else { uplink };
            let ends = engine.network(&network.name).await?.map(|found| found.ends()).unwrap_or_default();
            let strangers = ends.into_iter().filter(|end| *end != half.name);
            breaches.extend(strangers.map(|who| Breach::Stranger(network.role, network.name.clone(), who)));
        }
        let (intake, uplink) = (&intake.name, &uplink.name);
        let found = async |role, name: &str| match engine.container(name).await? {
            // One that does not run has no addresses, and nothing can be held against those that it will have.
            Some(found) if !found.addresses().is_empty() => Ok(found),
            _ => Err(LookError::Gone(role)),
        };
        let (of_intake, of_uplink) = (found(Role::Intake, intake).await?, found(Role::Uplink, uplink).await?);
        let machine = own_addresses().map_err(LookError::Machine)?;
        let machine_routes = routes().map_err(LookError::Machine)?;
        if machine.len() > HOST_ADDRESSES_MAX {
            return Err(LookError::Addresses(machine.len()));
        }
        let surroundings = Surroundings {
            machine,
            machine_routes,
            intake: of_intake.addresses(),
            uplink: of_uplink.addresses(),
            intake_networks: of_intake.subnets(),
            uplink_networks: of_uplink.subnets(),
            printers: self.printers.clone(),
            ports: self.ports.clone(),
            printers_network: self.printers_network,
            link: self.link.clone(),
        };
        let (from_intake, from_uplink) = tokio::join!(
            look(engine, Role::Intake, intake, &surroundings),
            look(engine, Role::Uplink, uplink, &surroundings),
        );
        let (from_intake, from_uplink) = (from_intake?, from_uplink?);
        // The uplink may ask.
        if !is_known(from_intake.names, engine.language()) {
            return Err(LookError::Names(Role::Intake));
        }
        let halves = [(Role::Intake, &from_intake), (Role::Uplink, &from_uplink)];
        let of_halves = halves.into_iter().flat_map(|(role, found)| surroundings.judge(role, found));
        Ok(breaches.into_iter().chain(surroundings.judge_machine()).chain(of_halves).collect())
    }
}

/// Up to this version of their language (Docker 20.10) all engines ask those whom they were told to ask, from a closed network as well.
const ALWAYS_ASKS: usize = 41;

/// Whether that says where names go.
fn is_known(names: Names, language: usize) -> bool {
    match names {
        Names::Unknown => false,
        Names::Failed => language > ALWAYS_ASKS,
        Names::NoResolver | Names::Held | Names::Answered(_) => true,
    }
}

async fn look(engine: &Engine, role: Role, name: &str, around: &Surroundings) -> Result<Findings, LookError> {
    let targets = around.targets(role).into_iter().map(|target| target.0);
    let command: Vec<String> =
        ["/adapter", "probe", "look", "--"].map(str::to_owned).into_iter().chain(targets).collect();
    let output = timeout(LOOK_MAX, engine.ask(name, Asker::Looker, &command))
        .await
        .map_err(|_| LookError::Slow(role))??;
    let why = |text: &str| LookError::Failed { role, why: text.trim().escape_debug().take(400).collect() };
    if output.code != 0 {
        return Err(why(&output.complained));
    }
    serde_json::from_str(&output.said).map_err(|error| why(&error.to_string()))
}

/// Whether a directory is in memory: what is written there must reach no disk.
pub(crate) fn is_in_memory(directory: &Path) -> std::io::Result<bool> {
    /// `TMPFS_MAGIC` and `RAMFS_MAGIC` of `linux/magic.h`.
    const MEMORY: [i128; 2] = [0x0102_1994, 0x8584_58f6];
    let kind = i128::from(rustix::fs::statfs(directory)?.f_type) & 0xffff_ffff;
    Ok(MEMORY.contains(&kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_that_comes_from_elsewhere_says_something_of_a_newer_engine_alone() {
        for (names, of_20_10, of_25) in [
            (Names::Held, true, true),
            (Names::Answered(3), true, true),
            (Names::NoResolver, true, true),
            (Names::Failed, false, true),
            (Names::Unknown, false, false),
        ] {
            assert_eq!((is_known(names, 41), is_known(names, 44)), (of_20_10, of_25), "{names:?}");
        }
    }
}
