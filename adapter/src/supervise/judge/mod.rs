//! What must not be reached from where, and what a look from within says of it. Pure: it is given what was found.

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use super::probe::{Address, Findings, Listener, Names, Outcome, Route, Target, Writable};
use super::topology::Role;
use crate::config::Subnet;

/// Nobody's addresses (RFC 5737, RFC 3849): where there is a way to one, there is a way to everywhere.
const NOBODY: [&str; 4] = ["192.0.2.1:443", "198.51.100.1:443", "203.0.113.1:443", "[2001:db8::1]:443"];
/// Where a machine is tried: who answers at one of these, or says that nobody listens there, is there.
const MACHINE_PORTS: [u16; 5] = [22, 53, 80, 443, 2375];
/// Where a half is tried by the other: it listens nowhere else.
const HALF_PORTS: [u16; 2] = [443, 5044];

/// What an engine mounts in every container, and mounts to be written to: below where, and of which kinds. No file of a half can
/// be there (`topology/sources.rs`).
const ENGINES_MOUNTS: [(&str, &[&str]); 3] = [
    ("/proc", &["proc", "tmpfs"]),
    ("/dev", &["tmpfs", "devpts", "mqueue"]),
    ("/sys/fs/cgroup", &["tmpfs", "cgroup", "cgroup2"]),
];

/// Who and what is around the two halves.
#[derive(Clone, Debug, Default)]
pub(crate) struct Surroundings {
    /// This machine's own addresses.
    pub(crate) machine: Vec<Address>,
    /// The ways that this machine knows.
    pub(crate) machine_routes: Vec<Route>,
    /// The intake's.
    pub(crate) intake: Vec<IpAddr>,
    /// The uplink's.
    pub(crate) uplink: Vec<IpAddr>,
    /// The network that the engine has put the intake on.
    pub(crate) intake_networks: Vec<Subnet>,
    /// The same of the uplink.
    pub(crate) uplink_networks: Vec<Subnet>,
    /// Where the printers are asked, as `HOST:PORT`.
    pub(crate) printers: Vec<String>,
    /// Where printers call the intake.
    pub(crate) ports: BTreeSet<u16>,
    /// The printers' network, where it was configured.
    pub(crate) printers_network: Option<Subnet>,
    /// Where the halves meet: the uplink makes the socket there.
    pub(crate) link: PathBuf,
}

/// Something that is not as it has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Breach {
    /// There is a way beyond the half's own network.
    Way(Role, Route),
    /// Somebody was reached who must not be.
    Reached(Role, &'static str, Target, Outcome),
    /// The kernel knows a way to nobody.
    WayToNobody(Role, Target, Outcome),
    /// This machine is on the half's network.
    Neighbour(Role, IpAddr),
    /// It can be called where nobody has to.
    Listens(Role, Listener),
    /// Names are asked for beyond the engine, and answered with this code.
    Names(Role, u8),
    /// Something can be written to.
    Writable(Role, Writable),
    /// Somebody else is on a network that is a half's alone.
    Stranger(Role, String, String),
    /// The half is on the printers' network.
    AmongPrinters(Role, IpAddr),
    /// The half has a way into the printers' network.
    WayToPrinters(Role, Route, Subnet),
    /// It has an address that the engine did not give it.
    Address(Role, IpAddr),
    /// It has more than one interface.
    Interfaces(Role, Vec<String>),
    /// This machine is on the printers' network.
    MachineAmongPrinters(IpAddr, Subnet),
    /// This machine has a way into the printers' network.
    MachineWay(Route, Subnet),
    /// Something was to be tried and was not.
    NotTried(Role, Target),
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Way(role, route) => write!(f, "the {} has a way to {}", role.name(), Way(route)),
            Self::WayToPrinters(role, route, printers) => {
                write!(
                    f,
                    "the {} has a way to {}, into the printers' network {printers}",
                    role.name(),
                    Way(route)
                )
            }
            Self::Address(role, ip) => {
                write!(f, "the {} has the address {ip}, which the engine did not give it", role.name())
            }
            Self::Interfaces(role, names) => {
                write!(f, "the {} has more interfaces than one: {}", role.name(), names.join(", "))
            }
            Self::MachineAmongPrinters(ip, printers) => {
                write!(
                    f,
                    "this machine has the address {ip} in the printers' network {printers}, \
                     and could carry what the uplink sends there; take it away"
                )
            }
            Self::MachineWay(route, printers) => {
                write!(
                    f,
                    "this machine has a way to {}, into the printers' network {printers}, \
                     and could carry what the uplink sends there; take it away",
                    Way(route)
                )
            }
            Self::Reached(role, whom, target, outcome) => {
                write!(f, "the {} reaches {whom} at {}: {outcome}", role.name(), target.0)
            }
            Self::Writable(role, Writable { at, kind }) => {
                write!(
                    f,
                    "the {} can write to {} ({kind}); mount it to be read alone",
                    role.name(),
                    at.display()
                )
            }
            Self::Stranger(role, network, who) => {
                write!(
                    f,
                    "the container {} is on {network}, which is the network of the {} alone; take it away from there",
                    who.escape_debug(),
                    role.name()
                )
            }
            Self::WayToNobody(role, target, _) => {
                write!(
                    f,
                    "the {} has a way to {}, which is nobody's address: it has one to the internet",
                    role.name(),
                    target.0
                )
            }
            Self::Neighbour(role, ip) => {
                write!(f, "this machine is on the network of the {}, with the address {ip}", role.name())
            }
            Self::Listens(role, Listener { protocol, at }) => {
                write!(f, "the {} can be called at {at} ({protocol}), where nobody has to", role.name())
            }
            Self::Names(role, code) => {
                write!(
                    f,
                    "names that the {} asks for are asked for beyond this machine, and could carry data (answer {code})",
                    role.name()
                )
            }
            Self::AmongPrinters(role, ip) => {
                write!(f, "the {} is on the printers' network, with the address {ip}", role.name())
            }
            Self::NotTried(role, target) => {
                write!(f, "the {} was to try {}, and says nothing of it", role.name(), target.0)
            }
        }
    }
}

