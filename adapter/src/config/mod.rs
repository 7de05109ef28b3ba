//! What the owner of the adapter wrote, as types that cannot be wrong. One file a section; `load.rs` lays the
//! environment over the file and says of every mistake where it stands and what to write instead.

mod buffer;
mod credentials;
mod duet;
mod error;
mod format;
mod handed_over;
mod identity;
mod interface;
mod known;
mod link;
mod listener;
mod load;
mod names;
mod network;
mod pip;
mod place;
mod platform;
mod printers;
mod prusalink;
mod secret_file;
mod supervise;
mod text;
mod updates;

use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use buffer::{BYTES_MAX_HIGHEST, BYTES_MAX_LOWEST, Buffer, WhenFull};
pub use credentials::{CREDENTIALS_NAME, Credentials, CredentialsError};
pub use error::{ConfigError, Place, Problem};
pub(crate) use format::{ProfileError, read as read_profile};
pub(crate) use handed_over::directory as handed_over_directory;
pub use identity::{AdapterIdentity, IdentityFileError};
pub(crate) use identity::{IDENTITY_NAME, identity_text};
pub use interface::{HttpTarget, HttpTls, Interface, PipTarget, PrusaLinkTarget};
pub(crate) use known::can_query;
pub use link::Link;
pub use listener::{Listener, ListenerTls};
pub use load::{load, load_intake, load_sections, load_uplink};
pub use names::{AdapterName, PrinterId, ThingName};
pub use pip::{Pair, Pip};
pub use platform::Platform;
pub use printers::{Begin, Logs, PRINTERS_MAX, Printer, Sender};
pub use secret_file::{SecretFileError, read as read_secret_file};
pub use supervise::{Lan, Subnet, Supervise};
pub use text::HostPort;
pub use updates::{TimeOfDay, Updates};

use error::Problems;
use place::KeyPath;

/// The version of the configuration's form. A release says which it reads: one higher where a file that was good has to be
/// changed by a person.
pub const SCHEMA: u32 = 1;

/// What `adapter run` needs.
#[derive(Clone, Debug)]
pub struct Whole {
    /// Where everything goes.
    pub platform: Platform,
    /// Where the halves would meet; for `enrol`, which serves them too.
    pub link: Option<Link>,
    /// What comes in.
    pub config: Config,
}

/// What `adapter intake` needs.
#[derive(Clone, Debug)]
pub struct Intake {
    /// Where it meets the uplink.
    pub link: Link,
    /// Who it is.
    pub identity_file: PathBuf,
    /// What comes in.
    pub config: Config,
}

/// What stands in a file, whoever it is for.
#[derive(Clone, Debug)]
pub struct Sections {
    /// Where everything goes.
    pub platform: Option<Platform>,
    /// Where the halves meet.
    pub link: Option<Link>,
    /// The halves as containers.
    pub supervise: Option<Supervise>,
    /// Where releases come from.
    pub updates: Option<Updates>,
    /// How the plugs of an appliance are set up.
    pub network: Option<site::Network>,
    /// What comes in.
    pub config: Config,
}

/// What comes in, and how much of it may wait: all that the intake needs besides the link.
#[derive(Clone, Debug)]
pub struct Config {
    /// How much may wait.
    pub buffer: Buffer,
    /// The Beats listener, when printers ship to it.
    pub beats: Option<Listener>,
    /// The listener that printers call, when they push.
    pub push: Option<Listener>,
    /// TLS for the queries, when printers are queried.
    pub pip: Option<Pip>,
    /// The printers, in the order of the file; ids are unique.
    pub printers: Vec<Printer>,
}

impl Config {
    /// Whether any printer's data crosses the LAN without TLS, by the configuration's own word.
    pub fn in_clear(&self) -> bool {
        let printers = self.printers.iter().filter_map(|printer| printer.interface.as_ref());
        self.beats.iter().chain(&self.push).any(|listener| listener.tls.is_none()) || { printers }
            .any(Interface::in_clear)
    }
}

#[derive(Deserialize)]
struct Raw {
    platform: Option<platform::Raw>,
    link: Option<link::Raw>,
    network: Option<site::Network>,
    #[serde(default)]
    buffer: buffer::Raw,
    beats: Option<listener::Raw>,
    push: Option<listener::Raw>,
    pip: Option<pip::Raw>,
    #[serde(default)]
    printers: Vec<printers::Raw>,
    supervise: Option<supervise::Raw>,
    updates: Option<updates::Raw>,
}

