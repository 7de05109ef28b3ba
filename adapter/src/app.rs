//! Puts the parts together, in the order in which data must not be lost: what is downstream starts first, what
//! is upstream stops first.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use catalog::{Mark, Quality, items};
use serde_json::json;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::buffer::Buffer;
use crate::clock::Clock;
use crate::config::{AdapterIdentity, Config};
use crate::counters::Counters;
use crate::dispatcher::{self, Dispatcher};
use crate::half::Half;
use crate::handles::{self, TooFewFiles};
use crate::intake::listener::{ListenError, Listening, Strangers};
use crate::intake::poll;
use crate::intake::{self, IntakeContext};
use crate::lifecycle::{Lifecycle, Tasks};
use crate::link::Link;
use crate::normalise::HeldBack;
use crate::status::{Door, LinkEnd, Status};
use crate::tap::{self, Rows};
use crate::telemetry::Telemetry;
use crate::uplink::Health;

/// How long the way down may take to run empty when the adapter stops. What sources keep is theirs; this is
/// for what was polled.
const DRAIN_MAX: Duration = Duration::from_secs(10);

/// Where readings go.
#[derive(Debug)]
pub enum Sink<L> {
    /// To the platform.
    Link(Way<L>),
    /// To standard output, and nowhere else.
    Tap {
        /// What was held back, if that is collected.
        held_back: Option<HeldBack>,
        /// Whether rows carry their origin, as they would to the platform.
        with_origin: bool,
    },
}

/// The way to the platform.
#[derive(Debug)]
pub struct Way<L> {
    /// The link.
    pub link: Arc<L>,
    /// How it fares.
    pub health: Arc<Health>,
    /// Where it leads, for people.
    pub url: String,
    /// The socket to the other half, where that is a process of its own.
    pub to_uplink: Option<LinkEnd>,
}

