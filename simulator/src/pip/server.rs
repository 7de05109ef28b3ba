//! The listener of one printer and its one connection.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use protocol::pip::{Decoded, Frame, Reply, frame};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::session::{HEARTBEAT_MS, Session};
use crate::clock::Clock;
use crate::faults::Manner;
use crate::noise::Noise;
use crate::unit::Unit;

/// How long a handshake or one answer may take.
const STEP: Duration = Duration::from_secs(10);
/// How long a connection may say nothing: three missed heartbeats.
const IDLE: Duration = Duration::from_millis(HEARTBEAT_MS as u64 * 3);
/// How long to wait before listening again when the port is taken.
const REBIND: Duration = Duration::from_secs(1);
/// What is read at once.
const READ_BYTES: usize = 8 << 10;

/// The printer interface of one printer.
#[derive(Clone)]
pub struct Server {
    /// Whose values it gives.
    pub unit: Arc<Unit>,
    /// TLS, with the printer's certificate; none in a test that needs no handshake.
    pub acceptor: TlsAcceptor,
    /// The time.
    pub clock: Clock,
    /// What nonsense is made of.
    pub noise: Noise,
}

impl Server {
    /// Serves until it is dropped. Without power it neither listens nor keeps a connection; the port stays its
    /// own address for when the power comes back.
    pub async fn run(self, listener: TcpListener) -> io::Result<Infallible> {
        let address = listener.local_addr()?;
        let mut power = self.unit.manner();
        let mut bound = Some(listener);
        loop {
            // A watch only fails when its sender is gone, and then the whole fleet is going.
            let _ = power.wait_for(|manner| *manner != Manner::Off).await;
            let listener = match bound.take() {
                Some(listener) => listener,
                None => listen_again(address).await,
            };
            tokio::select! {
                _ = self.accept(listener) => {}
                _ = power.wait_for(|manner| *manner == Manner::Off) => {}
            }
        }
    }

    /// Takes one connection at a time. A second one is closed, except when the controller hangs: then nobody
    /// is there to notice, and the newer takes the place of the older.
    async fn accept(&self, listener: TcpListener) {
        let mut connections = JoinSet::new();
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    while connections.try_join_next().is_some() {}
                    if *self.unit.manner().borrow() == Manner::Silent {
                        connections.abort_all();
                    } else if !connections.is_empty() {
                        tracing::debug!(printer = self.unit.nameplate.id, "a second connection is closed");
                        continue;
                    }
                    let server = self.clone();
                    connections.spawn(async move {
                        if let Err(error) = server.connection(stream).await {
                            tracing::debug!(printer = server.unit.nameplate.id, %error, "connection ended");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept");
                    sleep(REBIND).await;
                }
            }
        }
    }

    async fn connection(&self, stream: TcpStream) -> io::Result<()> {
        let mut manner = self.unit.manner();
        // The kernel has taken the connection, but a controller that hangs never gets to the handshake.
        let _ = manner.wait_for(|manner| *manner != Manner::Silent).await;
        stream.set_nodelay(true)?;
        let stream = timeout(STEP, self.acceptor.accept(stream)).await??;
        self.converse(stream, manner).await
    }

    /// Answers on an open stream until the other side closes it.
    pub(super) async fn converse(
        &self,
        mut stream: impl AsyncRead + AsyncWrite + Unpin,
        mut manner: watch::Receiver<Manner>,
    ) -> io::Result<()> {
        let mut session = Session::default();
        let mut noise = self.noise.clone();
        let mut input = BytesMut::new();
        loop {
            let request = match next_frame(&mut input, session.payload_bytes_max()) {
                Ok(Some(request)) => request,
                Ok(None) => match timeout(IDLE, read(&mut stream, &mut input)).await?? {
                    0 => return Ok(()),
                    _ => continue,
                },
                Err(error) => {
                    // The bytes can no longer be trusted: say so and close.
                    self.unit.counts.pip_requests_refused.add(1);
                    return Err(io::Error::new(io::ErrorKind::InvalidData, error));
                }
            };
            silence(&mut stream, &mut manner).await?;
            let (bytes, close) = if *manner.borrow() == Manner::Nonsense {
                (nonsense(&mut noise), false)
            } else {
                self.answer(&mut session, &request)
            };
            timeout(STEP, send(&mut stream, &bytes)).await??;
            if close {
                return stream.shutdown().await;
            }
        }
    }

    fn answer(&self, session: &mut Session, request: &Frame) -> (Vec<u8>, bool) {
        let controller = self.unit.controller();
        let answer = session.answer(request, &self.unit.nameplate, &controller, self.clock.now());
        drop(controller);
        let counts = &self.unit.counts;
        let count = if answer.refused { &counts.pip_requests_refused } else { &counts.pip_requests_answered };
        count.add(1);
        if let (true, Reply::Error(error)) = (answer.refused, &answer.reply) {
            tracing::info!(printer = self.unit.nameplate.id, kind = %request.kind, code = %error.code, "refused");
        }
        (answer.reply.frame(request.id).encode(), answer.close)
    }
}

async fn listen_again(address: SocketAddr) -> TcpListener {
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => return listener,
            Err(error) => tracing::warn!(%address, %error, "cannot listen again yet"),
        }
        sleep(REBIND).await;
    }
}

fn next_frame(input: &mut BytesMut, payload_bytes_max: usize) -> Result<Option<Frame>, protocol::pip::Error> {
    match frame::decode(input, payload_bytes_max)? {
        Decoded::Complete { frame, used } => {
            input.advance(used);
            Ok(Some(frame))
        }
        Decoded::Incomplete => Ok(None),
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
            let mut bytes = Reply::Pong.frame(0).encode();
            if let Some(last) = bytes.last_mut() {
                *last ^= 0xFF;
            }
            bytes
        }
    }
}
