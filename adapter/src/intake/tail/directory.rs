//! What is in a directory, and what stands in its files. Everything here blocks and opens read-only.

use std::ffi::{CString, OsStr};
use std::fs::{self, File, Metadata};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use catalog::{Salt, Timestamp};
use globset::GlobMatcher;
use rustix::fs::{CWD, Dir, Mode, OFlags, openat};
use rustix::io::Errno;

use super::limits::{ENTRIES_MAX, FILES_MAX, PIECE_BYTES};
use super::network;
use super::position::Mark;

/// A rotation set's older files: their text was read before they were packed.
const PACKED: [&str; 5] = ["gz", "bz2", "xz", "zst", "zip"];

/// A file or directory by what a rename does not change. While a file is held open, its inode is given to no
/// other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct FileId {
    pub(super) device: u64,
    pub(super) inode: u64,
}

impl FileId {
    fn of(metadata: &Metadata) -> Self {
        Self { device: metadata.dev(), inode: metadata.ino() }
    }
}

/// A file that fits the pattern.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) id: FileId,
    pub(super) path: PathBuf,
    pub(super) seen: Seen,
    /// When it was made, where this machine's own file system says so. Of a share it may be made up of other times, and
    /// another one at each look.
    pub(super) born: Option<SystemTime>,
}

/// What shows that a file has changed, without a look into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) length: u64,
    pub(super) modified: SystemTime,
}

/// What one look at a directory showed.
#[derive(Debug)]
pub(super) struct Scan {
    /// The directory itself: another one may come to stand under the same name.
    pub(super) directory: FileId,
    /// The files that fit, oldest first, so that a printer's records come nearly in their order.
    pub(super) found: Vec<Found>,
    /// Files that fit and are over the limit.
    pub(super) passed_over: usize,
    /// Files that fit and are packed.
    pub(super) packed: usize,
    /// Whether there are more entries than are looked at.
    pub(super) cut: bool,
    /// The network file system that the directory is on, if it is on one.
    pub(super) network: Option<&'static str>,
}

/// Looks at a directory. Links are not followed: they could lead out of what the configuration named.
pub(super) fn scan(directory: &Path, pattern: &GlobMatcher) -> io::Result<Scan> {
    let id = FileId::of(&fs::metadata(directory)?);
    let network = network_of(directory)?;
    let mut entries = list(directory)?;
    let mut scan = Scan { directory: id, found: Vec::new(), passed_over: 0, packed: 0, cut: false, network };
    for entry in entries.by_ref().take(ENTRIES_MAX) {
        // A share that goes away gives errors without end; a single entry that does is met again at the next look.
        let name = entry?;
        let name = Path::new(OsStr::from_bytes(name.to_bytes()));
        if !pattern.is_match(name) {
            continue;
        }
        if packed(name) {
            scan.packed += 1;
            continue;
        }
        let path = directory.join(name);
        // An entry may go between its listing and the look at it.
        let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
        if metadata.is_file() {
            let born = if network.is_none() { metadata.created().ok() } else { None };
            scan.found.push(Found { id: FileId::of(&metadata), path, seen: Seen::of(&metadata), born });
        }
    }
    scan.cut = entries.next().is_some();
    scan.found.sort_by(|a, b| (a.seen.modified, &a.path).cmp(&(b.seen.modified, &b.path)));
    scan.passed_over = scan.found.len().saturating_sub(FILES_MAX);
    // The newest ones stay: the old ones of a long rotation set are the likelier to have been read before.
    scan.found.drain(..scan.passed_over);
    Ok(scan)
}

/// The names in a directory, but for its own and its parent's.
fn list(directory: &Path) -> io::Result<impl Iterator<Item = io::Result<CString>>> {
    let entries = Dir::new(open_quietly(directory, OFlags::DIRECTORY)?)?;
    let names = entries.map(|entry| Ok(entry?.file_name().to_owned()));
    Ok(names.filter(|name| !matches!(name, Ok(name) if matches!(name.to_bytes(), b"." | b".."))))
}

/// Opens to read, and where the system lets us without a note in the file system of when it was read: that would be a write
/// to the printer's disk. It lets the owner, and root.
fn open_quietly(path: &Path, flags: OFlags) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | flags;
    // The call that all else is opened with: the seccomp profiles have no other.
    match openat(CWD, path, flags | OFlags::NOATIME, Mode::empty()) {
        Err(Errno::PERM) => openat(CWD, path, flags, Mode::empty()),
        opened => opened,
    }
}

