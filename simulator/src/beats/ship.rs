//! The log shipper, as Filebeat 8 does it: windows of up to 2,048 events, three of them on the way, forgotten
//! only when their last sequence is acknowledged, sent again on the next connection otherwise.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use protocol::lumberjack::encode_window;
use tokio::sync::{Notify, watch};
use tokio::time::sleep;

use super::agent::Agent;
use super::backoff::Backoff;
use super::connection::{Connection, Lost};
use super::dial::Dial;
use super::event::event;
use super::files::{Files, Window};
use crate::clock::{Clock, rfc3339};
use crate::counts::Counts;
use crate::faults::Manner;
use crate::noise::Noise;

/// Windows sent and not acknowledged: Filebeat's `pipelining: 2` is one that is filled and two on the wire.
const WINDOWS_MAX: usize = 3;
/// Filebeat's default.
const COMPRESSION: u32 = 3;
/// How long lines are gathered before they are sent: real ones wait up to a second, and a person who watches
/// a demonstration would notice.
const GATHER: Duration = Duration::from_millis(200);

/// Ships the logs of one printer.
pub struct Shipper<D> {
    /// Opens connections.
    pub dial: D,
    /// Who it is.
    pub agent: Agent,
    /// What it reads.
    pub files: Files,
    /// What it has done.
    pub counts: Arc<Counts>,
    /// The time that events are marked with.
    pub clock: Clock,
    /// Changes when lines were written.
    pub written: watch::Receiver<u64>,
    /// Whether the power is on.
    pub manner: watch::Receiver<Manner>,
    /// Told at each acknowledgement.
    pub progress: Arc<Notify>,
    /// Waits between connections.
    pub backoff: Backoff,
    /// Order of fields.
    pub noise: Noise,
    /// Windows on the wire, the oldest first.
    pub in_flight: VecDeque<Window>,
    /// Windows of a lost connection, to be sent again before anything new.
    pub again: VecDeque<Window>,
}

impl<D: Dial> Shipper<D> {
    /// Ships until it is dropped.
    pub async fn run(mut self) -> Infallible {
        let mut power = self.manner.clone();
        loop {
            // A watch only fails when its sender is gone, and then the whole fleet is going.
            let _ = power.wait_for(|manner| *manner != Manner::Off).await;
            let lost = tokio::select! {
                lost = self.ship() => lost,
                _ = power.wait_for(|manner| *manner == Manner::Off) => Lost::Closed,
            };
            self.take_back();
            match lost {
                Lost::TooMuch { .. } => tracing::error!(%lost, "a server that loses events"),
                _ => tracing::debug!(%lost, "will send again"),
            }
            sleep(self.backoff.wait()).await;
        }
    }

    /// Ships over one connection until it is lost.
    async fn ship(&mut self) -> Lost {
        match Connection::open(&self.dial).await {
            Ok(mut connection) => match self.converse(&mut connection).await {
                Ok(never) => match never {},
                Err(lost) => lost,
            },
            Err(lost) => lost,
        }
    }

    async fn converse(&mut self, connection: &mut Connection<D::Stream>) -> Result<Infallible, Lost> {
        loop {
            self.written.mark_unchanged();
            self.fill(connection).await?;
            let full = self.in_flight.len() >= WINDOWS_MAX;
            if self.in_flight.is_empty() {
                tokio::select! {
                    // Nothing is on the way: a keep-alive may come, and a close must be noticed.
                    ack = connection.ack() => self.acknowledged(ack?)?,
                    _ = self.written.changed() => sleep(GATHER).await,
                }
            } else {
                tokio::select! {
                    ack = connection.ack_in_time() => self.acknowledged(ack?)?,
                    _ = self.written.changed(), if !full => sleep(GATHER).await,
                }
            }
        }
    }

    /// Sends as much as may be on the way.
    async fn fill(&mut self, connection: &mut Connection<D::Stream>) -> Result<(), Lost> {
        self.files.scan().map_err(Lost::Files)?;
        while self.in_flight.len() < WINDOWS_MAX {
            let again = self.again.pop_front();
            let resent = again.is_some();
            let window = match again {
                Some(window) => window,
                None => match self.files.plan(self.clock.now()).map_err(Lost::Files)? {
                    Some(window) => window,
                    None => break,
                },
            };
            let bytes = self.encode(&window);
            // It is on the way from now on, even if the sending fails half-way.
            self.in_flight.push_back(window);
            let count = if resent { &self.counts.windows_resent } else { &self.counts.windows_sent };
            count.add(1);
            connection.send(&bytes?).await?;
        }
        Ok(())
    }

    fn encode(&mut self, window: &Window) -> Result<Vec<u8>, Lost> {
        let time = rfc3339(window.read);
        let lines = self.files.lines(window).map_err(Lost::Files)?;
        let events: Vec<String> =
            lines.iter().map(|line| event(&self.agent, line, &time, &mut self.noise)).collect();
        Ok(encode_window(1, &events, Some(COMPRESSION)))
    }

    /// Takes an acknowledgement. A part of a window saves nothing: the whole of it is sent again if need be.
    fn acknowledged(&mut self, sequence: u32) -> Result<(), Lost> {
        let sent = self.in_flight.front().map_or(0, |window| window.events);
        if sequence > sent {
            return Err(Lost::TooMuch { acknowledged: sequence, sent });
        }
        if sequence == 0 || sequence < sent {
            return Ok(());
        }
        if let Some(window) = self.in_flight.pop_front() {
            self.files.acknowledge(&window);
            self.counts.lines_acknowledged.add(u64::from(window.records));
            self.counts.events_acknowledged.add(u64::from(window.events));
            self.backoff.reset();
            self.progress.notify_waiters();
        }
        Ok(())
    }

    /// Keeps what was on a lost connection, in its order.
    fn take_back(&mut self) {
        while let Some(window) = self.in_flight.pop_back() {
            self.again.push_front(window);
        }
    }
}
