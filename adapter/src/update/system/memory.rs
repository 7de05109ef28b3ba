//! The folder in memory that a bundle is copied into while it is verified. It is laid out as systemd-sysupdate wants it: what it
//! does not know by name, the signed documents, it passes over.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use release::{Release, Running};

use super::super::Keep;
use super::{Kernels, Taken};
use crate::files::if_there;

/// While it is copied.
const TAKING: &str = "taking";
/// When all of it is there and verified.
const READY: &str = "ready";
/// The documents of the newest state that was seen since the start.
const SEEN: &str = "seen";

/// The folder.
#[derive(Clone, Debug)]
pub(super) struct Memory(PathBuf);

impl Memory {
    pub(super) fn new(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// Where there is a whole system that nobody has fetched yet.
    pub(super) fn ready(&self) -> Option<PathBuf> {
        Some(self.0.join(READY)).filter(|folder| folder.is_dir())
    }

    /// Where the documents are that were seen last.
    pub(super) fn seen(&self) -> PathBuf {
        self.0.join(SEEN)
    }

    /// Begins a copy; what an earlier one left half done is removed.
    pub(super) fn begin(&self, running: Running, kernels: Kernels) -> io::Result<Copy> {
        let folder = self.0.join(TAKING);
        if_there(fs::remove_dir_all(&folder))?;
        fs::create_dir(&folder)?;
        Ok(Copy { folder, running, kernels, release: None, file: None })
    }

    /// Removes a copy.
    pub(super) fn forget(&self) -> io::Result<()> {
        if_there(fs::remove_dir_all(self.0.join(TAKING)))
    }

    /// What was copied is whole: from now on it is fetched.
    pub(super) fn put(&self, release: &Release) -> io::Result<()> {
        let taking = self.0.join(TAKING);
        for file in release.system.iter().flat_map(|system| system.files(release.version)) {
            // What is missing are zeros, and zeros at the end of a file take no memory.
            File::options().write(true).open(taking.join(file.placed))?.set_len(file.size)?;
        }
        fs::rename(taking, self.0.join(READY))
    }

    /// The documents that were copied are what was seen last.
    pub(super) fn remember(&self) -> io::Result<()> {
        let seen = self.seen();
        if_there(fs::remove_dir_all(&seen))?;
        fs::rename(self.0.join(TAKING), seen)
    }
}

/// A copy under way.
pub(super) struct Copy {
    folder: PathBuf,
    running: Running,
    kernels: Kernels,
    /// The release whose files come now.
    release: Option<Release>,
    file: Option<(String, File)>,
}

impl Keep for Copy {
    type No = Taken;

    // Before a byte of a system is read that is not for this box: it would be read at each look.
    fn carries(&mut self, release: &Release) -> Result<(), Taken> {
        if self.release.is_none() {
            self.running.suits(release, false).map_err(Taken::Unfit)?;
            if self.kernels.went_back(release.version) {
                return Err(Taken::WentBack(release.version));
            }
            self.release = Some(release.clone());
        }
        Ok(())
    }

    fn part(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        if self.file.as_ref().is_none_or(|(open, _)| open != name) {
            let release = self.release.iter();
            let mut files = release
                .flat_map(|release| release.system.iter().flat_map(|system| system.files(release.version)));
            let placed = files.find(|file| file.name == name).map(|file| file.placed);
            let path = self.folder.join(placed.as_deref().unwrap_or(name));
            self.file = Some((name.to_owned(), File::create(path)?));
        }
        self.file.as_mut().map_or(Ok(()), |(_, file)| file.write_all(bytes))
    }
}
