//! The manners that a Duet needs, with their reasons.

use tokio::time::Duration;

/// A session ends so long after its last question (`HttpSessionTimeout` of RepRapFirmware); the Duet says it at the login,
/// and what it says is brought within the bounds.
pub(super) const SESSION: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(600));
/// And if it does not say.
pub(super) const SESSION_USUAL: Duration = Duration::from_secs(8);
/// The share of it after which a question keeps the session: with 8 s, the usual interval of 5 s needs none.
pub(super) const SESSION_SHARE: f64 = 0.75;
/// A login that was refused is not tried again sooner: each try is a line in the Duet's own log. No pause is longer.
pub(super) const PASSWORD_AGAIN: Duration = Duration::from_secs(300);
/// Where all sessions are taken, one is free when another client has been silent for so long.
pub(super) const SESSION_AGAIN: Duration = Duration::from_secs(10);
/// So often in a row; then they are taken for long, and each try is a line in the Duet's log, as for a wrong password.
pub(super) const SESSION_TRIES: u32 = 3;
/// A Duet that has no memory left for an answer has some in a moment.
pub(super) const BUSY_PAUSE: Duration = Duration::from_secs(2);
/// One that has none so often in a row has failed.
pub(super) const BUSY_MAX: u32 = 3;
/// After so many answers in a row that are none of a Duet's, who answers is found out anew: another one may have its address.
pub(super) const ODD_MAX: u32 = 4;
/// What a Duet gives no number of, as an old one does, is read again after this long: it changes by hand.
pub(super) const UNNUMBERED_AGAIN: Duration = Duration::from_secs(60);
/// The Duet's uptime may fall behind ours by so much, in seconds, before it is another start: an answer may be late.
pub(super) const UPTIME_SLACK_S: f64 = 30.0;
/// The uptime begins anew here, in seconds: milliseconds in 32 bits.
pub(super) const UPTIME_WRAPS_S: f64 = 4_294_967.0;
/// Elements of the list of tools that are read: RepRapFirmware has 50 at the most. It gives them in parts, of what fits into
/// an answer.
pub(super) const TOOLS_MAX: u64 = 64;
