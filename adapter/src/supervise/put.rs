//! Puts a file in its place in a directory of the supervisor's, so that a reader sees the old one or the new one and nothing
//! in between, and so that it works with the few rights of the service: the directory is its own, nothing that is there is
//! opened or followed, and the file is given away last.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::Path;

/// What a file is called until it is whole. One of these that is there was left by a supervisor that was killed.
pub(super) const NEW: &str = ".new";

/// Writes it. With an owner it becomes that user's and group's.
pub(super) fn put(
    directory: &Path,
    name: &Path,
    bytes: &[u8],
    mode: u32,
    owner: Option<(u32, u32)>,
) -> io::Result<()> {
    let new = directory.join(NEW);
    remove(&new)?;
    // Nobody's to read before it is its owner's alone.
    let mut to = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    to.write_all(bytes)?;
    to.set_permissions(Permissions::from_mode(mode))?;
    if let Some((user, group)) = owner {
        fchown(&to, Some(user), Some(group))?;
    }
    fs::rename(new, directory.join(name))
}

/// Removes a file; one that is not there is well.
pub(super) fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, symlink};

    use super::*;

    #[test]
    fn it_takes_the_place_of_the_last_one_whatever_was_left() {
        let directory = tempfile::tempdir().unwrap();
        let at = directory.path();
        let (file, elsewhere) = (at.join("key"), at.join("elsewhere"));
        fs::write(&elsewhere, "another's").unwrap();
        for (text, leftover) in [("one", None), ("two", Some(0o400)), ("three", Some(0o000))] {
            if let Some(mode) = leftover {
                fs::write(at.join(NEW), "half").unwrap();
                fs::set_permissions(at.join(NEW), Permissions::from_mode(mode)).unwrap();
            }
            put(at, Path::new("key"), text.as_bytes(), 0o400, None).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), text);
            assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o400);
        }
        // What somebody else would have written instead is not followed.
        symlink(&elsewhere, at.join(NEW)).unwrap();
        put(at, Path::new("key"), b"four", 0o400, None).unwrap();
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "another's");
        assert_eq!(fs::read_to_string(&file).unwrap(), "four");
        remove(&file).unwrap();
        remove(&file).unwrap();
    }
}
