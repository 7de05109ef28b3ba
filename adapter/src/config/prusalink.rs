//! `[printers.prusalink]`: a PrusaLink that is queried.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::error::Problems;
use super::interface::{HttpUrl, Key, PrusaLinkTarget, RawHttp};
use super::place::KeyPath;
use super::text::{FromText, Text};

#[derive(Deserialize)]
pub(super) struct RawPrusaLink {
    url: Text<HttpUrl>,
    api_key_file: Option<Text<PathBuf>>,
    user: Option<Text<User>>,
    password_file: Option<Text<PathBuf>>,
    ca_file: Option<Text<PathBuf>>,
    interval: Option<Text<Duration>>,
}

/// A name that a digest can carry as it is.
struct User(String);

impl FromText for User {
    const EXPECTED: &'static str =
        "a user's name: 1 to 64 plain characters, without quotes, colon and backslash";
    fn from_text(text: &str) -> Option<Self> {
        let plain = |byte: u8| (b' '..=b'~').contains(&byte) && !b"\":\\".contains(&byte);
        ((1..=64).contains(&text.len()) && text.bytes().all(plain)).then(|| Self(text.to_owned()))
    }
}

impl RawPrusaLink {
    pub(super) fn check(
        self,
        directory: &Path,
        path: &KeyPath,
        problems: &mut Problems,
    ) -> Option<PrusaLinkTarget> {
        let Self { url, api_key_file, user, password_file, ca_file, interval } = self;
        let (key_file, user) = match (api_key_file, user, password_file) {
            (Some(key), None, None) => (Some(key), None),
            (None, Some(user), Some(password)) => (Some(password), Some(user.0.0)),
            _ => {
                let text = "it answers nothing to a stranger: write api_key_file, or user and password_file";
                problems.add(path.clone(), text);
                (None, None)
            }
        };
        let http = RawHttp { url, key_file, ca_file, interval }.check(Key::Named, directory, path, problems);
        Some(PrusaLinkTarget { http: http?, user })
    }
}
