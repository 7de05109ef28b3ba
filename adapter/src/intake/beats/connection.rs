//! One sender's connection: reads, hands on, and performs what `flow.rs` decides.
//!
//! What comes in goes on at once, event by event: neither a window nor a compressed frame is kept, so that a
//! connection takes no more memory than one event, whatever its sender announces. While readings wait for the buffer
//! nothing more is read, and the sender is told to wait.

use std::io;

use bytes::BytesMut;
use catalog::Reading;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use protocol::lumberjack::{self, Decoder, Step};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, sleep_until, timeout};

use super::flow::{Action, Event, Flow, Why};
use super::limits::{EVENTS_PER_PUT, READ_BYTES, READ_BYTES_IDLE, WRITE_MAX};
use super::seats::Seat;
use super::senders::Known;
use crate::intake::IntakeContext;
use crate::receipt::{Outcome, Receipt, Verdict};

/// How a connection ended.
#[derive(Debug)]
pub(super) enum End {
    /// As `flow.rs` decided.
    Decided(Why),
    /// The connection broke.
    Broken(io::Error),
}

/// One sender's connection.
pub(super) struct Connection<'a, S> {
    stream: S,
    known: Known,
    context: &'a IntakeContext,
    seat: Seat,
    decoder: Decoder,
    flow: Flow,
    /// The receipt of the window that is coming in, which each piece of it shares.
    open: Option<(Receipt, Verdict)>,
    /// Readings on their way into the buffer. Nothing is read meanwhile, so that a full buffer holds up the sender.
    putting: Option<BoxFuture<'static, ()>>,
    verdicts: FuturesUnordered<BoxFuture<'static, (u64, Outcome)>>,
    input: BytesMut,
}

/// A piece of what came in, taken apart.
#[derive(Default)]
struct Piece {
    readings: Vec<Vec<Reading>>,
    /// What to acknowledge, where a window ends with it.
    ends: Option<u32>,
    /// There may be more where it came from.
    more: bool,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Connection<'a, S> {
    pub(super) fn new(stream: S, known: Known, context: &'a IntakeContext, seat: Seat) -> Self {
        Self {
            stream,
            known,
            context,
            seat,
            decoder: Decoder::new(),
            flow: Flow::new(Instant::now()),
            open: None,
            putting: None,
            verdicts: FuturesUnordered::new(),
            input: BytesMut::with_capacity(READ_BYTES_IDLE),
        }
    }

    /// Serves the sender until one side ends it. Windows that are not stored by then are nacked, which needs
    /// no word: the sender has no acknowledgement of them.
    pub(super) async fn serve(mut self) -> End {
        loop {
            match self.turn().await {
                Ok(None) => {}
                Ok(Some(why)) => return End::Decided(why),
                Err(end) => return end,
            }
        }
    }

    /// Waits for one thing to happen, and does what it asks for. Says why the connection ends, if it does.
    async fn turn(&mut self) -> Result<Option<Why>, End> {
        if let Err(error) = self.go_on() {
            self.context.counters.frames_refused.one(error.name());
            return self.tell(Event::Refused(error)).await;
        }
        self.flow.handle(Event::HeldUp(self.putting.is_some()), Instant::now());
        self.seat.is_quiet(self.flow.quiet_since());
        let reads = self.putting.is_none() && self.flow.takes_more();
        let deadline = self.flow.deadline();
        // Asked of the flow, not of the token: a stop that came while we were elsewhere is still to be told.
        let stopping = self.flow.is_stopping();
        let event = tokio::select! {
            // What resolves windows comes first: it makes room, and a busy sender must not starve it.
            biased;
            Some((ticket, outcome)) = self.verdicts.next() => Event::Resolved { ticket, outcome },
            () = wait(&mut self.putting) => {
                self.putting = None;
                return Ok(None);
            }
            () = self.context.stop.cancelled(), if !stopping => Event::Stop,
            () = self.seat.left() => Event::Replaced,
            // Before the reading: a sender that never pauses must be told to wait as well.
            () = sleep_until(deadline) => Event::Tick,
            read = self.stream.read_buf(&mut self.input), if reads => match read {
                Ok(0) => Event::Ended,
                Ok(_) => {
                    self.take_in();
                    return Ok(None);
                }
                Err(error) => return Err(End::Broken(error)),
            },
        };
        self.tell(event).await
    }

