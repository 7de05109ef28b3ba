//! `adapter site take`: finds the stick's file, decides, keeps it, and fills the directory of the configuration.

use std::fs;
use std::io;
use std::path::Path;

use ::site::{Before, Document, Offer, Trust, limits::FILE_BYTES_MAX};
use release::Time;
use secrecy::ExposeSecret as _;

use super::configuration::{self, CERTIFICATES, Configuration, Secrets};
use super::refused::{self, Refused};
use super::state::{State, sealed};
use super::{
    CODE, CONFIGURATION, CREDENTIALS, IDENTITY, SiteError, files, interfaces, limits, make_directory, trial,
};
use crate::enrol::Keeping;
use crate::enrol::seal::SealError;

/// The one file that is looked for on a stick.
const FILE: &str = "oneway.site";
/// What a stick with a release has in its place (`docs/updates.md`).
const RELEASE: &str = "release";

/// What is taken from where to where.
pub(crate) struct Taking<'a> {
    /// Where the stick is mounted, if one is.
    pub(crate) stick: Option<&'a Path>,
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
    /// The stick that was refused.
    pub(crate) refused: Option<Refused>,
    /// What was kept before and is of no use any more.
    pub(crate) kept_refused: Option<Refused>,
    /// The time that it is at least, where the machine's clock is behind it.
    pub(crate) at_least: Option<Time>,
}

/// Takes it.
pub(crate) async fn take(taking: &Taking<'_>) -> Result<Taken, SiteError> {
    let trust = trust(taking.trust)?;
    let state = State::new(taking.state, taking.keeping);
    let (kept, kept_refused) = match kept(&state, &trust).await? {
        Ok(kept) => (kept, None),
        Err(says) => (None, Some(refused::count(taking.state, "kept", says))),
    };
    let floor = state.floor();
    let before = match (&kept, &floor) {
        (Some((bytes, document)), _) => Before::Taken(bytes, document),
        (None, Some(floor)) => Before::Number(floor),
        (None, None) => Before::Nothing,
    };
    let offered = match look(taking, &trust, before) {
        Ok(found) => accepted(taking, &state, found).await?,
        Err(refusal) => Err(refusal),
    };
    let (offered, refused) = match offered {
        Ok(offered) => (offered, None),
        Err((why, says)) => (None, Some(refused::count(taking.state, why, says))),
    };
    // A box that runs goes on with what it has.
    let document = offered.or_else(|| kept.map(|(_, document)| (Came::Kept, Box::new(document))));
    let mut code_waits = false;
    if let Some((_, document)) = &document {
        fill(taking, &state, document).await?;
        code_waits = put_code(taking, &state, document)?;
    }
    let at_least = document.as_ref().map(|(_, document)| document.made).filter(|made| taking.now < *made);
    Ok(Taken { document, code_waits, refused, kept_refused, at_least })
}

// What was taken before, or why it is of no use. Only a machine that cannot look is a fault.
async fn kept(state: &State<'_>, trust: &Trust) -> Result<Result<Kept, String>, SiteError> {
    let of_no_use = |why: &dyn std::fmt::Display| {
        Ok(Err(format!(
            "the stick that this box took before {why}; what it kept is not used. Make a stick with a new code, which sets the box up again"
        )))
    };
    let bytes = match state.taken().await {
        Err(SiteError::Seal(error @ SealError::NotOpened(_))) => {
            return of_no_use(&format!("cannot be opened: {error}"));
        }
        bytes => bytes?,
    };
    let Some(bytes) = bytes else { return Ok(Ok(None)) };
    match ::site::open(&bytes, trust) {
        Ok(document) => Ok(Ok(Some((bytes, document)))),
        Err(why) => of_no_use(&why),
    }
}

