//! From a printer's configuration to its task: which driver, over which transport.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hyper::header::{HeaderName, HeaderValue};
use ring::rand::{SecureRandom as _, SystemRandom};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::{Duration, Instant};
use tokio_rustls::TlsConnector;

use super::Now;
use super::backoff::Dice;
use super::driver::Driver;
use super::drivers::octoprint::{self, OctoPrint};
use super::drivers::pip::Pip;
use super::machine::Machine;
use super::memory::Memory;
use super::neighbours::Neighbours;
use super::poller::Poller;
use super::transport::Transport;
use super::transport::dial::{Dial, DialTls};
use super::transport::http::{Auth, Http, Path as HttpPath, Site};
use super::transport::pip::Pip as PipTransport;
use crate::config::{self, HttpTarget, Interface, PipTarget, Printer, SecretFileError};
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
    /// A key file holds something else.
    #[error("{}: holds no key: one line of plain characters is wanted", file.display())]
    Key {
        /// The file.
        file: PathBuf,
    },
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
    let pip = pip.map(|pip| tls::client(Some(&pip.ca_file), pip.pair.as_ref())).transpose()?;
    let pip = pip.map(|config| TlsConnector::from(Arc::new(config)));
    let neighbours = Arc::<Neighbours>::default();
    for printer in printers {
        match (&printer.interface, &pip) {
            (Some(Interface::Pip(target)), Some(connector)) => {
                let transport =
                    PipTransport::new(pip_dial(target, connector.clone(), Arc::clone(&neighbours)));
                spawn(Pip::default(), transport, printer, target.interval, context);
            }
            (Some(Interface::OctoPrint(target)), _) => {
                let auth = Auth::Header(HeaderName::from_static("x-api-key"));
                let site = site(target, auth, octoprint::PATHS, Arc::clone(&neighbours))?;
                spawn(OctoPrint::default(), Http::new(site), printer, target.interval, context);
            }
            // The configuration is refused where an interface has no section of its own.
            (Some(Interface::Pip(_)), None) | (None, _) => {}
        }
    }
    Ok(())
}

/// Reads what a printer's interface needs of files, as `start` will.
///
/// # Errors
/// See [`StartError`].
pub fn check(printer: &Printer) -> Result<(), StartError> {
    match &printer.interface {
        None | Some(Interface::Pip(_)) => Ok(()),
        Some(Interface::OctoPrint(target)) => {
            site(target, Auth::None, &[], Arc::default())?;
            Ok(())
        }
    }
}

fn spawn<D, T>(driver: D, transport: T, printer: &Printer, interval: Duration, context: &IntakeContext)
where
    D: Driver,
    T: Transport<Query = D::Query, Answer = D::Answer>,
{
    let mut memory = Memory::new(D::NAME, printer.id.clone(), context.salt.clone(), interval);
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

pub(super) fn pip_dial(target: &PipTarget, connector: TlsConnector, neighbours: Arc<Neighbours>) -> Dial {
    let tls = DialTls { connector, server_name: target.server_name.clone(), newest_only: true };
    Dial { address: target.address.clone(), tls: Some(tls), neighbours }
}

fn site(
    target: &HttpTarget,
    auth: Auth,
    paths: &'static [HttpPath],
    neighbours: Arc<Neighbours>,
) -> Result<Site, StartError> {
    let tls = match &target.tls {
        None => None,
        Some(tls) => {
            let connector = TlsConnector::from(Arc::new(tls::client(tls.ca_file.as_deref(), None)?));
            Some(DialTls { connector, server_name: tls.server_name.clone(), newest_only: false })
        }
    };
    let key = target.key_file.as_deref().map(key).transpose()?;
    let dial = Dial { address: target.address.clone(), tls, neighbours };
    Ok(Site { dial, prefix: target.prefix.clone(), paths, auth, key })
}

/// The key of a file, whose last line may end as an editor ends it.
fn key(file: &Path) -> Result<SecretString, StartError> {
    let text = config::read_secret_file(file)?;
    let key = text.expose_secret().trim();
    let plain = !key.is_empty()
        && key.bytes().all(|byte| byte.is_ascii_graphic())
        && HeaderValue::from_str(key).is_ok();
    plain.then(|| SecretString::from(key)).ok_or_else(|| StartError::Key { file: file.to_owned() })
}

// Nothing secret hangs on it: without random bytes the printers are only asked in step.
fn seed() -> u64 {
    let mut bytes = [0; 8];
    let _ = SystemRandom::new().fill(&mut bytes);
    u64::from_be_bytes(bytes)
}
