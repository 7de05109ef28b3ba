//! From what was heard to printers, each once.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use protocol::mdns::Name;

use super::kinds::Kind;
use super::limits::{NAME_SHOWN_MAX, PREFIX_BYTES_MAX, PRINTERS_MAX, VERSION_SHOWN_MAX};
use super::seen::{Said, Seen, Service};

/// A printer that announces itself.
#[derive(Debug)]
pub(crate) struct Found {
    pub(super) kind: &'static Kind,
    /// Its own name for itself, fit to be shown here; it leaves this machine by no way.
    pub(super) name: String,
    pub(super) version: Option<String>,
    pub(super) address: Ipv4Addr,
    pub(super) port: u16,
    /// Its host's name, such as `octopi.local`.
    pub(super) host: String,
    /// What stands before its paths; `None` where it names what cannot stand there.
    pub(super) prefix: Option<String>,
    /// Where it also speaks TLS.
    pub(super) https_port: Option<u16>,
}

/// The printers of all interfaces in the order of their addresses, each place once.
pub(super) fn of(seen: &[Seen]) -> Vec<Found> {
    let mut found: BTreeMap<(Ipv4Addr, u16), Found> = BTreeMap::new();
    for seen in seen {
        for (name, service) in &seen.services {
            let Some(printer) = printer(name, service, seen) else { continue };
            let place = (printer.address, printer.port);
            // The table's order says which is believed where one place is announced as several.
            let better = found.get(&place).is_none_or(|known| rank(printer.kind) < rank(known.kind));
            if better && (found.contains_key(&place) || found.len() < PRINTERS_MAX) {
                found.insert(place, printer);
            }
        }
    }
    found.into_values().collect()
}

fn rank(kind: &'static Kind) -> usize {
    super::kinds::KINDS.iter().take_while(|other| other.interface != kind.interface).count()
}

fn printer(name: &Name, service: &Service, seen: &Seen) -> Option<Found> {
    let nothing = Said::default();
    let (kind, said) = (service.kind, service.said.as_ref().unwrap_or(&nothing));
    let product = said.product.as_deref().unwrap_or_default().to_ascii_lowercase();
    if !kind.products.is_empty() && !kind.products.iter().any(|word| product.contains(word)) {
        return None;
    }
    let (host, port) = service.place.as_ref().filter(|(_, port)| *port != 0)?;
    let label = Name::parse(kind.service).and_then(|service| Some(name.instance_of(&service)?.to_vec()));
    Some(Found {
        kind,
        name: shown(&String::from_utf8_lossy(&label?), NAME_SHOWN_MAX),
        version: said.version.as_deref().map(|version| shown(version, VERSION_SHOWN_MAX)),
        address: address(host, service, seen),
        port: *port,
        host: host.dotted(),
        prefix: prefix(said.path.as_deref().unwrap_or_default()),
        https_port: said.https_port.filter(|port| *port != 0),
    })
}

/// Of a host with several addresses, such as those of its containers, the one that answered; where the answer came from
/// none of them, a repeater between two networks has passed it on. Of one that names none, the one that told of it.
fn address(host: &Name, service: &Service, seen: &Seen) -> Ipv4Addr {
    let addresses = seen.hosts.get(host);
    let named = addresses.filter(|addresses| !addresses.contains(&service.from));
    named.and_then(|addresses| addresses.first().copied()).unwrap_or(service.from)
}

fn prefix(path: &str) -> Option<String> {
    let path = path.trim_end_matches('/');
    let plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte));
    let good = plain && path.len() <= PREFIX_BYTES_MAX && (path.is_empty() || path.starts_with('/'));
    // A host instead of a path, and a path that a url would shorten.
    let good = good && !path.starts_with("//") && !path.split('/').any(|step| step == "." || step == "..");
    good.then(|| path.to_owned())
}

/// As text for a terminal and for a comment: nothing in it moves a cursor, ends a line or turns the direction.
pub(super) fn shown(text: &str, characters_max: usize) -> String {
    let mut shown = String::new();
    let mut room = characters_max.saturating_sub(1);
    for c in text.chars() {
        let plain = c == '"' || c == '\'';
        let written = if plain { c.to_string() } else { c.escape_debug().to_string() };
        let Some(left) = room.checked_sub(written.chars().count()) else {
            shown.push('…');
            break;
        };
        room = left;
        shown.push_str(&written);
    }
    shown
}
