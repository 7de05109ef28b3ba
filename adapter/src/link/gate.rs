//! The uplink's end of the link: the socket, who may come in by it, and one intake at a time.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{FlockOperation, Mode, flock};
use rustix::process::umask;
use tokio::net::{UnixListener, UnixStream};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::limits::ACCEPT_WAIT;
use super::session::{self, SessionError};
use super::{Link, LinkState};
use crate::config::{self, AdapterName};
use crate::files::directory_of;
use crate::normalise::Quiet;

/// What a new socket's mode lacks of all rights: its owner's and its group's to connect is left.
const MASK: Mode = Mode::from_raw_mode(0o117);

/// Why the uplink cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// The directory is not there, or not ours to use.
    #[error("{}: the directory of link.socket cannot be used; make it, in memory, for the uplink's user", directory.display())]
    Directory {
        /// The directory.
        directory: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another process holds it.
    #[error("{}: another uplink uses this directory; each link needs one of its own", directory.display())]
    Taken {
        /// The directory.
        directory: PathBuf,
    },
    /// Something is there that is no socket.
    #[error("{}: is no socket; remove it, or name another link.socket", socket.display())]
    NoSocket {
        /// The path.
        socket: PathBuf,
    },
    /// The socket could not be made.
    #[error("{}: the link's socket cannot be made", socket.display())]
    Socket {
        /// The path.
        socket: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// The socket, bound.
#[derive(Debug)]
pub struct Gate {
    listener: UnixListener,
    intake_user: Option<u32>,
    socket: PathBuf,
    // What was said of who was turned away, and when.
    complaints: Quiet<&'static str>,
    // Held for as long as it is open: whoever has the lock may replace the socket.
    _directory: File,
}

impl Gate {
    /// Binds the socket. What a killed uplink left there is replaced: the lock on the directory says that it is gone.
    ///
    /// # Errors
    /// See [`GateError`].
    pub fn open(place: &config::Link) -> Result<Self, GateError> {
        let socket = place.socket.clone();
        let directory = lock(directory_of(&socket))?;
        let failed = |source| GateError::Socket { socket: socket.clone(), source };
        match std::fs::symlink_metadata(&socket) {
            Ok(found) if found.file_type().is_socket() => std::fs::remove_file(&socket).map_err(failed)?,
            Ok(_) => return Err(GateError::NoSocket { socket }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        // Before it is there, so that there is no moment in which others may connect. Nothing else that this process
        // makes has a mode.
        let before = umask(MASK);
        let listener = UnixListener::bind(&socket);
        umask(before);
        let listener = listener.map_err(failed)?;
        let (intake_user, complaints) = (place.intake_user, Quiet::new());
        Ok(Self { listener, intake_user, socket, complaints, _directory: directory })
    }

    /// Where it is.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Has the intake's batches delivered, until `stop`. A second intake is turned away while the first is there.
    pub async fn serve(
        self,
        link: Arc<impl Link>,
        adapter: AdapterName,
        state: Arc<LinkState>,
        stop: CancellationToken,
    ) {
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => return,
                accepted = self.accept(&state) => accepted,
            };
            tracing::info!("the intake is connected");
            state.set_connected(Some(Instant::now()));
            let served = session::serve(accepted, &*link, &adapter, &state);
            let ended = tokio::select! {
                // First, so that one that has gone makes room for the next.
                biased;
                ended = served => ended,
                () = stop.cancelled() => return,
                () = self.turn_away(&state) => return,
            };
            state.set_connected(None);
            match ended {
                Ok(()) => tracing::info!("the intake has gone"),
                Err(SessionError::Refused(reason, why)) => {
                    state.frames_refused.one(reason);
                    tracing::error!(reason, "what the intake sent was refused, and it is cut off: {why}");
                }
                Err(SessionError::Broken(why)) => tracing::warn!(%why, "the link to the intake broke"),
            }
        }
    }

    /// The next that may come in.
    async fn accept(&self, state: &LinkState) -> UnixStream {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => match self.peer(&stream) {
                    Ok(()) => return stream,
                    Err(user) => {
                        state.peers_refused.one("another user");
                        if let Some(unsaid) = self.complaints.may_say("another user") {
                            tracing::warn!(
                                ?user,
                                unsaid,
                                "somebody connected who is not link.intake_user, and was turned away"
                            );
                        }
                    }
                },
                Err(error) => {
                    tracing::warn!(%error, "a connection of the intake could not be taken");
                    sleep(ACCEPT_WAIT).await;
                }
            }
        }
    }

    async fn turn_away(&self, state: &LinkState) {
        loop {
            drop(self.accept(state).await);
            state.peers_refused.one("a second intake");
            if let Some(unsaid) = self.complaints.may_say("a second intake") {
                tracing::warn!(unsaid, "another intake is connected already: a second one was turned away");
            }
        }
    }

    // The system's word of who connected.
    fn peer(&self, stream: &UnixStream) -> Result<(), Option<u32>> {
        let Some(wanted) = self.intake_user else { return Ok(()) };
        let user = stream.peer_cred().ok().map(|peer| peer.uid());
        if user == Some(wanted) { Ok(()) } else { Err(user) }
    }
}

fn lock(directory: &Path) -> Result<File, GateError> {
    let failed = |source| GateError::Directory { directory: directory.to_owned(), source };
    let open = File::open(directory).map_err(failed)?;
    match flock(&open, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(open),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(GateError::Taken { directory: directory.to_owned() }),
        Err(error) => Err(failed(error.into())),
    }
}
