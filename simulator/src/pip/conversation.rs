//! What is said on an open connection, whoever opened it: the printer's half is the same.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use protocol::pip::{Decoded, Frame, FrameType, Reply, frame};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use super::session::{HEARTBEAT_MS, Session};
use super::words;
use crate::clock::Clock;
use crate::faults::Manner;
use crate::noise::Noise;
use crate::trace::Trace;
use crate::unit::Unit;

/// How long a handshake, HELLO or one answer may take.
pub(super) const STEP: Duration = Duration::from_secs(10);
/// How long a connection may say nothing: three missed heartbeats.
const IDLE: Duration = Duration::from_millis(HEARTBEAT_MS as u64 * 3);
/// How long each byte takes a printer whose interface drips.
const DRIP: Duration = Duration::from_secs(1);
/// What is read at once.
const READ_BYTES: usize = 8 << 10;

/// One printer's half of its connections.
#[derive(Clone)]
pub struct Conversation {
    /// Whose values it gives.
    pub unit: Arc<Unit>,
    /// The time.
    pub clock: Clock,
    /// What nonsense is made of.
    pub noise: Noise,
    /// Where it is written down when the printer is read.
    pub trace: Option<Trace>,
}

/// What woke an idle connection.
enum Woken {
    /// So many bytes came; 0 at the end.
    Read(usize),
    /// A NOTIFY is due.
    Due,
    /// The log has grown.
    Logged,
}

impl Conversation {
    /// Answers and notifies on an open stream until one side closes it.
    pub(super) async fn converse(
        &self,
        mut stream: impl AsyncRead + AsyncWrite + Unpin,
        session: &mut Session,
    ) -> io::Result<()> {
        let (mut manner, mut logged) = (self.unit.manner(), self.unit.logged());
        let (mut noise, mut input) = (self.noise.clone(), BytesMut::new());
        let mut heard = Instant::now();
        loop {
            if let Some(request) = self.next_frame(&mut input, session)? {
                silence(&mut stream, &mut manner).await?;
                let (bytes, close) = if *manner.borrow() == Manner::Nonsense {
                    (nonsense(&mut noise), false)
                } else {
                    self.answer(session, &request)
                };
                let drips = *manner.borrow() == Manner::Drips;
                if drips {
                    drip(&mut stream, &bytes, &mut manner).await?;
                } else {
                    timeout(STEP, send(&mut stream, &bytes)).await??;
                }
                if close {
                    return stream.shutdown().await;
                }
                continue;
            }
            let gone = heard + if session.is_greeted() { IDLE } else { STEP };
            let due = session.notify_at(&self.unit.controller(), Instant::now());
            let woken = tokio::select! {
                read = read(&mut stream, &mut input) => Woken::Read(read?),
                () = wait_until(due) => Woken::Due,
                _ = logged.changed(), if due.is_none() => Woken::Logged,
                () = sleep_until(gone) => return Err(io::ErrorKind::TimedOut.into()),
            };
            match woken {
                Woken::Read(0) => return Ok(()),
                Woken::Read(_) => heard = Instant::now(),
                Woken::Logged => {}
                Woken::Due => {
                    silence(&mut stream, &mut manner).await?;
                    let nonsense = (*manner.borrow() == Manner::Nonsense).then(|| nonsense(&mut noise));
                    if let Some(bytes) = self.notify(session) {
                        timeout(STEP, send(&mut stream, &nonsense.unwrap_or(bytes))).await??;
                    }
                }
            }
        }
    }

    fn next_frame(&self, input: &mut BytesMut, session: &Session) -> io::Result<Option<Frame>> {
        match frame::decode(input, session.payload_bytes_max()) {
            Ok(Decoded::Complete { frame, used }) => {
                input.advance(used);
                Ok(Some(frame))
            }
            Ok(Decoded::Incomplete) => Ok(None),
            // The bytes can no longer be trusted: close.
            Err(error) => {
                self.unit.counts.pip_requests_refused.add(1);
                Err(io::Error::new(io::ErrorKind::InvalidData, error))
            }
        }
    }

    fn answer(&self, session: &mut Session, request: &Frame) -> (Vec<u8>, bool) {
        if let (FrameType::READ, Some(trace)) = (request.kind(), &self.trace) {
            trace.read(&self.unit.nameplate.id);
        }
        let mut controller = self.unit.controller();
        let answer = session.answer(request, &self.unit.nameplate, &mut controller, self.clock.now());
        drop(controller);
        let counts = &self.unit.counts;
        let count = if answer.refused { &counts.pip_requests_refused } else { &counts.pip_requests_answered };
        count.add(1);
        if let (true, Some(Reply::Error(error))) = (answer.refused, &answer.reply) {
            tracing::info!(printer = self.unit.nameplate.id, kind = %request.kind(), code = %error.code, "refused");
        }
        let mut reply = answer.reply;
        if let Some(Reply::Values(values)) = &mut reply {
            counts.pip_reads.add(1);
            if *self.unit.manner().borrow() == Manner::Floods {
                words::flood(values, session.payload_bytes_max());
            }
        }
        (reply.map_or_else(Vec::new, |reply| reply.encode(request.id())), answer.close)
    }

    fn notify(&self, session: &mut Session) -> Option<Vec<u8>> {
        let (id, notify) = session.notify(&mut self.unit.controller(), Instant::now())?;
        self.unit.counts.pip_notifies_sent.add(1);
        Some(notify.encode(id))
    }
}

async fn wait_until(when: Option<Instant>) {
    match when {
        Some(when) => sleep_until(when).await,
        None => std::future::pending().await,
    }
}

async fn read(stream: &mut (impl AsyncRead + Unpin), input: &mut BytesMut) -> io::Result<usize> {
    input.reserve(READ_BYTES);
    stream.read_buf(input).await
}

async fn send(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

/// Sends byte by byte for as long as the interface drips; then the rest.
async fn drip(
    stream: &mut (impl AsyncWrite + Unpin),
    bytes: &[u8],
    manner: &mut watch::Receiver<Manner>,
) -> io::Result<()> {
    for (place, byte) in bytes.iter().enumerate() {
        send(stream, &[*byte]).await?;
        let well = manner.wait_for(|manner| *manner != Manner::Drips);
        if timeout(DRIP, well).await.is_ok() {
            return send(stream, &bytes[place + 1..]).await;
        }
    }
    Ok(())
}

/// While the controller hangs, takes what comes and answers nothing; ends with the silence or the connection.
async fn silence(
    stream: &mut (impl AsyncRead + Unpin),
    manner: &mut watch::Receiver<Manner>,
) -> io::Result<()> {
    let mut lost = [0; READ_BYTES];
    while *manner.borrow() == Manner::Silent {
        tokio::select! {
            _ = manner.wait_for(|manner| *manner != Manner::Silent) => {}
            read = stream.read(&mut lost) => if read? == 0 { return Err(io::ErrorKind::UnexpectedEof.into()) },
        }
    }
    Ok(())
}

/// Bytes that are no frame: noise, another protocol, or a frame whose checksum is wrong.
fn nonsense(noise: &mut Noise) -> Vec<u8> {
    match noise.whole(0, 3) {
        0 => (0..8).flat_map(|_| noise.bits().to_be_bytes()).collect(),
        1 => b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_vec(),
        _ => {
            let mut bytes = Reply::Pong.encode(0);
            if let Some(last) = bytes.last_mut() {
                *last ^= 0xFF;
            }
            bytes
        }
    }
}
