//! One round: a server is started, the senders send for a while, the server is stopped and says what it used.

use std::io::BufReader;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use futures::future::try_join_all;
use protocol::lumberjack::encode_window;
use tokio::time::Instant;

use super::sender::{self, Until};
use super::server::{Peer, Used};
use crate::{READINGS_PER_EVENT, WINDOW_EVENTS};

/// Filebeat's default.
const COMPRESSION: u32 = 3;

/// What to send.
#[derive(Debug)]
pub(super) struct Plan {
    connections: u8,
    until: Until,
    window: Vec<u8>,
}

/// What one round gave.
#[derive(Clone, Copy, Debug)]
pub(super) struct Round {
    /// From the first byte to the last acknowledgement.
    pub(super) events_per_second: f64,
    pub(super) used: Used,
}

impl Plan {
    pub(super) fn new(connections: u8, until: Until) -> Self {
        Self { connections, until, window: window() }
    }
}

/// The window, as Filebeat would write it.
pub(super) fn window() -> Vec<u8> {
    encode_window(1, &crate::filebeat_events(), Some(COMPRESSION))
}

/// Runs one round.
///
/// # Errors
/// The server did not start, broke off, or did not count every event that it acknowledged.
pub(super) fn round(peer: Peer, program: &Path, plan: &Plan) -> Result<Round> {
    let mut server = Server::start(program)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (events, seconds) = runtime.block_on(send(server.address, plan))?;
    let used = server.stop()?;
    ensure!(
        used.counts.events == events,
        "{peer:?} acknowledged {events} events and took in {}",
        used.counts.events
    );
    let readings = if peer == Peer::Oneway { events * READINGS_PER_EVENT } else { 0 };
    ensure!(
        used.counts.readings == readings,
        "{peer:?} made {} readings of {readings}",
        used.counts.readings
    );
    #[expect(clippy::cast_precision_loss, reason = "events of some seconds")]
    let events_per_second = events as f64 / seconds;
    Ok(Round { events_per_second, used })
}

/// Sends over all connections at once, and gives the events that were acknowledged and the seconds it took.
async fn send(server: SocketAddr, plan: &Plan) -> Result<(u64, f64)> {
    let streams = try_join_all((0..plan.connections).map(|printer| sender::connect(server, printer))).await?;
    let start = Instant::now();
    let sent = streams.into_iter().map(|stream| sender::send(stream, &plan.window, plan.until));
    let windows: u64 = try_join_all(sent).await?.into_iter().sum();
    Ok((windows * u64::from(WINDOW_EVENTS), start.elapsed().as_secs_f64()))
}

/// A server's process. It ends with its standard input, so also when this process dies.
struct Server {
    process: Child,
    stdin: Option<ChildStdin>,
    lines: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Server {
    fn start(program: &Path) -> Result<Self> {
        let mut process = Command::new(program)
            // The peer's has no other use, and does not look.
            .arg("--serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdin = process.stdin.take();
        let mut lines = BufReader::new(process.stdout.take().context("the server has no output")?);
        let address = line(&mut lines)?.parse().context("the server did not say its address")?;
        Ok(Self { process, stdin, lines, address })
    }

    fn stop(&mut self) -> Result<Used> {
        drop(self.stdin.take());
        let used =
            serde_json::from_str(&line(&mut self.lines)?).context("the server did not say what it used")?;
        ensure!(self.process.wait()?.success(), "the server failed");
        Ok(used)
    }
}

fn line(lines: &mut impl std::io::BufRead) -> Result<String> {
    let mut line = String::new();
    lines.read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}
