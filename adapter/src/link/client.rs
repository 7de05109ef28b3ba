//! The intake's end of the link. It holds nothing: what is not answered stays in the buffer, and whatever goes wrong
//! here is `Busy`.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use protocol::link::{ANSWER_BYTES, Decoded, decode_answer, encode_batch};
use ring::rand::SystemRandom;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};
use tokio_util::task::AbortOnDropHandle;

use super::limits::{ANSWER_MAX, BACKOFF_BASE, BACKOFF_CEILING, CONNECT_MAX, TRANSFER_MAX};
use super::slots::{SlotError, Slots};
use super::{Answer, Batch, Link, LinkState};
use crate::config;
use crate::uplink::{Backoff, Health, random};

/// What an uplink that says `Busy` does not say: it has no word for the reason.
const BUSY: &str =
    "the uplink says that the platform takes nothing now; `adapter status` of the uplink says why";

/// The way to the uplink.
#[derive(Debug)]
pub struct SocketLink {
    socket: PathBuf,
    uplink_user: Option<u32>,
    // Taken out while something is written to it: one that is dropped in the middle is closed.
    pub(super) connection: tokio::sync::Mutex<Option<Connection>>,
    backoff: Mutex<Backoff>,
    random: SystemRandom,
    health: Arc<Health>,
    state: Arc<LinkState>,
}

/// Why a batch has no answer. In words, for a technician; the data is kept.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("no uplink is there: {0}; does `adapter uplink` run?")]
    Away(io::Error),
    #[error("what listens there runs as user {0}, which is not link.uplink_user")]
    Stranger(u32),
    #[error("the uplink closed the connection; its log says why")]
    Closed,
    #[error("the uplink hangs: it does not take or answer anything")]
    Hangs,
}

#[derive(Debug)]
pub(super) struct Connection {
    write: OwnedWriteHalf,
    slots: Arc<Slots>,
    state: Arc<LinkState>,
    // Ends with the connection.
    _reader: AbortOnDropHandle<()>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.slots.close();
        self.state.set_connected(None);
    }
}

impl SocketLink {
    /// The way to the uplink that listens, or will, at this place. Nothing is opened yet.
    pub fn new(place: &config::Link) -> Self {
        Self {
            socket: place.socket.clone(),
            uplink_user: place.uplink_user,
            connection: tokio::sync::Mutex::default(),
            backoff: Mutex::new(Backoff::new(BACKOFF_BASE, BACKOFF_CEILING)),
            random: SystemRandom::new(),
            health: Arc::default(),
            state: Arc::default(),
        }
    }

    /// What the link last met with.
    pub fn health(&self) -> Arc<Health> {
        Arc::clone(&self.health)
    }

    /// How it stands.
    pub fn state(&self) -> Arc<LinkState> {
        Arc::clone(&self.state)
    }

    async fn ask(&self, batch: &Batch) -> Result<Answer, Trouble> {
        let (asked, answer) = self.send(batch).await?;
        match timeout(ANSWER_MAX, answer).await {
            Ok(answer) => answer.map_err(|_| Trouble::Closed),
            Err(_) => {
                // With the connection go all that wait on it: none of them knows more. Another may have taken its place by now.
                self.connection.lock().await.take_if(|current| Arc::ptr_eq(&current.slots, &asked));
                Err(Trouble::Hangs)
            }
        }
    }

    /// Gives where the answer will come, and on which connection.
    async fn send(&self, batch: &Batch) -> Result<(Arc<Slots>, oneshot::Receiver<Answer>), Trouble> {
        let mut place = self.connection.lock().await;
        let mut connection = match place.take().filter(|connection| !connection.slots.closed()) {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let (slot, answer) = match connection.slots.take() {
            Ok(taken) => taken,
            Err(SlotError::AllTaken) => {
                *place = Some(connection);
                return Err(Trouble::Hangs);
            }
            Err(SlotError::Closed | SlotError::NotAsked) => return Err(Trouble::Closed),
        };
        let frame = encode_batch(slot, batch.thing.as_str(), &batch.readings);
        let written = timeout(TRANSFER_MAX, connection.write.write_all(&frame)).await;
        written.map_err(|_| Trouble::Hangs)?.map_err(|_| Trouble::Closed)?;
        self.state.batches.one();
        let asked = Arc::clone(&connection.slots);
        *place = Some(connection);
        Ok((asked, answer))
    }

    async fn connect(&self) -> Result<Connection, Trouble> {
        let stream = timeout(CONNECT_MAX, connect(&self.socket)).await.map_err(|_| Trouble::Hangs)?;
        let stream = stream.map_err(Trouble::Away)?;
        let user = stream.peer_cred().map_err(Trouble::Away)?.uid();
        if self.uplink_user.is_some_and(|wanted| wanted != user) {
            self.state.peers_refused.one("another user");
            return Err(Trouble::Stranger(user));
        }
        let (read, write) = stream.into_split();
        let slots = Arc::<Slots>::default();
        self.state.set_connected(Some(Instant::now()));
        let reader = tokio::spawn(read_answers(read, Arc::clone(&slots), Arc::clone(&self.state)));
        let state = Arc::clone(&self.state);
        Ok(Connection { write, slots, state, _reader: AbortOnDropHandle::new(reader) })
    }

    fn well(&self) {
        self.backoff.lock().unwrap_or_else(PoisonError::into_inner).succeeded();
    }

    fn failed(&self, trouble: &Trouble) -> Duration {
        self.say(&format!("{trouble} (the link at {}); the data is kept", self.socket.display()));
        let random = random(&self.random);
        self.backoff.lock().unwrap_or_else(PoisonError::into_inner).failed(random, None)
    }

    // A warning: nothing is lost.
    fn say(&self, what: &str) {
        if self.health.ill(what) {
            tracing::warn!("{what}");
        }
    }
}

impl Link for SocketLink {
    async fn deliver(&self, batch: &Batch) -> Answer {
        match self.ask(batch).await {
            Ok(Answer::Busy { retry_after }) => {
                self.well();
                self.say(BUSY);
                Answer::Busy { retry_after }
            }
            Ok(answer) => {
                self.well();
                if self.health.well() {
                    tracing::info!("the platform takes data again");
                }
                answer
            }
            Err(trouble) => Answer::Busy { retry_after: self.failed(&trouble) },
        }
    }
}

// A socket whose queue is full says so at once: it would be tried again after a pause anyway.
async fn connect(socket: &Path) -> io::Result<UnixStream> {
    UnixStream::connect(socket).await
}

/// Gives each answer to whoever waits for it, until the connection ends. What is no answer ends it.
async fn read_answers(mut read: OwnedReadHalf, slots: Arc<Slots>, state: Arc<LinkState>) {
    let mut frame = [0; ANSWER_BYTES];
    while read.read_exact(&mut frame).await.is_ok() {
        let refused = match decode_answer(&frame) {
            Ok(Decoded::Complete { value: (slot, answer), .. }) => {
                slots.answer(slot, answer).err().map(|_| "not_asked")
            }
            Ok(Decoded::Incomplete) => Some("length"),
            Err(error) => Some(error.name()),
        };
        if let Some(reason) = refused {
            state.frames_refused.one(reason);
            tracing::error!(reason, "the uplink said something that is no answer: the connection is closed");
            break;
        }
        state.heard_now();
    }
    // Before anybody can see that it is over, and connect anew.
    state.set_connected(None);
    slots.close();
}
