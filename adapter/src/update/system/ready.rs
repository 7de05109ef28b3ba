//! The second step: what lies in memory is verified once more, before it is written to a partition. Whoever put it there spoke
//! with the outside or read a stick; this has neither, and begins from the box's own root. It reads what nobody writes to any
//! more: the folder was moved to where its first owner has no way.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use release::{
    Files, Known, Offer, Refusal, ReleaseVersion, Step, SystemFile, Take, Time, Unfit, Wanted, begin,
};

use super::super::{UpdateError, limits};
use super::{Kernels, known_of, running};
use crate::files::open;

/// Why it is not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadyError {
    /// It is not what was signed, or older.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// It is not for this box.
    #[error("{0}")]
    Unfit(#[from] Unfit),
    /// There is nothing newer in it.
    #[error("it is what this box has taken before")]
    Same,
    /// It did not start here.
    #[error("system {0} was tried on this box and did not start well")]
    WentBack(ReleaseVersion),
    /// A file is longer than was signed, and not by zeros.
    #[error("{}: is not filled with zeros up to the size of its partition", .0.display())]
    NotZeros(PathBuf),
    /// Something else lies there.
    #[error("{}: does not belong there", .0.display())]
    Other(PathBuf),
    /// It cannot be read.
    #[error("{}: cannot be read", file.display())]
    Read {
        file: PathBuf,
        #[source]
        source: io::Error,
    },
    /// What the box knows is not there.
    #[error(transparent)]
    Known(#[from] UpdateError),
}

/// Verifies the system in a folder; gives its version.
///
/// # Errors
/// See [`ReadyError`].
pub(crate) async fn ready(
    folder: &Path,
    root: &Path,
    state: &Path,
    running_now: ReleaseVersion,
    kernels: &Kernels,
    now: Time,
) -> Result<ReleaseVersion, ReadyError> {
    let known = known_of(root, &[state]).await?;
    let mut names = BTreeSet::new();
    let verified = match look(folder, Take(now, Files::System), known, &mut names)? {
        Offer::Newer(verified) => verified,
        Offer::Same(_) => return Err(ReadyError::Same),
    };
    running(running_now)?.takes(&verified)?;
    let version = verified.release().version;
    if kernels.went_back(version) {
        return Err(ReadyError::WentBack(version));
    }
    nothing_else(folder, &names)?;
    Ok(version)
}

fn look(
    folder: &Path,
    purpose: Take,
    known: Known,
    names: &mut BTreeSet<String>,
) -> Result<Offer, ReadyError> {
    let mut step = begin(purpose, known)?;
    loop {
        step = match step {
            Step::Done(offer) => return Ok(offer),
            Step::Wants(wanted) => give(folder, *wanted, names)?,
        };
    }
}

fn give(
    folder: &Path,
    mut wanted: Wanted<Take>,
    names: &mut BTreeSet<String>,
) -> Result<Step<Take>, ReadyError> {
    let placed = placed(&wanted);
    let name = placed.as_ref().map_or(wanted.name(), |file| &file.placed).to_owned();
    let path = folder.join(&name);
    let failed = |source| ReadyError::Read { file: path.clone(), source };
    let mut file = match open(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(wanted.missing()?),
        file => file.map_err(failed)?,
    };
    names.insert(name);
    let mut rest = placed.as_ref().map_or(u64::MAX, |placed| placed.length);
    let mut buffer = vec![0; limits::READ_BYTES];
    while rest > 0 {
        let room = usize::try_from(rest).unwrap_or(usize::MAX).min(buffer.len());
        let length = file.read(buffer.get_mut(..room).unwrap_or_default()).map_err(failed)?;
        let Some(part) = buffer.get(..length).filter(|part| !part.is_empty()) else { break };
        wanted = wanted.part(part)?;
        rest -= length as u64;
    }
    let step = wanted.end()?;
    if let Some(placed) = placed {
        zeros(&mut file, placed.size - placed.length, &mut buffer)
            .map_err(failed)?
            .then_some(())
            .ok_or_else(|| ReadyError::NotZeros(path.clone()))?;
    }
    Ok(step)
}

fn placed(wanted: &Wanted<Take>) -> Option<SystemFile> {
    let release = wanted.release()?;
    let files = release.system.as_ref()?.files(release.version);
    files.into_iter().find(|file| file.name == wanted.name())
}

/// Whether what follows are so many zeros, and then the end.
fn zeros(file: &mut File, wanted: u64, buffer: &mut [u8]) -> io::Result<bool> {
    let mut found = 0;
    loop {
        let length = file.read(buffer)?;
        let part = buffer.get(..length).unwrap_or_default();
        if part.is_empty() {
            return Ok(found == wanted);
        }
        found += length as u64;
        if found > wanted || part.iter().any(|byte| *byte != 0) {
            return Ok(false);
        }
    }
}

/// systemd-sysupdate goes by names: one that was not verified could be a second root of the same version.
fn nothing_else(folder: &Path, names: &BTreeSet<String>) -> Result<(), ReadyError> {
    let failed = |source| ReadyError::Read { file: folder.to_owned(), source };
    for entry in folder.read_dir().map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        if !name.to_str().is_some_and(|name| names.contains(name)) {
            return Err(ReadyError::Other(folder.join(name)));
        }
    }
    Ok(())
}
