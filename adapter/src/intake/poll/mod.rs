//! Queries printers over PIP: who they are, what they offer, their values and their faults. Each printer has a
//! task, a connection and a backoff of its own, so that one that is off or broken delays no other (P6). There
//! is no request that writes (P1).

mod backoff;
mod dial;
mod limits;
mod machine;
mod neighbours;
mod reach;
mod session;
#[cfg(test)]
mod tests;
mod words;

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use bytes::{Buf as _, BytesMut};
use catalog::Timestamp;
use protocol::limits::PIP_PAYLOAD_BYTES_START;
use protocol::pip::{self, Decoded, Reply, Request, frame};
use ring::rand::{SecureRandom as _, SystemRandom};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use self::backoff::Dice;
use self::dial::Dial;
use self::limits::{READ_BYTES, WRITE_MAX};
use self::machine::{Action, Event, Machine};
use self::neighbours::Neighbours;
use self::reach::Trouble;
use self::words::{Translator, Words};
use crate::config::{Pip, PipTarget, Printer};
use crate::counters::PrinterCounters;
use crate::intake::IntakeContext;
use crate::normalise::Normaliser;
use crate::tls::{self, TlsError};

/// A moment: for waiting, and for the calendar.
#[derive(Clone, Copy, Debug)]
struct Now {
    mono: Instant,
    wall: Timestamp,
}

/// Starts querying every printer that the configuration gives an address for.
///
/// # Errors
/// A file of `[pip]` cannot be used for TLS.
pub fn start(printers: &[Printer], pip: &Pip, context: &IntakeContext) -> Result<(), TlsError> {
    let connector = TlsConnector::from(Arc::new(tls::client(Some(&pip.ca_file), pip.pair.as_ref())?));
    let neighbours = Arc::<Neighbours>::default();
    for printer in printers {
        if let Some(target) = printer.pip.clone() {
            let dial = Dial {
                target: target.clone(),
                connector: connector.clone(),
                neighbours: Arc::clone(&neighbours),
            };
            let poller = Poller::new(printer, &target, dial, context);
            context.spawn(format!("queries to {}", printer.id), Box::pin(poller.run()));
        }
    }
    Ok(())
}

struct Poller {
    machine: Machine,
    dial: Dial,
    normaliser: Normaliser,
    context: IntakeContext,
    counters: Arc<PrinterCounters>,
    connection: Option<Connection>,
    /// The longest payload that is taken now.
    payload_max: usize,
}

struct Connection {
    stream: TlsStream<TcpStream>,
    /// What came in and is not yet a whole frame: at most one frame and one read.
    input: BytesMut,
}

impl Poller {
    fn new(printer: &Printer, target: &PipTarget, dial: Dial, context: &IntakeContext) -> Self {
        let translator = Translator::new(printer.id.clone(), context.salt.clone(), printer.model.clone());
        let now = Now { mono: Instant::now(), wall: context.clock.now() };
        Self {
            machine: Machine::new(target.interval, translator, Dice::new(seed()), now),
            dial,
            normaliser: Normaliser::new(printer, context),
            context: context.clone(),
            counters: context.counters.printer(&printer.id),
            connection: None,
            payload_max: PIP_PAYLOAD_BYTES_START,
        }
    }

    async fn run(mut self) {
        let stop = self.context.stop.clone();
        stop.run_until_cancelled(self.converse()).await;
        // PIP has no word of farewell for a reader: the connection is closed.
    }

    async fn converse(&mut self) {
        let mut events = VecDeque::from([Event::Started]);
        loop {
            let event = match events.pop_front() {
                Some(event) => event,
                None => self.next_event().await,
            };
            let now = Now { mono: Instant::now(), wall: self.context.clock.now() };
            for action in self.machine.handle(event, now) {
                events.extend(self.perform(action).await);
            }
        }
    }

