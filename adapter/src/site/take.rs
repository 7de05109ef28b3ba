//! `adapter site take`: finds the stick's file, decides, keeps it, and fills the directory of the configuration.

use std::collections::HashMap;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use ::site::{Document, Offer, Trust, Why, limits::FILE_BYTES_MAX};
use release::Time;
use secrecy::ExposeSecret as _;

use super::configuration::{self, CERTIFICATES, Configuration, Secrets};
use super::refused::{self, Refused};
use super::state::State;
use super::{CODE, CONFIGURATION, CREDENTIALS, IDENTITY, SiteError, files, interfaces, limits};
use crate::config;
use crate::enrol::Keeping;

/// The one file that is looked for on a stick.
const FILE: &str = "oneway.site";
/// A configuration that is only tried.
const DRAFT: &str = "adapter.toml.tried";

/// What is taken from where to where.
pub(crate) struct Taking<'a> {
    /// Where the stick is mounted, if one is.
    pub(crate) stick: &'a Path,
    /// What persists.
    pub(crate) state: &'a Path,
    /// What is filled, in memory.
    pub(crate) to: &'a Path,
    /// The file with the keys that are trusted.
    pub(crate) trust: &'a Path,
    /// How secrets are kept.
    pub(crate) keeping: Keeping,
    /// Where the adapter's halves shall meet.
    pub(crate) socket: &'a str,
    /// Where the kernel lists the machine's network interfaces.
    pub(crate) interfaces: &'a Path,
    /// What time it is.
    pub(crate) now: Time,
}

/// Where the configuration came from that is in place now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Came {
    /// A stick with something new.
    New,
    /// The stick that was taken before, still plugged in.
    Same,
    /// What was taken before.
    Kept,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Taken {
    /// What is in place; `None` where there is nothing to run with.
    pub(crate) document: Option<(Came, Box<Document>)>,
    /// Whether a code waits for its exchange.
    pub(crate) code_waits: bool,
    /// The stick, or what was kept, that was refused.
    pub(crate) refused: Option<Refused>,
}

/// Takes it.
pub(crate) async fn take(taking: &Taking<'_>) -> Result<Taken, SiteError> {
    let trust = trust(taking.trust)?;
    let state = State::new(taking.state, taking.keeping);
    let kept = state.taken().await?;
    let (kept, mut refused) = match kept.map(|bytes| (::site::open(&bytes, &trust), bytes)) {
        None => (None, None),
        Some((Ok(document), bytes)) => (Some((bytes, document)), None),
        Some((Err(why), _)) => (None, Some(kept_refused(taking.state, &why))),
    };
    let before = kept.as_ref().map(|(bytes, document)| (bytes.as_slice(), document));
    let found = match look(taking, &trust, before) {
        Ok(found) => found,
        Err((why, says)) => {
            refused = Some(refused::count(taking.state, why, says));
            None
        }
    };
    let kept = kept.map(|(_, document)| (Came::Kept, Box::new(document)));
    let document = match found {
        Some((bytes, Offer::New(document))) => match tried(taking, &document) {
            Ok(()) => {
                state.keep(&bytes).await?;
                Some((Came::New, document))
            }
            // A box that runs goes on with what it has.
            Err(SiteError::Configuration(error)) => {
                let says = format!(
                    "{FILE} on the stick says what this box's program does not take: {}; change it on the platform's page \
                     and make the stick again",
                    error.to_string().replace('\n', " ")
                );
                refused = Some(refused::count(taking.state, "configuration", says));
                kept
            }
            Err(error) => return Err(error),
        },
        Some((_, Offer::Same(document))) => Some((Came::Same, document)),
        None => kept,
    };
    let mut code_waits = false;
    if let Some((_, document)) = &document {
        fill(taking, &state, document).await?;
        code_waits = put_code(taking, &state, document)?;
    }
    Ok(Taken { document, code_waits, refused })
}

fn trust(file: &Path) -> Result<Trust, SiteError> {
    let failed = |source| SiteError::Trust { file: file.to_owned(), source };
    let bytes = files::read(file, ::site::limits::TRUST_BYTES_MAX as u64).map_err(failed)?;
    let bytes = bytes.ok_or_else(|| failed(io::ErrorKind::NotFound.into()))?;
    Trust::parse(&String::from_utf8_lossy(&bytes))
        .map_err(|source| SiteError::TrustText { file: file.to_owned(), source })
}

fn kept_refused(state: &Path, why: &Why) -> Refused {
    let says = format!("the stick that this box took before {why}; what it kept is not used");
    refused::count(state, "kept", says)
}

type Found = Option<(Vec<u8>, Offer)>;

