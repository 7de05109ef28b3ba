//! The fleet: every printer with its tasks, started and stopped together.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::crypto::CryptoProvider;
use rustls_pki_types::ServerName;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsAcceptor;

use crate::beats::{Agent, Backoff, Files, Host, Reporter, Shipper, TlsDial};
use crate::clock::Clock;
use crate::config::{Config, Peer, PrinterConfig, Ship};
use crate::control::{Command, Turn};
use crate::counts::stopped_line;
use crate::logs::{LogError, LogWriter, Retention};
use crate::noise::Noise;
use crate::pip::{Caller, Conversation, Server};
use crate::scribe::{self, Pace};
use crate::tls::{Pair, TlsError};
use crate::trace::Trace;
use crate::unit::{Nameplate, Unit};

/// How long a stop waits for acknowledgements.
const DRAIN: Duration = Duration::from_secs(30);

/// Why the fleet could not start, or why it ended.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    /// A certificate or key.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A name that no certificate can bear.
    #[error("`server_name` {0:?} is no host name or address")]
    ServerName(String),
    /// The file for the times of READs.
    #[error("`read_trace`: cannot write {path}")]
    Trace {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A port.
    #[error("printer {id} cannot listen on {address}")]
    Listen {
        /// The printer.
        id: String,
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A task ended though nobody stopped it.
    #[error("a part of the fleet ended by itself: {0}")]
    Ended(String),
}

/// Printers at work.
pub struct Fleet {
    members: Vec<Member>,
    /// Told at each acknowledgement.
    progress: Arc<Notify>,
    clock: Clock,
    started: Instant,
    writers: JoinSet<Result<Infallible, LogError>>,
    wires: JoinSet<io::Result<Infallible>>,
}

struct Member {
    unit: Arc<Unit>,
    pip: SocketAddr,
    ship: Ship,
}

/// What the printers of a fleet have in common.
struct Common<'a> {
    config: &'a Config,
    provider: Arc<CryptoProvider>,
    clock: Clock,
    progress: Arc<Notify>,
    trace: Option<Trace>,
}