/// Why the adapter did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A listener.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The files that queries need.
    #[error("queries to printers")]
    Poll(#[source] poll::StartError),
    /// The limit of open files.
    #[error(transparent)]
    Handles(#[from] TooFewFiles),
}

impl StartError {
    /// Whether the same configuration could start another time: an address can become free.
    pub(crate) fn can_pass(&self) -> bool {
        matches!(self, Self::Listen(ListenError::Listen { .. }))
    }
}

/// A running adapter: the whole of it but for command line, files and signals, which `cli` gives it.
#[derive(Debug)]
pub struct App {
    lifecycle: Lifecycle,
    intake: Tasks,
    downstream: Tasks,
    downstream_stop: CancellationToken,
    status: Status,
}

impl App {
    /// Starts everything. When it returns, every listener is bound.
    ///
    /// # Errors
    /// A listener's address or a file of TLS cannot be used.
    pub async fn start<L: Link + 'static>(
        config: &Config,
        who: &AdapterIdentity,
        sink: Sink<L>,
        lifecycle: Lifecycle,
    ) -> Result<Self, StartError> {
        let ids: Vec<_> = config.printers.iter().map(|printer| printer.id.clone()).collect();
        let counters = Arc::new(Counters::new(&ids));
        let buffer = Arc::new(Buffer::new(config.buffer, &who.adapter, &ids, Arc::clone(&counters)));
        let downstream_stop = lifecycle.hard.child_token();
        let downstream = lifecycle.tasks(downstream_stop.clone());
        let (mut progress, mut health, mut held_back) = (Arc::default(), Arc::default(), None);
        let (mut url, mut to_uplink) = (String::new(), None);
        match sink {
            Sink::Tap { held_back: wanted, with_origin } => {
                held_back = wanted;
                let (intake_stop, stop) = (lifecycle.soft.clone(), downstream_stop.clone());
                let rows = Rows { buffer: Arc::clone(&buffer), held_back: held_back.clone(), with_origin };
                downstream.spawn("tap", tap::run(rows, io::stdout(), intake_stop, stop));
            }
            Sink::Link(way) => {
                let link = way.link;
                (health, url, to_uplink) = (way.health, way.url, way.to_uplink);
                let dispatcher = Dispatcher::new(Arc::clone(&buffer), Arc::clone(&counters));
                progress = dispatcher.progress();
                downstream.spawn("dispatcher", dispatcher::run(dispatcher, link, downstream_stop.clone()));
            }
        }
        let intake = lifecycle.tasks(lifecycle.soft.clone());
        let context = IntakeContext {
            buffer: Arc::clone(&buffer),
            counters: Arc::clone(&counters),
            held_back,
            salt: who.salt.clone(),
            clock: Clock::system(),
            neighbours: Arc::default(),
            stop: lifecycle.soft.clone(),
            tasks: intake.clone(),
        };
        put_models(config, &context);
        let strangers = Arc::default();
        let (beats, push) = start_intake(config, &strangers, &context).await?;
        let half = if to_uplink.is_some() { Half::Intake } else { Half::Whole };
        let telemetry = Telemetry {
            half,
            link: to_uplink.as_ref().map(|link| Arc::clone(&link.state)),
            buffer: Arc::clone(&buffer),
            counters: Arc::clone(&counters),
            health: Arc::clone(&health),
            clock: context.clock,
            salt: context.salt.clone(),
            tls: [&beats, &push]
                .into_iter()
                .flatten()
                .filter_map(|listening| listening.tls.clone())
                .collect(),
            in_clear: config.in_clear(),
            supervisor: None,
            system: None,
        };
        intake.spawn("telemetry", telemetry.run(lifecycle.soft.clone()));
        let status = Status {
            half,
            adapter: who.adapter.clone(),
            config: config.clone(),
            url,
            link: to_uplink,
            started: Instant::now(),
            clock: context.clock,
            buffer,
            counters,
            progress,
            health,
            beats,
            push,
            strangers,
            system: None,
        };
        Ok(Self { lifecycle, intake, downstream, downstream_stop, status })
    }

    /// Tells of itself at this door until the very end.
    pub(crate) fn tell_at(&self, door: Door) {
        let (status, stop) = (self.status.clone(), self.downstream_stop.clone());
        self.downstream.spawn("status", door.serve(move || status.document(), stop));
    }

    /// Where the Beats listener is bound, if there is one.
    pub fn beats(&self) -> Option<SocketAddr> {
        self.status.beats.as_ref().map(|listening| listening.address)
    }

    /// Where the listener that printers call is bound, if there is one.
    pub fn push(&self) -> Option<SocketAddr> {
        self.status.push.as_ref().map(|listening| listening.address)
    }

    /// The line that says that everything is bound and running.
    pub(crate) fn ready_line(&self) -> String {
        let said = |address: Option<SocketAddr>| address.map(|address| address.to_string());
        json!({ "event": "ready", "beats": said(self.beats()), "push": said(self.push()) }).to_string()
    }

    /// Runs until the lifecycle says stop, and stops in order. Returns the stopped line.
    pub async fn run(self) -> String {
        self.lifecycle.soft.cancelled().await;
        let hard = self.lifecycle.hard.clone();
        // A second signal ends the waiting wherever it stands.
        hard.run_until_cancelled(self.drain()).await;
        self.downstream_stop.cancel();
        self.status.buffer.close();
        hard.run_until_cancelled(self.downstream.ended()).await;
        self.status.stopped_line()
    }

    // The intake's tasks end when the receipts that they wait for are resolved, so both are waited for together.
    async fn drain(&self) {
        let empty = async {
            self.intake.ended().await;
            self.status.buffer.emptied().await;
        };
        if timeout(DRAIN_MAX, empty).await.is_err() {
            tracing::warn!(
                bytes = self.status.buffer.bytes(),
                seconds = DRAIN_MAX.as_secs(),
                "the platform did not take everything in time; what the sources keep will come again"
            );
        }
    }
}

async fn start_intake(
    config: &Config,
    strangers: &Arc<Strangers>,
    context: &IntakeContext,
) -> Result<(Option<Listening>, Option<Listening>), StartError> {
    let (printers, mut beats, mut push) = (&config.printers, None, None);
    if let Some(listener) = &config.beats {
        beats = Some(intake::beats::start(listener, printers, Arc::clone(strangers), context.clone()).await?);
    }
    if let Some(listener) = &config.push {
        push = Some(intake::push::start(listener, printers, Arc::clone(strangers), context.clone()).await?);
    }
    let open_max = handles::of_each_printer(config)?;
    for printer in &config.printers {
        if printer.logs.is_some() {
            intake::tail::start(printer, open_max, context);
        }
    }
    // All together: who answers tells who is off.
    poll::start(&config.printers, config.pip.as_ref(), context).map_err(StartError::Poll)?;
    Ok((beats, push))
}

// The model that the configuration names comes before the printer's own word.
fn put_models(config: &Config, context: &IntakeContext) {
    let time = context.clock.now();
    for printer in &config.printers {
        let source = context.salt.source(&[b"configuration", printer.id.as_str().as_bytes()]);
        let origin = source.place(time.0.unsigned_abs(), 0).origin(0);
        let mark = Mark { part: 0, time, quality: Quality::Good, origin };
        let reading = printer.model.clone().map(|model| items::IDENTITY_MODEL.identity(model, mark));
        context.buffer.put_polled(&printer.id, reading.into_iter().flatten().collect());
    }
}

/// The variables of the process that are text; no other can be meant for us.
pub(crate) fn environment() -> HashMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}
