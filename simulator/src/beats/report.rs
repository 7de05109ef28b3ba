//! The metric reporter, as Metricbeat 8 does it: a small window each period, dropped after three tries.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use protocol::lumberjack::encode_window;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};

use super::agent::Agent;
use super::backoff::Backoff;
use super::connection::{Connection, Lost};
use super::dial::Dial;
use super::metrics::Host;
use crate::clock::{Clock, rfc3339};
use crate::counts::Counts;
use crate::faults::Manner;

/// Metricbeat's `max_retries`.
const TRIES: u32 = 3;
/// Metricbeat's default.
const COMPRESSION: u32 = 3;

/// Sends the host metrics of one printer's computer.
pub struct Reporter<D> {
    /// Opens connections.
    pub dial: D,
    /// Who it is.
    pub agent: Agent,
    /// What it measures.
    pub host: Host,
    /// What it has done.
    pub counts: Arc<Counts>,
    /// The time that events are marked with.
    pub clock: Clock,
    /// How often.
    pub period: Duration,
    /// How long after the start the first sample is taken, so that a fleet does not report in one moment.
    pub first: Duration,
    /// Whether the computer is up.
    pub manner: watch::Receiver<Manner>,
    /// Waits between tries.
    pub backoff: Backoff,
}

impl<D: Dial> Reporter<D> {
    /// Reports until it is dropped. While a window is held by keep-alives no sample is taken.
    pub async fn run(mut self) -> Infallible {
        let mut ticks = interval_at(Instant::now() + self.first, self.period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut connection = None;
        loop {
            ticks.tick().await;
            // A hung controller (`silent`) takes its computer's reporter with it.
            if matches!(*self.manner.borrow(), Manner::Off | Manner::Silent) {
                connection = None;
                continue;
            }
            self.report(&mut connection).await;
        }
    }

    async fn report(&mut self, connection: &mut Option<Connection<D::Stream>>) {
        let time = rfc3339(self.clock.now());
        let period_ms = u64::try_from(self.period.as_millis()).unwrap_or(u64::MAX);
        let events = self.host.sample(&self.agent, &time, period_ms);
        let sent = u32::try_from(events.len()).unwrap_or(u32::MAX);
        let window = encode_window(1, &events, Some(COMPRESSION));
        for _ in 0..TRIES {
            match self.deliver(connection, &window, sent).await {
                Ok(()) => {
                    self.counts.metric_events_acknowledged.add(u64::from(sent));
                    self.backoff.reset();
                    return;
                }
                Err(lost) => tracing::debug!(%lost, "metrics will be sent again"),
            }
            *connection = None;
            sleep(self.backoff.wait()).await;
        }
        self.counts.metric_events_dropped.add(u64::from(sent));
        tracing::warn!(events = sent, "metrics dropped after {TRIES} tries, as Metricbeat does");
    }

    async fn deliver(
        &self,
        connection: &mut Option<Connection<D::Stream>>,
        window: &[u8],
        sent: u32,
    ) -> Result<(), Lost> {
        let open = match connection.take() {
            Some(open) => connection.insert(open),
            None => connection.insert(Connection::open(&self.dial).await?),
        };
        open.send(window).await?;
        loop {
            match open.ack_in_time().await? {
                sequence if sequence > sent => {
                    return Err(Lost::TooMuch { acknowledged: sequence, sent });
                }
                sequence if sequence == sent => return Ok(()),
                // A keep-alive or a part of the window: go on waiting.
                _ => {}
            }
        }
    }
}
