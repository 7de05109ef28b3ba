//! The first step: a bundle is verified, and copied into memory while it is.

use std::fs::{self, File};
use std::path::Path;

use release::{Files, Offer, Refusal, ReleaseVersion, Take, Time, Unfit};
use rustix::fs::{FlockOperation, flock};

use super::super::{Source, Stopped, UpdateError, look};
use super::memory::Memory;
use super::{Kernels, known_of, running};

/// What a box is, and where it looks.
pub(crate) struct Taking<'a> {
    /// A folder, or an address.
    pub(crate) at: &'a str,
    /// Checks the server's certificate; without it, the public roots do.
    pub(crate) ca_file: Option<&'a Path>,
    /// The root that the box trusts.
    pub(crate) root: &'a Path,
    /// The documents of what the box has taken, as the state partition has them.
    pub(crate) state: &'a Path,
    /// The folder in memory.
    pub(crate) to: &'a Path,
    /// The version of the system that runs.
    pub(crate) running: ReleaseVersion,
    /// What lies on the disk.
    pub(crate) kernels: Kernels,
    /// What time it is.
    pub(crate) now: Time,
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Taken {
    /// This version is there, whole.
    Ready(ReleaseVersion),
    /// One that was taken before was not fetched yet, or another look is under way.
    Busy,
    /// There is nothing newer than what this box has taken.
    Same(ReleaseVersion),
    /// It is good, and not for this box.
    Unfit(Unfit),
    /// It is good, and was tried on this box and did not start.
    WentBack(ReleaseVersion),
    /// It is not good.
    Refused(Refusal),
}

impl Taken {
    /// For people.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Ready(version) => {
                format!("system {version} is signed, whole and in time, and lies in memory")
            }
            Self::Busy => "a system that was taken before is not on the disk yet".to_owned(),
            Self::Same(version) => {
                format!("system {version} is the newest that there is, and was taken before")
            }
            Self::Unfit(unfit) => unfit.to_string(),
            Self::WentBack(version) => went_back(*version),
            Self::Refused(refusal) => format!("refused: {refusal}"),
        }
    }
}

/// Of a version that is not taken again.
fn went_back(version: ReleaseVersion) -> String {
    format!(
        "system {version} was tried on this box and did not start well, so the one before runs; its makers give out another, \
         under a higher number"
    )
}

/// Looks at a bundle, and copies it if it is for this box.
///
/// # Errors
/// See [`UpdateError`]. A bundle that is refused is no error.
pub(crate) async fn take(taking: &Taking<'_>) -> Result<Taken, UpdateError> {
    let Taking { at, ca_file, root, state, to, running: version, kernels, now } = taking;
    let memory = Memory::new(to);
    fs::create_dir_all(to).map_err(UpdateError::Keep)?;
    let held = File::open(to).map_err(UpdateError::Keep)?;
    let alone = flock(&held, FlockOperation::NonBlockingLockExclusive).is_ok();
    if !alone || memory.ready().is_some() {
        return Ok(Taken::Busy);
    }
    let known = known_of(root, &[state, &memory.seen()]).await?;
    let mut copy = memory.begin(running(*version)?, kernels.clone()).map_err(UpdateError::Keep)?;
    let source = Source::new(at, *ca_file)?;
    let looked = Box::pin(look(&source, Take(*now, Files::System), known, &mut copy)).await;
    let taken = match looked {
        Ok(Offer::Newer(verified)) => match running(*version)?.takes(&verified) {
            Ok(()) => {
                memory.put(verified.release()).map_err(UpdateError::Keep)?;
                Ok(Taken::Ready(verified.release().version))
            }
            Err(unfit) => Ok(Taken::Unfit(unfit)),
        },
        Ok(Offer::Same(known)) => {
            // As long as the machine runs, no older state is believed.
            memory.remember().map_err(UpdateError::Keep)?;
            let same = known.release().map_or(*version, |release| release.version);
            Ok(if kernels.went_back(same) { Taken::WentBack(same) } else { Taken::Same(same) })
        }
        Err(Stopped::Unwanted(why)) => Ok(why),
        Err(Stopped::Refused(refusal)) => Ok(Taken::Refused(refusal)),
        Err(Stopped::Failed(error)) => Err(error),
    };
    memory.forget().map_err(UpdateError::Keep)?;
    taken
}
