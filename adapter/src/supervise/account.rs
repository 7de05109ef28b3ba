//! What the supervisor says of the containers, on its way to the platform: a file in memory, which the uplink's container
//! sees and cannot write to. The uplink reads it when it speaks of itself. So there is no socket between a process that is
//! root and one that faces the internet, no further route out, and nothing that could come back.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::engine::Health;
use super::limits::{ACCOUNT_AGE_MAX, ACCOUNT_BYTES_MAX};
use super::put::put;
use super::topology::Role;
use crate::update::install::Counts;

/// The file's name in its directory.
pub(crate) const FILE: &str = "account.json";

/// All that is said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Account {
    /// Another number each time, so that one that stands still is known without a clock.
    pub(crate) sequence: u64,
    /// Whether the halves are separated, as far as it was tried.
    pub(crate) separation: Separation,
    /// How often they were not, since the supervisor's start.
    pub(crate) breaches: u64,
    /// The containers.
    pub(crate) containers: Vec<Part>,
    /// What became of releases; nothing where none are looked for.
    #[serde(default)]
    pub(crate) releases: Option<ReleaseCounts>,
}

/// What became of releases since the supervisor's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReleaseCounts {
    /// Good ones that were tried.
    pub(crate) tried: u64,
    /// Of these, those that run.
    pub(crate) installed: u64,
    /// Those that were not put in the place of what runs.
    pub(crate) not_switched: u64,
    /// Those that were, and did not stay.
    pub(crate) went_back: u64,
    /// Those that were offered and not good.
    pub(crate) refused: u64,
}

impl From<&Counts> for ReleaseCounts {
    fn from(counts: &Counts) -> Self {
        let Counts { tried, installed, not_switched, went_back, refused, .. } = counts;
        Self {
            tried: *tried,
            installed: *installed,
            not_switched: *not_switched,
            went_back: *went_back,
            refused: refused.values().sum(),
        }
    }
}

/// Whether the halves are separated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Separation {
    /// It was tried from within each, with what runs now, and they are.
    Verified,
    /// Not yet tried with what runs now.
    Unverified,
    /// It was tried, and they are not: they were stopped.
    Broken,
}

/// One container.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    /// Which half it is.
    pub(crate) role: Role,
    /// The digest of its image, `sha256:` and 64 digits.
    pub(crate) image: String,
    /// How it is.
    pub(crate) health: Health,
    /// How often it was started again since the supervisor's start.
    pub(crate) restarts: u64,
    /// Memory by its control group; nothing while it does not run.
    pub(crate) memory_bytes: Option<u64>,
    /// Processor time since its start.
    pub(crate) cpu_s: Option<f64>,
}

impl Separation {
    /// The catalogue's word.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Unverified => "unverified",
            Self::Broken => "broken",
        }
    }
}

impl Account {
    /// One of both halves, for tests.
    #[cfg(test)]
    pub(crate) fn of_both() -> Self {
        let part = |role| Part {
            role,
            image: format!("sha256:{}", "1".repeat(64)),
            health: Health::Healthy,
            restarts: 2,
            memory_bytes: Some(5_000_000),
            cpu_s: Some(1.5),
        };
        let containers = Role::ALL.map(part).to_vec();
        let releases = ReleaseCounts { tried: 2, installed: 1, not_switched: 0, went_back: 1, refused: 3 };
        Self {
            sequence: 1,
            separation: Separation::Verified,
            breaches: 0,
            containers,
            releases: Some(releases),
        }
    }

    /// Puts it in the place of the last one, so that a reader sees the one or the other and nothing in between.
    ///
    /// # Errors
    /// The directory cannot be written to.
    pub(crate) fn write(&self, directory: &Path) -> io::Result<()> {
        put(directory, Path::new(FILE), &serde_json::to_vec(self)?, 0o444, None)
    }

    fn read(file: &Path) -> io::Result<Self> {
        let mut text = Vec::new();
        File::open(file)?.take(ACCOUNT_BYTES_MAX).read_to_end(&mut text)?;
        serde_json::from_slice(&text).map_err(Into::into)
    }
}

/// The reader's side.
#[derive(Debug)]
pub(crate) struct Reader {
    file: PathBuf,
    /// The last that was read, and when it was first seen; nothing for one that was there before us.
    last: Option<(u64, Option<Instant>)>,
}

impl Reader {
    /// Of this file, which may come later.
    pub(crate) fn new(file: PathBuf) -> Self {
        Self { file, last: None }
    }

    /// The account, if the supervisor is alive: if it has written one in the last while.
    pub(crate) fn account(&mut self) -> Option<Account> {
        let account = Account::read(&self.file).ok()?;
        let seen = match self.last {
            Some((sequence, seen)) if sequence == account.sequence => seen,
            Some(_) => Some(Instant::now()),
            // It may be old: the next one will not be.
            None => None,
        };
        self.last = Some((account.sequence, seen));
        seen.filter(|seen| seen.elapsed() <= ACCOUNT_AGE_MAX).map(|_| account)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn account(sequence: u64) -> Account {
        Account { sequence, ..Account::of_both() }
    }

    #[tokio::test(start_paused = true)]
    async fn an_account_is_believed_while_it_changes() {
        let directory = tempfile::tempdir().unwrap();
        let mut reader = Reader::new(directory.path().join(FILE));
        assert_eq!(reader.account(), None, "nobody has written one");
        account(7).write(directory.path()).unwrap();
        assert_eq!(reader.account(), None, "it may be of yesterday");
        account(8).write(directory.path()).unwrap();
        assert_eq!(reader.account(), Some(account(8)));
        tokio::time::advance(ACCOUNT_AGE_MAX).await;
        assert_eq!(reader.account(), Some(account(8)));
        tokio::time::advance(std::time::Duration::from_millis(1)).await;
        assert_eq!(reader.account(), None, "the supervisor is dead");
        // One that was started anew counts anew.
        account(1).write(directory.path()).unwrap();
        assert_eq!(reader.account(), Some(account(1)));
    }

    #[test]
    fn what_is_no_account_is_none() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join(FILE);
        for text in [
            "",
            "{}",
            "[1]",
            r#"{"sequence":1,"separation":"verified","breaches":0,"containers":[],"command":"x"}"#,
        ] {
            fs::write(&file, text).unwrap();
            assert!(Account::read(&file).is_err(), "{text}");
        }
        fs::write(&file, "x".repeat(1 << 20)).unwrap();
        assert!(Account::read(&file).is_err());
    }
}