impl Fleet {
    /// Binds every printer's port and starts every task.
    pub async fn start(config: &Config, clock: Clock) -> Result<Self, FleetError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let progress = Arc::new(Notify::new());
        let trace = config.read_trace.as_deref().map(trace).transpose()?;
        let common = Common { config, provider, clock: clock.clone(), progress: progress.clone(), trace };
        let (writers, wires) = (JoinSet::new(), JoinSet::new());
        let mut fleet =
            Self { members: Vec::new(), progress, clock, started: Instant::now(), writers, wires };
        for printer in &config.printers {
            fleet.add(printer, &common).await?;
        }
        Ok(fleet)
    }

    async fn add(&mut self, config: &PrinterConfig, common: &Common<'_>) -> Result<(), FleetError> {
        let mut noise = Noise::split(common.config.seed, &config.id);
        let pair = Pair::load(&config.certificate_file, &config.key_file)?;
        let nameplate =
            Nameplate { id: config.id.clone(), model: config.model.clone(), serial: config.serial.clone() };
        let unit = Arc::new(Unit::new(nameplate, Noise::new(noise.bits()), self.clock.now()));

        let retention = Retention::default();
        let waits = (config.ship == Ship::Beats).then(|| retention.clone());
        let writer = LogWriter::open(&config.directory, config.rotate_bytes, waits)?;
        let files = Files::new(&config.directory, retention);

        let listener = listen(config).await?;
        let pip = listener.local_addr().map_err(|source| cannot_listen(config, source))?;
        let acceptor = TlsAcceptor::from(pair.server(&common.provider, &config.client_ca_file)?);
        let conversation = Conversation {
            unit: unit.clone(),
            clock: self.clock.clone(),
            noise: Noise::new(noise.bits()),
            trace: common.trace.clone(),
        };
        self.wires.spawn(Server { conversation: conversation.clone(), acceptor }.run(listener));
        if let (true, Some(push)) = (config.push, &common.config.push) {
            let dial = dial(push, pair.caller(&common.provider, &push.ca_file)?)?;
            let caller = Caller { conversation, dial, backoff: Backoff::new(Noise::new(noise.bits())) };
            self.wires.spawn(async move { Ok(caller.run().await) });
        }

        if let (Ship::Beats, Some(beats)) = (config.ship, &common.config.beats) {
            let dial = dial(beats, pair.client(&common.provider, &beats.ca_file)?)?;
            self.ship(&unit, dial, files, common, &mut noise);
        }
        let pace = Pace::new(config.lines_per_second);
        self.writers.spawn(scribe::run(unit.clone(), writer, pace, self.clock.clone()));
        self.members.push(Member { unit, pip, ship: config.ship });
        Ok(())
    }

    /// Starts the two Beats of one printer's computer.
    fn ship(
        &mut self,
        unit: &Arc<Unit>,
        dial: TlsDial,
        files: Files,
        common: &Common<'_>,
        noise: &mut Noise,
    ) {
        let mut stream = || Noise::new(noise.bits());
        // A process that was started again with the same seed has the same agents with other ephemeral ids.
        let mut ephemeral = Noise::split(stream().bits(), &self.clock.now().0.to_string());
        let host = &unit.nameplate.id;
        let filebeat = Agent::new("filebeat", host, &mut stream(), &mut ephemeral);
        let metricbeat = Agent::new("metricbeat", host, &mut stream(), &mut ephemeral);
        let first = common.config.metric_interval.min(Duration::from_secs(2)).mul_f64(stream().unit());
        let reporter = Reporter {
            dial: dial.clone(),
            agent: metricbeat,
            host: Host::new(stream()),
            counts: unit.counts.clone(),
            clock: common.clock.clone(),
            period: common.config.metric_interval,
            first,
            manner: unit.manner(),
            backoff: Backoff::new(stream()),
        };
        let shipper = Shipper {
            dial,
            agent: filebeat,
            files,
            counts: unit.counts.clone(),
            clock: common.clock.clone(),
            written: unit.written(),
            manner: unit.manner(),
            progress: common.progress.clone(),
            backoff: Backoff::new(stream()),
            noise: stream(),
            in_flight: Default::default(),
            again: Default::default(),
        };
        self.wires.spawn(async move { Ok(reporter.run().await) });
        self.wires.spawn(async move { Ok(shipper.run().await) });
    }

    /// The line that says where everything listens.
    pub fn ready_line(&self) -> String {
        let printer =
            |member: &Member| json!({"id": member.unit.nameplate.id, "pip": member.pip.to_string()});
        let printers: Vec<_> = self.members.iter().map(printer).collect();
        json!({"event": "ready", "printers": printers}).to_string()
    }

    /// The line that says what has been done.
    pub fn stopped_line(&self) -> String {
        stopped_line(self.members.iter().map(|it| (it.unit.nameplate.id.as_str(), it.unit.counts.totals())))
    }

    /// The moment `after` the start.
    pub fn moment(&self, after: Duration) -> Instant {
        self.started + after
    }

    /// Does what a command says; `true` when it says to stop.
    pub fn command(&self, command: &Command) -> bool {
        match command {
            Command::Fault { printer, kind } => {
                self.with(printer, |unit| unit.set_fault(Some(*kind), self.clock.now()))
            }
            Command::Clear { printer } => self.with(printer, |unit| unit.set_fault(None, self.clock.now())),
            Command::Write { lines } => self.members.iter().for_each(|it| it.unit.write_more(*lines)),
            Command::Stop => return true,
        }
        false
    }

    /// Begins a scheduled fault, or ends it if it is still the one that there is.
    pub fn turn(&self, turn: &Turn) {
        tracing::info!(printer = turn.printer, kind = ?turn.kind, begins = turn.begins, "scheduled fault");
        self.with(&turn.printer, |unit| {
            if turn.begins {
                unit.set_fault(Some(turn.kind), self.clock.now());
            } else if unit.fault() == Some(turn.kind) {
                unit.set_fault(None, self.clock.now());
            }
        });
    }

    fn with(&self, printer: &str, act: impl FnOnce(&Unit)) {
        match self.members.iter().find(|member| member.unit.nameplate.id == printer) {
            Some(member) => act(&member.unit),
            None => tracing::warn!(printer, "no printer has this id"),
        }
    }

    /// Waits for a task that ends by itself: that is always a fault.
    pub async fn ended(&mut self) -> FleetError {
        tokio::select! {
            Some(ended) = self.writers.join_next() => match ended {
                Ok(Ok(never)) => match never {},
                Ok(Err(error)) => FleetError::Log(error),
                Err(error) => crashed(&error),
            },
            Some(ended) = self.wires.join_next() => match ended {
                Ok(Ok(never)) => match never {},
                Ok(Err(error)) => FleetError::Ended(error.to_string()),
                Err(error) => crashed(&error),
            },
        }
    }

    /// Writes no more, gives every printer its power and voice back, and waits until what was shipped has been
    /// acknowledged, or for half a minute.
    pub async fn drain(&mut self) {
        self.writers.shutdown().await;
        for member in &self.members {
            member.unit.set_fault(None, self.clock.now());
        }
        let all = async {
            loop {
                let progress = self.progress.notified();
                if self.members.iter().all(Member::is_done) {
                    return;
                }
                progress.await;
            }
        };
        if timeout(DRAIN, all).await.is_err() {
            let open = self.members.iter().filter(|member| !member.is_done()).count();
            tracing::warn!(printers = open, "ended before everything was acknowledged");
        }
    }
}

impl Member {
    fn is_done(&self) -> bool {
        self.ship == Ship::None || self.unit.counts.all_acknowledged()
    }
}

fn trace(path: &Path) -> Result<Trace, FleetError> {
    Trace::create(path).map_err(|source| FleetError::Trace { path: path.to_owned(), source })
}

fn dial(peer: &Peer, config: Arc<ClientConfig>) -> Result<TlsDial, FleetError> {
    let name = ServerName::try_from(peer.server_name.clone());
    let name = name.map_err(|_| FleetError::ServerName(peer.server_name.clone()))?;
    Ok(TlsDial::new(peer.address.clone(), name, config))
}

async fn listen(config: &PrinterConfig) -> Result<TcpListener, FleetError> {
    TcpListener::bind(config.pip_listen).await.map_err(|source| cannot_listen(config, source))
}

fn cannot_listen(config: &PrinterConfig, source: io::Error) -> FleetError {
    FleetError::Listen { id: config.id.clone(), address: config.pip_listen, source }
}

fn crashed(error: &JoinError) -> FleetError {
    FleetError::Ended(error.to_string())
}

#[cfg(test)]
mod tests;
