//! `[printers.duet]`: a Duet that is queried.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::error::Problems;
use super::interface::{HttpTarget, HttpUrl, Key, RawHttp};
use super::place::KeyPath;
use super::text::Text;

#[derive(Deserialize)]
pub(super) struct RawDuet {
    url: Text<HttpUrl>,
    /// Without it, the Duet has no password and takes any.
    password_file: Option<Text<PathBuf>>,
    ca_file: Option<Text<PathBuf>>,
    interval: Option<Text<Duration>>,
}

impl RawDuet {
    pub(super) fn check(
        self,
        directory: &Path,
        path: &KeyPath,
        problems: &mut Problems,
    ) -> Option<HttpTarget> {
        let Self { url, password_file, ca_file, interval } = self;
        RawHttp { url, key_file: password_file, ca_file, interval }.check(
            Key::Named,
            directory,
            path,
            problems,
        )
    }
}
