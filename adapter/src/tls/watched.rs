//! The listener's TLS, made anew when its files change: a certificate is renewed every few weeks, and no sender
//! should notice.

use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ring::digest::{Context, SHA256};
use rustls::ServerConfig;
use secrecy::ExposeSecret as _;
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::{TlsError, certificates, expiry, read, server};
use crate::config::{ListenerTls, read_secret_file};
use crate::normalise::Quiet;

/// How often the files are looked at. A person who has replaced one waits for it; reading three small files costs
/// nothing. Looked at and not listened for: file events do not come through every mount, and a container with a
/// read-only root cannot be sent a signal.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// The listener's side of TLS as its files stood when they could last be used.
#[derive(Debug)]
pub struct Watched {
    files: ListenerTls,
    complaints: Quiet<&'static str>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    config: Arc<ServerConfig>,
    /// What `config` was made of.
    used: Print,
    /// What the files held at the last look.
    seen: Print,
    expiry: Option<i64>,
    reloads: u64,
    problem: Option<String>,
}

/// A hash of what all the files hold.
type Print = [u8; 32];

impl Watched {
    /// TLS of these files as they are now.
    ///
    /// # Errors
    /// A file cannot be read or cannot be used.
    pub fn load(files: &ListenerTls) -> Result<Self, TlsError> {
        let print = print(files);
        let (config, expiry) = load(files)?;
        let state = State { config, used: print, seen: print, expiry, reloads: 0, problem: None };
        Ok(Self { files: files.clone(), complaints: Quiet::new(), state: Mutex::new(state) })
    }

    /// For the next handshake. Connections that are open keep what they were greeted with.
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.lock().config))
    }

    /// When the certificate in use expires, in seconds since 1970.
    pub fn expiry(&self) -> Option<i64> {
        self.lock().expiry
    }

    /// How often a new set of files was taken into use.
    pub fn reloads(&self) -> u64 {
        self.lock().reloads
    }

    /// Why the files cannot be used as they are now; `None` when the ones in use are the ones that are there.
    pub fn problem(&self) -> Option<String> {
        self.lock().problem.clone()
    }

    /// Looks at the files until `stop`.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut ticks = interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            let watched = Arc::clone(&self);
            // On a thread of its own: a file on a network share can hang for longer than anyone waits.
            let _ = stop.run_until_cancelled(spawn_blocking(move || watched.look())).await;
        }
    }

    /// Takes a new set of files into use, once it was the same at two looks: three files are not replaced in one
    /// moment, and a key without its certificate is no fault while they are.
    pub(super) fn look(&self) {
        let print = print(&self.files);
        let settled = std::mem::replace(&mut self.lock().seen, print) == print;
        if print == self.lock().used {
            self.lock().problem = None;
        } else if settled {
            self.renew(print);
        }
    }

    fn renew(&self, print: Print) {
        match load(&self.files) {
            Ok((config, expiry)) => {
                let mut state = self.lock();
                *state = State {
                    config,
                    used: print,
                    expiry,
                    reloads: state.reloads + 1,
                    problem: None,
                    ..*state
                };
                drop(state);
                tracing::info!(expiry, "the listener's certificates were loaded anew");
            }
            Err(error) => {
                let problem = chain(&error);
                if let Some(unsaid) = self.complaints.may_say("reload") {
                    tracing::error!(
                        problem,
                        unsaid,
                        "new certificates cannot be used; the old ones stay in use"
                    );
                }
                self.lock().problem = Some(problem);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn load(files: &ListenerTls) -> Result<(Arc<ServerConfig>, Option<i64>), TlsError> {
    Ok((server(files)?, expiry(&certificates(&files.certificate_file)?)))
}

/// A file that cannot be read counts as one that holds its error: that it can be read again is a change.
fn print(files: &ListenerTls) -> Print {
    let mut hash = Context::new(&SHA256);
    match read_secret_file(&files.key_file) {
        Ok(key) => add(&mut hash, key.expose_secret().as_bytes()),
        Err(error) => add(&mut hash, chain(&error).as_bytes()),
    }
    for file in [Some(&files.certificate_file), files.client_ca_file.as_ref()].into_iter().flatten() {
        match read(file) {
            Ok(text) => add(&mut hash, &text),
            Err(error) => add(&mut hash, error.to_string().as_bytes()),
        }
    }
    let mut print = [0; 32];
    print.copy_from_slice(hash.finish().as_ref());
    print
}

// With its length, so that nothing can move from one file to the next unseen.
fn add(hash: &mut Context, text: &[u8]) {
    hash.update(&text.len().to_be_bytes());
    hash.update(text);
}

/// An error with its causes in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