impl Seen {
    /// When it was last written to.
    pub(super) fn written(&self) -> Timestamp {
        let since = self.modified.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn of(metadata: &Metadata) -> Self {
        let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        Self { length: metadata.len(), modified }
    }
}

fn network_of(directory: &Path) -> io::Result<Option<&'static str>> {
    Ok(network::name(i128::from(rustix::fs::statfs(directory)?.f_type)))
}

fn packed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| PACKED.iter().any(|packed| extension == *packed))
}

/// Opens what a scan found, if it is still what stands there. It may be a pipe by now, which would hold up whoever opens
/// it until somebody writes, or a link that leads elsewhere.
pub(super) fn open(found: &Found) -> io::Result<Option<File>> {
    let flags = OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::NOCTTY;
    let file = match open_quietly(&found.path, flags) {
        Err(Errno::LOOP) => return Ok(None),
        opened => File::from(opened?),
    };
    let metadata = file.metadata()?;
    Ok((metadata.is_file() && FileId::of(&metadata) == found.id).then_some(file))
}

/// What shows whether an open file has changed.
pub(super) fn glance(file: &File) -> io::Result<Seen> {
    Ok(Seen::of(&file.metadata()?))
}

/// What stands in a file from an offset on, at most [`PIECE_BYTES`], and how long the file is; nothing at its end, or
/// behind it. A file that ends in zeros was made as long as it may become: there they are where nothing is written yet.
pub(super) fn read(file: &File, offset: u64) -> io::Result<(Vec<u8>, u64)> {
    let length = file.metadata()?.len();
    let mut bytes = bytes_between(file, offset, length)?;
    if bytes.last() == Some(&0) && bytes_between(file, length - 1, length)? == [0] {
        bytes.truncate(written(&bytes));
    }
    Ok((bytes, length))
}

/// How much there is before the zeros at the end.
fn written(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)
}

