//! A printer that calls the reader: it opens the connection, and is asked on it as on any other.

use std::convert::Infallible;
use std::io;

use tokio::time::{sleep, timeout};

use super::conversation::{Conversation, STEP};
use super::session::Session;
use crate::beats::{Backoff, Dial};
use crate::faults::Manner;

/// The calls of one printer.
pub struct Caller<D> {
    /// What it says.
    pub conversation: Conversation,
    /// Whom it calls.
    pub dial: D,
    /// How long it waits between two calls.
    pub backoff: Backoff,
}

impl<D: Dial> Caller<D> {
    /// Calls, again and again, until it is dropped. Without power it neither calls nor keeps a connection.
    pub async fn run(mut self) -> Infallible {
        let unit = self.conversation.unit.clone();
        let (mut power, mut restarts) = (unit.manner(), unit.restarts());
        loop {
            // A watch only fails when its sender is gone, and then the whole fleet is going.
            let _ = power.wait_for(|manner| !matches!(manner, Manner::Off | Manner::Silent)).await;
            let mut session = Session::default();
            let ended = tokio::select! {
                ended = call(&self.conversation, &self.dial, &mut session) => ended,
                _ = power.wait_for(|manner| *manner == Manner::Off) => Ok(()),
                _ = restarts.changed() => Ok(()),
            };
            if let Err(error) = ended {
                tracing::debug!(printer = unit.nameplate.id, %error, "a call ended");
            }
            if session.is_subscribed() {
                self.backoff.reset();
            }
            // With it goes the subscription, which another connection may have meanwhile.
            drop(session);
            sleep(self.backoff.wait()).await;
        }
    }
}

async fn call(conversation: &Conversation, dial: &impl Dial, session: &mut Session) -> io::Result<()> {
    let stream = timeout(STEP, dial.dial()).await??;
    conversation.unit.counts.pip_calls.add(1);
    conversation.converse(stream, session).await
}
