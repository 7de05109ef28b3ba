//! What holds for a printer that speaks PIP whoever calls whom, with its reason.

use std::time::Duration;

/// The heartbeats that are taken from a printer; what it asks for beyond is brought within.
pub(super) const HEARTBEAT: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(60));
/// An answer may take three heartbeats, within these bounds: a resin printer is silent through an exposure. A
/// PONG may take one heartbeat, which is the printer's own word.
pub(super) const ANSWER: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(120));
/// The longest pause that a printer may ask for: one wrong number must not silence it for a month. `docs/pip.md`
/// promises no more.
pub(super) const PAUSE_MAX: Duration = Duration::from_secs(300);
/// A printer's clock that is further off than this, in milliseconds, is not believed.
pub(super) const CLOCK_OFF_MS_MAX: u64 = 60_000;
/// What is added to the longest exposure that a printer tells of, …
pub(super) const EXPOSURE_MORE: Duration = Duration::from_secs(10);
/// … and how long both may be: one wrong number must not make a dead printer count as there for ever.
pub(super) const EXPOSURE_MAX: Duration = Duration::from_secs(600);
/// Faults of one printer that are remembered as active.
pub(super) const FAULTS_MAX: usize = 64;
/// Items asked for in one READ; the largest printer has a few hundred.
pub(super) const IDS_MAX: usize = 512;
