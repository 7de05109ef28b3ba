//! One sender's connection: reads, hands on, and performs what `flow.rs` decides.

use std::io;

use bytes::BytesMut;
use catalog::Reading;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use protocol::lumberjack::{self, Decoder, Window};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, sleep_until, timeout};

use super::flow::{Action, Event, Flow, Why};
use super::held::Part;
use super::limits::{EVENTS_PER_PUT, READ_BYTES, WRITE_MAX};
use super::senders::Known;
use crate::intake::IntakeContext;
use crate::receipt::{Outcome, Receipt};

/// How a connection ended.
#[derive(Debug)]
pub(super) enum End {
    /// As `flow.rs` decided.
    Decided(Why),
    /// What the sender sent is no Lumberjack, or is over a limit.
    Refused(lumberjack::Error),
    /// The windows of all connections together take too much memory.
    Crowded,
    /// The connection broke.
    Broken(io::Error),
}

/// One sender's connection.
pub(super) struct Connection<'a, S> {
    stream: S,
    known: Known,
    context: &'a IntakeContext,
    decoder: Decoder,
    flow: Flow,
    part: Part<'a>,
    /// The window that is being put into the buffer. The next one is not read before, so that a full buffer
    /// holds up the sender and nothing but one window stands outside of the buffer.
    putting: Option<BoxFuture<'static, ()>>,
    verdicts: FuturesUnordered<BoxFuture<'static, (u64, Outcome)>>,
    input: BytesMut,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Connection<'a, S> {
    pub(super) fn new(stream: S, known: Known, context: &'a IntakeContext, part: Part<'a>) -> Self {
        Self {
            stream,
            known,
            context,
            decoder: Decoder::new(),
            flow: Flow::new(Instant::now()),
            part,
            putting: None,
            verdicts: FuturesUnordered::new(),
            input: BytesMut::with_capacity(READ_BYTES),
        }
    }

    /// Serves the sender until one side ends it. Windows that are not stored by then are nacked, which needs
    /// no word: the sender has no acknowledgement of them.
    pub(super) async fn serve(mut self) -> End {
        loop {
            if let Some(end) = self.turn().await {
                return end;
            }
        }
    }

    /// Waits for one thing to happen, and does what it asks for.
    async fn turn(&mut self) -> Option<End> {
        if let Err(end) = self.begin_next() {
            return Some(end);
        }
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
                self.part.set(self.decoder.buffered());
                return None;
            }
            () = self.context.stop.cancelled(), if !stopping => Event::Stop,
            read = self.stream.read_buf(&mut self.input), if reads => match read {
                Ok(0) => Event::Ended,
                Ok(_) => return self.take_in(),
                Err(error) => return Some(End::Broken(error)),
            },
            () = sleep_until(deadline) => Event::Tick,
        };
        self.tell(event).await
    }

    fn take_in(&mut self) -> Option<End> {
        self.decoder.push(&self.input);
        self.input.clear();
        let partial = self.decoder.buffered() > 0;
        self.flow.handle(Event::Heard { partial }, Instant::now());
        (!self.part.set(self.decoder.buffered())).then_some(End::Crowded)
    }

    /// Begins with the next whole window, if there is one and its turn has come.
    fn begin_next(&mut self) -> Result<(), End> {
        if self.putting.is_some() || !self.flow.takes_more() {
            return Ok(());
        }
        let Some(window) = self.decoder.next_window().map_err(End::Refused)? else { return Ok(()) };
        let ticket = self.flow.next_ticket();
        self.flow.handle(Event::Window { last_sequence: window.last_sequence }, Instant::now());
        let room = self.part.set(self.decoder.buffered() + window.bytes);
        let (receipt, verdict) = Receipt::group();
        self.verdicts.push(async move { (ticket, verdict.await) }.boxed());
        self.putting = Some(put(self.known.clone(), self.context.clone(), window, receipt).boxed());
        if room { Ok(()) } else { Err(End::Crowded) }
    }

    async fn tell(&mut self, event: Event) -> Option<End> {
        for action in self.flow.handle(event, Instant::now()) {
            match action {
                Action::Write(bytes) => {
                    if let Err(error) = self.write(bytes).await {
                        return Some(End::Broken(error));
                    }
                }
                Action::Close(why) => {
                    // A TLS peer tells an end from a cut by this; if it does not listen any more, so be it.
                    let _ = timeout(WRITE_MAX, self.stream.shutdown()).await;
                    return Some(End::Decided(why));
                }
            }
        }
        None
    }

    async fn write(&mut self, bytes: [u8; 6]) -> io::Result<()> {
        let write = async {
            self.stream.write_all(&bytes).await?;
            self.stream.flush().await
        };
        timeout(WRITE_MAX, write).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

/// Resolves when the window is in the buffer; never where there is none.
async fn wait(putting: &mut Option<BoxFuture<'static, ()>>) {
    match putting {
        Some(putting) => putting.await,
        None => std::future::pending().await,
    }
}

/// Makes readings of a window and puts them into the buffer, a piece at a time. What cannot be read is counted
/// and acknowledged with the window: sent again it would be no better.
async fn put(known: Known, context: IntakeContext, window: Window, receipt: Receipt) {
    let printer = known.normaliser.printer();
    for events in window.events.chunks(EVENTS_PER_PUT) {
        let mut readings: Vec<Reading> = Vec::new();
        for event in events {
            known.normaliser.event(&event.json, &mut readings);
        }
        context.buffer.put_kept(printer, readings, receipt.share()).await;
    }
    receipt.accept();
}
