//! What follows from what was found. Pure: whoever asks does it.

use std::time::Duration;

use super::super::engine::Difference;
use super::super::limits::{LOOKS_FAILED_MAX, STOP_CHANGED_MAX, STOP_MAX};
use super::super::verify::LookError;
use super::Trouble;

/// What becomes of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is as it was described.
    Keep,
    /// There is none.
    Make,
    /// It is stopped within this time, and made anew.
    Remake(Duration),
    /// It is stopped within this time, and no more: somebody changes each new one at once, and made anew without a wait it would be
    /// so for ever.
    Stop(Duration),
}

impl Fate {
    /// Of one that was found with these differences, or of none; `is_new` is one that was made only just.
    pub(super) fn of(differ: Option<&[Difference]>, is_new: bool) -> Self {
        match differ {
            None => Self::Make,
            Some([]) => Self::Keep,
            // Another image is wanted, and nobody has changed anything: it is given time to give away what it holds.
            Some([one]) if one.setting == Difference::IMAGE => Self::Remake(STOP_MAX),
            Some(_) if is_new => Self::Stop(STOP_CHANGED_MAX),
            Some(_) => Self::Remake(STOP_CHANGED_MAX),
        }
    }

    /// How long it is given to end, where it has to.
    pub(super) fn ends_within(self) -> Option<Duration> {
        match self {
            Self::Keep | Self::Make => None,
            Self::Remake(within) | Self::Stop(within) => Some(within),
        }
    }
}

/// What follows from a trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Consequence {
    /// The halves are stopped, and nothing is believed of the networks any more.
    pub(super) stops: bool,
    /// It is a breach, and counted.
    pub(super) breach: bool,
    /// There is no engine any more; the next one may be set up otherwise.
    pub(super) engine_gone: bool,
}

impl Consequence {
    /// After so many looks in a row that failed.
    pub(super) fn of(trouble: &Trouble, looks_failed: u32) -> Self {
        let breach = matches!(trouble, Trouble::Breach(_));
        let engine_gone = match trouble {
            Trouble::Engine(error) | Trouble::Unknown(LookError::Engine(error)) => error.is_away(),
            _ => false,
        };
        Self { stops: breach || looks_failed >= LOOKS_FAILED_MAX, breach, engine_gone }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::engine::EngineError;
    use super::super::super::topology::Role;
    use super::*;

    #[test]
    fn a_container_is_kept_made_or_made_anew() {
        let (image, memory) = (Difference::IMAGE, "Memory");
        for (differ, is_new, expected, ends_within) in [
            (None, false, Fate::Make, None),
            (None, true, Fate::Make, None),
            (Some(&[][..]), false, Fate::Keep, None),
            (Some(&[][..]), true, Fate::Keep, None),
            (Some(&[image][..]), false, Fate::Remake(STOP_MAX), Some(STOP_MAX)),
            // A release that is switched to soon after a start is nobody's change.
            (Some(&[image][..]), true, Fate::Remake(STOP_MAX), Some(STOP_MAX)),
            (Some(&[memory][..]), false, Fate::Remake(STOP_CHANGED_MAX), Some(STOP_CHANGED_MAX)),
            (Some(&[memory][..]), true, Fate::Stop(STOP_CHANGED_MAX), Some(STOP_CHANGED_MAX)),
            (Some(&[image, memory][..]), false, Fate::Remake(STOP_CHANGED_MAX), Some(STOP_CHANGED_MAX)),
        ] {
            let differ: Option<Vec<_>> =
                differ.map(|settings| settings.iter().map(|setting| Difference::named(setting)).collect());
            let fate = Fate::of(differ.as_deref(), is_new);
            assert_eq!((fate, fate.ends_within()), (expected, ends_within), "{differ:?} {is_new}");
        }
    }

    #[test]
    fn only_what_is_not_separated_stops_what_runs() {
        let away = || EngineError::Away { socket: "s".into(), why: "gone".into() };
        let refused = || EngineError::Refused { what: "x".into(), status: 500, message: "full".into() };
        let unknown = || Trouble::Unknown(LookError::Slow(Role::Intake));
        let no_image = || Trouble::NoImage {
            image: release::ImageDigest::parse(&format!("sha256:{:064}", 1)).unwrap(),
            why: Vec::new(),
        };
        for (trouble, looks_failed, stops, breach, engine_gone) in [
            (Trouble::Breach(Vec::new()), 0, true, true, false),
            (Trouble::Engine(away()), 0, false, false, true),
            (Trouble::Unknown(LookError::Engine(away())), 1, false, false, true),
            (Trouble::Engine(refused()), 0, false, false, false),
            (unknown(), LOOKS_FAILED_MAX - 1, false, false, false),
            (unknown(), LOOKS_FAILED_MAX, true, false, false),
            (no_image(), 0, false, false, false),
            // The clock itself stops what runs.
            (Trouble::Late, 0, false, false, false),
        ] {
            let expected = Consequence { stops, breach, engine_gone };
            assert_eq!(Consequence::of(&trouble, looks_failed), expected, "{trouble}");
        }
    }
}
