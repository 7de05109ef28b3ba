//! From a printer's configuration to its task: which driver, over which transport.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_encoding::HEXLOWER;
use hyper::header::{HeaderName, HeaderValue};
use ring::rand::{SecureRandom as _, SystemRandom};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::Instant;
use tokio_rustls::TlsConnector;

use super::Now;
use super::backoff::Dice;
use super::driver::Driver;
use super::drivers::duet::{self, Duet};
use super::drivers::moonraker::{self, Moonraker};
use super::drivers::mtconnect::{self, MtConnect};
use super::drivers::octoprint::{self, OctoPrint};
use super::drivers::pip::Pip;
use super::drivers::prusalink::{self, PrusaLink};
use super::machine::Machine;
use super::memory::Memory;
use super::neighbours::Neighbours;
use super::poller::Poller;
use super::transport::Transport;
use super::transport::dial::{Dial, DialTls};
use super::transport::http::{Auth, Http, Path as HttpPath, Proof, Question, Site};
use super::transport::pip::Pip as PipTransport;
use super::transport::rpc::Rpc;
use crate::config::{self, HttpTarget, Interface, PipTarget, Printer, PrusaLinkTarget, SecretFileError};
use crate::intake::IntakeContext;
use crate::normalise::{Normaliser, Way};
use crate::tls::{self, TlsError};

/// Why a printer cannot be queried. The owner's to mend.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A file of TLS cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A key file could not be read, or others can read it.
    #[error(transparent)]
    KeyFile(#[from] SecretFileError),
    /// A password file holds something else.
    #[error("{}: holds no password: one line is wanted", file.display())]
    Password {
        /// The file.
        file: PathBuf,
    },
    /// A key file holds something else.
    #[error("{}: holds no key: one line of plain characters is wanted", file.display())]
    Key {
        /// The file.
        file: PathBuf,
    },
}

/// What all printers' ways have in common.
pub(super) struct Ways {
    pip: Option<TlsConnector>,
    neighbours: Arc<Neighbours>,
}

/// What to do with a printer's driver and transport, of whatever kind they are.
pub(super) trait With {
    /// What comes of it.
    type Output;

    fn with<D, T>(self, driver: D, transport: T) -> Self::Output
    where
        D: Driver,
        T: Transport<Query = D::Query, Answer = D::Answer>;
}

/// Starts querying every printer that the configuration gives an interface for.
///
/// # Errors
/// See [`StartError`].
pub fn start(
    printers: &[Printer],
    pip: Option<&config::Pip>,
    context: &IntakeContext,
) -> Result<(), StartError> {
    let ways = Ways::new(pip, Arc::clone(&context.neighbours))?;
    for printer in printers {
        let Some(interface) = &printer.interface else { continue };
        if interface.in_clear() {
            let (printer, interface) = (&printer.id, interface.name());
            tracing::warn!(%printer, interface, "is queried in clear: who listens on the LAN can read key and data");
        }
        ways.with(interface, Spawn { printer, interface, context })?;
    }
    Ok(())
}

/// Reads what a printer's interface needs of files, as `start` will.
///
/// # Errors
/// See [`StartError`].
pub fn check(interface: &Interface) -> Result<(), StartError> {
    struct Nothing;
    impl With for Nothing {
        type Output = ();
        fn with<D: Driver, T: Transport<Query = D::Query, Answer = D::Answer>>(self, _: D, _: T) {}
    }
    Ways::new(None, Arc::default())?.with(interface, Nothing).map(|_| ())
}

impl Ways {
    pub(super) fn new(pip: Option<&config::Pip>, neighbours: Arc<Neighbours>) -> Result<Self, StartError> {
        let pip = pip.map(|pip| tls::client(Some(&pip.ca_file), pip.pair.as_ref())).transpose()?;
        let pip = pip.map(|config| TlsConnector::from(Arc::new(config)));
        Ok(Self { pip, neighbours })
    }

    /// The one place that knows which driver goes with which transport, and where a key stands.
    pub(super) fn with<W: With>(
        &self,
        interface: &Interface,
        with: W,
    ) -> Result<Option<W::Output>, StartError> {
        Ok(match interface {
            Interface::Pip(target) => self.pip.clone().map(|connector| {
                let dial = pip_dial(target, connector, Arc::clone(&self.neighbours));
                with.with(Pip::default(), PipTransport::new(dial))
            }),
            Interface::OctoPrint(target) => {
                let auth = Auth::Header(HeaderName::from_static("x-api-key"));
                Some(with.with(OctoPrint::default(), self.http(target, auth, octoprint::PATHS)?))
            }
            Interface::Moonraker(target) => {
                let auth = Auth::Header(HeaderName::from_static("x-api-key"));
                let key = target.key_file.as_deref().map(key).transpose()?;
                let site = site(target, auth, moonraker::PATHS, key, &self.neighbours)?;
                Some(with.with(Moonraker::default(), Rpc::new(site, moonraker::SOCKET, moonraker::METHODS)))
            }
            Interface::MtConnect(target) => {
                Some(with.with(MtConnect::default(), self.http(target, Auth::None, mtconnect::PATHS)?))
            }
            Interface::Duet(target) => {
                let password = target.key_file.as_deref().map(password).transpose()?;
                let http = self.http_with(target, Auth::None, duet::PATHS, password)?;
                Some(with.with(Duet::default(), http))
            }
            Interface::PrusaLink(PrusaLinkTarget { http: target, user: None }) => {
                let auth = Auth::Header(HeaderName::from_static("x-api-key"));
                Some(with.with(PrusaLink::default(), self.http(target, auth, prusalink::PATHS)?))
            }
            Interface::PrusaLink(PrusaLinkTarget { http: target, user: Some(user) }) => {
                let password = target.key_file.as_deref().map(password).transpose()?;
                let auth = Auth::Digest(Proof::new(user, nonce));
                let http = self.http_with(target, auth, prusalink::PATHS, password)?;
                Some(with.with(PrusaLink::default(), http))
            }
        })
    }

