//! What a box says of its system, and of what it was shown and refused: a file in memory that whoever looks for releases writes
//! and the uplink reads, for `adapter status` and the catalogue. It begins anew with each start of the machine.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use release::{Refusal, ReleaseVersion};
use serde::{Deserialize, Serialize};

use super::super::install::account::reason;
use super::super::limits::{ACCOUNT_BYTES_MAX, PLACES_MAX};
use crate::files::open;

/// How the newest version on the disk does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state", content = "version")]
pub(crate) enum State {
    /// It runs.
    Current,
    /// It starts with the next restart.
    Waiting(ReleaseVersion),
    /// It was tried as often as it may be, and did not start well.
    WentBack(ReleaseVersion),
}

impl State {
    /// The catalogue's word.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Waiting(_) => "waiting",
            Self::WentBack(_) => "went_back",
        }
    }

    /// Of which version that is, where it is not the one that runs.
    pub(crate) fn version(self) -> Option<ReleaseVersion> {
        match self {
            Self::Current => None,
            Self::Waiting(version) | Self::WentBack(version) => Some(version),
        }
    }
}

/// All that is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Account {
    /// The version that runs.
    pub(crate) running: ReleaseVersion,
    /// How the newest does.
    pub(crate) newest: State,
    /// Bundles that were refused since the start, by reason.
    pub(crate) refused: BTreeMap<String, u64>,
    /// What came of the last look, in words; `null` before the first.
    pub(crate) last: Option<String>,
    /// The last line about each place, so that none is counted twice.
    said: BTreeMap<String, String>,
}

impl Account {
    /// The one that was written last, or the first; with how things are now.
    pub(crate) fn open(file: &Path, running: ReleaseVersion, newest: State) -> Self {
        let before = Self::read(file).unwrap_or_else(|_| Self {
            running,
            newest,
            refused: BTreeMap::new(),
            last: None,
            said: BTreeMap::new(),
        });
        Self { running, newest, ..before }
    }

    /// A bundle was refused. The same one, shown again and again, is one refusal; gives whether it is news.
    pub(crate) fn refused(&mut self, place: &str, refusal: &Refusal) -> bool {
        let news = self.is_new(place, &format!("refused: {}", refusal.at_any_time()));
        self.last = Some(format!("refused: {refusal}"));
        if news {
            *self.refused.entry(reason(&refusal.why).to_owned()).or_default() += 1;
        }
        news
    }

    /// Something else came of a look; gives whether it is news.
    pub(crate) fn said(&mut self, place: &str, line: &str) -> bool {
        self.last = Some(line.to_owned());
        self.is_new(place, line)
    }

    fn is_new(&mut self, place: &str, line: &str) -> bool {
        if self.said.len() >= PLACES_MAX && !self.said.contains_key(place) {
            self.said.clear();
        }
        self.said.insert(place.to_owned(), line.to_owned()).as_deref() != Some(line)
    }

    /// Puts it in the place of the last one, so that a reader sees the one or the other.
    pub(crate) fn write(&self, file: &Path) -> io::Result<()> {
        let new = file.with_extension("new");
        fs::write(&new, serde_json::to_vec(self)?)?;
        // The uplink reads it, as another user.
        fs::set_permissions(&new, Permissions::from_mode(0o644))?;
        fs::rename(new, file)
    }

    /// As it was written last.
    pub(crate) fn read(file: &Path) -> io::Result<Self> {
        let mut text = Vec::new();
        // Whoever looks for releases could put a pipe in its place, at which the uplink would wait for ever.
        open(file)?.take(ACCOUNT_BYTES_MAX).read_to_end(&mut text)?;
        serde_json::from_slice(&text).map_err(Into::into)
    }
}

#[cfg(test)]
mod tests {
    use release::Why;

    use super::*;

    #[test]
    fn a_refusal_is_counted_once_until_another_comes_also_by_the_next_look() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("account.json");
        let version = ReleaseVersion::parse("1.4.0").unwrap();
        let refusal = |why| Refusal { file: "timestamp.signed".into(), why };
        let expired = |now| Why::Expired {
            expired: release::Time::from_seconds(0),
            now: release::Time::from_seconds(now),
        };
        for (place, why, news) in [
            ("stick", Why::Missing, true),
            ("stick", Why::Missing, false),
            ("address", Why::Missing, true),
            ("stick", Why::TooManyRoots, true),
            ("stick", Why::Missing, true),
            ("old", expired(1), true),
            ("old", expired(2), false),
        ] {
            let mut account = Account::open(&file, version, State::Current);
            assert_eq!(account.refused(place, &refusal(why)), news);
            account.write(&file).unwrap();
        }
        let account = Account::open(&file, version, State::WentBack(version));
        assert_eq!(
            account.refused,
            BTreeMap::from([
                ("expired".to_owned(), 1),
                ("malformed".to_owned(), 1),
                ("partial".to_owned(), 3)
            ])
        );
        assert_eq!((account.newest.code(), account.newest.version()), ("went_back", Some(version)));
        assert!(account.last.unwrap().starts_with("refused: timestamp.signed: expired at"));
        fs::write(&file, "nonsense").unwrap();
        assert!(Account::open(&file, version, State::Current).refused.is_empty());
        // Nobody ever writes into it.
        fs::remove_file(&file).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, &file, rustix::fs::Mode::RUSR).unwrap();
        assert_eq!(Account::read(&file).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }
}
