//! The uplink as a program of its own: what the intake hands over is sent, and the uplink gives account of itself. It
//! listens to nothing but the link's socket and holds nothing of the printers: what is not answered is the intake's.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::{Uplink, UplinkError};
use crate::buffer::Buffer;
use crate::clock::Clock;
use crate::config::{self, Config, Credentials, Platform, WhenFull};
use crate::counters::Counters;
use crate::dispatcher::{self, Dispatcher};
use crate::half::Half;
use crate::lifecycle::{Lifecycle, Tasks};
use crate::link::{Gate, GateError, LinkState};
use crate::status::{Door, LinkEnd, Status};
use crate::supervise::Reader;
use crate::telemetry::Telemetry;

/// How much of its account of itself may wait through an outage: some hours, and then more and more coarsely.
const OWN_BUFFER: config::Buffer = config::Buffer { bytes_max: 1 << 20, when_full: WhenFull::Thin };
/// How long what the platform has before it may still be answered when the uplink stops. The intake keeps the rest.
const DRAIN_MAX: Duration = Duration::from_secs(5);

/// Why the uplink did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The socket of the link.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// The way to the platform.
    #[error(transparent)]
    Uplink(#[from] UplinkError),
}

impl StartError {
    /// Whether the same configuration could start another time: a directory can be made, another uplink can end.
    pub(crate) fn can_pass(&self) -> bool {
        matches!(self, Self::Gate(_))
    }
}

/// Where the uplink is told what it alone can pass on: files in memory, which whoever else runs on this machine writes.
#[derive(Debug, Default)]
pub struct Told {
    /// What a supervisor says of the containers.
    pub account: Option<PathBuf>,
    /// What a box says of its system.
    pub system: Option<PathBuf>,
}

/// A running uplink.
#[derive(Debug)]
pub struct Program {
    lifecycle: Lifecycle,
    upstream: Tasks,
    downstream: Tasks,
    downstream_stop: CancellationToken,
    status: Status,
}

impl Program {
    /// Starts it. When it returns, the socket is bound. `account` is where a supervisor says how the containers are, if one does.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn start(
        platform: &Platform,
        place: &config::Link,
        credentials: &Credentials,
        told: Told,
        lifecycle: Lifecycle,
    ) -> Result<Self, StartError> {
        let uplink = Arc::new(Uplink::new(platform, credentials)?);
        let gate = Gate::open(place)?;
        let socket = gate.socket().to_owned();
        let (adapter, clock) = (credentials.adapter.clone(), Clock::system());
        let counters = Arc::new(Counters::new(&[]));
        let buffer = Arc::new(Buffer::new(OWN_BUFFER, &adapter, &[], Arc::clone(&counters)));
        let state = Arc::<LinkState>::default();

        let downstream_stop = lifecycle.hard.child_token();
        let downstream = lifecycle.tasks(downstream_stop.clone());
        let dispatcher = Dispatcher::new(Arc::clone(&buffer), Arc::clone(&counters));
        let progress = dispatcher.progress();
        let own = dispatcher::run(dispatcher, Arc::clone(&uplink), downstream_stop.clone());
        downstream.spawn("dispatcher", own);
        let telemetry = Telemetry {
            half: Half::Uplink,
            link: Some(Arc::clone(&state)),
            buffer: Arc::clone(&buffer),
            counters: Arc::clone(&counters),
            health: uplink.health(),
            clock,
            salt: credentials.salt.clone(),
            tls: Vec::new(),
            in_clear: false,
            supervisor: told.account.map(Reader::new),
            system: told.system.clone(),
        };
        let upstream = lifecycle.tasks(lifecycle.soft.clone());
        upstream.spawn("telemetry", telemetry.run(lifecycle.soft.clone()));
        let health = uplink.health();
        let stop = lifecycle.soft.clone();
        upstream.spawn("link", gate.serve(uplink, adapter.clone(), Arc::clone(&state), stop));
        let status = Status {
            half: Half::Uplink,
            adapter,
            config: nothing_comes_in(),
            url: platform.url.to_string(),
            link: Some(LinkEnd { socket, state }),
            started: Instant::now(),
            clock,
            buffer,
            counters,
            progress,
            health,
            beats: None,
            push: None,
            strangers: Arc::default(),
            system: told.system,
        };
        Ok(Self { lifecycle, upstream, downstream, downstream_stop, status })
    }

    /// Tells of itself at this door until the very end.
    pub(crate) fn tell_at(&self, door: Door) {
        let (status, stop) = (self.status.clone(), self.downstream_stop.clone());
        self.downstream.spawn("status", door.serve(move || status.document(), stop));
    }

    /// The line that says that the socket is bound.
    pub(crate) fn ready_line(&self) -> String {
        let socket = self.status.link.as_ref().map(|link| link.socket.display().to_string());
        json!({ "event": "ready", "link": socket }).to_string()
    }

    /// Runs until the lifecycle says stop, and stops in order. Returns the stopped line.
    pub(crate) async fn run(self) -> String {
        self.lifecycle.soft.cancelled().await;
        let hard = self.lifecycle.hard.clone();
        // What was under way for the intake was not answered, and comes again; of its own, the rest is sent.
        let drained = async {
            self.upstream.ended().await;
            // Whether or not it was in time: what is given up is counted when the buffer is closed.
            let _ = timeout(DRAIN_MAX, self.status.buffer.emptied()).await;
        };
        hard.run_until_cancelled(drained).await;
        self.downstream_stop.cancel();
        self.status.buffer.close();
        hard.run_until_cancelled(self.downstream.ended()).await;
        self.status.stopped_line()
    }
}

fn nothing_comes_in() -> Config {
    Config { buffer: OWN_BUFFER, beats: None, push: None, pip: None, printers: Vec::new() }
}
