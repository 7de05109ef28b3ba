//! What the owner of the platform wrote, as types that cannot be wrong: a TOML file, and over it variables
//! `ONEWAY_SECTION__KEY`. Unknown keys are refused with their place and the nearest right name.

mod error;
mod load;
mod place;
mod tls;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use error::{ConfigError, Problem};
pub use load::load;
pub(crate) use place::{advice, nearest, place};
pub use tls::server_config;

/// The whole configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// The HTTPS listener.
    pub server: Server,
    /// The store's file.
    pub store: StorePath,
}

/// The HTTPS listener.
#[derive(Clone, Debug, Deserialize)]
pub struct Server {
    /// The address and port to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The certificate chain, PEM.
    pub certificate_file: PathBuf,
    /// Its private key, PEM; not readable by others.
    pub key_file: PathBuf,
    /// The address that people and adapters use, if it is not the one that is listened on.
    pub public_url: Option<String>,
}

/// The store's file.
#[derive(Clone, Debug, Deserialize)]
pub struct StorePath {
    /// The SQLite file; made at the first start.
    pub path: PathBuf,
}

/// Sections and their keys, for the nearest right name of a typo.
const KNOWN: [(&str, &[&str]); 3] = [
    ("", &["server", "store"]),
    ("server", &["listen", "certificate_file", "key_file", "public_url"]),
    ("store", &["path"]),
];

#[derive(Deserialize)]
struct Raw {
    server: Server,
    store: StorePath,
}

impl Raw {
    /// Files are named relative to the file that names them, wherever the program was started. An error is
    /// the key and what is wrong with it.
    fn check(mut self, directory: &Path) -> Result<Config, (&'static str, String)> {
        for path in [&mut self.server.certificate_file, &mut self.server.key_file, &mut self.store.path] {
            *path = directory.join(&*path);
        }
        if let Some(url) = &mut self.server.public_url {
            *url = url.trim_end_matches('/').to_owned();
            if !url.starts_with("https://")
                || url.len() <= "https://".len()
                || url.contains(['?', '#', ' ', '"'])
            {
                let what =
                    format!("{url:?} is no address of the platform; write https://HOST or https://HOST:PORT");
                return Err(("server.public_url", what));
            }
        }
        Ok(Config { server: self.server, store: self.store })
    }
}

#[cfg(test)]
mod tests;
