//! What Filebeat does, without the cost of making the events: a window encoded once and written again and
//! again, three of them under way at a time, each kept until it is acknowledged.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use protocol::lumberjack::AckDecoder;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::Instant;

use crate::WINDOW_EVENTS;

/// Windows under way at a time: Filebeat's with its default of `pipelining: 2`.
const IN_FLIGHT: u64 = 3;

/// When to send no new window any more.
#[derive(Clone, Copy, Debug)]
pub(super) enum Until {
    /// After this time.
    Time(Duration),
    /// After so many windows.
    Windows(u64),
}

impl Until {
    fn allows(self, start: Instant, sent: u64) -> bool {
        match self {
            Self::Time(time) => start.elapsed() < time,
            Self::Windows(windows) => sent < windows,
        }
    }
}

/// The address of the printer with this number, counted from 0: loopback is a network of 2²⁴ of them.
pub(super) fn address(printer: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 1, printer)
}

/// A connection to the server from the address of this printer.
pub(super) async fn connect(server: SocketAddr, printer: u8) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((address(printer), 0).into())?;
    let stream = socket.connect(server).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Sends the window again and again, and gives the number of windows that were acknowledged: all of them.
pub(super) async fn send(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    window: &[u8],
    until: Until,
) -> Result<u64> {
    let start = Instant::now();
    let (mut sent, mut stored) = (0, 0);
    let mut acks = AckDecoder::new();
    let mut input = [0; 64];
    loop {
        if sent - stored < IN_FLIGHT && until.allows(start, sent) {
            stream.write_all(window).await?;
            sent += 1;
        } else if stored == sent {
            return Ok(stored);
        } else {
            let read = stream.read(&mut input).await?;
            ensure!(read > 0, "the server closed the connection after {stored} of {sent} windows");
            acks.push(&input[..read]);
            for sequence in &mut acks {
                match sequence {
                    0 => {}
                    WINDOW_EVENTS => stored += 1,
                    other => bail!("the server acknowledged event {other} of {WINDOW_EVENTS}"),
                }
            }
            ensure!(stored <= sent && acks.refused().is_none(), "the server acknowledged what was not sent");
        }
    }
}
