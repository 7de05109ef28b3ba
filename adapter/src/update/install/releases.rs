//! The folder of releases on the box: what is installed, and what is being copied. It is the one place that is written to, and
//! the memory that a restart leaves: a bundle, signed and whole (`docs/updates.md`).
//!
//! ```text
//! installed/   the bundle that is started; nothing changes it but its exchange for another, in one step of the file system
//! next/        a bundle while it is verified and copied; whatever lies there at a start is removed
//! tried        releases that were tried and not installed, by the SHA-256 of what they say, how often, and the second of the last time
//! ```

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use release::{Release, Sha256, encode};
use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::limits::{ATTEMPTS_AGE, ATTEMPTS_MAX, TRIED_MAX, WAITING_BYTES_MAX};
use crate::files::if_there;

const INSTALLED: &str = "installed";
const NEXT: &str = "next";
const TRIED: &str = "tried";
/// How the file of a root ends.
const ROOT: &str = ".root.signed";
/// How the file of an image ends.
const IMAGE: &str = ".tar";

/// The folder.
#[derive(Clone, Debug)]
pub(crate) struct Releases(PathBuf);

/// Why it cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: cannot be written to; make it a directory of the supervisor's user, on a disk that keeps what is written", path.display())]
pub(crate) struct ReleasesError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

impl Releases {
    /// Takes it into use: what an earlier run left half done is removed. Where it cannot be, such as on a disk that came up
    /// read-only, what is installed is started all the same, and the next copy fails.
    pub(crate) fn open(path: &Path) -> Self {
        let releases = Self(path.to_owned());
        if let Err(error) = releases.forget() {
            tracing::warn!(
                why = format!("{:#}", anyhow::Error::from(error)),
                "what was half copied could not be removed"
            );
        }
        releases
    }

