//! Mistakes that concern several fields together. The platform's page shows each at its field; a box takes no document that
//! has one.

use std::collections::HashSet;
use std::fmt;
use std::hash::Hash;
use std::net::IpAddr;
use std::time::Duration;

use super::{Address, Document, Interface, Listener, Network, Plug, Printer, Query, Sender};
use crate::limits;

/// The shortest interval over PIP, as the adapter has it.
pub const INTERVAL_MIN_PIP: Duration = Duration::from_millis(100);
/// The shortest interval over HTTP, as the adapter has it.
pub const INTERVAL_MIN_HTTP: Duration = Duration::from_secs(1);

/// What is wrong, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mistake {
    /// The field, such as `printers[2].secret`.
    pub field: String,
    /// What is wrong and what to write instead.
    pub text: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.text)
    }
}

#[derive(Default)]
struct Mistakes(Vec<Mistake>);

impl Mistakes {
    fn add(&mut self, field: impl Into<String>, text: impl Into<String>) {
        self.0.push(Mistake { field: field.into(), text: text.into() });
    }
}

impl Document {
    /// Every mistake that concerns several fields; none in a document that was read.
    pub fn mistakes(&self) -> Vec<Mistake> {
        let mut found = Mistakes::default();
        if self.expires <= self.made || self.expires > self.made.after(limits::LIFE_MAX) {
            found.add("expires", "a stick is good for some time, and for seven days at most");
        }
        self.network.check(self.platform.url.host_and_port().0, &mut found);
        self.check_updates(&mut found);
        self.check_listeners(&mut found);
        if self.printers.len() > limits::PRINTERS_MAX {
            found.add("printers", format!("an adapter takes at most {} printers", limits::PRINTERS_MAX));
        }
        self.check_each(&mut found);
        found.0
    }

    /// What can be read and leads nowhere: a printer that no plug of the box reaches. A stick with one is not taken; one that was taken
    /// before this was looked at stays, since its other printers may be there.
    pub fn unreachable(&self) -> Vec<Mistake> {
        let mut found = Mistakes::default();
        for (index, printer) in self.printers.iter().enumerate() {
            let Some(query) = &printer.query else { continue };
            if let Some(why) = self.network.keeps_from(query.at.address) {
                found.add(format!("printers[{index}].at"), why);
            }
        }
        found.0
    }

    fn check_updates(&self, found: &mut Mistakes) {
        let Some(updates) = &self.updates else { return };
        let Network { printers, uplink, dns, .. } = &self.network;
        match (updates.url.host_and_port().0.parse::<IpAddr>(), printers.address) {
            (Ok(address), Address::Static(prefix)) if prefix.holds(address) => found.add(
                "updates.url",
                format!(
                    "this is on the printers' side ({prefix}), where the box asks printers alone: releases come from the platform's side"
                ),
            ),
            (Err(_), _) if matches!(uplink.address, Address::Static(_)) && dns.is_empty() => {
                found.add("network.dns", name_server("the releases"));
            }
            _ => {}
        }
    }

    fn check_listeners(&self, found: &mut Mistakes) {
        let own = self.tls.certificate.is_some() && self.tls.key.is_some();
        if self.tls.certificate.is_some() != self.tls.key.is_some() {
            found.add("tls.key", "a certificate and its private key go together: fill in both or neither");
        }
        for (field, listener) in [("beats", &self.beats), ("push", &self.push)] {
            let Some(Listener { port, in_clear }) = listener else { continue };
            if *port < 1024 {
                found.add(format!("{field}.port"), "a port from 1024 on: the adapter may open no lower one");
            }
            if !in_clear && !own {
                let text = "listening with TLS needs the adapter's certificate and its private key";
                found.add(field, text);
            }
            if field == "push" && !in_clear && self.tls.authority.is_none() {
                found.add(field, "a printer that calls is known by its certificate: fill in its authority");
            }
        }
        if let (Some(beats), Some(push)) = (&self.beats, &self.push)
            && beats.port == push.port
        {
            found.add("push.port", "the two listeners need a port each");
        }
    }

    fn check_each(&self, found: &mut Mistakes) {
        let (mut ids, mut senders, mut callers) = (HashSet::new(), HashSet::new(), HashSet::new());
        for (index, printer) in self.printers.iter().enumerate() {
            let field = |name: &str| format!("printers[{index}].{name}");
            once(&mut ids, Some(&printer.id), || field("id"), "an earlier printer has this id", found);
            let same = "an earlier printer is known by the same";
            once(&mut senders, printer.beats.as_ref(), || field("beats"), same, found);
            once(&mut callers, printer.push.as_ref(), || field("push"), same, found);
            self.check_printer(printer, &field, found);
        }
    }

    fn check_printer(&self, printer: &Printer, field: &dyn Fn(&str) -> String, found: &mut Mistakes) {
        if printer.query.is_none() && printer.beats.is_none() && printer.push.is_none() {
            found.add(
                field("query"),
                "nothing comes in from this printer: say how it is queried or how it sends",
            );
        }
        if printer.beats.is_some() && printer.family.is_none() {
            found.add(field("family"), "a printer that ships its logs needs the family of these logs");
        }
        let known = self.tls.authority.is_some();
        for (name, sender, listener, clear_certificate) in
            [("beats", &printer.beats, &self.beats, false), ("push", &printer.push, &self.push, true)]
        {
            match (sender, listener) {
                (None, _) => {}
                (Some(_), None) => found.add(field(name), "this listener is off: switch it on above"),
                (Some(Sender::Certificate(_)), Some(it)) if it.in_clear || !known => found.add(
                    field(name),
                    "to be known by a certificate, the listener needs TLS and the printers' authority",
                ),
                (Some(Sender::Address(_)), Some(it)) if clear_certificate && !it.in_clear => {
                    found.add(field(name), "a printer that calls over TLS is known by its certificate");
                }
                _ => {}
            }
        }
        if let Some(query) = &printer.query {
            query.check(known, field, found);
        }
    }
}

