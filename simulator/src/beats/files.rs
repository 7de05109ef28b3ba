//! The printer's log files as a shipper sees them: known by inode through every rename, read by offset, and
//! read again from the disk when a window must be sent again. Memory holds offsets, never lines.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use catalog::Timestamp;

use crate::logs::Retention;

/// Events of one window: Filebeat's `bulk_max_size`.
pub(super) const WINDOW_EVENTS_MAX: u32 = 2_048;
/// Bytes taken from one file for one window, so that a busy file does not starve the others. A log line is
/// under 1 KiB, so there is always a whole one in it.
const CHUNK_BYTES: u64 = 64 << 10;

/// The log directory of one printer.
#[derive(Debug)]
pub struct Files {
    directory: PathBuf,
    known: BTreeMap<u64, Known>,
    retention: Retention,
}

/// A file that is or was in the directory. It stays open, so that its inode is not given to another file and
/// its lines can be read even after it was deleted.
#[derive(Debug)]
struct Known {
    file: File,
    device: u64,
    /// The path under which it was first seen; a rename does not change what it is called here.
    path: Arc<str>,
    /// Everything before this offset is in some window.
    planned: u64,
    /// Everything before this offset is acknowledged.
    acknowledged: u64,
}

/// One line and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The text without its end of line.
    pub text: String,
    /// Offset of its first byte.
    pub offset: u64,
    /// The file's path.
    pub path: Arc<str>,
    /// The file's device.
    pub device: u64,
    /// The file's inode.
    pub inode: u64,
}

/// The lines that are sent and acknowledged together, as places in files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    parts: Vec<Part>,
    /// Lines in it.
    pub events: u32,
    /// Lines that begin a numbered record; the others continue one.
    pub records: u32,
    /// When it was read first: what a resend keeps.
    pub read: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part {
    inode: u64,
    from: u64,
    to: u64,
}

impl Files {
    /// The files of a directory; `retention` hears how far each one has been shipped.
    pub fn new(directory: &Path, retention: Retention) -> Self {
        Self { directory: directory.to_owned(), known: BTreeMap::new(), retention }
    }

    /// Looks for files that are new and forgets those that are gone and wholly shipped.
    pub fn scan(&mut self) -> io::Result<()> {
        for entry in fs::read_dir(&self.directory)? {
            let path = entry?.path();
            if path.file_name().is_some_and(|name| name.to_string_lossy().contains(".log")) {
                self.meet(&path)?;
            }
        }
        self.forget_gone()
    }

    fn meet(&mut self, path: &Path) -> io::Result<()> {
        // Between the listing and here it may have been renamed: then the next scan finds it.
        let inode = match fs::metadata(path) {
            Ok(metadata) => metadata.ino(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        if self.known.contains_key(&inode) {
            return Ok(());
        }
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        // The open file says who it is: the path may by now lead to another.
        let metadata = file.metadata()?;
        let path = path.to_string_lossy().into();
        let known = Known { file, device: metadata.dev(), path, planned: 0, acknowledged: 0 };
        self.known.entry(metadata.ino()).or_insert(known);
        Ok(())
    }

    fn forget_gone(&mut self) -> io::Result<()> {
        let mut gone = Vec::new();
        for (inode, known) in &self.known {
            let metadata = known.file.metadata()?;
            if metadata.nlink() == 0 && known.acknowledged >= metadata.len() {
                gone.push(*inode);
            }
        }
        for inode in gone {
            self.known.remove(&inode);
            self.retention.forget(inode);
        }
        Ok(())
    }

    /// The next window of lines that are in none yet; `None` when there are none.
    pub fn plan(&mut self, now: Timestamp) -> io::Result<Option<Window>> {
        let mut window = Window { parts: Vec::new(), events: 0, records: 0, read: now };
        for (inode, known) in &mut self.known {
            let room = WINDOW_EVENTS_MAX - window.events;
            let end = known.file.metadata()?.len();
            if room == 0 || end <= known.planned {
                continue;
            }
            let bytes = read(&known.file, known.planned, end.min(known.planned + CHUNK_BYTES))?;
            let (taken, events, records) = whole_lines(&bytes, room);
            if events > 0 {
                let to = known.planned + taken;
                window.parts.push(Part { inode: *inode, from: known.planned, to });
                window.events += events;
                window.records += records;
                known.planned = to;
            }
        }
        Ok((window.events > 0).then_some(window))
    }

    /// The lines of a window, from the disk: the same ones however often it is asked.
    pub fn lines(&self, window: &Window) -> io::Result<Vec<Line>> {
        let mut lines = Vec::with_capacity(window.events as usize);
        for part in &window.parts {
            let known = self.known.get(&part.inode).ok_or(io::ErrorKind::NotFound)?;
            let bytes = read(&known.file, part.from, part.to)?;
            let mut offset = part.from;
            for line in bytes.split_inclusive(|byte| *byte == b'\n') {
                let text = String::from_utf8_lossy(line).trim_end_matches(['\r', '\n']).to_owned();
                let (path, device, inode) = (known.path.clone(), known.device, part.inode);
                lines.push(Line { text, offset, path, device, inode });
                offset += line.len() as u64;
            }
        }
        Ok(lines)
    }

    /// Notes that a window has arrived. Windows are acknowledged in the order in which they were planned.
    pub fn acknowledge(&mut self, window: &Window) {
        for part in &window.parts {
            if let Some(known) = self.known.get_mut(&part.inode) {
                known.acknowledged = part.to;
                self.retention.shipped(part.inode, part.to);
            }
        }
    }
}

fn read(file: &File, from: u64, to: u64) -> io::Result<Vec<u8>> {
    let length = usize::try_from(to - from).map_err(|_| io::ErrorKind::FileTooLarge)?;
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, from)?;
    Ok(bytes)
}

/// How many bytes, lines and numbered records the first `most` whole lines are.
fn whole_lines(bytes: &[u8], most: u32) -> (u64, u32, u32) {
    let (mut taken, mut events, mut records) = (0, 0, 0);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if events == most || !line.ends_with(b"\n") {
            break;
        }
        taken += line.len() as u64;
        events += 1;
        records += u32::from(!line.starts_with(b" ") && !line.starts_with(b"\t"));
    }
    (taken, events, records)
}
