//! A platform that takes its time: a relay between the adapter and the real platform, a program of its own, that
//! ends TLS on both sides and holds back each answer for as long as it is told. Requests pass at once.
//!
//! On its standard input, a number of seconds is the new time for each answer, and `hold` lets none pass any more.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use demo::program::Program;
use demo::site::Site;
use rustix::process::{Signal, set_parent_process_death_signal};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, copy, split};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};
use tokio_rustls::{TlsAcceptor, TlsConnector};

const ROLE: &str = "slow";
/// Answers of one connection that are held back at a time; the adapter waits for each before it asks again.
const HELD_MAX: usize = 16;
/// Longer than an answer's head and body.
const CHUNK_BYTES: usize = 16 * 1024;

/// Starts the relay before the site's platform, and lets the adapter find it there: its configuration is to be
/// written after this. It says how many answers it passed on when it is stopped.
pub async fn start(site: &mut Site, after: Duration) -> Result<Program> {
    let directory = site.directory.display().to_string();
    let (platform, after) = (site.platform_port.to_string(), after.as_secs().to_string());
    let mut relay = site.launcher.start(ROLE, &[&directory, &platform, &after], &site.directory)?;
    let port = relay.ready().await?["port"].as_u64().context("the relay names no port")?;
    site.uplink_port = u16::try_from(port)?;
    Ok(relay)
}

/// Runs as the relay if the first argument says so.
pub fn as_role(arguments: &[OsString]) -> Option<ExitCode> {
    let words: Vec<&str> = arguments.iter().skip(1).map_while(|word| word.to_str()).collect();
    let [ROLE, directory, platform, after] = words[..] else { return None };
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    Some(match run(Path::new(directory), platform, after) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    })
}

/// What each connection needs.
struct Relay {
    acceptor: TlsAcceptor,
    connector: TlsConnector,
    platform: u16,
    /// How long after it came an answer is passed on; `None` while none is.
    after: watch::Sender<Option<Duration>>,
    answers: AtomicU64,
}

#[tokio::main(flavor = "current_thread")]
async fn run(directory: &Path, platform: &str, after: &str) -> Result<()> {
    let relay = Arc::new(Relay {
        acceptor: TlsAcceptor::from(Arc::new(server(directory)?)),
        connector: TlsConnector::from(Arc::new(client(directory)?)),
        platform: platform.parse()?,
        after: watch::Sender::new(seconds(after)),
        answers: AtomicU64::new(0),
    });
    // A thread of its own, since a read of the standard input cannot be broken off.
    thread::spawn({
        let relay = Arc::clone(&relay);
        move || {
            io::stdin()
                .lines()
                .map_while(Result::ok)
                .for_each(|line| _ = relay.after.send_replace(seconds(&line)))
        }
    });
    let mut terminate = signal(SignalKind::terminate())?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    say(&json!({"event": "ready", "port": listener.local_addr()?.port()}))?;
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                tokio::spawn(serve(Arc::clone(&relay), accepted?.0));
            }
            _ = terminate.recv() => break,
        }
    }
    say(&json!({"event": "stopped", "answers": relay.answers.load(Ordering::Relaxed)}))
}

async fn serve(relay: Arc<Relay>, adapter: TcpStream) {
    if let Err(error) = relay.pass(adapter).await {
        complain(&error.context("a connection ended"));
    }
}

impl Relay {
    async fn pass(&self, adapter: TcpStream) -> Result<()> {
        let platform = TcpStream::connect(("127.0.0.1", self.platform)).await?;
        let platform = self.connector.connect(ServerName::try_from("localhost")?, platform).await?;
        let (mut requests, adapter) = split(self.acceptor.accept(adapter).await?);
        let (answers, mut platform) = split(platform);
        tokio::select! {
            ended = copy(&mut requests, &mut platform) => ended.map(drop).map_err(Into::into),
            ended = self.hold_back(answers, adapter) => ended,
        }
    }

    async fn hold_back(
        &self,
        mut answers: impl AsyncRead + Unpin,
        mut adapter: impl AsyncWrite + Unpin,
    ) -> Result<()> {
        let (held, mut due) = mpsc::channel::<(Instant, Vec<u8>)>(HELD_MAX);
        // It owns the sender, so that what is held is still given when the platform has ended the connection.
        let take = async move {
            loop {
                let mut chunk = Vec::with_capacity(CHUNK_BYTES);
                if answers.read_buf(&mut chunk).await? == 0 {
                    return anyhow::Ok(());
                }
                held.send((Instant::now(), chunk)).await?;
            }
        };
        let give = async {
            let mut after = self.after.subscribe();
            while let Some((came, chunk)) = due.recv().await {
                let after = after.wait_for(Option::is_some).await?.unwrap_or_default();
                sleep_until(came + after).await;
                self.answers.fetch_add(1, Ordering::Relaxed);
                adapter.write_all(&chunk).await?;
                adapter.flush().await?;
            }
            Ok(())
        };
        tokio::try_join!(take, give).map(drop)
    }
}

/// A number of seconds; anything else is none.
fn seconds(word: &str) -> Option<Duration> {
    word.trim().parse().ok().map(Duration::from_secs)
}

fn say(event: &Value) -> Result<()> {
    writeln!(io::stdout(), "{event}").map_err(Into::into)
}

fn complain(error: &anyhow::Error) {
    let _ = writeln!(io::stderr(), "{ROLE}: {error:#}");
}

fn server(directory: &Path) -> Result<ServerConfig> {
    let chain = vec![CertificateDer::from_pem_file(directory.join("platform.pem"))?];
    let key = PrivateKeyDer::from_pem_file(directory.join("platform.key"))?;
    let server = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    Ok(server.with_no_client_auth().with_single_cert(chain, key)?)
}

fn client(directory: &Path) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(directory.join("ca.pem"))?)?;
    let client = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    Ok(client.with_root_certificates(roots).with_no_client_auth())
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}