fn name_server(found: &str) -> String {
    format!("with an address of its own, the box needs a name server to find {found} by name")
}

fn once<'a, T: Hash + Eq>(
    seen: &mut HashSet<&'a T>,
    value: Option<&'a T>,
    field: impl Fn() -> String,
    text: &str,
    found: &mut Mistakes,
) {
    if value.is_some_and(|value| !seen.insert(value)) {
        found.add(field(), text);
    }
}

impl Query {
    fn check(&self, authority: bool, field: &dyn Fn(&str) -> String, found: &mut Mistakes) {
        let interface = self.interface;
        let is_pip = interface == Interface::Pip;
        match (interface, self.secret.is_some()) {
            (Interface::OctoPrint | Interface::PrusaLink, false) => {
                found.add(field("secret"), "it answers nothing without its key or password: type it in");
            }
            (Interface::Pip | Interface::MtConnect, true) => {
                found.add(field("secret"), "this interface takes no key: leave it empty");
            }
            _ => {}
        }
        if self.user.is_some() && interface != Interface::PrusaLink {
            found.add(field("user"), "only PrusaLink has users: leave it empty");
        }
        if self.server_name.is_some() && !is_pip {
            found.add(
                field("server_name"),
                "only PIP's certificates have a name of their own: leave it empty",
            );
        }
        if is_pip && (self.at.https || !self.at.prefix.is_empty()) {
            found.add(field("at"), "PIP has an address and perhaps a port, and nothing before or behind");
        }
        if is_pip && !authority {
            found.add(field("query"), "PIP is spoken over TLS: fill in the printers' authority");
        }
        let least = if is_pip { INTERVAL_MIN_PIP } else { INTERVAL_MIN_HTTP };
        if self.interval.as_ref().is_some_and(|it| Duration::from_millis(it.milliseconds()) < least) {
            found.add(
                field("interval"),
                "over HTTP a printer is asked once a second at most: write 1s or more",
            );
        }
    }
}

impl Network {
    /// The same of the network alone, whose fields begin with `network.`; `platform` is the platform's host.
    pub fn mistakes(&self, platform: &str) -> Vec<Mistake> {
        let mut found = Mistakes::default();
        self.check(platform, &mut found);
        found.0
    }

    // Why the printers' plug does not reach this address.
    fn keeps_from(&self, printer: IpAddr) -> Option<String> {
        let mapped = matches!(printer, IpAddr::V6(address) if address.to_ipv4_mapped().is_some());
        if mapped {
            return Some("this is no printer's address: write the one that it has on its network".into());
        }
        if let Address::Static(prefix) = self.uplink.address
            && prefix.holds(printer)
        {
            return Some(format!(
                "this is on the platform's side ({prefix}), where the box asks no printer: move it to the printers' network"
            ));
        }
        match (self.printers.address, self.printers.gateway) {
            (Address::Dhcp, _) if printer.is_ipv6() => Some(
                "with dhcp, the printers' plug has an IPv4 address: give the plug an IPv6 address, or the printer an IPv4 one"
                    .into(),
            ),
            (Address::Dhcp, _) => None,
            (Address::Static(prefix), _) if prefix.address == printer => {
                Some("this is the box's own address: write the printer's".into())
            }
            (Address::Static(prefix), _) if prefix.address.is_ipv4() != printer.is_ipv4() => Some(format!(
                "this and the address of the printers' plug ({prefix}) are not both IPv4 or both IPv6"
            )),
            (Address::Static(prefix), None) if !prefix.holds(printer) => Some(format!(
                "this is beyond the printers' network ({prefix}): name the router that leads there, or the printer's address in it"
            )),
            (Address::Static(_), _) => None,
        }
    }

    fn check(&self, platform: &str, found: &mut Mistakes) {
        if self.printers.interface == self.uplink.interface {
            let text = "both plugs have one name: printers and platform need an interface each";
            found.add("network.uplink.interface", text);
        }
        self.printers.check("network.printers", found);
        self.uplink.check("network.uplink", found);
        if matches!(self.uplink.address, Address::Static(_)) {
            if self.uplink.gateway.is_none() {
                found.add(
                    "network.uplink.gateway",
                    "with an address of its own, the way out needs its router",
                );
            }
            if self.dns.is_empty() && platform.parse::<IpAddr>().is_err() {
                found.add("network.dns", name_server("the platform"));
            }
        }
        for (field, count) in [("network.dns", self.dns.len()), ("network.nts", self.nts.len())] {
            if count > limits::SERVERS_MAX {
                found.add(field, format!("at most {} servers", limits::SERVERS_MAX));
            }
        }
        if let (Address::Static(one), Address::Static(other)) = (self.printers.address, self.uplink.address)
            && (one.holds(other.address) || other.holds(one.address))
        {
            let text = "both plugs are in one network: the printers' network and the way out must be two";
            found.add("network.uplink.address", text);
        }
    }
}

impl Plug {
    fn check(&self, field: &str, found: &mut Mistakes) {
        let Some(gateway) = self.gateway else { return };
        match self.address {
            Address::Dhcp => found.add(format!("{field}.gateway"), "DHCP names the router: leave it empty"),
            Address::Static(prefix) if !prefix.holds(gateway) || prefix.address == gateway => {
                found.add(format!("{field}.gateway"), format!("a router is another host in {prefix}"));
            }
            Address::Static(_) => {}
        }
    }
}
