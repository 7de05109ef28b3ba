//! Writes the log files: one a subsystem, numbered records, rotation by rename.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use catalog::Timestamp;

use crate::clock::rfc3339;

/// Rotated files kept of each log: `.1` to `.3`.
const ROTATED_KEPT: u32 = 3;

/// Why a log could not be written.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// An earlier run's logs are there: their record numbers would begin anew and every count would lie.
    #[error("{path} holds logs of an earlier run: give each run an empty `directory`")]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// The file system said no.
    #[error("cannot write the log {path}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What it said.
        #[source]
        source: io::Error,
    },
}

/// How far each file has been shipped, by inode: a rotated file may only go when all of it has arrived.
#[derive(Clone, Debug, Default)]
pub struct Retention(Arc<Mutex<HashMap<u64, u64>>>);

impl Retention {
    /// Notes that the file's bytes below `offset` have been acknowledged.
    pub fn shipped(&self, inode: u64, offset: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(inode, offset);
    }

    /// Forgets a file that is gone, so that a new one with its number starts at the beginning.
    pub fn forget(&self, inode: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&inode);
    }

    fn offset(&self, inode: u64) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&inode).copied().unwrap_or(0)
    }
}

/// One record to write.
#[derive(Clone, Debug)]
pub struct Record {
    /// Stem of the file's name: the subsystem, or `faults`.
    pub file: &'static str,
    /// The subsystem of the line.
    pub subsystem: &'static str,
    /// `INFO`, `WARN` or `FAULT`.
    pub level: &'static str,
    /// The pairs.
    pub body: String,
    /// Lines that follow, each beginning with white space.
    pub continuations: Vec<String>,
}

/// The log directory of one printer.
#[derive(Debug)]
pub struct LogWriter {
    directory: PathBuf,
    files: BTreeMap<&'static str, OpenLog>,
    record: u64,
    rotate_bytes: u64,
    /// Present where Beats ships: then retention waits for it.
    retention: Option<Retention>,
}

#[derive(Debug)]
struct OpenLog {
    file: File,
    bytes: u64,
}

/// What a write came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Numbered records.
    pub records: u64,
    /// Continuation lines.
    pub continuations: u64,
    /// Files renamed.
    pub rotations: u64,
}

impl LogWriter {
    /// Takes an empty directory, making it if it is not there.
    pub fn open(directory: &Path, rotate_bytes: u64, retention: Option<Retention>) -> Result<Self, LogError> {
        let at = |source| LogError::Io { path: directory.to_owned(), source };
        fs::create_dir_all(directory).map_err(at)?;
        let mut entries = fs::read_dir(directory).map_err(at)?;
        let is_log = |entry: &io::Result<fs::DirEntry>| {
            entry.as_ref().is_ok_and(|entry| entry.file_name().to_string_lossy().contains(".log"))
        };
        if entries.any(|entry| is_log(&entry)) {
            return Err(LogError::NotEmpty { path: directory.to_owned() });
        }
        let directory = directory.to_owned();
        Ok(Self { directory, files: BTreeMap::new(), record: 0, rotate_bytes, retention })
    }

    /// Writes records, in one system call a file, and rotates the files that have become full.
    pub fn write(&mut self, now: Timestamp, records: &[Record]) -> Result<Written, LogError> {
        let mut written = Written::default();
        let mut texts: BTreeMap<&'static str, String> = BTreeMap::new();
        let mut number = self.record;
        for record in records {
            number += 1;
            let text = texts.entry(record.file).or_default();
            *text += &format!(
                "{} {} #{number:09} {} {}\n",
                rfc3339(now),
                record.subsystem,
                record.level,
                record.body
            );
            for continuation in &record.continuations {
                *text += continuation;
                *text += "\n";
            }
            written.records += 1;
            written.continuations += record.continuations.len() as u64;
        }
        for (name, text) in texts {
            written.rotations += u64::from(self.append(name, &text)?);
        }
        self.record = number;
        Ok(written)
    }

    /// Appends, and says whether the file was rotated before.
    fn append(&mut self, name: &'static str, text: &str) -> Result<bool, LogError> {
        let full = self.files.get(name).is_some_and(|log| log.bytes >= self.rotate_bytes);
        let rotated = full && self.rotate(name)?;
        let path = self.path(name, 0);
        let at = |source| LogError::Io { path: path.clone(), source };
        if !self.files.contains_key(name) {
            let file = OpenOptions::new().append(true).create(true).open(&path).map_err(at)?;
            self.files.insert(name, OpenLog { file, bytes: 0 });
        }
        if let Some(log) = self.files.get_mut(name) {
            log.file.write_all(text.as_bytes()).map_err(at)?;
            log.bytes += text.len() as u64;
        }
        Ok(rotated)
    }

    /// Renames `.2` to `.3` and so on. Where the oldest has not been shipped yet nothing is renamed and the
    /// file grows on: retention must not lose what nobody has read.
    fn rotate(&mut self, name: &'static str) -> Result<bool, LogError> {
        let oldest = self.path(name, ROTATED_KEPT);
        if oldest.exists() && !self.may_go(&oldest) {
            return Ok(false);
        }
        for index in (0..ROTATED_KEPT).rev() {
            let (from, to) = (self.path(name, index), self.path(name, index + 1));
            if from.exists() {
                fs::rename(&from, &to).map_err(|source| LogError::Io { path: to, source })?;
            }
        }
        self.files.remove(name);
        Ok(true)
    }

    fn may_go(&self, path: &Path) -> bool {
        let Some(retention) = &self.retention else { return true };
        fs::metadata(path).is_ok_and(|file| retention.offset(file.ino()) >= file.len())
    }

    fn path(&self, name: &str, index: u32) -> PathBuf {
        let file = if index == 0 { format!("{name}.log") } else { format!("{name}.log.{index}") };
        self.directory.join(file)
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
