//! Printers that answer over HTTP as the real ones do, and nothing more: one small server each, in the process that
//! measures.

pub(super) mod mtconnect;
pub(super) mod octoprint;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use simulator::clock::Clock;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

/// A question: what it asks for, and when.
pub(super) struct Asked<'a> {
    /// The path, without its query.
    pub(super) path: &'a str,
    query: &'a str,
    /// Since the printer was switched on.
    pub(super) up: Duration,
    /// What its clock shows.
    pub(super) now: Timestamp,
}

impl Asked<'_> {
    /// A number of the query's.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        let mut pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name)?.1.parse().ok()
    }
}

/// What a kind of printer answers: the media type and the body; nothing for a path that it has not.
pub(super) type Answers = fn(&Asked<'_>) -> Option<(&'static str, String)>;

/// One printer.
pub(super) struct Stub {
    pub(super) address: SocketAddr,
    /// Questions that it answered.
    pub(super) asked: Arc<AtomicU64>,
}

impl Stub {
    /// Switches it on.
    pub(super) async fn start(answers: Answers) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (address, asked) = (listener.local_addr()?, Arc::<AtomicU64>::default());
        let (count, on) = (Arc::clone(&asked), Instant::now());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, answers, on, Arc::clone(&count)));
            }
        });
        Ok(Self { address, asked })
    }
}

/// Answers on one connection for as long as it lasts.
async fn serve(
    stream: TcpStream,
    answers: Answers,
    on: Instant,
    count: Arc<AtomicU64>,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (input, mut output) = stream.into_split();
    let (mut lines, clock) = (BufReader::new(input).lines(), Clock::system());
    while let Some(request) = lines.next_line().await? {
        while lines.next_line().await?.is_some_and(|line| !line.is_empty()) {}
        let target = request.split(' ').nth(1).unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let now = Timestamp::from_millisecond(clock.now().0).unwrap_or(Timestamp::UNIX_EPOCH);
        let answer = answers(&Asked { path, query, up: on.elapsed(), now });
        let status = if answer.is_some() { "200 OK" } else { "404 NOT FOUND" };
        let (media, body) = answer.unwrap_or(("text/plain", String::new()));
        let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&now).unwrap_or_default();
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status}\r\nServer: stub\r\nContent-Type: {media}\r\nDate: {date}\r\nContent-Length: {length}\r\n\r\n"
        );
        count.fetch_add(1, Ordering::Relaxed);
        output.write_all((head + &body).as_bytes()).await?;
    }
    Ok(())
}
