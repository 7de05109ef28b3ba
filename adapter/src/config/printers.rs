//! `[[printers]]`: who they are and how their data comes in.

use std::collections::HashSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use catalog::Identity;
use globset::GlobMatcher;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::duet::RawDuet;
use super::error::Problems;
use super::format::Profiles;
use super::interface::{Interface, Key, RawHttp, RawPip};
use super::listener::Listener;
use super::names::PrinterId;
use super::place::KeyPath;
use super::prusalink::RawPrusaLink;
use super::text::{FamilyOrAuto, LookBack, Text};

/// Most printers of one adapter: each has a share of the buffer, and the platform takes no more.
pub const PRINTERS_MAX: usize = 64;
/// How old logs are still read: what an adapter finds that was off over a week's holiday.
pub(crate) const LOOK_BACK_DEFAULT: Duration = Duration::from_secs(7 * 24 * 3600);

/// One printer.
#[derive(Clone, Debug)]
pub struct Printer {
    /// Its id.
    pub id: PrinterId,
    /// How its logs are written; `None` has it recognised from the first lines of each file.
    pub format: Option<parsers::Format>,
    /// The zone of stamps that name none.
    pub zone: TimeZone,
    /// Its model, for a printer that cannot say so over its interface.
    pub model: Option<Identity>,
    /// How its Beats sender is known.
    pub beats: Option<Sender>,
    /// How it is known when it calls and pushes.
    pub push: Option<Sender>,
    /// Its log directory, where the adapter reads it itself.
    pub logs: Option<Logs>,
    /// How it is queried.
    pub interface: Option<Interface>,
}

/// How a Beats sender, or a printer that calls, is known. Two printers never share one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Sender {
    /// By the common name of its client certificate.
    Certificate(String),
    /// By its address; anyone on the LAN who can take the address can be it.
    Address(IpAddr),
}

/// A log directory.
#[derive(Clone, Debug)]
pub struct Logs {
    /// The directory.
    pub directory: PathBuf,
    /// The names of its log files.
    pub pattern: GlobMatcher,
    /// Where the files begin that are there when the adapter starts.
    pub begin: Begin,
    /// How old logs are still read; `None` reads everything.
    pub look_back: Option<Duration>,
}

/// Where reading begins in a file that was there before the adapter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Begin {
    /// At its first line: what was stored before leads to the same rows.
    #[default]
    Beginning,
    /// At its end: only what is written from now on is read.
    End,
}

#[derive(Deserialize)]
pub(super) struct Raw {
    id: Text<PrinterId>,
    family: Option<Text<FamilyOrAuto>>,
    profile: Option<Text<PathBuf>>,
    zone: Option<Text<TimeZone>>,
    model: Option<Text<Identity>>,
    beats: Option<RawSender>,
    push: Option<RawSender>,
    logs: Option<RawLogs>,
    pip: Option<RawPip>,
    octoprint: Option<RawHttp>,
    mtconnect: Option<RawHttp>,
    duet: Option<RawDuet>,
    moonraker: Option<RawHttp>,
    prusalink: Option<RawPrusaLink>,
}

#[derive(Deserialize)]
pub(super) struct RawSender {
    certificate: Option<String>,
    address: Option<Text<IpAddr>>,
}

#[derive(Deserialize)]
pub(super) struct RawLogs {
    directory: Text<PathBuf>,
    pattern: Text<GlobMatcher>,
    start: Option<Text<Begin>>,
    look_back: Option<Text<LookBack>>,
}

/// What the rest of the file says that matters to a printer.
pub(super) struct Around<'a> {
    pub(super) directory: &'a Path,
    pub(super) beats: Listens,
    pub(super) push: Listens,
    pub(super) queries: bool,
}

/// What the file says of a listener.
pub(super) struct Listens {
    is_there: bool,
    knows_certificates: bool,
}

impl Listens {
    /// `Some(None)` is a section that is there and wrong, and has had its say.
    pub(super) fn of(listener: &Option<Option<Listener>>) -> Self {
        let knows = |listener: &Option<Listener>| listener.as_ref().is_none_or(Listener::knows_certificates);
        Self { is_there: listener.is_some(), knows_certificates: listener.as_ref().is_some_and(knows) }
    }
}

pub(super) fn check(raw: Vec<Raw>, around: &Around<'_>, problems: &mut Problems) -> Vec<Printer> {
    let root = KeyPath::root().key("printers");
    if raw.len() > PRINTERS_MAX {
        problems.add(root.index(PRINTERS_MAX), format!("an adapter takes at most {PRINTERS_MAX} printers"));
    }
    let mut ids = HashSet::new();
    let (mut senders, mut callers) = (HashSet::new(), HashSet::new());
    let mut printers = Vec::new();
    let mut profiles = Profiles::new();
    for (index, raw) in raw.into_iter().enumerate() {
        let path = root.index(index);
        let printer = raw.check(around, &path, &mut profiles, problems);
        if !ids.insert(printer.id.clone()) {
            problems.add(path.key("id"), format!("`{}` is the id of an earlier printer", printer.id));
        }
        if printer.beats.clone().is_some_and(|sender| !senders.insert(sender)) {
            problems.add(path.key("beats"), "an earlier printer is known by the same");
        }
        if printer.push.clone().is_some_and(|caller| !callers.insert(caller)) {
            problems.add(path.key("push"), "an earlier printer is known by the same");
        }
        printers.push(printer);
    }
    printers
}