    async fn perform(&mut self, action: Action) -> Option<Event> {
        match action {
            Action::Connect => return Some(self.connect().await),
            Action::Ask { id, request } => return self.ask(id, &request).await,
            Action::Limit(payload_max) => self.payload_max = payload_max,
            Action::Close => self.connection = None,
            Action::Say(words) => self.say(words),
            Action::Turned { code, why } => self.log(code, &why),
        }
        None
    }

    async fn connect(&mut self) -> Event {
        match self.dial.connect().await {
            Ok(stream) => {
                self.connection = Some(Connection { stream, input: BytesMut::new() });
                Event::Connected
            }
            Err(trouble) => Event::Lost(Some(trouble)),
        }
    }

    async fn ask(&mut self, id: u32, request: &Request) -> Option<Event> {
        let connection = self.connection.as_mut()?;
        let bytes = request.frame(id).encode();
        let write = async {
            connection.stream.write_all(&bytes).await?;
            connection.stream.flush().await
        };
        let written = timeout(WRITE_MAX, write).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        written.err().map(|error| self.lost(&error))
    }

    fn lost(&mut self, error: &io::Error) -> Event {
        self.connection = None;
        Event::Lost(dial::tls_trouble(error))
    }

    /// Waits for an answer, the end of the connection, or the machine's deadline.
    async fn next_event(&mut self) -> Event {
        let deadline = self.machine.deadline();
        tokio::select! {
            event = read(&mut self.connection, self.payload_max) => match event {
                Ok(Some((id, reply))) => {
                    self.counters.heard_now();
                    Event::Answered { id, reply }
                }
                Ok(None) => {
                    self.connection = None;
                    Event::Lost(None)
                }
                Err(ReadError::Io(error)) => self.lost(&error),
                Err(ReadError::Pip(error)) => self.bad_frame(&error),
            },
            () = wait_until(deadline) => Event::Tick,
        }
    }

    fn bad_frame(&mut self, error: &pip::Error) -> Event {
        self.connection = None;
        self.context.counters.frames_refused.one(error.name());
        // The whole text may quote the printer.
        Event::Lost(Some(Trouble::Nonsense(format!("a frame was refused: {}", error.name()))))
    }

    fn say(&self, words: Words) {
        for (item, why) in &words.refused {
            self.normaliser.refused(*item, why);
        }
        if !words.readings.is_empty() {
            self.context.buffer.put_polled(self.normaliser.printer(), words.readings);
        }
    }

    fn log(&self, code: &'static str, why: &str) {
        let printer = self.normaliser.printer();
        self.counters.turned(code);
        match code {
            // Off is as normal as available.
            "available" | "printer_off" => {
                tracing::info!(%printer, code, why, "the printer's reachability changed")
            }
            _ => tracing::warn!(%printer, code, why, "the printer's reachability changed"),
        }
    }
}

enum ReadError {
    Io(io::Error),
    Pip(pip::Error),
}

/// The next answer; `None` at the end of the connection, and never where there is no connection. Cancelled, it
/// loses nothing.
async fn read(
    connection: &mut Option<Connection>,
    payload_max: usize,
) -> Result<Option<(u32, Reply)>, ReadError> {
    let Some(connection) = connection else { return std::future::pending().await };
    loop {
        if let Decoded::Complete { frame, used } =
            frame::decode(&connection.input, payload_max).map_err(ReadError::Pip)?
        {
            connection.input.advance(used);
            return Ok(Some((frame.id, Reply::parse(&frame).map_err(ReadError::Pip)?)));
        }
        connection.input.reserve(READ_BYTES);
        if connection.stream.read_buf(&mut connection.input).await.map_err(ReadError::Io)? == 0 {
            return Ok(None);
        }
    }
}

async fn wait_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

// Nothing secret hangs on it: without random bytes the printers are only asked in step.
fn seed() -> u64 {
    let mut bytes = [0; 8];
    let _ = SystemRandom::new().fill(&mut bytes);
    u64::from_be_bytes(bytes)
}
