//! One intake, from its connection to its end: takes its batches, has each delivered, and says what became of it.

use std::io;

use bytes::{Buf as _, BytesMut};
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use protocol::limits::LINK_SLOTS_MAX;
use protocol::link::{self, Decoded, decode_batch, encode_answer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::{Instant, timeout, timeout_at};

use super::limits::{FIRST_MAX, IDLE_MAX, READ_BYTES, TRANSFER_MAX, WAITS};
use super::{Answer, Batch, Link, LinkState};
use crate::config::AdapterName;

/// Why it ended, where it did not end in order.
#[derive(Debug)]
pub(super) enum SessionError {
    /// It sent what no intake sends: by the codec's name of it, and in words.
    Refused(&'static str, String),
    /// It stopped in the middle, or took no answer.
    Broken(io::Error),
}

/// Serves until the intake goes. What it has under way then is dropped: it was not told, and sends it again.
pub(super) async fn serve(
    stream: UnixStream,
    way: &impl Link,
    adapter: &AdapterName,
    state: &LinkState,
) -> Result<(), SessionError> {
    let (read, mut write) = stream.into_split();
    let mut batches =
        Batches { read, input: BytesMut::new(), begun: None, silent_until: Instant::now() + FIRST_MAX };
    let mut flights = FuturesUnordered::new();
    let mut flying = [false; LINK_SLOTS_MAX as usize];
    loop {
        tokio::select! {
            batch = batches.next() => {
                let Some(link::Batch { slot, thing, readings }) = batch? else { return Ok(()) };
                state.heard_now();
                state.batches.one();
                take(&mut flying, slot)?;
                let thing = adapter.own(&thing).ok_or_else(|| {
                    let why = format!("a thing that is none of {adapter}'s; is it the identity of another adapter?");
                    SessionError::Refused("foreign_thing", why)
                })?;
                let batch = Batch { thing, readings };
                flights.push(async move { (slot, way.deliver(&batch).await) });
            }
            Some((slot, answer)) = flights.next() => {
                if let Some(flying) = flying.get_mut(usize::from(slot)) {
                    *flying = false;
                }
                if let Answer::Busy { retry_after } = answer {
                    state.told_to_wait(retry_after * WAITS);
                }
                tell(&mut write, slot, answer).await?;
            }
        }
    }
}

// A slot is free again only when its answer was given.
fn take(flying: &mut [bool], slot: u8) -> Result<(), SessionError> {
    match flying.get_mut(usize::from(slot)) {
        Some(flying @ false) => {
            *flying = true;
            Ok(())
        }
        _ => Err(SessionError::Refused("slot_taken", "a batch in a slot that waits for its answer".into())),
    }
}

async fn tell(write: &mut OwnedWriteHalf, slot: u8, answer: Answer) -> Result<(), SessionError> {
    let written = timeout(TRANSFER_MAX, write.write_all(&encode_answer(slot, answer))).await;
    written.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map_err(SessionError::Broken)
}

/// The batches of a stream.
struct Batches {
    read: OwnedReadHalf,
    // At most one batch, and what was read with its end.
    input: BytesMut,
    // When the first byte of what is there came.
    begun: Option<Instant>,
    // Where nothing of the next is there: until when its first byte may come.
    silent_until: Instant,
}

impl Batches {
    /// The next one; nothing at the end of the stream. Dropped in between, it loses nothing.
    async fn next(&mut self) -> Result<Option<link::Batch>, SessionError> {
        loop {
            match decode_batch(&self.input) {
                Ok(Decoded::Complete { value, used }) => {
                    self.input.advance(used);
                    self.begun = (!self.input.is_empty()).then(Instant::now);
                    return Ok(Some(value));
                }
                Ok(Decoded::Incomplete) => {}
                Err(error) => return Err(SessionError::Refused(error.name(), error.to_string())),
            }
            if self.more().await? == 0 {
                let whole = self.input.is_empty();
                return if whole { Ok(None) } else { Err(broken(io::ErrorKind::UnexpectedEof)) };
            }
        }
    }

    async fn more(&mut self) -> Result<usize, SessionError> {
        if self.input.is_empty() {
            // The room of a large batch is not for the pause behind it.
            self.input = BytesMut::new();
        }
        self.input.reserve(READ_BYTES);
        let deadline = self.begun.map_or(self.silent_until, |begun| begun + TRANSFER_MAX);
        let read = timeout_at(deadline, self.read.read_buf(&mut self.input)).await;
        let read = read.map_err(|_| broken(io::ErrorKind::TimedOut))?.map_err(SessionError::Broken)?;
        let now = Instant::now();
        self.begun.get_or_insert(now);
        self.silent_until = now + IDLE_MAX;
        Ok(read)
    }
}

fn broken(kind: io::ErrorKind) -> SessionError {
    SessionError::Broken(kind.into())
}