// What is on the stick, and whether it can be taken. A refusal is the name that it is counted by, and what to say.
fn look(
    taking: &Taking<'_>,
    trust: &Trust,
    before: Option<(&[u8], &Document)>,
) -> Result<Found, (&'static str, String)> {
    let said = |why: &dyn std::fmt::Display| format!("{FILE} on the stick {why}");
    let path = taking.stick.join(FILE);
    let bytes = files::read(&path, FILE_BYTES_MAX as u64)
        .map_err(|error| ("no_file", said(&format!("cannot be read: {error}; make the stick again"))))?;
    let Some(bytes) = bytes else { return Ok(None) };
    let offer = ::site::take(&bytes, trust, before, taking.now).map_err(|why| (why.name(), said(&why)))?;
    if let Offer::New(document) = &offer
        && let Some(missing) = interfaces::missing(&document.network, taking.interfaces)
    {
        return Err(("interface", said(&missing)));
    }
    Ok(Some((bytes, offer)))
}

fn secrets(keeping: Keeping) -> Secrets {
    match keeping {
        Keeping::Sealed(_) => Secrets::HandedOver,
        Keeping::InClear => Secrets::InClear,
    }
}

// Whether the adapter reads it. A signed stick that it does not read must not replace one that it does.
fn tried(taking: &Taking<'_>, document: &Document) -> Result<(), SiteError> {
    let made = configuration::of(document, taking.socket, secrets(taking.keeping))?;
    let path = taking.to.join(DRAFT);
    make_directory(taking.to, 0o755)?;
    files::put(&path, 0o600, made.text.as_bytes()).map_err(SiteError::write(&path))?;
    let read = config::load_sections(&path, &HashMap::new());
    files::remove(&path).map_err(SiteError::write(&path))?;
    read.map(drop).map_err(SiteError::Configuration)
}

// Fills the directory: certificates, secrets, what enrolment left, and last the configuration that names them.
async fn fill(taking: &Taking<'_>, state: &State<'_>, document: &Document) -> Result<(), SiteError> {
    let kept = secrets(taking.keeping);
    let made = configuration::of(document, taking.socket, kept)?;
    let to = taking.to;
    make_directory(to, 0o755)?;
    for name in CERTIFICATES {
        let path = to.join(name);
        match made.certificates.iter().find(|(other, _)| *other == name) {
            Some((_, text)) => files::put(&path, 0o644, text.as_bytes()),
            None => files::remove(&path),
        }
        .map_err(SiteError::write(&path))?;
    }
    let directory = to.join(kept.directory());
    make_directory(&directory, 0o700)?;
    remove_others(&directory, &made)?;
    for (name, secret) in &made.secrets {
        let path = directory.join(name);
        let text = state.sealed(&kept.sealed_as(name), secret).await?;
        files::put(&path, 0o600, text.expose_secret().as_bytes()).map_err(SiteError::write(&path))?;
    }
    copy_enrolled(taking.state, to)?;
    let path = to.join(CONFIGURATION);
    files::put(&path, 0o644, made.text.as_bytes()).map_err(SiteError::write(&path))
}

fn make_directory(path: &Path, mode: u32) -> Result<(), SiteError> {
    DirBuilder::new().recursive(true).mode(mode).create(path).map_err(SiteError::write(path))
}

// Secrets of an earlier stick.
fn remove_others(directory: &Path, made: &Configuration) -> Result<(), SiteError> {
    for entry in fs::read_dir(directory).map_err(SiteError::read(directory))? {
        let entry = entry.map_err(SiteError::read(directory))?;
        if !made.secrets.iter().any(|(name, _)| entry.file_name() == name.as_str()) {
            files::remove(&entry.path()).map_err(SiteError::write(&entry.path()))?;
        }
    }
    Ok(())
}

/// What enrolment left in the state, where the services look for it. As it lies there, sealed or not.
pub(super) fn copy_enrolled(state: &Path, to: &Path) -> Result<(), SiteError> {
    for (name, mode) in [(CREDENTIALS, 0o600), (IDENTITY, 0o640)] {
        let (from, to) = (state.join(name), to.join(name));
        if let Some(bytes) = files::read(&from, limits::KEPT_BYTES_MAX).map_err(SiteError::read(&from))? {
            files::put(&to, mode, &bytes).map_err(SiteError::write(&to))?;
        }
    }
    Ok(())
}

// The code and the stick that brought it, while it can still be exchanged.
fn put_code(taking: &Taking<'_>, state: &State<'_>, document: &Document) -> Result<bool, SiteError> {
    let path = taking.to.join(CODE);
    let serial = document.serial.get();
    let in_time = taking.now < document.expires;
    let code = document.code.as_ref().filter(|_| in_time && state.spent() != Some(serial));
    match code {
        Some(code) => files::put(&path, 0o600, format!("{}\n{serial}\n", code.expose()).as_bytes()),
        None => files::remove(&path),
    }
    .map_err(SiteError::write(&path))?;
    Ok(code.is_some())
}
