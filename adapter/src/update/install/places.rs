//! Where releases are looked for, and when: folders, such as where a stick is mounted, every few seconds by the one small file
//! that changes with a release; an address at long intervals, each a little different, so that a thousand boxes do not ask at
//! the same second for ever.

use std::path::PathBuf;
use std::time::Duration;

use release::Sha256;
use ring::rand::SecureRandom;
use tokio::time::Instant;

use super::super::{Source, UpdateError};
use super::limits::{AGAIN_WAIT, FOLDER_EVERY, FOLDER_WAIT, JITTER_PART};
use crate::config::Updates;

/// The file that is another one as soon as there is another state.
const TIMESTAMP: &str = "timestamp.signed";

/// What is configured.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// Folders, which may come and go.
    pub(crate) folders: Vec<PathBuf>,
    /// An address and who certifies it.
    pub(crate) url: Option<(String, Option<PathBuf>)>,
    /// How often the address is asked.
    pub(crate) every: Duration,
}

impl Places {
    /// Those of a configuration.
    pub(crate) fn of(updates: &Updates) -> Self {
        let url = updates.url.clone().map(|url| (url, updates.ca_file.clone()));
        Self { folders: updates.folders.clone(), url, every: updates.every }
    }
}

/// One of them.
pub(super) struct Place {
    /// For people.
    pub(super) name: String,
    pub(super) source: Source,
    kind: Kind,
    due: Instant,
}

enum Kind {
    /// With what its timestamp was when it was looked at last.
    Folder {
        seen: Option<Sha256>,
        again: Instant,
    },
    Address {
        every: Duration,
    },
}

impl Places {
    /// All of them, due at once but for the address, which is asked within its interval: boxes that come up together after a
    /// power cut ask one after the other.
    pub(super) fn open(&self, now: Instant, random: &dyn SecureRandom) -> Result<Vec<Place>, UpdateError> {
        let mut places = Vec::new();
        for folder in &self.folders {
            let name = folder.display().to_string();
            let source = Source::new(&name, None)?;
            let kind = Kind::Folder { seen: None, again: now };
            places.push(Place { name, source, kind, due: now });
        }
        if let Some((url, ca_file)) = &self.url {
            let source = Source::new(url, ca_file.as_deref())?;
            let due = now + part(self.every, random) / FIRST_PART;
            places.push(Place { name: url.clone(), source, kind: Kind::Address { every: self.every }, due });
        }
        Ok(places)
    }
}

/// The first question to an address comes within a tenth of its interval.
const FIRST_PART: u32 = 10;

impl Place {
    /// When it is next worth a look.
    pub(super) fn due(&self) -> Instant {
        self.due
    }

    /// Whether there is anything to look at now; when next, is settled.
    pub(super) async fn has_news(&mut self, now: Instant, random: &(dyn SecureRandom + Sync)) -> bool {
        let found = match &self.source {
            Source::Folder(folder) => folder.glance(TIMESTAMP).await.map(|bytes| Sha256::of(&bytes)),
            Source::Server(_) => None,
        };
        match &mut self.kind {
            Kind::Address { every } => {
                self.due = now + *every - *every / (2 * JITTER_PART) + part(*every, random) / JITTER_PART;
                true
            }
            Kind::Folder { seen, again } => {
                self.due = now + FOLDER_EVERY;
                let changed = found != *seen;
                *seen = found;
                let news = found.is_some() && (changed || now >= *again);
                // Without a reason to look again, nobody does before it changes.
                *again = if news { now + NEVER } else { *again };
                news
            }
        }
    }

    /// It was not good, or could not be read, or did not hold: look again after so long though nothing has changed. Somebody may
    /// be copying it at this moment.
    pub(super) fn look_again(&mut self, now: Instant, after: Option<Duration>) {
        match &mut self.kind {
            Kind::Folder { again, .. } => *again = now + after.unwrap_or(FOLDER_WAIT),
            Kind::Address { .. } => {
                if let Some(after) = after {
                    self.due = self.due.max(now + after.max(AGAIN_WAIT));
                }
            }
        }
    }
}

/// As good as never, and an instant that can be counted to.
const NEVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// Any part of it, by chance.
fn part(of: Duration, random: &dyn SecureRandom) -> Duration {
    let mut bytes = [0; 2];
    // Without randomness boxes ask at the same time, and that is all.
    let _ = random.fill(&mut bytes);
    of.mul_f64(f64::from(u16::from_be_bytes(bytes)) / f64::from(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::rand::SystemRandom;
    use std::fs;

    const HOUR: Duration = Duration::from_secs(3600);

    fn one(places: &Places, now: Instant) -> Place {
        places.open(now, &SystemRandom::new()).unwrap().remove(0)
    }

    #[tokio::test]
    async fn a_folder_is_looked_at_when_its_timestamp_changes_or_somebody_wants_it_again() {
        let (temporary, random, start) = (tempfile::tempdir().unwrap(), SystemRandom::new(), Instant::now());
        let folder = temporary.path().join("stick");
        let mut place = one(&Places { folders: vec![folder.clone()], url: None, every: HOUR }, start);
        let look = async |place: &mut Place, seconds: u64| {
            place.has_news(start + Duration::from_secs(seconds), &random).await
        };
        assert!(!look(&mut place, 0).await, "there is no folder");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join(TIMESTAMP), "1").unwrap();
        assert!(look(&mut place, 5).await);
        assert!(!look(&mut place, 10).await, "nothing has changed");
        fs::write(folder.join(TIMESTAMP), "2").unwrap();
        assert!(look(&mut place, 15).await);
        place.look_again(start + Duration::from_secs(15), None);
        assert!(!look(&mut place, 20).await);
        assert!(look(&mut place, 15 + FOLDER_WAIT.as_secs()).await);
        assert!(!look(&mut place, 100_000).await, "once");
        fs::remove_dir_all(&folder).unwrap();
        assert!(!look(&mut place, 100_005).await);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join(TIMESTAMP), "2").unwrap();
        assert!(look(&mut place, 100_010).await, "a stick that was taken out and put in again");
    }

    #[tokio::test]
    async fn an_address_is_asked_at_intervals_that_differ_a_little() {
        crate::tls::install_provider();
        let (random, start) = (SystemRandom::new(), Instant::now());
        let url = Some(("https://updates.example.com/".to_owned(), None));
        let mut place = one(&Places { folders: Vec::new(), url, every: 10 * HOUR }, start);
        assert!(place.due() <= start + HOUR);
        let mut waits = Vec::new();
        for _ in 0..50 {
            assert!(place.has_news(start, &random).await);
            waits.push(place.due() - start);
        }
        let (shortest, longest) = (waits.iter().min().unwrap(), waits.iter().max().unwrap());
        assert!(
            *shortest >= 9 * HOUR && *longest <= 11 * HOUR && longest > shortest,
            "{shortest:?} {longest:?}"
        );
    }
}
