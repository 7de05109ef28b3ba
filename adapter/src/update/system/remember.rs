//! The fourth step: the signed documents of what was written to the disk go to the state partition, in the place of those that
//! are there. Some ten kilobytes, once for each version: the one thing that an update writes besides the partitions.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use release::limits::{DOCUMENT_BYTES_MAX, ROOTS_MAX};
use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::files::{if_there, open};

/// How the file of a document ends, and that of a root.
const DOCUMENT: &str = ".signed";
const ROOT: &str = ".root.signed";
/// Until all are there.
const NEXT: &str = "next";

/// Puts the documents of one folder in the place of those of another, which keeps its roots. Whenever the power goes, the one
/// state or the other is there, whole.
///
/// # Errors
/// It cannot be read or written.
pub(crate) fn remember(from: &Path, state: &Path) -> io::Result<()> {
    let next = state.with_extension(NEXT);
    if_there(fs::remove_dir_all(&next))?;
    fs::create_dir_all(&next)?;
    if state.is_dir() {
        copy(state, &next, ROOT)?;
    }
    copy(from, &next, DOCUMENT)?;
    File::open(&next)?.sync_all()?;
    let flags = if state.is_dir() { RenameFlags::EXCHANGE } else { RenameFlags::NOREPLACE };
    renameat_with(CWD, &next, CWD, state, flags)?;
    if let Some(parent) = state.parent() {
        File::open(parent)?.sync_all()?;
    }
    if_there(fs::remove_dir_all(&next))
}

fn copy(from: &Path, to: &Path, ending: &str) -> io::Result<()> {
    let mut names = Vec::new();
    for entry in fs::read_dir(from)? {
        names.push(entry?.file_name());
    }
    names.retain(|name| name.to_str().is_some_and(|name| name.ends_with(ending)));
    // As many as a bundle can have: the roots, and one document of each other role.
    for name in names.iter().take(ROOTS_MAX + 3) {
        let bytes = read(&from.join(name))?;
        write(to, name, &bytes)?;
    }
    Ok(())
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(DOCUMENT_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn write(folder: &Path, name: &OsStr, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(folder.join(name))?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::names;

    #[test]
    fn documents_take_the_place_of_others_and_roots_stay() {
        let folder = tempfile::tempdir().unwrap();
        let (state, from) = (folder.path().join("release"), folder.path().join("from"));
        for (files, expected) in [
            (
                &["2.root.signed", "timestamp.signed", "3.targets.signed", "oneway_1.4.0.efi"][..],
                &["2.root.signed", "3.targets.signed", "timestamp.signed"][..],
            ),
            (
                &["3.root.signed", "timestamp.signed", "4.targets.signed"],
                &["2.root.signed", "3.root.signed", "4.targets.signed", "timestamp.signed"],
            ),
        ] {
            if_there(fs::remove_dir_all(&from)).unwrap();
            fs::create_dir(&from).unwrap();
            for name in files {
                fs::write(from.join(name), files.concat()).unwrap();
            }
            // What a power cut left.
            fs::create_dir_all(folder.path().join("release.next")).unwrap();
            fs::write(folder.path().join("release.next/half.signed"), "").unwrap();
            remember(&from, &state).unwrap();
            assert_eq!(names(&state), expected);
            assert_eq!(fs::read_to_string(state.join("timestamp.signed")).unwrap(), files.concat());
            assert_eq!(names(folder.path()), ["from", "release"]);
        }
    }
}
