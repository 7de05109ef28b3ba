//! The socket at which the running adapter tells of itself: in Linux's abstract namespace, so that it is a name and
//! no file, and for writing only.

use std::io;
use std::net::Shutdown;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener as StdListener};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};
use serde::Serialize;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::limits::{ACCEPT_WAIT, WRITE_MAX};
use crate::half::Half;

/// Bytes of the hash in a name: enough that no two configurations of one machine share one.
const HASH_BYTES: usize = 16;
/// What stands for a supervisor in a name.
pub(super) const SUPERVISOR: &str = "supervisor";

/// Why the adapter runs without status.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// The configuration file has no path that it could be known by.
    #[error("{}: cannot be found", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another adapter runs with this configuration, or some other program has taken the name.
    #[error("another program of this machine answers for this configuration already")]
    Taken,
    /// The system gives no such socket.
    #[error("the system gives no socket for it")]
    Socket(#[source] io::Error),
}

/// The socket, bound.
#[derive(Debug)]
pub struct Door(StdListener);

impl Door {
    /// Binds the socket that belongs to this configuration file and half.
    ///
    /// # Errors
    /// See [`DoorError`]. None is a reason not to run.
    pub fn open(config: &Path, half: Half) -> Result<Self, DoorError> {
        Self::named(&name(config, half)?)
    }

    /// The same for the supervisor with this configuration file.
    pub(crate) fn of_supervisor(config: &Path) -> Result<Self, DoorError> {
        Self::named(&name_of(config, SUPERVISOR)?)
    }

    fn named(name: &str) -> Result<Self, DoorError> {
        let taken = |error: io::Error| match error.kind() {
            io::ErrorKind::AddrInUse => DoorError::Taken,
            _ => DoorError::Socket(error),
        };
        let address = address(name).map_err(DoorError::Socket)?;
        let listener = StdListener::bind_addr(&address).map_err(taken)?;
        listener.set_nonblocking(true).map_err(DoorError::Socket)?;
        Ok(Self(listener))
    }

    /// Writes the document to each asker, one after the other, until `stop`.
    pub(crate) async fn serve<T: Serialize>(self, document: impl Fn() -> T, stop: CancellationToken) {
        let listener = match UnixListener::from_std(self.0) {
            Ok(listener) => listener,
            Err(error) => {
                tracing::warn!(%error, "`adapter status` will not answer");
                return stop.cancelled().await;
            }
        };
        while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
            let told = match accepted {
                Ok((stream, _)) => stop.run_until_cancelled(tell(stream, &document)).await.unwrap_or(Ok(())),
                Err(error) => {
                    let _ = stop.run_until_cancelled(sleep(ACCEPT_WAIT)).await;
                    Err(error)
                }
            };
            // The asker's own affair: nothing of ours hangs on it.
            if let Err(error) = told {
                tracing::debug!(%error, "somebody asked for the status and did not get it");
            }
        }
    }
}

/// The name that belongs to a configuration file: both sides make it from the file's real path. The halves may have one
/// file, and each its own name.
pub(super) fn name(config: &Path, half: Half) -> Result<String, DoorError> {
    let program = match half {
        Half::Whole => "adapter",
        Half::Intake => "intake",
        Half::Uplink => "uplink",
    };
    name_of(config, program)
}

pub(super) fn name_of(config: &Path, program: &str) -> Result<String, DoorError> {
    let failed = |source| DoorError::File { file: config.to_owned(), source };
    let path = config.canonicalize().map_err(failed)?;
    let hash = digest(&SHA256, path.as_os_str().as_bytes());
    let hash = HEXLOWER.encode(hash.as_ref().get(..HASH_BYTES).unwrap_or_default());
    Ok(format!("oneway-{program}-{hash}"))
}

pub(super) fn address(name: &str) -> io::Result<SocketAddr> {
    SocketAddr::from_abstract_name(name)
}

/// The user that this process is.
pub(super) fn own_user() -> io::Result<u32> {
    let (one, _other) = UnixStream::pair()?;
    Ok(one.peer_cred()?.uid())
}

/// Whether this user has nothing to hide from that one, and may believe it. Root may do all that this user may.
pub(super) fn trusts(own: u32, other: u32) -> bool {
    other == own || other == 0
}

async fn tell<T: Serialize>(stream: UnixStream, document: impl Fn() -> T) -> io::Result<()> {
    let asker = stream.peer_cred()?.uid();
    if !trusts(own_user()?, asker) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, format!("user {asker} may not ask")));
    }
    // From here on whatever the asker sends is refused by the system itself.
    let stream = stream.into_std()?;
    stream.shutdown(Shutdown::Read)?;
    let document = document();
    let written = write(UnixStream::from_std(stream)?, &document);
    timeout(WRITE_MAX, written).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

// Takes something to write to, and nothing that could be read from.
async fn write(mut to: impl AsyncWrite + Unpin, document: &impl Serialize) -> io::Result<()> {
    let mut text = serde_json::to_vec(document)?;
    text.push(b'\n');
    to.write_all(&text).await?;
    to.shutdown().await
}
