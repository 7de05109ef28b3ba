//! The WebSocket: one connection of its own, on which calls go out and messages come in.

use std::future::{Future, pending};
use std::io;
use std::pin::Pin;

use bytes::Bytes;
use futures::{SinkExt as _, StreamExt as _};
use tokio::time::{Duration, Instant, timeout};
use tokio_tungstenite::tungstenite::error::{Error, ProtocolError};
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::protocol::{Message, WebSocketConfig};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::super::Loss;
use super::super::dial::{Dial, Stream};
use crate::intake::poll::limits::{
    CONNECT_MAX, READ_BYTES, SOCKET_MESSAGE_BYTES_MAX, SOCKET_MESSAGES_PER_SECOND_MAX, WRITE_MAX,
};
use crate::intake::poll::trouble::Trouble;

/// A WebSocket, or none.
pub(super) enum Socket {
    Closed,
    Opening(Opening),
    Open(Box<Open>),
}

type Opening = Pin<Box<dyn Future<Output = Result<Opened, Loss>> + Send>>;

/// What came of the handshake.
pub(super) enum Opened {
    Open(Box<Open>),
    /// It answers in HTTP, and opens none.
    Refused,
}

/// One that stands.
pub(super) struct Open {
    stream: WebSocketStream<Stream>,
    /// Since when the messages are counted, and how many there were.
    since: Instant,
    messages: u32,
}

/// What was heard.
#[derive(Debug)]
pub(super) enum Heard {
    Opened,
    Refused,
    Said(Bytes),
}

impl Socket {
    /// Sends a call on the socket that stands.
    pub(super) async fn send(&mut self, call: String) -> Result<(), Loss> {
        let Self::Open(open) = self else { return Err(Loss::ENDED) };
        open.send(call).await
    }

    /// The next message, or what came of the handshake. Waits for ever where there is no socket; dropped before it is
    /// done, it loses nothing.
    pub(super) async fn heard(&mut self) -> Result<Heard, Loss> {
        match self {
            Self::Closed => pending().await,
            Self::Open(open) => open.heard().await.map(Heard::Said),
            Self::Opening(opening) => {
                let opened = opening.await;
                *self = Self::Closed;
                match opened? {
                    Opened::Refused => Ok(Heard::Refused),
                    Opened::Open(open) => {
                        *self = Self::Open(open);
                        Ok(Heard::Opened)
                    }
                }
            }
        }
    }
}

/// Makes a connection, upgrades it with this request, and sends the first call.
pub(super) async fn open(dial: Dial, request: Request, call: String) -> Result<Opened, Loss> {
    let stream = dial.connect().await.map_err(|trouble| Loss { trouble: Some(trouble), refused: None })?;
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BYTES)
        .max_message_size(Some(SOCKET_MESSAGE_BYTES_MAX))
        .max_frame_size(Some(SOCKET_MESSAGE_BYTES_MAX));
    let upgraded = timeout(CONNECT_MAX, client_async_with_config(request, stream, Some(config))).await;
    let silent = || Trouble::Failed("it takes a connection and does not answer".into());
    let upgraded = upgraded.map_err(|_| Loss { trouble: Some(silent()), refused: None })?;
    let stream = match upgraded {
        Ok((stream, _)) => stream,
        Err(Error::Http(_)) => return Ok(Opened::Refused),
        Err(error) => return Err(loss(&error)),
    };
    let mut open = Box::new(Open { stream, since: Instant::now(), messages: 0 });
    open.send(call).await?;
    Ok(Opened::Open(open))
}

impl Open {
    async fn send(&mut self, call: String) -> Result<(), Loss> {
        match timeout(WRITE_MAX, self.stream.send(Message::text(call))).await {
            Ok(sent) => sent.map_err(|error| loss(&error)),
            Err(_) => Err(Loss::of(&io::ErrorKind::TimedOut.into())),
        }
    }

    async fn heard(&mut self) -> Result<Bytes, Loss> {
        loop {
            let message = self.stream.next().await.ok_or(Loss::ENDED)?.map_err(|error| loss(&error))?;
            if self.is_flooded() {
                return Err(Loss::nonsense("it says more than a printer has to say", "websocket_flood"));
            }
            match message {
                Message::Text(text) => return Ok(text.into()),
                Message::Binary(_) => return Err(Loss::nonsense("bytes where JSON is wanted", "websocket")),
                // A ping is answered by the stream itself; after a close it ends.
                Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => {}
            }
        }
    }

    /// One more message: whether that is more than any printer sends.
    fn is_flooded(&mut self) -> bool {
        let now = Instant::now();
        if now >= self.since + Duration::from_secs(1) {
            (self.since, self.messages) = (now, 0);
        }
        self.messages += 1;
        self.messages > SOCKET_MESSAGES_PER_SECOND_MAX
    }
}

/// The error's own text may quote the printer, so it goes no further.
fn loss(error: &Error) -> Loss {
    match error {
        Error::ConnectionClosed
        | Error::AlreadyClosed
        | Error::Protocol(
            ProtocolError::ResetWithoutClosingHandshake
            | ProtocolError::SendAfterClosing
            | ProtocolError::ReceivedAfterClosing
            | ProtocolError::HandshakeIncomplete,
        ) => Loss::ENDED,
        Error::Io(error) => Loss::of(error),
        Error::Capacity(_) => {
            Loss::nonsense("a message that is longer than any of its kind", "message_too_long")
        }
        _ => Loss::nonsense("what it says is not WebSocket", "websocket"),
    }
}
