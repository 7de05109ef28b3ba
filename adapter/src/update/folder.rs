//! A bundle in a folder, such as on a stick. What lies there may be anything: a name that leads elsewhere, a pipe that
//! never ends, a device.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use release::{Purpose, Step, Wanted};
use rustix::fs::{Mode, OFlags};

use super::{Keep, Stopped, UpdateError, limits};

pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Gives a file that is wanted, or says that it is not there.
    pub(super) fn give<P: Purpose>(
        &self,
        mut wanted: Wanted<P>,
        keep: &mut impl Keep,
    ) -> Result<Step<P>, Stopped> {
        let path = self.0.join(wanted.name());
        let failed = |source| UpdateError::Read { file: path.clone(), source };
        let mut file = match open(&path) {
            // A folder that is not there is another mistake than one without a timestamp.
            Err(error) if error.kind() == ErrorKind::NotFound && self.0.is_dir() => {
                return Ok(wanted.missing()?);
            }
            file => file.map_err(failed)?,
        };
        let mut buffer = vec![0; limits::READ_BYTES];
        loop {
            let length = file.read(&mut buffer).map_err(failed)?;
            match buffer.get(..length).filter(|part| !part.is_empty()) {
                Some(part) => {
                    wanted = wanted.part(part)?;
                    keep.part(wanted.name(), part).map_err(UpdateError::Keep)?;
                }
                None => return Ok(wanted.end()?),
            }
        }
    }
}

/// The bytes of a small file, as far as they are read at all: to see whether it has changed.
pub(super) fn glance(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path).ok()?.take(limits::GLANCE_BYTES).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// Opens a file and nothing else: no link, and without waiting for whoever holds a pipe's other end.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(ErrorKind::InvalidInput, "it is no regular file"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn only_files_are_opened() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("file"), "x").unwrap();
        fs::create_dir(path("folder")).unwrap();
        symlink("/dev/zero", path("link")).unwrap();
        symlink("file", path("link-to-a-file")).unwrap();
        let pipe = rustix::fs::mknodat(
            rustix::fs::CWD,
            path("pipe"),
            rustix::fs::FileType::Fifo,
            Mode::RUSR | Mode::WUSR,
            0,
        );
        pipe.unwrap();
        for (name, good) in
            [("file", true), ("folder", false), ("link", false), ("link-to-a-file", false), ("pipe", false)]
        {
            assert_eq!(open(&path(name)).is_ok(), good, "{name}");
        }
        assert!(open(Path::new("/dev/null")).is_err());
        assert_eq!(open(&path("nothing")).unwrap_err().kind(), ErrorKind::NotFound);
    }
}
