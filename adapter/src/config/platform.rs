//! `[platform]`: where everything goes.

use std::path::{Path, PathBuf};

use reqwest::Url;
use serde::Deserialize;

use super::error::Problems;
use super::place::KeyPath;
use super::text::{FromText, Text};

/// Where everything goes.
#[derive(Clone, Debug)]
pub struct Platform {
    /// The platform's address: `https` always, and no key, query or user in it.
    pub url: Url,
    /// The root that the platform's certificate is checked against; without it, the public ones.
    pub ca_file: Option<PathBuf>,
    /// Whether a row carries its origin. A platform that refuses unknown columns needs `false`, and then a
    /// resend can store a row twice.
    pub with_origin: bool,
    /// The file with name, key and salt, written by `adapter enrol`.
    pub credentials_file: PathBuf,
}

#[derive(Deserialize)]
pub(super) struct Raw {
    url: Text<HttpsUrl>,
    ca_file: Option<Text<PathBuf>>,
    #[serde(default = "yes")]
    with_origin: bool,
    credentials_file: Text<PathBuf>,
}

fn yes() -> bool {
    true
}

struct HttpsUrl(Url);

impl FromText for HttpsUrl {
    const EXPECTED: &'static str =
        "an address such as `https://platform.example.com`, with nothing after the host and port";
    fn from_text(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let bare = url.username().is_empty() && url.password().is_none();
        let bare = bare && url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        (bare && url.scheme() == "https" && url.has_host()).then_some(Self(url))
    }
}

impl Raw {
    pub(super) fn check(self, directory: &Path, _: &KeyPath, _: &mut Problems) -> Option<Platform> {
        Some(Platform {
            url: self.url.0.0,
            ca_file: self.ca_file.map(|file| directory.join(file.0)),
            with_origin: self.with_origin,
            credentials_file: directory.join(self.credentials_file.0),
        })
    }
}
