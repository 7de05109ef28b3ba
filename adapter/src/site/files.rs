//! Reading and writing of small files: what is read has a bound, what is written is there whole or not at all.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use crate::files::{if_there, open};

/// The bytes of a file, up to one more than a bound; `None` when there is none.
pub(super) fn read(path: &Path, bytes_max: u64) -> io::Result<Option<Vec<u8>>> {
    let file = match open(path) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        file => file?,
    };
    let mut bytes = Vec::new();
    file.take(bytes_max + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// Puts a file into the place of another in one step, on the disk when this returns.
pub(super) fn put(path: &Path, mode: u32, bytes: &[u8]) -> io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    let draft = Path::new(&draft);
    // One that a broken run left behind may have another mode.
    remove(draft)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(draft)?;
    // Whatever the umask left of it.
    file.set_permissions(Permissions::from_mode(mode))?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| fs::rename(draft, path));
    if written.is_err() {
        remove(draft)?;
    }
    written?;
    match path.parent() {
        Some(directory) => File::open(directory)?.sync_all(),
        None => Ok(()),
    }
}

/// Removes a file, if it is there.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    if_there(fs::remove_file(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_with_its_mode() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        assert_eq!(read(&path, 9).unwrap(), None);
        for (mode, text) in [(0o600, "one"), (0o644, "three")] {
            put(&path, mode, text.as_bytes()).unwrap();
            assert_eq!(read(&path, 9).unwrap().unwrap(), text.as_bytes());
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, mode);
        }
        assert_eq!(read(&path, 2).unwrap().unwrap(), b"thr");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        assert!(read(directory.path(), 9).is_err());
    }
}