fn bytes_between(file: &File, offset: u64, length: u64) -> io::Result<Vec<u8>> {
    let left = length.saturating_sub(offset);
    let mut bytes = vec![0; usize::try_from(left).unwrap_or(PIECE_BYTES).min(PIECE_BYTES)];
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset + filled as u64) {
            Ok(0) => break,
            Ok(more) => filled += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

/// Where the last line begins that is not whole, or the end, and what stands before it. A line longer than a piece is no
/// line, and its rest will be none.
pub(super) fn last_line_start(file: &File, length: u64, salt: &Salt) -> io::Result<Mark> {
    // What has come since is new, and zeros at the end are where it will be.
    let mut end = length;
    let (from, mut bytes) = loop {
        let from = end.saturating_sub(PIECE_BYTES as u64);
        let mut bytes = bytes_between(file, from, end)?;
        bytes.truncate(written(&bytes));
        if from == 0 || !bytes.is_empty() {
            break (from, bytes);
        }
        end = from;
    };
    match bytes.iter().rposition(|byte| *byte == b'\n') {
        Some(end) => bytes.truncate(end + 1),
        None if from == 0 => bytes.clear(),
        None => {}
    }
    Ok(Mark::behind(&bytes, from + bytes.len() as u64, salt))
}

#[cfg(test)]
mod tests {
    use super::*;
    use globset::Glob;

    fn pattern() -> GlobMatcher {
        Glob::new("*.log*").unwrap().compile_matcher()
    }

    fn names(scan: &Scan) -> Vec<&str> {
        scan.found.iter().map(|found| found.path.file_name().unwrap().to_str().unwrap()).collect()
    }

    #[test]
    fn only_plain_files_that_fit() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        for name in ["laser.log", "laser.log.1", "laser.log.2.gz", "notes.txt"] {
            fs::write(path.join(name), "x").unwrap();
        }
        fs::create_dir(path.join("old.log")).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", path.join("link.log")).unwrap();
        let scan = scan(path, &pattern()).unwrap();
        assert_eq!((names(&scan), scan.passed_over), (vec!["laser.log", "laser.log.1"], 0));
        assert_eq!((scan.packed, scan.cut, scan.network), (1, false, None));
    }

    #[test]
    fn the_number_of_files_is_bounded() {
        let directory = tempfile::tempdir().unwrap();
        for n in 0..FILES_MAX + 3 {
            fs::write(directory.path().join(format!("{n}.log")), "").unwrap();
        }
        let scan = scan(directory.path(), &pattern()).unwrap();
        assert_eq!((scan.found.len(), scan.passed_over), (FILES_MAX, 3));
    }

    #[test]
    fn reading_leaves_no_trace_in_the_file_system() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("laser.log");
        fs::write(&path, "one\n").unwrap();
        // Older than the last change: the kernel would note the very next read.
        let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        let times = fs::FileTimes::new().set_accessed(long_ago);
        for path in [&path, directory.path()] {
            File::open(path).unwrap().set_times(times).unwrap();
        }
        let scan = scan(directory.path(), &pattern()).unwrap();
        let file = open(&scan.found[0]).unwrap().unwrap();
        assert_eq!(read(&file, 0).unwrap().0, b"one\n");
        for path in [&path, directory.path()] {
            assert_eq!(fs::metadata(path).unwrap().accessed().unwrap(), long_ago, "{}", path.display());
        }
    }

    #[test]
    fn what_was_replaced_since_the_scan_is_not_opened() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("laser.log");
        fs::write(&path, "old").unwrap();
        let held = File::open(&path).unwrap();
        let scan = scan(directory.path(), &pattern()).unwrap();
        fs::rename(&path, directory.path().join("away")).unwrap();
        fs::write(&path, "new").unwrap();
        assert!(open(&scan.found[0]).unwrap().is_none());
        drop(held);
    }

    #[test]
    fn a_pipe_or_a_link_in_the_place_of_a_file_is_not_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("laser.log");
        fs::write(&path, "old").unwrap();
        let scan = scan(directory.path(), &pattern()).unwrap();
        fs::rename(&path, directory.path().join("away")).unwrap();
        // Nobody writes to it.
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RUSR).unwrap();
        assert!(open(&scan.found[0]).unwrap().is_none());
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("away", &path).unwrap();
        assert!(open(&scan.found[0]).unwrap().is_none());
    }

    #[test]
    fn a_piece_begins_at_the_offset_and_ends_with_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("laser.log");
        fs::write(&path, "one\ntwo\n").unwrap();
        let file = File::open(&path).unwrap();
        for (offset, expected) in [(0, "one\ntwo\n"), (4, "two\n"), (8, ""), (99, "")] {
            assert_eq!(read(&file, offset).unwrap(), (expected.as_bytes().to_vec(), 8));
        }
    }

    #[test]
    fn zeros_at_the_end_of_a_file_are_not_yet_written_and_others_are() {
        let file = tempfile::tempfile().unwrap();
        let many = 3 * PIECE_BYTES as u64;
        file.write_all_at(b"one\n", 0).unwrap();
        file.set_len(many).unwrap();
        for (offset, expected) in [(0, &b"one\n"[..]), (4, b""), (many - 1, b"")] {
            assert_eq!(read(&file, offset).unwrap(), (expected.to_vec(), many));
        }
        let salt = Salt::new([7; 16]);
        assert_eq!(last_line_start(&file, many, &salt).unwrap(), Mark::behind(b"one\n", 4, &salt));
        file.write_all_at(b"two\n", many).unwrap();
        assert_eq!(read(&file, 0).unwrap().0.len(), PIECE_BYTES);
    }

    #[test]
    fn a_directory_with_too_many_entries_is_cut_and_says_so() {
        let directory = tempfile::tempdir().unwrap();
        for n in 0..=ENTRIES_MAX {
            File::create(directory.path().join(format!("{n}.txt"))).unwrap();
        }
        assert!(scan(directory.path(), &pattern()).unwrap().cut);
    }

    #[test]
    fn the_last_line_that_is_not_whole_begins_behind_the_last_whole_one() {
        let (long, salt) = ("x".repeat(PIECE_BYTES + 1), Salt::new([7; 16]));
        for (text, expected) in
            [("", 0), ("half", 0), ("one\n", 4), ("one\nhalf", 4), (&long, long.len() as u64)]
        {
            let file = tempfile::tempfile().unwrap();
            file.write_all_at(text.as_bytes(), 0).unwrap();
            file.write_all_at(b" and\nmore\n", text.len() as u64).unwrap();
            let mark = last_line_start(&file, text.len() as u64, &salt).unwrap();
            let before = text.as_bytes().split_at(usize::try_from(expected).unwrap()).0;
            assert_eq!(mark, Mark::behind(before, expected, &salt));
        }
    }
}