    fn take_in(&mut self) {
        self.decoder.push(&self.input);
        let next = if self.input.len() == self.input.capacity() { READ_BYTES } else { READ_BYTES_IDLE };
        if next == self.input.capacity() {
            self.input.clear();
        } else {
            self.input = BytesMut::with_capacity(next);
        }
        self.flow.handle(Event::Heard { partial: !self.decoder.is_idle() }, Instant::now());
    }

    /// Goes on by a piece with what came in, if its turn has come.
    fn go_on(&mut self) -> Result<(), lumberjack::Error> {
        if self.putting.is_some() || !self.flow.takes_more() {
            return Ok(());
        }
        let Piece { readings, ends, more } = self.piece()?;
        if !readings.is_empty() || ends.is_some() {
            self.put(readings, ends);
        }
        if more && self.putting.is_none() {
            // A sender with much to send must not keep a worker for itself.
            self.putting = Some(tokio::task::yield_now().boxed());
        }
        Ok(())
    }

    /// Takes the next events apart, up to the end of a window.
    fn piece(&mut self) -> Result<Piece, lumberjack::Error> {
        let mut batch = self.known.normaliser.batch();
        let mut piece = Piece::default();
        while batch.events() < EVENTS_PER_PUT && !batch.is_full() {
            match self.decoder.next_step() {
                Ok(Some(Step::Event { json, .. })) => batch.event(json),
                Ok(Some(Step::End { last_sequence })) => {
                    piece.ends = Some(last_sequence);
                    break;
                }
                Ok(None) => return Ok(Piece { readings: batch.finish(), ..piece }),
                // What came before it in the same window is sent again.
                Err(error) => return Err(error),
            }
        }
        Ok(Piece { readings: batch.finish(), more: true, ..piece })
    }

    /// Sends readings on their way into the buffer. A window that ends with them waits for its verdict from now on.
    fn put(&mut self, readings: Vec<Vec<Reading>>, ends: Option<u32>) {
        let (receipt, verdict) = self.open.take().unwrap_or_else(Receipt::group);
        if !readings.is_empty() {
            let (known, context, share) = (self.known.clone(), self.context.clone(), receipt.share());
            let put = async move {
                context.buffer.put_pieces(known.normaliser.printer(), readings, share).await;
                tokio::task::yield_now().await;
            };
            self.putting = Some(put.boxed());
        }
        let Some(last_sequence) = ends else {
            self.open = Some((receipt, verdict));
            return;
        };
        let ticket = self.flow.next_ticket();
        let partial = !self.decoder.is_idle();
        self.flow.handle(Event::Window { last_sequence, partial }, Instant::now());
        self.verdicts.push(async move { (ticket, verdict.await) }.boxed());
        receipt.accept();
    }

    async fn tell(&mut self, event: Event) -> Result<Option<Why>, End> {
        for action in self.flow.handle(event, Instant::now()) {
            match action {
                Action::Write(bytes) => self.write(bytes).await.map_err(End::Broken)?,
                Action::Close(why) => {
                    // A TLS peer tells an end from a cut by this; if it does not listen any more, so be it.
                    let _ = timeout(WRITE_MAX, self.stream.shutdown()).await;
                    return Ok(Some(why));
                }
            }
        }
        Ok(None)
    }

    async fn write(&mut self, bytes: [u8; 6]) -> io::Result<()> {
        let write = async {
            self.stream.write_all(&bytes).await?;
            self.stream.flush().await
        };
        timeout(WRITE_MAX, write).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

/// Resolves when the readings are in the buffer; never where there are none.
async fn wait(putting: &mut Option<BoxFuture<'static, ()>>) {
    match putting {
        Some(putting) => putting.await,
        None => std::future::pending().await,
    }
}
