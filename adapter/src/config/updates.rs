//! `[updates]`: where the supervisor looks for releases, and where it keeps the one that is installed (`docs/updates.md`).

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::error::Problems;
use super::place::KeyPath;
use super::text::Text;
use crate::update::install::{ASK, ASK_DEFAULT, WATCH, WATCH_DEFAULT};

/// Where the appliance's image has the root that it trusts, on a file system that cannot be written to.
const ROOT: &str = "/usr/lib/oneway/root.signed";

/// Releases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Updates {
    /// The directory of what is installed: the one that the supervisor writes to.
    pub releases: PathBuf,
    /// The root that this box trusts.
    pub root: PathBuf,
    /// Where bundles may lie, such as where a stick is mounted.
    pub folders: Vec<PathBuf>,
    /// Where a bundle is served.
    pub url: Option<String>,
    /// Who certifies that server; without it, the public authorities.
    pub ca_file: Option<PathBuf>,
    /// How often the server is asked.
    pub every: Duration,
    /// How long a new release is watched.
    pub watch: Duration,
}

#[derive(Deserialize)]
pub(super) struct Raw {
    releases: Text<PathBuf>,
    root: Option<Text<PathBuf>>,
    #[serde(default)]
    folders: Vec<Text<PathBuf>>,
    url: Option<String>,
    ca_file: Option<Text<PathBuf>>,
    every: Option<Text<Duration>>,
    watch: Option<Text<Duration>>,
}

impl Raw {
    pub(super) fn check(self, directory: &Path, path: &KeyPath, problems: &mut Problems) -> Option<Updates> {
        let at = |file: Text<PathBuf>| directory.join(file.0);
        let mut within = |key: &str, said: Option<Text<Duration>>, otherwise, [low, high]: [Duration; 2]| {
            let time = said.map_or(otherwise, |said| said.0);
            if (low..=high).contains(&time) {
                return Some(time);
            }
            let [low, high] = [low, high].map(humantime::format_duration);
            problems.add(path.key(key), format!("is not from {low} to {high}"));
            None
        };
        let every = within("every", self.every, ASK_DEFAULT, ASK);
        let watch = within("watch", self.watch, WATCH_DEFAULT, WATCH);
        if let Some(url) = self.url.as_deref().filter(|url| !url.starts_with("https://")) {
            problems.add(path.key("url"), format!("`{url}` is not an address that begins with `https://`"));
            return None;
        }
        if self.url.is_none() && self.folders.is_empty() {
            problems.add(path.clone(), "names no place to look for releases: write `folders`, `url` or both");
            return None;
        }
        Some(Updates {
            releases: at(self.releases),
            root: self.root.map_or_else(|| ROOT.into(), at),
            folders: self.folders.into_iter().map(at).collect(),
            url: self.url,
            ca_file: self.ca_file.map(at),
            every: every?,
            watch: watch?,
        })
    }
}
