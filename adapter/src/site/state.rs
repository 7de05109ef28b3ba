//! What the box keeps from one boot to the next: the stick that it took last, as it was signed, and which code is used up.
//! The file is sealed for this machine like the adapter's key, since there can be keys of printers in it.

use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

use super::{SiteError, files, limits};
use crate::enrol::{Keeping, seal};

/// The stick that was taken last.
const TAKEN: &str = "taken";
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
    pub(super) async fn keep(&self, bytes: &[u8]) -> Result<(), SiteError> {
        let path = self.path(TAKEN);
        let kept = self.sealed(SEALED_AS, &String::from_utf8_lossy(bytes).into_owned().into()).await?;
        files::put(&path, 0o600, kept.expose_secret().as_bytes()).map_err(SiteError::write(&path))
    }

    /// A text as it is kept: sealed under this name, or as it is.
    pub(super) async fn sealed(&self, name: &str, text: &SecretString) -> Result<SecretString, SiteError> {
        match self.keeping {
            Keeping::InClear => Ok(text.clone()),
            Keeping::Sealed(with_key) => Ok(seal::close(with_key, name, text).await?.into()),
        }
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
