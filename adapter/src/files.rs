//! Files in places where somebody else may put what he likes, and files that need not be there.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;

use rustix::fs::{Mode, OFlags};

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

/// The directory that a file is in, by a name that can be opened: the parent of a bare name is an empty path.
pub(crate) fn directory_of(file: &Path) -> &Path {
    file.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// What is not there needs no removing and no moving.
pub(crate) fn if_there(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_file_is_in_a_directory_that_can_be_opened() {
        for (file, expected) in [("a.toml", "."), ("./a.toml", "."), ("etc/a.toml", "etc"), ("/a.toml", "/")]
        {
            assert_eq!(directory_of(Path::new(file)), Path::new(expected), "{file}");
        }
    }

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