type Kept = Option<(Vec<u8>, Document)>;
/// The name that a refusal is counted by, and what to say.
type Refusal = (&'static str, String);
type Accepted = Option<(Came, Box<Document>)>;

// A new one is tried and kept before it counts.
async fn accepted(
    taking: &Taking<'_>,
    state: &State<'_>,
    found: Found,
) -> Result<Result<Accepted, Refusal>, SiteError> {
    let (bytes, document) = match found {
        None => return Ok(Ok(None)),
        Some((_, Offer::Same(document))) => return Ok(Ok(Some((Came::Same, document)))),
        Some((bytes, Offer::New(document))) => (bytes, document),
    };
    make_directory(taking.to, 0o755)?;
    if let Err(why) = trial::tried(taking.to, &document, taking.socket)? {
        let says = format!(
            "{FILE} on the stick says what this box's program does not start with: {why}; change it on the platform's page and make \
             the stick again"
        );
        return Ok(Err(("configuration", says)));
    }
    if let Err(error) = state.keep(&bytes, &document.floor()).await {
        let error = anyhow::Error::from(error);
        let says = format!("{FILE} on the stick is good, and this box cannot keep it: {error:#}");
        return Ok(Err(("not_kept", says)));
    }
    Ok(Ok(Some((Came::New, document))))
}

fn trust(file: &Path) -> Result<Trust, SiteError> {
    let failed = |source| SiteError::Trust { file: file.to_owned(), source };
    let bytes = files::read(file, ::site::limits::TRUST_BYTES_MAX as u64).map_err(failed)?;
    let bytes = bytes.ok_or_else(|| failed(io::ErrorKind::NotFound.into()))?;
    Trust::parse(&String::from_utf8_lossy(&bytes))
        .map_err(|source| SiteError::TrustText { file: file.to_owned(), source })
}

type Found = Option<(Vec<u8>, Offer)>;

// What is on the stick, and whether it can be taken.
fn look(taking: &Taking<'_>, trust: &Trust, before: Before<'_>) -> Result<Found, Refusal> {
    let said = |why: &dyn std::fmt::Display| format!("{FILE} on the stick {why}");
    let Some(stick) = taking.stick else { return Ok(None) };
    let bytes = files::read(&stick.join(FILE), FILE_BYTES_MAX as u64)
        .map_err(|error| ("no_file", said(&format!("cannot be read: {error}; make the stick again"))))?;
    let Some(bytes) = bytes else { return no_file(stick) };
    let offer = ::site::take(&bytes, trust, before, taking.now).map_err(|why| (why.name(), said(&why)))?;
    if let Offer::New(document) = &offer
        && let Some(missing) = interfaces::missing(&document.network, taking.interfaces)
    {
        return Err(("interface", said(&missing)));
    }
    Ok(Some((bytes, offer)))
}

// A stick can bring a release and nothing else. Where nothing at all is, there may be no stick.
fn no_file(stick: &Path) -> Result<Found, Refusal> {
    let is_empty = fs::read_dir(stick).map_or(true, |mut entries| entries.next().is_none());
    if is_empty || stick.join(RELEASE).exists() {
        return Ok(None);
    }
    let says = format!(
        "there is no file {FILE} on the stick: copy it there under this very name (a browser calls a second one `oneway (1).site`), and into \
         no folder"
    );
    Err(("no_file", says))
}

fn secrets(keeping: Keeping) -> Secrets {
    match keeping {
        Keeping::Sealed(_) => Secrets::HandedOver,
        Keeping::InClear => Secrets::InClear,
    }
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
    let keeping = if made.secrets.is_empty() { taking.keeping } else { state.keeping_in_memory().await };
    for (name, secret) in &made.secrets {
        let path = directory.join(name);
        let text = sealed(keeping, &kept.sealed_as(name), secret).await?;
        files::put(&path, 0o600, text.expose_secret().as_bytes()).map_err(SiteError::write(&path))?;
    }
    copy_enrolled(taking.state, to)?;
    let path = to.join(CONFIGURATION);
    files::put(&path, 0o644, made.text.as_bytes()).map_err(SiteError::write(&path))
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
