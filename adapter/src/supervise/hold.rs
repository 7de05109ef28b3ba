//! The one supervisor of a machine: whoever holds its directory. A second one, such as one that somebody starts by hand beside the
//! service, would take the first one's containers and releases from under it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags, flock};

/// The file that is locked; it says who has locked it, and where the engine is that it works with.
const FILE: &str = "lock";

/// Why it is not held.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HoldError {
    /// Another one has it.
    #[error("another supervisor runs ({who}): stop it first, or look at it with `adapter status`")]
    Taken {
        /// What it wrote there.
        who: String,
    },
    /// It cannot be held.
    #[error("{}: cannot be made or written to", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// The directory, held until this is dropped; the kernel gives it back for one that is killed.
#[derive(Debug)]
pub(super) struct Held(File);

impl Held {
    /// Takes it.
    pub(super) fn take(directory: &Path) -> Result<Self, HoldError> {
        let path = directory.join(FILE);
        let failed = |source| HoldError::Io { path: path.clone(), source };
        let no_link = i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or(0);
        let mut open = OpenOptions::new();
        let open = open.read(true).write(true).create(true).truncate(false).mode(0o600).custom_flags(no_link);
        let mut file = open.open(&path).map_err(failed)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self(file)),
            Err(rustix::io::Errno::WOULDBLOCK) => {
                let mut who = String::new();
                file.read_to_string(&mut who).map_err(failed)?;
                Err(HoldError::Taken {
                    who: who.lines().next().unwrap_or_default().escape_debug().to_string(),
                })
            }
            Err(error) => Err(failed(error.into())),
        }
    }

    /// Says who holds it, and which engine it works with.
    pub(super) fn say(&mut self, engine: &Path) -> io::Result<()> {
        self.0.rewind()?;
        // Over what is there, which needs no room, and cut then: whoever stops what was left running reads it.
        write!(self.0, "process {}\n{}\n", std::process::id(), engine.display())?;
        let end = self.0.stream_position()?;
        self.0.set_len(end)
    }

    /// The engine of whoever held it before; nothing where nobody did.
    pub(super) fn engine_before(&mut self) -> io::Result<Option<PathBuf>> {
        let mut said = String::new();
        self.0.rewind()?;
        self.0.read_to_string(&mut said)?;
        Ok(said.lines().nth(1).map(PathBuf::from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holds_it_and_says_so_and_the_next_one_knows_its_engine() {
        let directory = tempfile::tempdir().unwrap();
        let mut first = Held::take(directory.path()).unwrap();
        assert_eq!(first.engine_before().unwrap(), None);
        first.say(Path::new("/run/a longer name of a socket")).unwrap();
        first.say(Path::new("/run/docker.sock")).unwrap();
        let said = Held::take(directory.path()).unwrap_err().to_string();
        assert!(said.contains(&format!("process {}", std::process::id())), "{said}");
        drop(first);
        let mut next = Held::take(directory.path()).unwrap();
        assert_eq!(next.engine_before().unwrap(), Some("/run/docker.sock".into()));
    }
}
