//! The system of a box, which has no container engine: the appliance's image updates itself as a whole (`docs/image.md`). What
//! decides is the crate `release`, as everywhere; here is what a box does around it, in steps that different users take:
//!
//! 1. [`take`]: a user without rights looks at a stick or asks an address, verifies, and copies into memory while it does.
//! 2. [`ready`]: what lies there is verified once more, by a program that has no network, after the first has ended.
//! 3. systemd-sysupdate writes the other pair of partitions (`ubuntu-image/mkosi.extra/usr/lib/oneway/put-update`).
//! 4. [`remember`]: the signed documents go to the state partition. They are what a box knows at its next start.
//! 5. [`restart`]: when nothing is held, or at the configured hour.
//!
//! Whether the new version started is what the loader's counted names say ([`Kernels`]); a version that went back is known,
//! and so is not taken again.

mod account;
mod kernels;
mod memory;
mod ready;
mod remember;
mod restart;
mod take;

pub(crate) use account::{Account, State};
pub(crate) use kernels::Kernels;
pub(crate) use ready::{ReadyError, ready};
pub(crate) use remember::remember;
pub(crate) use restart::{Held, due};
pub(crate) use take::{Taken, Taking, take};

use std::env::consts::ARCH;
use std::path::Path;

use release::{Architecture, Files, Known, ReleaseVersion, Running};

use super::{UpdateError, known, remembered};
use crate::config;

/// What a box is that runs this version of the system.
fn running(version: ReleaseVersion) -> Result<Running, UpdateError> {
    let architecture = Architecture::of_target(ARCH).ok_or(UpdateError::Architecture(ARCH))?;
    Ok(Running { version, configuration: config::SCHEMA, architecture, files: Files::System })
}

/// What a box knows: the root that its system was made with, and what it has taken, as far as it is there and as it was signed.
/// Without it a box goes on from the root: nothing that is older than what runs is taken all the same.
async fn known_of(root: &Path, folders: &[&Path]) -> Result<Known, UpdateError> {
    let mut known = known(root, None).await?;
    // One that was never written to, or of a box that has taken nothing.
    let there = |folder: &&&Path| folder.read_dir().is_ok_and(|mut names| names.next().is_some());
    for folder in folders.iter().filter(there) {
        match remembered(known.clone(), folder, Files::None).await {
            Ok(more) => known = more,
            Err(error) => {
                let why = format!("{:#}", anyhow::Error::from(error));
                tracing::error!(why, "what this box has seen cannot be read, and is passed over");
            }
        }
    }
    Ok(known)
}
