//! PIP's frames over TLS.

use std::io;

use bytes::{Buf as _, BytesMut};
use protocol::limits::{PIP_PAYLOAD_BYTES_MAX, PIP_PAYLOAD_BYTES_START};
use protocol::pip::{Decoded, Reply, frame};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::dial::{Dial, Stream};
use super::{Loss, Transport};
use crate::intake::poll::drivers::pip::{Answer, Query};
use crate::intake::poll::limits::{IDLE_READ_BYTES, READ_BYTES, WRITE_MAX};
use crate::intake::poll::trouble::{Trouble, Why};

/// A way to one printer that speaks PIP.
pub(in crate::intake::poll) struct Pip {
    dial: Dial,
    connection: Option<Connection>,
}

struct Connection {
    stream: Stream,
    /// What came in and is not yet a whole frame: at most one frame and one read.
    input: BytesMut,
    /// The longest payload that is taken now: more once HELLO-ACK has agreed on it.
    payload_max: usize,
}

impl Pip {
    pub(in crate::intake::poll) fn new(dial: Dial) -> Self {
        Self { dial, connection: None }
    }

    /// Speaks over this stream from now on.
    pub(in crate::intake::poll) fn begin(&mut self, stream: Stream) {
        let (input, payload_max) = (BytesMut::new(), PIP_PAYLOAD_BYTES_START);
        self.connection = Some(Connection { stream, input, payload_max });
    }
}

impl Transport for Pip {
    type Query = Query;
    type Answer = Answer;

    async fn connect(&mut self) -> Result<(), Trouble> {
        self.begin(self.dial.connect().await?);
        Ok(())
    }

    async fn ask(&mut self, Query { id, request }: Query) -> Result<(), Loss> {
        let Some(connection) = &mut self.connection else { return Err(Loss::ENDED) };
        let bytes = request.encode(id);
        let write = async {
            connection.stream.write_all(&bytes).await?;
            connection.stream.flush().await
        };
        let written = timeout(WRITE_MAX, write).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        written.map_err(|error| Loss::of(&error))
    }

    async fn heard(&mut self) -> Result<Answer, Loss> {
        let Some(connection) = &mut self.connection else { return std::future::pending().await };
        connection.read().await
    }

    fn close(&mut self) {
        self.connection = None;
    }
}

impl Connection {
    async fn read(&mut self) -> Result<Answer, Loss> {
        loop {
            if let Some(answer) = self.whole().map_err(|error| bad_frame(&error))? {
                return Ok(answer);
            }
            // Most of the time nothing is under way, and a connection that waits needs no room for it.
            self.input.reserve(if self.input.is_empty() { IDLE_READ_BYTES } else { READ_BYTES });
            if self.stream.read_buf(&mut self.input).await.map_err(|error| Loss::of(&error))? == 0 {
                return Err(Loss::ENDED);
            }
        }
    }

    /// The answer in the next frame, if the frame is whole.
    fn whole(&mut self) -> Result<Option<Answer>, protocol::pip::Error> {
        let Decoded::Complete { frame, used } = frame::decode(&self.input, self.payload_max)? else {
            return Ok(None);
        };
        self.input.advance(used);
        if self.input.is_empty() {
            self.input = BytesMut::new();
        }
        let reply = Reply::parse(&frame)?;
        if let Reply::HelloAck(hello) = &reply {
            let agreed = usize::try_from(hello.payload_bytes_max).unwrap_or(usize::MAX);
            self.payload_max = agreed.min(PIP_PAYLOAD_BYTES_MAX);
        }
        Ok(Some(Answer { id: frame.id(), reply }))
    }
}

/// The error's whole text may quote the printer: its name is enough.
fn bad_frame(error: &protocol::pip::Error) -> Loss {
    let trouble = Trouble::Nonsense(Why::Named("a frame was refused:", error.name()));
    Loss { trouble: Some(trouble), refused: Some(error.name()) }
}
