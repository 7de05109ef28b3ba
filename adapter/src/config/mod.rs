//! What the owner of the adapter wrote, as types that cannot be wrong. One file a section; `load.rs` lays the
//! environment over the file and says of every mistake where it stands and what to write instead.

mod buffer;
mod credentials;
mod duet;
mod error;
mod format;
mod interface;
mod known;
mod listener;
mod load;
mod names;
mod pip;
mod place;
mod platform;
mod printers;
mod prusalink;
mod secret_file;
mod text;

use std::path::Path;

use serde::Deserialize;

pub use buffer::{BYTES_MAX_HIGHEST, BYTES_MAX_LOWEST, Buffer, WhenFull};
pub use credentials::{Credentials, CredentialsError};
pub use error::{ConfigError, Place, Problem};
pub(crate) use format::{ProfileError, read as read_profile};
pub use interface::{HttpTarget, HttpTls, Interface, PipTarget, PrusaLinkTarget};
pub(crate) use known::can_query;
pub use listener::{Listener, ListenerTls};
pub use load::load;
pub use names::{AdapterName, PrinterId, ThingName};
pub use pip::{Pair, Pip};
pub use platform::Platform;
pub use printers::{Begin, Logs, PRINTERS_MAX, Printer, Sender};
pub use secret_file::{SecretFileError, read as read_secret_file};
pub use text::HostPort;

use error::Problems;
use place::KeyPath;

/// The whole configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where everything goes.
    pub platform: Platform,
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
    platform: platform::Raw,
    #[serde(default)]
    buffer: buffer::Raw,
    beats: Option<listener::Raw>,
    push: Option<listener::Raw>,
    pip: Option<pip::Raw>,
    #[serde(default)]
    printers: Vec<printers::Raw>,
}

impl Raw {
    // Files are named relative to the configuration that names them, wherever the program was started.
    fn check(self, directory: &Path, problems: &mut Problems) -> Option<Config> {
        let root = KeyPath::root();
        let platform = self.platform.check(directory, &root.key("platform"), problems);
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
        Some(Config {
            platform: platform?,
            buffer: buffer?,
            beats: flip(beats)?,
            push: flip(push)?,
            pip: flip(pip)?,
            printers,
        })
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
