//! One printer's connection: reads, hands on, and performs what `flow.rs` decides.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::{Buf as _, BytesMut};
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use protocol::limits::PIP_PAYLOAD_BYTES_START;
use protocol::pip::{self, Decoded, Gap, HelloAck, Reply, Request, frame};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::actions::{Action, Event, Why};
use super::callers::{Caller, Gone};
use super::flow::Flow;
use super::limits::{PAYLOAD_BYTES_MAX, READ_BYTES, WRITE_MAX};
use super::words::{Teller, Words};
use crate::counters::Call;
use crate::intake::IntakeContext;
use crate::receipt::{Outcome, Receipt};

/// How a connection ended.
#[derive(Debug)]
pub(super) enum End {
    /// As `flow.rs` decided.
    Decided(Why),
    /// What came is no PIP.
    Refused(pip::Error),
    /// The connection broke.
    Broken(io::Error),
}

/// One printer's connection.
pub(super) struct Connection<'a, S> {
    stream: S,
    caller: Arc<Caller>,
    call: Call,
    peer: IpAddr,
    context: &'a IntakeContext,
    /// Cancelled when a newer connection is there.
    replaced: CancellationToken,
    flow: Flow,
    teller: Option<Teller>,
    verdicts: FuturesUnordered<BoxFuture<'static, (u64, Outcome)>>,
    input: BytesMut,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Connection<'a, S> {
    pub(super) fn new(stream: S, caller: Arc<Caller>, peer: IpAddr, context: &'a IntakeContext) -> Self {
        // In this order: what a call before it still gets stored is known then, or not remembered any more.
        let (call, replaced) = caller.connected(peer);
        let flow = Flow::new(caller.stored(), Instant::now());
        let (verdicts, input) = (FuturesUnordered::new(), BytesMut::new());
        Self { stream, caller, call, peer, context, replaced, flow, teller: None, verdicts, input }
    }

    /// Which of the printer's calls it is.
    pub(super) fn call(&self) -> Call {
        self.call
    }

    /// Serves the printer until one side ends it. What is not stored by then is nacked, which needs no word: the
    /// printer has no acknowledgement of it.
    pub(super) async fn serve(mut self) -> End {
        let mut event = Event::Up;
        loop {
            match self.perform(event).await {
                Ok(None) => {}
                Ok(Some(why)) => {
                    // A TLS peer tells an end from a cut by this; if it does not listen any more, so be it.
                    let _ = timeout(WRITE_MAX, self.stream.shutdown()).await;
                    return End::Decided(why);
                }
                Err(error) => return End::Broken(error),
            }
            event = match self.next_event().await {
                Ok(event) => event,
                Err(end) => return end,
            };
        }
    }

    async fn next_event(&mut self) -> Result<Event, End> {
        let deadline = self.flow.deadline();
        // Asked of the flow, not of the token: a stop that came while we were elsewhere is still to be told.
        let stopping = self.flow.is_stopping();
        loop {
            if let Some((id, reply)) = self.next_reply().map_err(End::Refused)? {
                return Ok(Event::Heard { id, reply: Box::new(reply) });
            }
            self.input.reserve(READ_BYTES);
            return Ok(tokio::select! {
                // What resolves comes first: it makes room, and a busy printer must not starve it.
                biased;
                Some((ticket, outcome)) = self.verdicts.next() => Event::Resolved { ticket, outcome },
                () = self.context.stop.cancelled(), if !stopping => Event::Stop,
                () = self.replaced.cancelled() => Event::Replaced,
                () = sleep_until(deadline) => Event::Tick,
                read = self.stream.read_buf(&mut self.input) => match read {
                    Ok(0) => Event::Ended,
                    Ok(_) => continue,
                    Err(error) => return Err(End::Broken(error)),
                },
            });
        }
    }

    fn next_reply(&mut self) -> Result<Option<(u32, Reply)>, pip::Error> {
        // More is agreed on with HELLO-ACK.
        let payload_max = match &self.teller {
            Some(_) => usize::try_from(PAYLOAD_BYTES_MAX).unwrap_or(usize::MAX),
            None => PIP_PAYLOAD_BYTES_START,
        };
        match frame::decode(&self.input, payload_max)? {
            Decoded::Complete { frame, used } => {
                self.input.advance(used);
                self.caller.heard(self.peer);
                Ok(Some((frame.id(), Reply::parse(&frame)?)))
            }
            Decoded::Incomplete => Ok(None),
        }
    }

    async fn perform(&mut self, event: Event) -> io::Result<Option<Why>> {
        for action in self.flow.handle(event, Instant::now()) {
            match action {
                Action::Send { id, request } => self.send(id, &request).await?,
                Action::Meet { hello, new_instance } => self.meet(&hello, new_instance),
                Action::Described(offers, refused) => {
                    if let Some(teller) = &mut self.teller {
                        teller.described(offers);
                    }
                    let refused = refused.into_iter().map(|(item, why)| (Some(item), why)).collect();
                    self.refuse(&Words { refused, ..Words::default() });
                }
                Action::Waits => self.caller.waits(self.call),
                Action::Subscribed => self.caller.works(self.call),
                Action::Values(values) => {
                    let now = self.context.clock.now();
                    let words = self.teller.as_ref().map(|teller| teller.values(&values, now));
                    self.say(words.unwrap_or_default());
                }
                Action::Alarms(alarms) => {
                    let now = self.context.clock.now();
                    let words = self.teller.as_mut().map(|teller| teller.alarms(&alarms, now));
                    self.say(words.unwrap_or_default());
                }
                Action::Refused(why) => self.caller.normaliser.refused(None, why, &why),
                Action::Missed(gap) => self.missed(gap),
                Action::Store { ticket, events } => self.store(ticket, &events),
                Action::Remember(stored) => self.caller.remember(self.call, stored),
                Action::Close(why) => return Ok(Some(why)),
            }
        }
        Ok(None)
    }

    async fn send(&mut self, id: u32, request: &Request) -> io::Result<()> {
        let bytes = request.encode(id);
        let write = async {
            self.stream.write_all(&bytes).await?;
            self.stream.flush().await
        };
        timeout(WRITE_MAX, write).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    fn meet(&mut self, hello: &HelloAck, new_instance: bool) {
        let (now, salt) = (self.context.clock.now(), self.context.salt.clone());
        let printer = self.caller.normaliser.printer().clone();
        if new_instance {
            tracing::warn!(%printer, "the printer's log of events began anew: what it still held is not known");
        }
        let teller = Teller::new(printer, salt, self.caller.model.clone(), hello, now);
        let words = teller.met(hello, new_instance, now);
        self.teller = Some(teller);
        self.say(words);
    }

    fn missed(&self, gap: Gap) {
        let printer = self.caller.normaliser.printer();
        let lost = gap.count().unwrap_or_default();
        let calls = &self.caller.counters.calls;
        calls.gaps.one();
        calls.lost.add(usize::try_from(lost).unwrap_or(usize::MAX));
        let gone = if gap == Gap::WentBack { Gone::WentBack } else { Gone::Lost };
        // A log may go back without end. Each time counts.
        if let Some(unsaid) = self.caller.complaints.may_say(gone) {
            let lost_in_all = calls.lost.now();
            tracing::error!(%printer, lost, lost_in_all, unsaid, "events of the printer were lost before they came: a gap");
        }
        if let Some(teller) = &self.teller {
            self.say(teller.missed(gap, calls.lost.now(), self.context.clock.now()));
        }
    }

    /// What nobody else keeps: of the adapter's own knowledge.
    fn say(&self, words: Words) {
        self.refuse(&words);
        self.context.buffer.put_polled(self.caller.normaliser.printer(), words.readings);
    }

    /// Counts what was not taken, and tells who wants to see what stays.
    fn refuse(&self, words: &Words) {
        self.caller.normaliser.answered("pip", &words.readings);
        for (item, why) in &words.refused {
            self.caller.normaliser.refused(*item, why, why);
        }
    }

    /// Sends readings on their way. The credits bound how many of these there are.
    fn store(&mut self, ticket: u64, events: &[pip::Event]) {
        let now = self.context.clock.now();
        let words = self.teller.as_mut().map(|teller| teller.events(events, now)).unwrap_or_default();
        self.refuse(&words);
        let (receipt, verdict) = Receipt::group();
        let (caller, buffer) = (Arc::clone(&self.caller), Arc::clone(&self.context.buffer));
        let stored = async move {
            buffer.put_kept(caller.normaliser.printer(), words.readings, receipt).await;
            (ticket, verdict.await)
        };
        self.verdicts.push(stored.boxed());
    }
}