    /// What is installed, if anything is: where a disk does not say so, something is.
    pub(crate) fn installed(&self) -> Option<PathBuf> {
        let path = self.0.join(INSTALLED);
        let is_there = match fs::metadata(&path) {
            Ok(found) => found.is_dir(),
            Err(error) => !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory),
        };
        is_there.then_some(path)
    }

    /// Begins a copy. Nothing is written before there is an image to write: most looks find nothing new.
    pub(crate) fn begin(&self) -> Copy {
        Copy { releases: self.clone(), waits: Vec::new(), bytes: 0, file: None, begun: false }
    }

    /// Makes the folder of the copy, with the roots that led to what is installed: a box starts from its system's root.
    fn make(&self) -> io::Result<()> {
        let next = self.0.join(NEXT);
        if_there(fs::remove_dir_all(&next))?;
        fs::create_dir(&next)?;
        let Some(installed) = self.installed() else { return Ok(()) };
        for entry in fs::read_dir(&installed)? {
            let name = entry?.file_name();
            if let Some(name) = name.to_str().filter(|name| name.ends_with(ROOT)) {
                fs::copy(installed.join(name), next.join(name))?;
            }
        }
        Ok(())
    }

    /// Where a file of the copy is.
    pub(crate) fn next(&self, name: &str) -> PathBuf {
        self.0.join(NEXT).join(name)
    }

    /// Removes the copy.
    pub(crate) fn forget(&self) -> Result<(), ReleasesError> {
        if_there(fs::remove_dir_all(self.0.join(NEXT))).map_err(|source| self.failed(NEXT, source))
    }

    /// Puts the copy in the place of what is installed. Whenever the power goes, one of the two is there whole.
    pub(crate) fn install(&self) -> Result<(), ReleasesError> {
        self.install_by(File::sync_all)
    }

    fn install_by(&self, sync: impl Fn(&File) -> io::Result<()>) -> Result<(), ReleasesError> {
        let failed = |source| self.failed(INSTALLED, source);
        let (next, installed) = (self.0.join(NEXT), self.0.join(INSTALLED));
        for entry in fs::read_dir(&next).map_err(failed)? {
            File::open(entry.map_err(failed)?.path()).and_then(|file| sync(&file)).map_err(failed)?;
        }
        File::open(&next).and_then(|folder| sync(&folder)).map_err(failed)?;
        let flags = if installed.exists() { RenameFlags::EXCHANGE } else { RenameFlags::NOREPLACE };
        renameat_with(CWD, &next, CWD, &installed, flags).map_err(|error| failed(error.into()))?;
        // From here on it is installed, and no way leads back: `next` is what ran before.
        if let Err(error) = File::open(&self.0).and_then(|folder| sync(&folder)) {
            tracing::warn!(%error, "that a release was installed may not outlast a power cut");
        }
        // It is done; what is left over is removed at the next start as well.
        let _ = (self.forget(), fs::remove_file(self.0.join(TRIED)));
        Ok(())
    }

    /// Whether a release may be tried at this second of the clock.
    pub(crate) fn may_be_tried(&self, release: &Release, now: i64) -> bool {
        let tried = self.tried(now);
        let found = name(release).and_then(|name| tried.into_iter().find(|(other, ..)| *other == name));
        found.is_none_or(|(_, times, _)| times < ATTEMPTS_MAX)
    }

    /// Counts an attempt.
    pub(crate) fn count(&self, release: &Release, now: i64) -> Result<(), ReleasesError> {
        let failed = |source| self.failed(TRIED, source);
        let name = name(release).ok_or_else(|| failed(ErrorKind::InvalidData.into()))?;
        let mut tried = self.tried(now);
        let times = tried.iter().position(|(other, ..)| *other == name).map(|at| tried.remove(at).1);
        tried.push((name, times.unwrap_or(0).saturating_add(1), now));
        let kept = tried.iter().skip(tried.len().saturating_sub(TRIED_MAX));
        let text: String = kept.map(|(name, times, at)| format!("{name} {times} {at}\n")).collect();
        let draft = self.0.join(format!("{TRIED}.draft"));
        let mut file = File::create(&draft).map_err(failed)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        fs::rename(draft, self.0.join(TRIED)).map_err(failed)?;
        File::open(&self.0).and_then(|folder| folder.sync_all()).map_err(failed)
    }

    /// Where attempts are written down: whoever removes it lets all be tried again.
    pub(crate) fn attempts(&self) -> PathBuf {
        self.0.join(TRIED)
    }

    // A file that cannot be read holds nobody back; nor does an attempt of long ago, or one that a clock has put far ahead.
    fn tried(&self, now: i64) -> Vec<(Sha256, u32, i64)> {
        let text = fs::read_to_string(self.0.join(TRIED)).unwrap_or_default();
        let line = |line: &str| {
            let mut words = line.split(' ');
            let (name, times, at) = (words.next()?, words.next()?.parse().ok()?, words.next()?.parse().ok()?);
            let fresh = now.abs_diff(at) < ATTEMPTS_AGE.as_secs();
            Some((Sha256::try_from(name.to_owned()).ok()?, times, at)).filter(|_| fresh)
        };
        text.lines().filter_map(line).take(TRIED_MAX).collect()
    }

    fn failed(&self, name: &str, source: io::Error) -> ReleasesError {
        ReleasesError { path: self.0.join(name), source }
    }
}

/// A release by what it says: one that is signed again stays the same.
fn name(release: &Release) -> Option<Sha256> {
    encode(release).ok().map(|body| Sha256::of(&body))
}

/// A bundle that is being copied while it is verified.
#[derive(Debug)]
pub(crate) struct Copy {
    releases: Releases,
    /// The documents, until there is an image.
    waits: Vec<(String, Vec<u8>)>,
    bytes: usize,
    file: Option<(String, File)>,
    begun: bool,
}