impl Raw {
    fn check(
        self,
        around: &Around<'_>,
        path: &KeyPath,
        profiles: &mut Profiles,
        problems: &mut Problems,
    ) -> Printer {
        let queried = [
            self.pip.is_some(),
            self.octoprint.is_some(),
            self.mtconnect.is_some(),
            self.duet.is_some(),
            self.moonraker.is_some(),
            self.prusalink.is_some(),
        ]
        .into_iter()
        .filter(|is| *is)
        .count();
        if self.beats.is_none() && self.push.is_none() && self.logs.is_none() && queried == 0 {
            problems.add(
                path.clone(),
                "nothing comes in from this printer; give it at least one of beats, push, logs, pip, octoprint, mtconnect, duet, moonraker and prusalink",
            );
        }
        if queried > 1 {
            problems.add(path.clone(), "a printer is queried over one interface; leave out the others");
        }
        if self.pip.is_some() && !around.queries {
            problems.add(path.key("pip"), "a section [pip] with ca_file is missing");
        }
        let profile = self.profile.map(|file| around.directory.join(file.0));
        let recognised = self.family.as_ref().is_some_and(|family| family.0.0.is_none());
        let format = if recognised {
            if profile.is_some() || self.beats.is_some() {
                let text =
                    "`auto` recognises the logs of a directory; with beats or a profile, name the family";
                problems.add(path.key("family"), text);
            }
            None
        } else if self.beats.is_none() && self.logs.is_none() && self.family.is_none() && profile.is_none() {
            // It is only queried: there are no logs that could be written in any way.
            None
        } else {
            let family = self.family.and_then(|family| family.0.0);
            super::format::check(family, profile.as_deref(), path, profiles, problems)
        };
        let sender_path = path.key("beats");
        let pip = self.pip.and_then(|raw| raw.check(&path.key("pip"), problems)).map(Interface::Pip);
        let mtconnect = self
            .mtconnect
            .and_then(|raw| raw.check(Key::None, around.directory, &path.key("mtconnect"), problems));
        let moonraker = self
            .moonraker
            .and_then(|raw| raw.check(Key::Optional, around.directory, &path.key("moonraker"), problems));
        let octoprint = self
            .octoprint
            .and_then(|raw| raw.check(Key::Needed, around.directory, &path.key("octoprint"), problems));
        let duet = self.duet.and_then(|raw| raw.check(around.directory, &path.key("duet"), problems));
        let prusalink =
            self.prusalink.and_then(|raw| raw.check(around.directory, &path.key("prusalink"), problems));
        Printer {
            id: self.id.0,
            format,
            zone: self.zone.map_or(TimeZone::UTC, |zone| zone.0),
            model: self.model.map(|model| model.0),
            beats: self.beats.and_then(|raw| raw.check(&around.beats, "beats", &sender_path, problems)),
            push: self.push.and_then(|raw| raw.check(&around.push, "push", &path.key("push"), problems)),
            logs: self.logs.map(|raw| Logs {
                directory: around.directory.join(raw.directory.0),
                pattern: raw.pattern.0,
                begin: raw.start.map(|start| start.0).unwrap_or_default(),
                look_back: raw.look_back.map_or(Some(LOOK_BACK_DEFAULT), |look_back| look_back.0.0),
            }),
            interface: pip
                .or(octoprint.map(Interface::OctoPrint))
                .or(mtconnect.map(Interface::MtConnect))
                .or(duet.map(Interface::Duet))
                .or(moonraker.map(Interface::Moonraker))
                .or(prusalink.map(Interface::PrusaLink)),
        }
    }
}

impl RawSender {
    fn check(
        self,
        listens: &Listens,
        section: &str,
        path: &KeyPath,
        problems: &mut Problems,
    ) -> Option<Sender> {
        if !listens.is_there {
            problems.add(path.clone(), format!("a section [{section}] with listen is missing"));
            return None;
        }
        match (self.certificate, self.address) {
            (Some(_), None) if !listens.knows_certificates => {
                problems.add(
                    path.key("certificate"),
                    format!("a certificate is shown only where [{section}] has client_ca_file"),
                );
                None
            }
            (Some(name), None) => Some(Sender::Certificate(name)),
            // What is acknowledged is the printer's only copy: no other that has its address may speak for it.
            (None, Some(_)) if section == "push" && listens.knows_certificates => {
                problems.add(
                    path.key("address"),
                    "a printer that calls over TLS is known by its certificate; write certificate in place of address",
                );
                None
            }
            (None, Some(address)) => Some(Sender::Address(address.0)),
            _ => {
                problems.add(path.clone(), "write one of certificate and address");
                None
            }
        }
    }
}
