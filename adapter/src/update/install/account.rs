//! What became of releases, counted, and said once. A server that shows the same forged file every six hours is one
//! refusal and one line of the log, until it shows another.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use release::Why;
use serde::{Deserialize, Serialize};

use super::machine::{Outcome, Stage};

/// Shared with whoever tells of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Account(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    counts: Counts,
    /// The last line about each place, so that none is said twice.
    said: BTreeMap<String, String>,
}

/// Since the start, as `adapter status` says it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    /// Good releases that were tried.
    pub(crate) tried: u64,
    /// Of these, those that run.
    pub(crate) installed: u64,
    /// Those that were not put in the place of what runs, and those that were and did not stay.
    pub(crate) not_switched: u64,
    pub(crate) went_back: u64,
    /// Bundles that were refused, by reason.
    pub(crate) refused: BTreeMap<String, u64>,
    /// How the last one ended, in words; `null` before the first.
    pub(crate) last: Option<String>,
    /// The one that is under way; `null` where none is.
    pub(crate) under_way: Option<UnderWay>,
}

/// A release that is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UnderWay {
    /// Its version.
    pub(crate) release: String,
    /// How far it has come.
    pub(crate) stage: Stage,
    /// For how many seconds it is still watched, at least, before it is installed; `null` where it is not watched.
    pub(crate) watch_left_s: Option<u64>,
}

impl Account {
    /// With the last that there is to say.
    pub(super) fn of(last: Option<String>) -> Self {
        let me = Self::default();
        me.with(|counts| counts.last = last);
        me
    }

    /// The counts now.
    pub(crate) fn counts(&self) -> Counts {
        self.with(|counts| counts.clone())
    }

    /// A bundle was refused.
    pub(super) fn refused(&self, place: &str, refusal: &release::Refusal) {
        let reason = reason(&refusal.why);
        if self.is_new(place, &refusal.at_any_time().to_string()) {
            self.with(|counts| *counts.refused.entry(reason.to_owned()).or_default() += 1);
            tracing::warn!(place, reason, why = %refusal, "a release was refused");
        }
    }

    /// Nothing can be made of a place, or nothing is to be made of it.
    pub(super) fn passed_by(&self, place: &str, why: &str) {
        if self.is_new(place, why) {
            tracing::info!(place, why, "no release is taken from there");
        }
    }

    /// A release is tried.
    pub(super) fn tries(&self, place: &str, version: release::ReleaseVersion) {
        self.with(|counts| counts.tried += 1);
        self.is_new(place, &format!("tries {version}"));
        tracing::info!(place, %version, "a release is good, and is tried");
    }

    /// It has come so far, and is watched for so long still.
    pub(super) fn is_at(&self, version: release::ReleaseVersion, at: Option<(Stage, Option<Duration>)>) {
        let under_way = at.map(|(stage, left)| UnderWay {
            release: version.to_string(),
            stage,
            watch_left_s: left.map(|left| left.as_secs()),
        });
        let before = self.with(|counts| std::mem::replace(&mut counts.under_way, under_way));
        let stage = at.map(|(stage, _)| stage);
        if let Some(stage) = stage.filter(|stage| before.is_none_or(|before| before.stage != *stage)) {
            tracing::info!(%version, %stage, "a release is under way");
        }
    }

    /// And this came of it.
    pub(super) fn ended(&self, version: release::ReleaseVersion, outcome: &Outcome) {
        let words = match outcome {
            Outcome::Installed => "installed".to_owned(),
            Outcome::NotSwitched(why) => format!("not put in the place of what runs: {why}"),
            Outcome::WentBack(why) => format!("taken back: {why}"),
        };
        let last = format!("release {version} {words}");
        self.with(|counts| (counts.last, counts.under_way) = (Some(last), None));
        match outcome {
            Outcome::Installed => {
                self.with(|counts| counts.installed += 1);
                tracing::info!(%version, "the release runs and is installed");
            }
            Outcome::NotSwitched(why) => {
                self.with(|counts| counts.not_switched += 1);
                tracing::warn!(%version, why, "the release was not put in the place of what runs");
            }
            Outcome::WentBack(why) => {
                self.with(|counts| counts.went_back += 1);
                tracing::error!(%version, why, "the release did not hold, and what ran before runs again");
            }
        }
    }

    fn is_new(&self, place: &str, line: &str) -> bool {
        let before = self.lock().said.insert(place.to_owned(), line.to_owned());
        before.as_deref() != Some(line)
    }

    fn with<T>(&self, of: impl FnOnce(&mut Counts) -> T) -> T {
        of(&mut self.lock().counts)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The kind of a refusal, for counting.
pub(in crate::update) fn reason(why: &Why) -> &'static str {
    match why {
        Why::Missing | Why::TooShort { .. } => "partial",
        Why::Signatures(_) => "forged",
        Why::OtherRole { .. } => "wrong_role",
        Why::OtherFile { .. } => "other_file",
        Why::Expired { .. } => "expired",
        Why::Older { .. } | Why::OlderRelease { .. } | Why::OtherRelease(_) => "older",
        Why::ClockBehind { .. } => "clock",
        Why::TooLong(_)
        | Why::Envelope(_)
        | Why::Document(_)
        | Why::OtherVersion { .. }
        | Why::TooManyRoots => "malformed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use release::{Refusal, Role, Time};

    #[test]
    fn a_refusal_is_counted_once_until_another_comes() {
        let account = Account::default();
        let refusal = |why| Refusal { file: "timestamp.signed".into(), why };
        let role = Why::OtherRole { found: Role::Root, wanted: Role::Targets };
        let expired = |now| Why::Expired { expired: Time::from_seconds(0), now: Time::from_seconds(now) };
        for (place, why) in [
            ("stick", Why::Missing),
            ("stick", Why::Missing),
            ("server", Why::Missing),
            ("stick", role.clone()),
            ("stick", role),
            ("stick", Why::Missing),
            ("old", expired(1)),
            ("old", expired(2)),
        ] {
            account.refused(place, &refusal(why));
        }
        assert_eq!(
            account.counts().refused,
            BTreeMap::from([
                ("expired".to_owned(), 1),
                ("partial".to_owned(), 3),
                ("wrong_role".to_owned(), 1)
            ])
        );
    }
}