impl Copy {
    /// The next bytes of a file; one file comes after the other.
    pub(crate) fn part(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        if self.begun {
            return self.write(name, bytes);
        }
        match self.waits.last_mut().filter(|(last, _)| last == name) {
            Some((_, file)) => file.extend_from_slice(bytes),
            None => self.waits.push((name.to_owned(), bytes.to_owned())),
        }
        self.bytes += bytes.len();
        if !name.ends_with(IMAGE) && self.bytes <= WAITING_BYTES_MAX {
            return Ok(());
        }
        self.releases.make()?;
        self.begun = true;
        for (name, bytes) in std::mem::take(&mut self.waits) {
            self.write(&name, &bytes)?;
        }
        Ok(())
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        if self.file.as_ref().is_none_or(|(open, _)| open != name) {
            self.file = Some((name.to_owned(), File::create(self.releases.next(name))?));
        }
        self.file.as_mut().map_or(Ok(()), |(_, file)| file.write_all(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::names;

    const NOW: i64 = 1_800_000_000;

    fn release(version: &str) -> Release {
        let zeros = "0".repeat(64);
        let image = format!(
            r#"{{"image": "sha256:{zeros}", "manifest": "sha256:{zeros}", "length": 1, "sha256": "{zeros}"}}"#
        );
        serde_json::from_str(&format!(
            r#"{{"version": "{version}", "from": "1.2.0", "configuration": {{"oldest": 2, "newest": 3}},
                "architecture": "amd64", "images": {{"intake": {image}, "uplink": {image}}}}}"#
        ))
        .unwrap()
    }

    fn copy(releases: &Releases, names: &[&str]) {
        let mut copy = releases.begin();
        for name in names {
            copy.part(name, b"first ").unwrap();
            copy.part(name, name.as_bytes()).unwrap();
        }
    }

    #[test]
    fn a_bundle_takes_the_place_of_another_in_one_step_and_keeps_its_roots() {
        let folder = tempfile::tempdir().unwrap();
        let releases = Releases::open(folder.path());
        assert_eq!(releases.installed(), None);
        copy(&releases, &["timestamp.signed"]);
        assert!(names(folder.path()).is_empty(), "without an image nothing is written");
        copy(&releases, &["2.root.signed", "timestamp.signed", "a.tar"]);
        releases.count(&release("1.4.0"), NOW).unwrap();
        releases.install().unwrap();
        let installed = releases.installed().unwrap();
        assert_eq!(names(&installed), ["2.root.signed", "a.tar", "timestamp.signed"]);
        assert_eq!(fs::read(installed.join("timestamp.signed")).unwrap(), b"first timestamp.signed");
        copy(&releases, &["3.root.signed", "3.targets.signed", "b.tar"]);
        releases.install().unwrap();
        assert_eq!(names(&installed), ["2.root.signed", "3.root.signed", "3.targets.signed", "b.tar"]);
        assert_eq!(names(folder.path()), ["installed"]);
    }

    #[test]
    fn what_fails_behind_the_exchange_leads_not_back() {
        let folder = tempfile::tempdir().unwrap();
        let releases = Releases::open(folder.path());
        copy(&releases, &["old.tar"]);
        releases.install().unwrap();
        copy(&releases, &["new.tar"]);
        let failed = || Err(ErrorKind::Other.into());
        assert!(releases.install_by(|_| failed()).is_err());
        assert_eq!(names(&folder.path().join("installed")), ["old.tar"], "before it, nothing was done");
        // The file, its folder, and then the one in which both folders are.
        let synced = std::cell::Cell::new(0);
        let sync = |_: &File| {
            synced.set(synced.get() + 1);
            if synced.get() == 3 { failed() } else { Ok(()) }
        };
        releases.install_by(sync).unwrap();
        assert_eq!(synced.get(), 3);
        assert_eq!(names(&folder.path().join("installed")), ["new.tar"]);
        releases.forget().unwrap();
        assert_eq!(names(&folder.path().join("installed")), ["new.tar"]);
    }

    #[test]
    fn what_was_half_copied_is_removed_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let releases = Releases::open(folder.path());
        copy(&releases, &["timestamp.signed", "a.tar"]);
        assert_eq!(names(folder.path()), ["next"]);
        Releases::open(folder.path());
        assert!(names(folder.path()).is_empty());
        assert!(releases.install().is_err());
    }

    #[test]
    fn a_release_is_tried_so_often_and_no_more_and_another_is_tried() {
        let folder = tempfile::tempdir().unwrap();
        let releases = Releases::open(folder.path());
        for _ in 0..ATTEMPTS_MAX {
            assert!(releases.may_be_tried(&release("1.4.0"), NOW));
            releases.count(&release("1.4.0"), NOW).unwrap();
        }
        assert!(!Releases::open(folder.path()).may_be_tried(&release("1.4.0"), NOW));
        let day = i64::try_from(ATTEMPTS_AGE.as_secs()).unwrap();
        for (now, may) in [(NOW + day - 1, false), (NOW + day, true), (NOW - day, true)] {
            assert_eq!(releases.may_be_tried(&release("1.4.0"), now), may, "{now}");
        }
        assert!(releases.may_be_tried(&release("1.4.1"), NOW));
        for number in 0..=TRIED_MAX {
            releases.count(&release(&format!("2.0.{number}")), NOW).unwrap();
        }
        assert!(releases.may_be_tried(&release("1.4.0"), NOW), "the oldest is forgotten");
        fs::write(folder.path().join("tried"), b"\xff\xff nonsense").unwrap();
        assert!(releases.may_be_tried(&release("2.0.1"), NOW));
    }
}
