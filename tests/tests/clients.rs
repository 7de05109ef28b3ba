//! The Lumberjack clients of other makers that a program may send with, each by its package's name, ship a printer's
//! lines through the adapter to the platform. Each begins while the platform is out of reach for longer than the
//! client's own time limit.

use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context as _, Result};
use demo::site::{Site, Transport};
use serde_json::{Value, json};
use tests::repository;
use tests::shipment::{Shipment, Takers};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::{Duration, timeout};

/// Keep-alives that a client waits through: nine seconds, where the most hurried of them gives up after five.
const KEEP_ALIVES: usize = 3;
/// A client that takes longer hangs.
const CLIENT_WITHIN: Duration = Duration::from_secs(120);

#[tokio::test]
async fn pylogbeat_over_mutual_tls() -> Result<()> {
    // The last batch is a resend of the one before, as of a program that missed the acknowledgement.
    let batches = [lines(1, 100), lines(101, 100), lines(201, 300), lines(201, 300)];
    let acknowledged = ship(python("pylogbeat_client.py"), Transport::MutualTls, &batches, 500).await?;
    assert_eq!(acknowledged, [100, 200, 500, 800], "one client counts on from window to window");
    Ok(())
}

#[tokio::test]
async fn pylogbeat_in_clear() -> Result<()> {
    let batches = [lines(1, 1), lines(2, 2047), lines(2049, 10)];
    let acknowledged = ship(python("pylogbeat_client.py"), Transport::InClear, &batches, 2058).await?;
    assert_eq!(acknowledged, [1, 2048, 2058]);
    Ok(())
}

#[tokio::test]
async fn python_logstash_async_over_mutual_tls() -> Result<()> {
    let batches = [lines(1, 200), lines(201, 10), lines(211, 190)];
    let acknowledged = ship(python("logstash_async_client.py"), Transport::MutualTls, &batches, 400).await?;
    assert!(acknowledged.len() >= 16, "in windows of twenty-five at most: {acknowledged:?}");
    Ok(())
}

#[tokio::test]
async fn lumberjack_client_over_mutual_tls() -> Result<()> {
    // Some of the second batch's lines are those of the first: two sendings of one event are one row.
    let batches = [lines(1, 300), lines(251, 100), lines(351, 50)];
    let acknowledged = ship(node("lumberjack_client.js"), Transport::MutualTls, &batches, 400).await?;
    let one_window_and_then_line_by_line = [vec![300], vec![1; 150]].concat();
    assert_eq!(acknowledged, one_window_and_then_line_by_line);
    Ok(())
}

/// Ships these batches and sees that as many distinct lines are stored, none of them twice. Gives the sequences that
/// were acknowledged.
async fn ship(
    client: Command,
    transport: Transport,
    batches: &[Vec<String>],
    distinct: u64,
) -> Result<Vec<u32>> {
    let directory = env!("CARGO_TARGET_TMPDIR");
    let shipment = Shipment::new(directory, env!("CARGO_BIN_EXE_programs"), transport).await?;
    let site = &shipment.bench.site;
    shipment.start_platform().await?.stop().await?;
    let adapter = site.start_adapter().await?;

    let mut client = Client::start(&shipment.within, client, &order(site, batches)).await?;
    client.is_kept_waiting().await?;
    let platform = site.start_platform().await?;
    let acknowledged = client.finish().await?;
    shipment.all_stored_once(Takers { platform, adapter }, distinct).await?;
    Ok(acknowledged)
}

/// What a client is to do, in the words that `tests/peers` understands.
fn order(site: &Site, batches: &[Vec<String>]) -> Value {
    let mut order = json!({"port": site.beats_port, "batches": batches});
    if site.transport == Transport::MutualTls {
        let pair = site.printer_pair(0);
        order["ca"] = json!(site.file("ca.pem"));
        order["certificate"] = json!(pair.certificate);
        order["key"] = json!(pair.key);
    }
    order
}

/// So many lines from this record on.
fn lines(first: u64, count: u64) -> Vec<String> {
    (first..first + count)
        .map(|record| {
            let (second, milli) = (record / 1000, record % 1000);
            format!("2026-11-22T10:15:{second:02}.{milli:03}Z laser #{record:09} INFO power=512.0mW")
        })
        .collect()
}

fn python(script: &str) -> Command {
    let mut command = Command::new("python3");
    command
        .env("PYTHONPATH", peers().join("python"))
        .arg("-B")
        .arg(repository().join("tests/peers").join(script));
    command
}

fn node(script: &str) -> Command {
    let mut command = Command::new(peers().join("bin/node"));
    command
        .env("NODE_PATH", peers().join("node/node_modules"))
        .arg(repository().join("tests/peers").join(script));
    command
}

fn peers() -> PathBuf {
    repository().join("target/peers")
}

/// A running client.
struct Client {
    process: Child,
    output: Lines<BufReader<ChildStdout>>,
    acknowledged: Vec<u32>,
}

impl Client {
    async fn start(inside: &[String], command: Command, order: &Value) -> Result<Self> {
        let command = command.into_std();
        let (enter, words) = inside.split_first().context("nothing to enter")?;
        let mut process = Command::new(enter)
            .args(words)
            .arg(command.get_program())
            .args(command.get_args())
            .envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut input = process.stdin.take().context("no input")?;
        input.write_all(order.to_string().as_bytes()).await?;
        drop(input);
        let output = BufReader::new(process.stdout.take().context("no output")?).lines();
        Ok(Self { process, output, acknowledged: Vec::new() })
    }

    /// Waits until it has seen keep-alives and nothing else.
    async fn is_kept_waiting(&mut self) -> Result<()> {
        for _ in 0..KEEP_ALIVES {
            let sequence = timeout(CLIENT_WITHIN, self.next()).await.context("no keep-alive")??;
            assert_eq!(sequence.context("the client ended")?, 0, "acknowledged without a platform");
        }
        Ok(())
    }

    /// Waits until it is done; gives what was acknowledged.
    async fn finish(mut self) -> Result<Vec<u32>> {
        while let Some(sequence) = timeout(CLIENT_WITHIN, self.next()).await.context("the client hangs")?? {
            self.acknowledged.extend((sequence > 0).then_some(sequence));
        }
        let status =
            timeout(CLIENT_WITHIN, self.process.wait()).await.context("the client does not end")??;
        anyhow::ensure!(
            status.success(),
            "the client ended with {status}; run tests/set-up if it is not there"
        );
        Ok(self.acknowledged)
    }

    async fn next(&mut self) -> Result<Option<u32>> {
        let Some(line) = self.output.next_line().await? else { return Ok(None) };
        let sequence = line.strip_prefix("ack ").with_context(|| format!("not a word of ours: {line}"))?;
        Ok(Some(sequence.parse()?))
    }
}
