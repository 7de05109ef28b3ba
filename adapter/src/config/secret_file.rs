//! Reading a file that holds a secret.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::handed_over;

/// A key or a credentials file is a few kilobytes; anything longer is not one.
const LENGTH_MAX: u64 = 64 << 10;
/// Bits of the mode that let anyone but the owner in.
const OTHERS: u32 = 0o077;
/// Bits of the mode that let anyone in but the owner and readers of its group.
const STRANGERS: u32 = 0o037;

/// Why a secret was not read. The owner's to mend.
#[derive(Debug, thiserror::Error)]
pub enum SecretFileError {
    /// It could not be opened or read, or is not text.
    #[error("{}: cannot be read", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Only a service is handed this over.
    #[error(
        "{}: is handed over by the service manager, which did not start this process; `packages.md` says how to run a \
         command as the service would",
        file.display()
    )]
    NotHandedOver {
        /// The file, as it is configured.
        file: PathBuf,
    },
    /// Others can read it than may.
    #[error("{0}: others can read this secret (mode {mode:04o}); run `chmod {right:o} {0}`", file.display())]
    Open {
        /// The file.
        file: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// What they should be.
        right: u32,
    },
    /// It is too long to be a secret.
    #[error("{}: longer than {LENGTH_MAX} bytes, so this is not the right file", file.display())]
    TooLong {
        /// The file.
        file: PathBuf,
    },
}

/// The text of a secret's file, which nobody but its owner may be able to read.
///
/// # Errors
/// See [`SecretFileError`].
pub fn read(path: &Path) -> Result<SecretString, SecretFileError> {
    read_guarded(path, OTHERS, 0o600)
}

/// The same of a secret that the two halves of an adapter share, by a group that both are in.
///
/// # Errors
/// See [`SecretFileError`].
pub(super) fn read_shared(path: &Path) -> Result<SecretString, SecretFileError> {
    read_guarded(path, STRANGERS, 0o640)
}

fn read_guarded(path: &Path, forbidden: u32, right: u32) -> Result<SecretString, SecretFileError> {
    if handed_over::is_missing(path) {
        return Err(SecretFileError::NotHandedOver { file: path.to_owned() });
    }
    let failed = |source| SecretFileError::Read { file: path.to_owned(), source };
    // Where the service manager lets the one user in by an access list, the group's bits show that list's mask, and the
    // group is let in by it no more than before.
    let forbidden = if handed_over::is(path) { forbidden & STRANGERS } else { forbidden };
    let file = File::open(path).map_err(failed)?;
    // Asked of the open file, not of the path, which could be another one by then.
    let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o7777;
    if mode & forbidden != 0 {
        return Err(SecretFileError::Open { file: path.to_owned(), mode, right });
    }
    let mut text = String::new();
    file.take(LENGTH_MAX + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > LENGTH_MAX {
        return Err(SecretFileError::TooLong { file: path.to_owned() });
    }
    Ok(SecretString::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;
    use std::fs::{self, Permissions};

    #[test]
    fn only_the_owner_may_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        fs::write(&path, "secret").unwrap();
        for (mode, good) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o644, false)] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            match read(&path) {
                Ok(text) => assert!(good && text.expose_secret() == "secret", "{mode:o}"),
                Err(error) => {
                    assert!(!good, "{mode:o}: {error}");
                    let expected = format!(
                        "{0}: others can read this secret (mode {mode:04o}); run `chmod 600 {0}`",
                        path.display()
                    );
                    assert_eq!(error.to_string(), expected);
                }
            }
        }
    }

    #[test]
    fn what_is_shared_may_be_read_by_the_group_and_written_by_nobody_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("identity");
        fs::write(&path, "shared").unwrap();
        for (mode, good) in [(0o600, true), (0o640, true), (0o660, false), (0o644, false), (0o642, false)] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            assert_eq!(read_shared(&path).is_ok(), good, "{mode:o}");
        }
        assert!(read_shared(&path).unwrap_err().to_string().contains("run `chmod 640 "));
    }

    #[test]
    fn a_file_without_end_is_not_read_to_its_end() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        fs::write(&path, vec![b'x'; 65 << 10]).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(read(&path), Err(SecretFileError::TooLong { .. })));
    }
}