impl Raw {
    fn sections(mut self, directory: &Path, problems: &mut Problems) -> Option<Sections> {
        let supervise = self.supervise.take();
        let supervise =
            supervise.map(|raw| raw.check(directory, &KeyPath::root().key("supervise"), problems));
        let updates = self.updates.take();
        let updates = updates.map(|raw| raw.check(directory, &KeyPath::root().key("updates"), problems));
        let Self { platform, link, .. } = &self;
        let (has_platform, has_link) = (platform.is_some(), link.is_some());
        let (outer, config) = self.split(directory, problems);
        let config = config.check(directory, problems);
        let complete = outer.platform.is_some() == has_platform && outer.link.is_some() == has_link;
        let Outer { platform, link, network } = outer;
        network::check(network.as_ref(), platform.as_ref(), problems);
        let (supervise, updates) = (flip(supervise)?, flip(updates)?);
        let sections = Sections { platform, link, supervise, updates, network, config: config? };
        complete.then_some(sections)
    }

    fn whole(self, directory: &Path, problems: &mut Problems) -> Option<Whole> {
        demand(self.platform.is_some(), "platform", problems);
        let Sections { platform, link, config, .. } = self.sections(directory, problems)?;
        Some(Whole { platform: platform?, link, config })
    }

    fn intake(mut self, directory: &Path, problems: &mut Problems) -> Option<Intake> {
        // The uplink's affair, and no file that it names is this half's to look at.
        self.platform = None;
        // The supervisor's.
        (self.supervise, self.updates) = (None, None);
        demand(self.link.is_some(), "link", problems);
        let Sections { link, config, .. } = self.sections(directory, problems)?;
        let link = link?;
        let identity_file = link.identity_file.clone();
        if identity_file.is_none() {
            let text =
                "missing field `identity_file`: the intake needs the file that `adapter enrol` writes there";
            problems.add(KeyPath::root().key("link"), text);
        }
        Some(Intake { link, identity_file: identity_file?, config })
    }

    fn uplink(self, directory: &Path, problems: &mut Problems) -> Option<(Platform, Link)> {
        demand(self.platform.is_some(), "platform", problems);
        demand(self.link.is_some(), "link", problems);
        let (outer, _) = self.split(directory, problems);
        Some((outer.platform?, outer.link?))
    }

    fn split(self, directory: &Path, problems: &mut Problems) -> (Outer, RawConfig) {
        let root = KeyPath::root();
        let Self { platform, link, network, buffer, beats, push, pip, printers, supervise: _, updates: _ } =
            self;
        let platform = platform.and_then(|raw| raw.check(directory, &root.key("platform"), problems));
        let link = link.and_then(|raw| raw.check(directory, &root.key("link"), problems));
        (Outer { platform, link, network }, RawConfig { buffer, beats, push, pip, printers })
    }
}

/// The sections that are not of what comes in.
struct Outer {
    platform: Option<Platform>,
    link: Option<Link>,
    network: Option<site::Network>,
}

/// The others.
struct RawConfig {
    buffer: buffer::Raw,
    beats: Option<listener::Raw>,
    push: Option<listener::Raw>,
    pip: Option<pip::Raw>,
    printers: Vec<printers::Raw>,
}

impl RawConfig {
    // Files are named relative to the configuration that names them, wherever the program was started.
    fn check(self, directory: &Path, problems: &mut Problems) -> Option<Config> {
        let root = KeyPath::root();
        let buffer = self.buffer.check(&root.key("buffer"), problems);
        let beats = self.beats.map(|raw| raw.check(directory, &root.key("beats"), problems));
        let push = self.push.map(|raw| raw.check_push(directory, &root.key("push"), problems));
        let pip = self.pip.map(|raw| raw.check(directory, &root.key("pip"), problems));
        // A section that is there but wrong has had its say already: do not claim that it is missing.
        let around = printers::Around {
            directory,
            beats: printers::Listens::of(&beats),
            push: printers::Listens::of(&push),
            queries: pip.is_some(),
        };
        let printers = printers::check(self.printers, &around, problems);
        Some(Config { buffer: buffer?, beats: flip(beats)?, push: flip(push)?, pip: flip(pip)?, printers })
    }
}

fn demand(there: bool, section: &str, problems: &mut Problems) {
    if !there {
        problems.add(KeyPath::root(), format!("missing field `{section}`: write a section `[{section}]`"));
    }
}

// `Some(None)` is a section that is there and wrong.
fn flip<T>(section: Option<Option<T>>) -> Option<Option<T>> {
    match section {
        None => Some(None),
        Some(None) => None,
        Some(Some(section)) => Some(Some(section)),
    }
}
