//! The kernel's firewall (nftables) of a configuration. The rules are one fixed text (`firewall.nft`) and are the same on every
//! box; a configuration only fills their sets: which interface is whose, which ports printers may call, which addresses may be
//! asked. So no configuration can open anything of another kind.

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use ::site::Address;
use reqwest::Url;

use super::users::User;
use super::{CODE, SiteError};
use crate::config::{Interface, Sections};

/// The rules, with a variable where users stand.
const RULES: &str = include_str!("firewall.nft");
/// Who enrols, and may reach the platform while a code waits.
const ROOT: u32 = 0;

/// Whose programs may send what.
#[derive(Debug)]
pub(crate) struct Users {
    /// The half on the printers' network.
    pub(crate) intake: User,
    /// The half on the way out.
    pub(crate) uplink: User,
    /// Who asks name servers.
    pub(crate) resolver: User,
    /// Who asks for the time.
    pub(crate) clock: User,
    /// Who asks for an address.
    pub(crate) network: User,
}

/// The rules with empty sets: nothing passes but what stays on this machine. Users stand there as they were named, so that a text
/// can be made where there are none of them; `nft` finds their numbers.
pub(crate) fn rules(users: &Users) -> String {
    let Users { intake, uplink, resolver, clock, network } = users;
    let named = [
        ("intake", intake),
        ("uplink", uplink),
        ("resolver", resolver),
        ("clock", clock),
        ("network", network),
    ];
    let mut text = String::new();
    for (who, user) in named {
        let _ = writeln!(text, "define {who}_user = {user}");
    }
    text + "\n" + RULES
}

/// The elements of the sets, in the place of those that are there. Who looks for a new system is named where this machine has such a user:
/// `nft` refuses the whole text for one that is not there.
pub(crate) fn elements(
    file: &Path,
    sections: &Sections,
    who_updates: Option<&User>,
) -> Result<String, SiteError> {
    let missing = |section| SiteError::NoSection { file: file.to_owned(), section };
    let network = sections.network.as_ref().ok_or_else(|| missing("[network]"))?;
    let platform = sections.platform.as_ref().ok_or_else(|| missing("[platform]"))?;
    let mut text = String::new();
    let mut set = |name: &str, elements: Vec<String>| {
        let _ = writeln!(text, "flush set inet oneway {name}");
        if !elements.is_empty() {
            let _ = writeln!(text, "add element inet oneway {name} {{ {} }}", elements.join(", "));
        }
    };
    set("printers_side", vec![format!("\"{}\"", network.printers.interface)]);
    set("uplink_side", vec![format!("\"{}\"", network.uplink.interface)]);
    let plugs = [&network.printers, &network.uplink];
    let by_dhcp = plugs.into_iter().filter(|plug| plug.address == Address::Dhcp);
    set("dhcp_sides", unique(by_dhcp.map(|plug| format!("\"{}\"", plug.interface))));
    let listeners = sections.config.beats.iter().chain(&sections.config.push);
    set("intake_ports", unique(listeners.map(|it| it.listen.port().to_string())));
    let (v4, v6) = printers(sections);
    set("printers_v4", v4);
    set("printers_v6", v6);
    let Place { port, v4, v6 } = Place::of(&platform.url);
    set("platform_ports", port);
    set("platform_v4", v4);
    set("platform_v6", v6);
    // What is no address is asked by nobody either.
    let updates = releases(sections).and_then(|address| address.parse().ok());
    let who = who_updates.filter(|_| updates.is_some()).map(ToString::to_string);
    let Place { port, v4, v6 } = updates.as_ref().map(Place::of).unwrap_or_default();
    set("updates_ports", port);
    set("updates_v4", v4);
    set("updates_v6", v6);
    set("updates_users", who.into_iter().collect());
    let (v4, v6) = by_family(&network.dns);
    set("resolvers_v4", v4);
    set("resolvers_v6", v6);
    let code_waits = file.parent().is_some_and(|directory| directory.join(CODE).exists());
    set("platform_users", if code_waits { vec![ROOT.to_string()] } else { Vec::new() });
    Ok(text)
}

/// Where the configuration says that releases are served, if it does.
pub(crate) fn releases(sections: &Sections) -> Option<&str> {
    sections.updates.as_ref()?.url.as_deref()
}

/// What sets say of a server: nothing, where there is none.
#[derive(Default)]
struct Place {
    port: Vec<String>,
    v4: Vec<String>,
    v6: Vec<String>,
}

impl Place {
    fn of(url: &Url) -> Self {
        let host = url.host_str().unwrap_or_default();
        let host: Option<IpAddr> = host.trim_start_matches('[').trim_end_matches(']').parse().ok();
        let (v4, v6) = by_family(host.as_slice());
        Self { port: vec![url.port_or_known_default().unwrap_or_default().to_string()], v4, v6 }
    }
}

/// Addresses by their family; everything, where none is named: a platform or a server of releases that has a name, name servers that DHCP tells.
fn by_family(addresses: &[IpAddr]) -> (Vec<String>, Vec<String>) {
    if addresses.is_empty() {
        return (vec!["0.0.0.0/0".into()], vec!["::/0".into()]);
    }
    let (v4, v6): (Vec<IpAddr>, Vec<IpAddr>) = addresses.iter().partition(|address| address.is_ipv4());
    (unique(v4.iter().map(ToString::to_string)), unique(v6.iter().map(ToString::to_string)))
}

// A printer with a name is in no set, and so is not reached: the intake may ask no name server either.
fn printers(sections: &Sections) -> (Vec<String>, Vec<String>) {
    let queried = sections.config.printers.iter().filter_map(|printer| printer.interface.as_ref());
    let places: Vec<SocketAddr> =
        queried.map(Interface::address).filter_map(|address| address.as_str().parse().ok()).collect();
    let element = |place: &SocketAddr| format!("{} . {}", place.ip(), place.port());
    let (v4, v6): (Vec<SocketAddr>, Vec<SocketAddr>) = places.into_iter().partition(SocketAddr::is_ipv4);
    (unique(v4.iter().map(element)), unique(v6.iter().map(element)))
}

fn unique(elements: impl Iterator<Item = String>) -> Vec<String> {
    let mut elements: Vec<String> = elements.collect();
    elements.sort();
    elements.dedup();
    elements
}