/// A route in words.
struct Way<'a>(&'a Route);

impl fmt::Display for Way<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Route { to, bits, through, interface } = self.0;
        write!(f, "{to}/{bits} over {interface}")?;
        through.map_or(Ok(()), |through| write!(f, " through {through}"))
    }
}

impl Route {
    /// The network that it leads to, where that is one of IPv4.
    fn network(&self) -> Option<Subnet> {
        match self.to {
            IpAddr::V4(to) => Some(Subnet::around(to, self.bits)),
            IpAddr::V6(_) => None,
        }
    }
}

impl Surroundings {
    /// Where a half must not get to, with who is there.
    fn forbidden(&self, role: Role) -> Vec<(&'static str, Target)> {
        let at = |ip: IpAddr, port: u16| Target(SocketAddr::new(ip, port).to_string());
        let half = |who: &'static str, ips: &[IpAddr]| -> Vec<_> {
            ips.iter().flat_map(|ip| HALF_PORTS.map(|port| (who, at(*ip, port)))).collect()
        };
        match role {
            Role::Intake => {
                let machine = self.machine.iter();
                let machine =
                    machine.flat_map(|own| MACHINE_PORTS.map(|port| ("this machine", at(own.ip, port))));
                machine.chain(half("the uplink", &self.uplink)).collect()
            }
            Role::Uplink => {
                let printers = self.printers.iter().map(|printer| ("a printer", Target(printer.clone())));
                printers.chain(half("the intake", &self.intake)).collect()
            }
        }
    }

    /// All that a half has to try.
    pub(crate) fn targets(&self, role: Role) -> Vec<Target> {
        let nobody =
            NOBODY.iter().filter(|_| role == Role::Intake).map(|nobody| Target((*nobody).to_owned()));
        let mut targets: Vec<_> =
            self.forbidden(role).into_iter().map(|(_, target)| target).chain(nobody).collect();
        targets.sort_by(|one, other| one.0.cmp(&other.0));
        targets.dedup();
        targets
    }

    /// What is wrong with what was found.
    pub(crate) fn judge(&self, role: Role, found: &Findings) -> Vec<Breach> {
        let mut breaches = Vec::new();
        let tried: HashMap<&Target, Outcome> =
            found.tried.iter().map(|tried| (&tried.target, tried.outcome)).collect();
        let targets = self.targets(role);
        breaches.extend(
            targets
                .iter()
                .filter(|target| !tried.contains_key(target))
                .map(|t| Breach::NotTried(role, t.clone())),
        );
        for (whom, target) in self.forbidden(role) {
            let outcome = tried.get(&target).copied().filter(|outcome| outcome.reached());
            breaches.extend(outcome.map(|outcome| Breach::Reached(role, whom, target, outcome)));
        }
        let calls = |listener: &&Listener| {
            role == Role::Uplink || !self.ports.contains(&listener.at.port()) || listener.protocol != "tcp"
        };
        breaches.extend(
            found.listens.iter().filter(calls).map(|listener| Breach::Listens(role, listener.clone())),
        );
        breaches.extend(self.of_tables(role, found));
        let more = found.writable.iter().filter(|mount| !self.may_write(role, mount));
        breaches.extend(more.map(|mount| Breach::Writable(role, mount.clone())));
        match role {
            Role::Intake => breaches.extend(self.of_intake(found, &tried)),
            Role::Uplink => breaches.extend(self.of_uplink(found)),
        }
        breaches
    }

    /// What a half has of a network is what the engine gave it: one interface, those addresses, and the way to their
    /// network. All of IPv6 is more than that.
    fn of_tables(&self, role: Role, found: &Findings) -> Vec<Breach> {
        let (addresses, networks) = match role {
            Role::Intake => (&self.intake, &self.intake_networks),
            Role::Uplink => (&self.uplink, &self.uplink_networks),
        };
        let mut breaches = Vec::new();
        let names: BTreeSet<&str> = found.routes.iter().map(|route| route.interface.as_str()).collect();
        if names.len() > 1 {
            let names = names.into_iter().map(str::to_owned).collect();
            breaches.push(Breach::Interfaces(role, names));
        }
        let given = |ip: &IpAddr| ip.is_ipv4() && addresses.contains(ip);
        let others = found.addresses.iter().filter(|own| !given(&own.ip));
        breaches.extend(others.map(|own| Breach::Address(role, own.ip)));
        let own = |route: &Route| {
            let within = |to: Subnet| networks.iter().any(|network| network.contains(to));
            route.network().is_some_and(within)
        };
        // The intake's ways through a router, and those to everywhere, are judged with what was tried.
        let elsewhere = |route: &Route| match role {
            Role::Intake => route.through.is_some() || route.bits == 0,
            Role::Uplink => route.bits == 0 && route.to.is_ipv4(),
        };
        let more = found.routes.iter().filter(|route| !own(route) && !elsewhere(route));
        breaches.extend(more.map(|route| Breach::Way(role, route.clone())));
        breaches
    }

    /// The engine's own mounts, in which a user who is not root has nothing to write, and the place of the link's socket.
    fn may_write(&self, role: Role, mount: &Writable) -> bool {
        let engines = |(below, kinds): &(&str, &[&str])| {
            mount.at.starts_with(below) && kinds.contains(&mount.kind.as_str())
        };
        let link = role == Role::Uplink && mount.at == self.link && mount.kind == "tmpfs";
        link || ENGINES_MOUNTS.iter().any(engines)
    }

    /// This machine has no part in the printers' network, where there is one: it forwards what the uplink sends.
    pub(crate) fn judge_machine(&self) -> Vec<Breach> {
        let Some(printers) = self.printers_network else { return Vec::new() };
        let among = |ip: &&IpAddr| matches!(ip, IpAddr::V4(ip) if printers.holds(*ip));
        let addresses = self.machine.iter().map(|own| &own.ip).filter(among);
        let mut breaches: Vec<_> = addresses.map(|ip| Breach::MachineAmongPrinters(*ip, printers)).collect();
        let ways = self.machine_routes.iter().filter(|route| leads_into(route, printers));
        breaches.extend(ways.map(|route| Breach::MachineWay(route.clone(), printers)));
        breaches
    }

    /// It has no way but to its own network, and nobody of this machine is there.
    fn of_intake(&self, found: &Findings, tried: &HashMap<&Target, Outcome>) -> Vec<Breach> {
        let role = Role::Intake;
        // An engine may name a router on a closed network where nobody is. What the kernel would send there ends there: it has
        // just been tried, and nobody has said that this address is his.
        let nobody_there = |route: &Route| {
            route.through.is_some_and(|through| {
                through.is_ipv4() && found.neighbours.iter().all(|neighbour| neighbour.ip != through)
            })
        };
        let dead_end = found.routes.iter().any(nobody_there);
        let beyond = |route: &&Route| (route.through.is_some() || route.bits == 0) && !nobody_there(route);
        let mut breaches: Vec<_> =
            found.routes.iter().filter(beyond).map(|route| Breach::Way(role, route.clone())).collect();
        for nobody in NOBODY {
            let target = Target(nobody.to_owned());
            let ends =
                |outcome: &Outcome| *outcome == Outcome::NoWay || (*outcome == Outcome::Silent && dead_end);
            if let Some(outcome) = tried.get(&target).filter(|outcome| !ends(outcome)) {
                breaches.push(Breach::WayToNobody(role, target, *outcome));
            }
        }
        let machine: BTreeSet<IpAddr> = self.machine.iter().map(|own| own.ip).collect();
        let beside = found.neighbours.iter().filter(|neighbour| machine.contains(&neighbour.ip));
        breaches.extend(beside.map(|neighbour| Breach::Neighbour(role, neighbour.ip)));
        if let Names::Answered(code) = found.names {
            breaches.push(Breach::Names(role, code));
        }
        breaches
    }

    fn of_uplink(&self, found: &Findings) -> Vec<Breach> {
        let among = |ip: IpAddr| match (self.printers_network, ip) {
            (Some(network), IpAddr::V4(ip)) => network.holds(ip),
            _ => false,
        };
        let own = found.addresses.iter().filter(|own| among(own.ip));
        let mut breaches: Vec<_> = own.map(|own| Breach::AmongPrinters(Role::Uplink, own.ip)).collect();
        if let Some(printers) = self.printers_network {
            let ways = found.routes.iter().filter(|route| leads_into(route, printers));
            breaches.extend(ways.map(|route| Breach::WayToPrinters(Role::Uplink, route.clone(), printers)));
        }
        breaches
    }
}

/// Whether a way leads into a network, and is not merely the one to everywhere.
fn leads_into(route: &Route, network: Subnet) -> bool {
    route.bits > 0 && route.network().is_some_and(|to| to.overlaps(network))
}
