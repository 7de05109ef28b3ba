//! One Lumberjack connection from the sender's side.

use std::io;
use std::time::Duration;

use protocol::lumberjack::AckDecoder;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

use super::dial::Dial;

/// How long a Beat waits for any answer before it gives the connection up (Filebeat's `timeout`).
pub(super) const TIMEOUT: Duration = Duration::from_secs(30);
/// Room for answers: each is six bytes.
const READ_BYTES: usize = 512;

/// Why a connection is of no use any more. Everything unacknowledged is sent again on the next.
#[derive(Debug, thiserror::Error)]
pub enum Lost {
    /// It could not be opened, or broke.
    #[error("the connection to the Beats server failed: {0}")]
    Io(#[from] io::Error),
    /// Nothing came for as long as a Beat waits.
    #[error("the Beats server did not answer for {} s", TIMEOUT.as_secs())]
    Timeout,
    /// The server closed it.
    #[error("the Beats server closed the connection")]
    Closed,
    /// Something else than an acknowledgement came.
    #[error("the Beats server sent something that is no acknowledgement")]
    NoAck,
    /// More was acknowledged than was sent. A real Filebeat would lose events here, so it is told loudly.
    #[error(
        "the Beats server acknowledged {acknowledged} of a window of {sent}: a real Filebeat loses events by that"
    )]
    TooMuch {
        /// What it acknowledged.
        acknowledged: u32,
        /// What was sent.
        sent: u32,
    },
    /// The printer's own disk failed.
    #[error("the printer's log files cannot be read: {0}")]
    Files(#[source] io::Error),
}

/// An open connection.
pub(super) struct Connection<S> {
    stream: S,
    acks: AckDecoder,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Connection<S> {
    /// Opens one within the time limit.
    pub(super) async fn open<D: Dial<Stream = S>>(dial: &D) -> Result<Self, Lost> {
        let stream = timeout(TIMEOUT, dial.dial()).await.map_err(|_| Lost::Timeout)??;
        Ok(Self { stream, acks: AckDecoder::new() })
    }

    /// Sends a window.
    pub(super) async fn send(&mut self, window: &[u8]) -> Result<(), Lost> {
        let sent = async {
            self.stream.write_all(window).await?;
            self.stream.flush().await
        };
        Ok(timeout(TIMEOUT, sent).await.map_err(|_| Lost::Timeout)??)
    }

    /// The next acknowledgement, 0 for a keep-alive, within the time limit. Safe to cancel.
    pub(super) async fn ack_in_time(&mut self) -> Result<u32, Lost> {
        timeout(TIMEOUT, self.ack()).await.map_err(|_| Lost::Timeout)?
    }

    /// The next acknowledgement, whenever it comes. Safe to cancel.
    pub(super) async fn ack(&mut self) -> Result<u32, Lost> {
        loop {
            if let Some(sequence) = self.acks.next() {
                return Ok(sequence);
            }
            if self.acks.refused().is_some() {
                return Err(Lost::NoAck);
            }
            let mut bytes = [0; READ_BYTES];
            match self.stream.read(&mut bytes).await? {
                0 => return Err(Lost::Closed),
                read => self.acks.push(&bytes[..read]),
            }
        }
    }
}