    fn http<Q: Question>(
        &self,
        target: &HttpTarget,
        auth: Auth,
        paths: &'static [HttpPath],
    ) -> Result<Http<Q>, StartError> {
        let key = target.key_file.as_deref().map(key).transpose()?;
        self.http_with(target, auth, paths, key)
    }

    fn http_with<Q: Question>(
        &self,
        target: &HttpTarget,
        auth: Auth,
        paths: &'static [HttpPath],
        key: Option<SecretString>,
    ) -> Result<Http<Q>, StartError> {
        Ok(Http::new(site(target, auth, paths, key, &self.neighbours)?))
    }
}

/// Where a printer answers over HTTP, and what may be asked of it.
fn site(
    target: &HttpTarget,
    auth: Auth,
    paths: &'static [HttpPath],
    key: Option<SecretString>,
    neighbours: &Arc<Neighbours>,
) -> Result<Site, StartError> {
    let tls = match &target.tls {
        None => None,
        Some(tls) => {
            let connector = TlsConnector::from(Arc::new(tls::client(tls.ca_file.as_deref(), None)?));
            Some(DialTls { connector, server_name: tls.server_name.clone(), newest_only: false })
        }
    };
    let dial = Dial { address: target.address.clone(), tls, neighbours: Arc::clone(neighbours) };
    Ok(Site { dial, prefix: target.prefix.clone(), paths, auth, key })
}

struct Spawn<'a> {
    printer: &'a Printer,
    interface: &'a Interface,
    context: &'a IntakeContext,
}

impl With for Spawn<'_> {
    type Output = ();

    fn with<D, T>(self, driver: D, transport: T)
    where
        D: Driver,
        T: Transport<Query = D::Query, Answer = D::Answer>,
    {
        let Self { printer, interface, context } = self;
        let mut memory = Memory::new(D::NAME, printer.id.clone(), context.salt.clone(), interface.interval());
        if printer.model.is_some() {
            memory.know_model();
        }
        let now = Now { mono: Instant::now(), wall: context.clock.now() };
        let poller = Poller {
            machine: Machine::new(driver, memory, Dice::new(seed()), now),
            transport,
            normaliser: Normaliser::new(printer, Way::Poll, context),
            context: context.clone(),
            counters: context.counters.printer(&printer.id),
        };
        context.spawn(format!("queries to {}", printer.id), Box::pin(poller.run()));
    }
}

pub(super) fn pip_dial(target: &PipTarget, connector: TlsConnector, neighbours: Arc<Neighbours>) -> Dial {
    let tls = DialTls { connector, server_name: target.server_name.clone(), newest_only: true };
    Dial { address: target.address.clone(), tls: Some(tls), neighbours }
}

/// The key of a file, whose last line may end as an editor ends it.
fn key(file: &Path) -> Result<SecretString, StartError> {
    let text = config::read_secret_file(file)?;
    let key = text.expose_secret().trim();
    let plain = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
    let plain = plain && HeaderValue::from_str(key).is_ok();
    plain.then(|| SecretString::from(key)).ok_or_else(|| StartError::Key { file: file.to_owned() })
}

/// The password of a file: whatever stands in its one line, which may end as an editor ends it.
fn password(file: &Path) -> Result<SecretString, StartError> {
    let text = config::read_secret_file(file)?;
    let line = text.expose_secret();
    let password = line.strip_suffix('\n').unwrap_or(line);
    let password = password.strip_suffix('\r').unwrap_or(password);
    let plain = !password.is_empty() && !password.chars().any(char::is_control);
    plain.then(|| SecretString::from(password)).ok_or_else(|| StartError::Password { file: file.to_owned() })
}

/// A client's nonce for HTTP digest: 128 bits by chance, as what is proved must not be what was prepared for.
fn nonce() -> Option<String> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(HEXLOWER.encode(&bytes))
}

// Nothing secret hangs on it: without random bytes the printers are only asked in step.
fn seed() -> u64 {
    let mut bytes = [0; 8];
    let _ = SystemRandom::new().fill(&mut bytes);
    u64::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_password_is_a_line_and_a_key_is_a_word() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("secret");
        fs::write(&file, "").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        for (text, of_password, of_key) in [
            ("0123abcd\n", Some("0123abcd"), Some("0123abcd")),
            ("open sesame\r\n", Some("open sesame"), None),
            (" a space is one too ", Some(" a space is one too "), None),
            ("Åpne", Some("Åpne"), None),
            ("", None, None),
            ("\n", None, None),
            ("two\nlines\n", None, None),
        ] {
            fs::write(&file, text).unwrap();
            let told =
                |secret: Result<SecretString, StartError>| secret.ok().map(|s| s.expose_secret().to_owned());
            assert_eq!(told(password(&file)).as_deref(), of_password, "{text:?}");
            assert_eq!(told(key(&file)).as_deref(), of_key, "{text:?}");
        }
        assert_ne!(nonce(), nonce());
    }
}
