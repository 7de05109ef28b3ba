//! How far a release has come: for people, and for whoever waits for a moment.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Half, Machine, Outcome, Step};

/// How far a release has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    /// What runs is what ran before.
    Tried,
    /// Its uplink runs, with the old intake.
    Uplink,
    /// Both of its halves run, and it is not yet seen that data flows through them.
    Intake,
    /// Data flows; it is watched whether that stays so.
    Watched,
    /// It is being written to the disk.
    Installed,
    /// It did not hold: what ran before is put in its place.
    GoesBack,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tried => "is tried beside what runs",
            Self::Uplink => "has its uplink in the place of the old one",
            Self::Intake => "has both halves in the place of the old ones",
            Self::Watched => "runs and is watched",
            Self::Installed => "is being installed",
            Self::GoesBack => "did not hold, and what ran before comes back",
        })
    }
}

impl Machine {
    /// How far the release has come that is under way, and for how long it is still watched, at least.
    pub(in super::super) fn stage(&self) -> Option<(Stage, Option<Duration>)> {
        of(&self.step)
    }
}

fn of(step: &Step) -> Option<(Stage, Option<Duration>)> {
    let stage = match step {
        Step::Idle => return None,
        Step::Again(step) => return of(step),
        Step::Watch(proof) => return Some((Stage::Watched, Some(proof.time.left))),
        Step::Switch(Half::Uplink) | Step::Prove(Half::Uplink, _) => Stage::Uplink,
        Step::Switch(Half::Intake) | Step::Prove(Half::Intake, _) => Stage::Intake,
        Step::Install | Step::RemoveOld => Stage::Installed,
        Step::GoBack(_) | Step::RemoveNew(Outcome::WentBack(_)) | Step::Forget(Outcome::WentBack(_)) => {
            Stage::GoesBack
        }
        Step::Load
        | Step::Rehearse
        | Step::AskRehearsal(_)
        | Step::EndRehearsal(_)
        | Step::Baseline(_)
        | Step::Count
        | Step::CountFailure(_)
        | Step::RemoveNew(_)
        | Step::Forget(_) => Stage::Tried,
    };
    Some((stage, None))
}
