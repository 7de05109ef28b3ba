//! Releases of the appliance, as a box sees them. `adapter update check` says whether one in a folder or behind a URL would be
//! taken, and why: it reads, and writes nothing. Installing one is the supervisor's (`install/`), and on a
//! box without a container engine the whole system is taken (`system/`). What decides is pure and in the
//! crate `release`; both go by the same steps.

pub(crate) mod folder;
pub(crate) mod install;
pub(crate) mod limits;
mod page;
mod server;
pub(crate) mod system;

use std::convert::Infallible;
use std::env::consts::ARCH;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use release::{
    Architecture, Files, Known, Offer, Purpose, Refusal, Release, ReleaseVersion, Running, Start, Step, Take,
    Time, begin,
};

use crate::config;
use crate::tls::TlsError;
use folder::Folder;
pub(crate) use page::Verdict;
use server::Server;

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpdateError {
    /// The root that this box trusts is not there.
    #[error("{}: cannot be read; name the root that this box trusts with `--root`", file.display())]
    Root {
        file: PathBuf,
        #[source]
        source: io::Error,
    },
    /// It is no root, or a draft.
    #[error("{}: {refusal}", file.display())]
    NoRoot { file: PathBuf, refusal: Refusal },
    /// The bundle that is installed is not as it was.
    #[error("{}: what is installed there is not what was signed: {refusal}", folder.display())]
    NotInstalled { folder: PathBuf, refusal: Refusal },
    /// A file of a folder could not be read.
    #[error("{}: cannot be read", file.display())]
    Read {
        file: PathBuf,
        #[source]
        source: io::Error,
    },
    /// A copy could not be written.
    #[error("the copy of it cannot be written")]
    Keep(#[source] io::Error),
    /// The address is not one that is asked.
    #[error("{0}: an address of a folder is wanted, such as https://updates.example.com/oneway/")]
    Address(String),
    /// A certificate file cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The client could not be set up.
    #[error("the HTTPS client cannot be set up")]
    Client(#[source] reqwest::Error),
    /// A server did not give a file.
    #[error("{address}: {why}")]
    Fetch { address: String, why: String },
    /// This program's own version is not one that a release could follow.
    #[error("this program's version, {0}, is not three numbers")]
    Version(&'static str),
    /// There are no releases for such a machine.
    #[error("there are no releases for machines of the kind {0}")]
    Architecture(&'static str),
}

impl UpdateError {
    /// Whether the command line or what it names is wrong, and not the world.
    pub(crate) fn is_usage(&self) -> bool {
        !matches!(self, Self::Read { .. } | Self::Fetch { .. } | Self::NotInstalled { .. } | Self::Keep(_))
    }
}

/// What a box is and where it looks.
pub(crate) struct Question<'a> {
    /// A folder, or an address.
    pub(crate) at: &'a str,
    /// The root that it trusts.
    pub(crate) root: &'a Path,
    /// The bundle that it has installed.
    pub(crate) installed: Option<&'a Path>,
    /// Checks the server's certificate; without it, the public roots do.
    pub(crate) ca_file: Option<&'a Path>,
    /// What time it is.
    pub(crate) now: Time,
}

/// Looks at a bundle.
///
/// # Errors
/// See [`UpdateError`]. A bundle that is refused is no error but a verdict.
pub(crate) async fn check(question: &Question<'_>) -> Result<Verdict, UpdateError> {
    let known = known(question.root, question.installed).await?;
    let running = running(&known, Files::All)?;
    let source = Source::new(question.at, question.ca_file)?;
    Ok(match Box::pin(look(&source, Take(question.now, Files::All), known, &mut ())).await {
        Err(Stopped::Failed(error)) => return Err(error),
        Err(Stopped::Refused(refusal)) => Verdict::Refused(refusal),
        Err(Stopped::Unwanted(no)) => match no {},
        Ok(Offer::Same(_)) => Verdict::Same(running),
        Ok(Offer::Newer(verified)) => match running.takes(&verified) {
            Ok(()) => Verdict::Taken(verified, running),
            Err(unfit) => Verdict::Unfit(verified, running, unfit),
        },
    })
}

/// What a box is that knows this.
fn running(known: &Known, files: Files) -> Result<Running, UpdateError> {
    let version = env!("CARGO_PKG_VERSION");
    let own = ReleaseVersion::parse(version).ok_or(UpdateError::Version(version))?;
    let version = known.release().map_or(own, |release| release.version);
    let architecture = Architecture::of_target(ARCH).ok_or(UpdateError::Architecture(ARCH))?;
    Ok(Running { version, configuration: config::SCHEMA, architecture, files })
}

/// What the box knows: the root that it was made with, and what it has installed, which is the memory that a restart
/// leaves.
async fn known(root: &Path, installed: Option<&Path>) -> Result<Known, UpdateError> {
    let file = root.to_owned();
    let mut bytes = Vec::new();
    let read = File::open(&file).and_then(|file| file.take(limits::ROOT_BYTES_READ).read_to_end(&mut bytes));
    read.map_err(|source| UpdateError::Root { file: file.clone(), source })?;
    let known = Known::from_root(&bytes).map_err(|refusal| UpdateError::NoRoot { file, refusal })?;
    match installed {
        None => Ok(known),
        Some(folder) => remembered(known, folder, Files::Images).await,
    }
}

/// Whether releases can be asked for there. Nothing is asked yet.
///
/// # Errors
/// The address is none of a folder, or the certificates cannot be used.
pub(crate) fn can_ask(address: &str, ca_file: Option<&Path>) -> Result<(), UpdateError> {
    Server::new(address, ca_file).map(drop)
}

/// What it knows that knew this, and has that bundle, or these files of it.
async fn remembered(known: Known, folder: &Path, files: Files) -> Result<Known, UpdateError> {
    match look(&Source::Folder(Folder::new(folder)), Start(files), known, &mut ()).await {
        Ok(installed) => Ok(installed.known().clone()),
        Err(Stopped::Failed(error)) => Err(error),
        Err(Stopped::Refused(refusal)) => {
            Err(UpdateError::NotInstalled { folder: folder.to_owned(), refusal })
        }
        Err(Stopped::Unwanted(no)) => match no {},
    }
}

/// Where a bundle is.
enum Source {
    Folder(Folder),
    Server(Server),
}

impl Source {
    fn new(at: &str, ca_file: Option<&Path>) -> Result<Self, UpdateError> {
        if at.contains("://") {
            Server::new(at, ca_file).map(Self::Server)
        } else {
            Ok(Self::Folder(Folder::new(Path::new(at))))
        }
    }
}

/// Who keeps what is read. Each part was held against the length that the file may have.
trait Keep: Send {
    /// Why it may not want any.
    type No;

    /// All documents are good, and files of this release come next, unless they are not wanted.
    fn carries(&mut self, _: &Release) -> Result<(), Self::No> {
        Ok(())
    }

    /// The next bytes of a file.
    fn part(&mut self, name: &str, bytes: &[u8]) -> io::Result<()>;
}

/// Nobody does.
impl Keep for () {
    type No = Infallible;

    fn part(&mut self, _: &str, _: &[u8]) -> io::Result<()> {
        Ok(())
    }
}

/// Why it was not looked at to its end.
enum Stopped<N = Infallible> {
    /// It is not good.
    Refused(Refusal),
    /// It could not be read.
    Failed(UpdateError),
    /// It is good so far, and whoever keeps it does not want it.
    Unwanted(N),
}

impl<N> From<Refusal> for Stopped<N> {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl<N> From<UpdateError> for Stopped<N> {
    fn from(error: UpdateError) -> Self {
        Self::Failed(error)
    }
}

async fn look<P: Purpose, K: Keep>(
    source: &Source,
    purpose: P,
    known: Known,
    keep: &mut K,
) -> Result<P::Outcome, Stopped<K::No>> {
    let mut step = begin(purpose, known)?;
    loop {
        step = match (step, source) {
            (Step::Done(outcome), _) => return Ok(outcome),
            (Step::Wants(wanted), source) => {
                if let Some(release) = wanted.release() {
                    keep.carries(release).map_err(Stopped::Unwanted)?;
                }
                match source {
                    Source::Folder(folder) => folder.give(*wanted, keep).await?,
                    Source::Server(server) => server.give(*wanted, keep).await?,
                }
            }
        };
    }
}
