//! A bundle in a folder, such as on a stick. What lies there may be anything: a name that leads elsewhere, a pipe that
//! never ends, a device.

use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use release::{Purpose, Step, Wanted};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::{Keep, Stopped, UpdateError, limits};
use crate::files::open;

/// A folder. What is read of it is read in a thread of its own, and one thread for each folder: a stick that hangs in the kernel holds
/// that one, and nothing else of this process.
pub(super) struct Folder {
    path: PathBuf,
    reads: Arc<Semaphore>,
}

/// What comes of a file.
enum Part {
    Bytes(Vec<u8>),
    /// The folder is there, and it is not in it.
    Missing,
    Failed(io::Error),
}

impl Folder {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), reads: Arc::new(Semaphore::new(1)) }
    }

    /// Gives a file that is wanted, or says that it is not there.
    pub(super) async fn give<P: Purpose, K: Keep>(
        &self,
        mut wanted: Wanted<P>,
        keep: &mut K,
    ) -> Result<Step<P>, Stopped<K::No>> {
        let file = self.path.join(wanted.name());
        let failed = |source| UpdateError::Read { file: file.clone(), source };
        let mut parts = self.read(&file).map_err(failed)?;
        loop {
            match next(&mut parts).await.map_err(failed)? {
                Some(Part::Bytes(part)) => {
                    wanted = wanted.part(&part)?;
                    keep.part(wanted.name(), &part).map_err(UpdateError::Keep)?;
                }
                Some(Part::Missing) => return Ok(wanted.missing()?),
                Some(Part::Failed(source)) => return Err(failed(source).into()),
                None => return Ok(wanted.end()?),
            }
        }
    }

    /// The bytes of a small file, as far as they are read at all: to see whether it has changed. Nothing where it cannot be read
    /// now.
    pub(super) async fn glance(&self, name: &str) -> Option<Vec<u8>> {
        let mut parts = self.read(&self.path.join(name)).ok()?;
        let mut bytes = Vec::new();
        loop {
            match next(&mut parts).await.ok()? {
                Some(Part::Bytes(part)) => bytes.extend(part),
                Some(Part::Missing | Part::Failed(_)) => return None,
                None => return Some(bytes),
            }
            if bytes.len() > limits::GLANCE_BYTES {
                bytes.truncate(limits::GLANCE_BYTES);
                return Some(bytes);
            }
        }
    }

    /// Begins to read a file of it, unless another one is still being read.
    fn read(&self, file: &Path) -> io::Result<mpsc::Receiver<Part>> {
        let permit = Arc::clone(&self.reads).try_acquire_owned().map_err(|_| hangs())?;
        let (parts, read) = mpsc::channel(limits::PARTS_MAX);
        let (folder, file) = (self.path.clone(), file.to_owned());
        spawn_blocking(move || pump(&folder, &file, permit, &parts));
        Ok(read)
    }
}

async fn next(parts: &mut mpsc::Receiver<Part>) -> io::Result<Option<Part>> {
    timeout(limits::FOLDER_SILENCE_MAX, parts.recv()).await.map_err(|_| hangs())
}

fn hangs() -> io::Error {
    io::Error::new(ErrorKind::TimedOut, "what it is on does not answer; take it out and put it in again")
}

/// Reads a file to its end, or for as long as somebody wants it.
fn pump(folder: &Path, file: &Path, permit: OwnedSemaphorePermit, parts: &mpsc::Sender<Part>) {
    let read = || -> io::Result<()> {
        let mut file = open(file)?;
        let mut buffer = vec![0; limits::READ_BYTES];
        loop {
            let length = file.read(&mut buffer)?;
            let Some(part) = buffer.get(..length).filter(|part| !part.is_empty()) else { return Ok(()) };
            if parts.blocking_send(Part::Bytes(part.to_vec())).is_err() {
                return Ok(());
            }
        }
    };
    let last = match read() {
        Ok(()) => None,
        // A folder that is not there is another mistake than one without a timestamp.
        Err(error) if error.kind() == ErrorKind::NotFound && folder.is_dir() => Some(Part::Missing),
        Err(error) => Some(Part::Failed(error)),
    };
    // Whoever hears of its end may begin with the next.
    drop(permit);
    if let Some(last) = last {
        // Nobody may want it any more.
        let _ = parts.blocking_send(last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[tokio::test]
    async fn a_file_is_given_whole_and_one_that_hangs_holds_nobody_else() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::new(temporary.path());
        assert_eq!(folder.glance("file").await, None);
        let large = vec![7; 3 * limits::READ_BYTES + 5];
        fs::write(temporary.path().join("file"), &large).unwrap();
        assert_eq!(folder.glance("file").await.unwrap().len(), large.len().min(limits::GLANCE_BYTES));
        // As if a thread still waited for the kernel.
        let hanging = Arc::clone(&folder.reads).acquire_owned().await.unwrap();
        assert_eq!(folder.glance("file").await, None);
        let error = folder.read(&temporary.path().join("file")).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        drop(hanging);
        assert!(folder.glance("file").await.is_some());
        // Nor is one waited for that gives nothing.
        let (sender, mut parts) = mpsc::channel(1);
        tokio::time::pause();
        assert_eq!(next(&mut parts).await.err().unwrap().kind(), ErrorKind::TimedOut);
        drop(sender);
        assert!(next(&mut parts).await.unwrap().is_none());
    }
}
