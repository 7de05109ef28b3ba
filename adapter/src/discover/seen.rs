//! What one interface has told so far, and what is still to be asked. Pure: packets in, questions out.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use protocol::mdns::{Data, Name, Record, Txt, Wanted, answer, question};

use super::kinds::{KINDS, Kind};
use super::limits::{ADDRESSES_MAX, NAMES_MAX, PACKETS_MAX, QUESTIONS_MAX};

/// What was heard on one interface.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) services: BTreeMap<Name, Service>,
    pub(super) hosts: BTreeMap<Name, BTreeSet<Ipv4Addr>>,
    pub(super) answers: u64,
    pub(super) unreadable: u64,
    /// More came than is looked at.
    pub(super) overrun: bool,
    packets: u64,
}

/// A service that one of the kinds may be.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) kind: &'static Kind,
    /// Who told of it.
    pub(super) from: Ipv4Addr,
    pub(super) place: Option<(Name, u16)>,
    pub(super) said: Option<Said>,
}

/// What it says of itself, as far as it is used. OctoPrint's may have a password beside it, which is not kept.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) path: Option<String>,
    pub(super) product: Option<String>,
    pub(super) version: Option<String>,
    pub(super) https_port: Option<u16>,
}

impl Seen {
    /// Takes in a packet.
    pub(super) fn take(&mut self, from: Ipv4Addr, packet: &[u8]) {
        self.packets += 1;
        self.overrun |= self.packets >= PACKETS_MAX;
        match answer(packet) {
            Ok(None) => {}
            Ok(Some(records)) => {
                self.answers += 1;
                // A service may be told of after its place in one packet.
                let (services, others): (Vec<_>, Vec<_>) =
                    records.into_iter().partition(|record| matches!(record.data, Data::Service(_)));
                services.into_iter().chain(others).for_each(|record| self.record(from, record));
            }
            Err(_) => self.unreadable += 1,
        }
    }

    fn record(&mut self, from: Ipv4Addr, record: Record) {
        match record.data {
            Data::Service(name) => {
                let Some(kind) = kind_of(&name) else { return };
                if self.has_room(self.services.len(), self.services.contains_key(&name)) {
                    let new = || Service { kind, from, place: None, said: None };
                    self.services.entry(name).or_insert_with(new);
                }
            }
            Data::Place { port, host } => {
                if let Some(service) = self.services.get_mut(&record.name) {
                    service.place = Some((host, port));
                }
            }
            Data::Txt(txt) => {
                if let Some(service) = self.services.get_mut(&record.name) {
                    service.said = Some(Said::of(&txt));
                }
            }
            Data::Address(address) if is_usable(address) => {
                if self.has_room(self.hosts.len(), self.hosts.contains_key(&record.name)) {
                    let addresses = self.hosts.entry(record.name).or_default();
                    if addresses.len() < ADDRESSES_MAX {
                        addresses.insert(address);
                    }
                }
            }
            Data::Address(_) => {}
        }
    }

    fn has_room(&mut self, taken: usize, known: bool) -> bool {
        let room = known || taken < NAMES_MAX;
        self.overrun |= !room;
        room
    }

    /// The packets to send: who offers what, and of those that are known what is not yet.
    pub(super) fn questions(&self) -> Vec<Vec<u8>> {
        let services = KINDS.iter().filter_map(|kind| Name::parse(kind.service));
        let mut questions: Vec<_> = services.map(|name| question(&name, Wanted::Services)).collect();
        for (name, service) in &self.services {
            if service.place.is_none() {
                questions.push(question(name, Wanted::Place));
            }
            if service.said.is_none() {
                questions.push(question(name, Wanted::Txt));
            }
            if let Some((host, _)) = service.place.as_ref().filter(|(host, _)| !self.hosts.contains_key(host))
            {
                questions.push(question(host, Wanted::Address));
            }
        }
        questions.truncate(QUESTIONS_MAX);
        questions
    }
}

impl Said {
    fn of(txt: &Txt) -> Self {
        let (path, product, version) = (txt.value("path"), txt.value("product"), txt.value("version"));
        let https_port = txt.value("https_port").and_then(|port| port.parse().ok());
        Self { path, product, version, https_port }
    }
}

fn kind_of(name: &Name) -> Option<&'static Kind> {
    KINDS
        .iter()
        .find(|kind| Name::parse(kind.service).is_some_and(|service| name.instance_of(&service).is_some()))
}

/// Whether a printer can be there: an announcement may say anything.
fn is_usable(address: Ipv4Addr) -> bool {
    !(address.is_unspecified() || address.is_loopback() || address.is_multicast() || address.is_broadcast())
}
