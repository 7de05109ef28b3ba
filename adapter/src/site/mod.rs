//! The site stick on the box: takes it, keeps it, makes of it the adapter's configuration and that of the operating system,
//! and enrols with the code that it brought. It runs at boot, before the adapter does, and on its own. `docs/site-stick.md`
//! has the format, the steps and the attacks.

mod configuration;
mod enrol;
mod files;
pub(crate) mod firewall;
mod interfaces;
mod limits;
pub(crate) mod network;
mod refused;
mod state;
mod take;
mod trial;
pub(crate) mod users;

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

pub(crate) use enrol::{Ended, enrol};
pub(crate) use take::{Came, Taken, Taking, take};

use crate::config::ConfigError;
use crate::enrol::seal::SealError;

/// The configuration, in the directory that a stick fills.
const CONFIGURATION: &str = "adapter.toml";
/// The one-time code, while it waits for its exchange.
const CODE: &str = "code";
/// Name, key and salt of the adapter.
const CREDENTIALS: &str = "credentials";
/// Its name and salt.
const IDENTITY: &str = "identity";

/// Why a step of the box's was not done, for no fault of the stick's.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SiteError {
    #[error("{}: cannot be read; name the keys that this box trusts with `--trust`", file.display())]
    Trust {
        file: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{}: {source}", file.display())]
    TrustText { file: PathBuf, source: ::site::TrustError },
    #[error("{}: cannot be read", file.display())]
    Read {
        file: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{}: cannot be written", file.display())]
    Write {
        file: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("what the stick says cannot be written as a configuration: {0}")]
    Render(#[from] toml::ser::Error),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("{}: {section} is missing: it comes with a site stick", file.display())]
    NoSection { file: PathBuf, section: &'static str },
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Enrol(#[from] crate::enrol::EnrolError),
}

impl SiteError {
    /// Whether the command line or what it names is wrong, and not the world.
    pub(crate) fn is_usage(&self) -> bool {
        matches!(self, Self::Trust { .. } | Self::TrustText { .. } | Self::Config(_) | Self::NoSection { .. })
    }

    fn read(file: &Path) -> impl FnOnce(io::Error) -> Self {
        let file = file.to_owned();
        move |source| Self::Read { file, source }
    }

    fn write(file: &Path) -> impl FnOnce(io::Error) -> Self {
        let file = file.to_owned();
        move |source| Self::Write { file, source }
    }
}

fn make_directory(path: &Path, mode: u32) -> Result<(), SiteError> {
    DirBuilder::new().recursive(true).mode(mode).create(path).map_err(SiteError::write(path))
}
