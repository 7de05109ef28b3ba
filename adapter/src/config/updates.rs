//! `[updates]`: where the supervisor looks for releases, and where it keeps the one that is installed; on a box, where its system
//! comes from and when it starts again (`docs/updates.md`).

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::error::Problems;
use super::place::KeyPath;
use super::text::{FromText, Text};
use crate::update::install::{ASK, ASK_DEFAULT, WATCH, WATCH_DEFAULT};

/// Where the appliance's image has the root that it trusts, on a file system that cannot be written to.
const ROOT: &str = "/usr/lib/oneway/root.signed";

/// Releases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Updates {
    /// The directory of what is installed: the one that the supervisor writes to. A box has none: its services say where.
    pub releases: Option<PathBuf>,
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
    /// The hour in which a box starts with a new system; without it, as soon as nothing is held.
    pub restart: Option<TimeOfDay>,
}

/// An hour and a minute, of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeOfDay {
    minutes: u32,
}

impl TimeOfDay {
    const HOUR: u32 = 60;
    const DAY: u32 = 24 * Self::HOUR;

    /// Reads `HH:MM`.
    pub fn parse(text: &str) -> Option<Self> {
        let (hour, minute) =
            text.split_once(':').filter(|(hour, minute)| hour.len() == 2 && minute.len() == 2)?;
        let number = |text: &str| {
            text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u32>().ok()).flatten()
        };
        let (hour, minute) = (number(hour)?, number(minute)?);
        (hour < 24 && minute < Self::HOUR).then_some(Self { minutes: hour * Self::HOUR + minute })
    }

    /// That of this second since 1970.
    pub fn of_seconds(seconds: i64) -> Self {
        let minutes = seconds.div_euclid(60).rem_euclid(i64::from(Self::DAY));
        Self { minutes: u32::try_from(minutes).unwrap_or_default() }
    }

    /// Whether it lies within the hour that begins then.
    pub fn is_within_an_hour_from(self, start: Self) -> bool {
        (self.minutes + Self::DAY - start.minutes) % Self::DAY < Self::HOUR
    }
}

impl FromText for TimeOfDay {
    const EXPECTED: &'static str = "a time of the day such as `03:00`, of UTC";

    fn from_text(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

#[derive(Deserialize)]
pub(super) struct Raw {
    releases: Option<Text<PathBuf>>,
    root: Option<Text<PathBuf>>,
    #[serde(default)]
    folders: Vec<Text<PathBuf>>,
    url: Option<String>,
    ca_file: Option<Text<PathBuf>>,
    every: Option<Text<Duration>>,
    watch: Option<Text<Duration>>,
    restart: Option<Text<TimeOfDay>>,
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
        // A box is shown sticks, wherever they are mounted.
        if self.releases.is_some() && self.url.is_none() && self.folders.is_empty() {
            problems.add(path.clone(), "names no place to look for releases: write `folders`, `url` or both");
            return None;
        }
        Some(Updates {
            releases: self.releases.map(at),
            root: self.root.map_or_else(|| ROOT.into(), at),
            folders: self.folders.into_iter().map(at).collect(),
            url: self.url,
            ca_file: self.ca_file.map(at),
            every: every?,
            watch: watch?,
            restart: self.restart.map(|time| time.0),
        })
    }
}
