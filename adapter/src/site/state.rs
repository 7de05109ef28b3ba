//! What the box keeps from one boot to the next: the stick that it took last, as it was signed, and which code is used up.
//! The file is sealed for this machine like the adapter's key, since there can be keys of printers in it.

use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

use ::site::Floor;

use super::{SiteError, files, limits};
use crate::enrol::{Keeping, WithKey, seal};

/// The stick that was taken last.
const TAKEN: &str = "taken";
/// Whose it was and its number, in clear: what cannot be opened any more still keeps older ones out.
const FLOOR: &str = "floor";
/// The name that it is sealed under.
const SEALED_AS: &str = "oneway-site";
/// The serial number of the stick whose code is used up.
const SPENT: &str = "spent";

/// The directory that persists.
pub(super) struct State<'a> {
    directory: &'a Path,
    keeping: Keeping,
}

impl<'a> State<'a> {
    pub(super) fn new(directory: &'a Path, keeping: Keeping) -> Self {
        Self { directory, keeping }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// The file of the stick that was taken last, if there is one.
    pub(super) async fn taken(&self) -> Result<Option<Vec<u8>>, SiteError> {
        let path = self.path(TAKEN);
        let Some(bytes) = files::read(&path, limits::KEPT_BYTES_MAX).map_err(SiteError::read(&path))? else {
            return Ok(None);
        };
        if self.keeping == Keeping::InClear {
            return Ok(Some(bytes));
        }
        let sealed = String::from_utf8_lossy(&bytes);
        let opened = seal::open(SEALED_AS, &sealed).await?;
        Ok(Some(opened.expose_secret().as_bytes().to_owned()))
    }

    /// Keeps the file of a stick that was taken. It is a text: a stick's document is JSON.
    pub(super) async fn keep(&self, bytes: &[u8], floor: &Floor) -> Result<(), SiteError> {
        let path = self.path(TAKEN);
        let text = String::from_utf8_lossy(bytes).into_owned().into();
        let kept = sealed(self.keeping, SEALED_AS, &text).await?;
        files::put(&path, 0o600, kept.expose_secret().as_bytes()).map_err(SiteError::write(&path))?;
        // After it: a number without its stick would refuse that very stick.
        let path = self.path(FLOOR);
        let floor = serde_json::to_vec(&floor).unwrap_or_default();
        files::put(&path, 0o644, &floor).map_err(SiteError::write(&path))
    }

    /// Whose stick was taken last, and its number.
    pub(super) fn floor(&self) -> Option<Floor> {
        let bytes = files::read(&self.path(FLOOR), limits::NOTE_BYTES_MAX).ok()??;
        serde_json::from_slice(&bytes).ok()
    }

    /// How the secrets are kept that are handed to the services, in memory: with the machine's key that is in a file, where that works. On
    /// a machine that keeps no file this key is in memory as well, and goes with them. The TPM has opened them a moment ago, and would take a
    /// second for each, of which there may be sixty-five.
    pub(super) async fn keeping_in_memory(&self) -> Keeping {
        let Keeping::Sealed(asked) = self.keeping else { return self.keeping };
        let tried = seal::close(WithKey::Host, SEALED_AS, &SecretString::from("a try")).await;
        Keeping::Sealed(if tried.is_ok() { WithKey::Host } else { asked })
    }

    /// The serial number of the stick whose code is used up.
    pub(super) fn spent(&self) -> Option<u64> {
        let bytes = files::read(&self.path(SPENT), limits::NOTE_BYTES_MAX).ok()??;
        std::str::from_utf8(&bytes).ok()?.trim().parse().ok()
    }

    /// Notes that this stick's code is used up.
    pub(super) fn spend(&self, serial: u64) -> Result<(), SiteError> {
        let path = self.path(SPENT);
        files::put(&path, 0o644, format!("{serial}\n").as_bytes()).map_err(SiteError::write(&path))
    }
}

/// A text as it is kept: sealed under this name, or as it is.
pub(super) async fn sealed(
    keeping: Keeping,
    name: &str,
    text: &SecretString,
) -> Result<SecretString, SiteError> {
    match keeping {
        Keeping::InClear => Ok(text.clone()),
        Keeping::Sealed(with_key) => Ok(seal::close(with_key, name, text).await?.into()),
    }
}
