//! Many PIP printers in this process: the simulator's own half of the protocol, without logs and Beats, which nobody asks
//! for here.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use demo::certificates::Pair;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use simulator::clock::Clock;
use simulator::noise::Noise;
use simulator::pip::{Conversation, Server};
use simulator::unit::{Nameplate, Unit};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use tokio_rustls::TlsAcceptor;

/// How often a printer measures: as often as it is asked.
const MEASURED_EVERY: Duration = Duration::from_secs(1);
/// Not all at once.
const PARTS: usize = 20;
/// Of the process besides: of each printer there are a listener and a connection.
const OTHER_FILES: u64 = 256;

/// The printers. They are switched off when it is dropped.
pub(super) struct Fleet {
    pub(super) addresses: Vec<SocketAddr>,
    units: Arc<Vec<Arc<Unit>>>,
    _tasks: JoinSet<()>,
}

impl Fleet {
    /// So many printers, all with the same certificate.
    pub(super) async fn start(printers: usize, pair: &Pair, ca_file: &Path) -> Result<Self> {
        allow_files(u64::try_from(printers)? * 2 + OTHER_FILES)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let pair = simulator::tls::Pair::load(&pair.certificate, &pair.key)?;
        let acceptor = TlsAcceptor::from(pair.server(&provider, ca_file)?);
        let clock = Clock::system();
        let (mut addresses, mut units, mut tasks) = (Vec::new(), Vec::new(), JoinSet::new());
        for (seed, number) in (0..).zip(1..=printers) {
            let (id, model) = (format!("p{number:04}"), "ProJet 7000 HD".to_owned());
            let nameplate = Nameplate { serial: format!("SIM-{number:04}"), id, model };
            let unit = Arc::new(Unit::new(nameplate, Noise::new(seed), clock.now()));
            let conversation = Conversation {
                unit: Arc::clone(&unit),
                clock: clock.clone(),
                noise: Noise::new(seed),
                trace: None,
            };
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            addresses.push(listener.local_addr()?);
            units.push(unit);
            let server = Server { conversation, acceptor: acceptor.clone() };
            tasks.spawn(async move { drop(server.run(listener).await) });
        }
        let units = Arc::new(units);
        tasks.spawn(work(Arc::clone(&units), clock));
        Ok(Self { addresses, units, _tasks: tasks })
    }

    /// READs that were answered, of all printers together, and of the one that has answered the fewest.
    pub(super) fn reads(&self) -> (u64, u64) {
        let reads = || self.units.iter().map(|unit| unit.counts.pip_reads.value());
        (reads().sum(), reads().min().unwrap_or_default())
    }
}

/// The printers work and measure.
async fn work(units: Arc<Vec<Arc<Unit>>>, clock: Clock) {
    let mut ticks = interval(MEASURED_EVERY / u32::try_from(PARTS).unwrap_or(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for part in (0..PARTS).cycle() {
        ticks.tick().await;
        for unit in units.iter().skip(part).step_by(PARTS) {
            unit.controller().step(MEASURED_EVERY, clock.now());
        }
    }
}

/// Has the system let this process open so many files.
fn allow_files(wanted: u64) -> Result<()> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= wanted) {
        return Ok(());
    }
    ensure!(
        maximum.is_none_or(|maximum| maximum >= wanted),
        "this process may have {} files open and needs {wanted}: write `ulimit -n {wanted}` before its start",
        maximum.unwrap_or_default()
    );
    setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }).context("the limit of open files")
}
