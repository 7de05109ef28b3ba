//! Every bound of the supervisor, with its reason.

use std::time::Duration;

/// Time for one answer of the engine, in seconds. A stop takes as long as the container is given for it, and an image of
/// some megabytes is unpacked in less on the slowest disk.
pub(super) const ANSWER_S_MAX: u64 = 60;
/// The longest that a program in a container may say when it is asked something.
pub(super) const OUTPUT_BYTES_MAX: usize = 256 * 1024;
/// How much of an image's archive is read at once.
pub(super) const ARCHIVE_READ_BYTES: usize = 256 * 1024;
/// How long a container may take to end by itself: the intake takes up to 10 s to give away what it holds.
pub(super) const STOP_MAX: Duration = Duration::from_secs(20);
/// Time for a connection that is tried: who is there answers at once, being on this machine or on the next network.
pub(super) const REACH_MAX: Duration = Duration::from_millis(1500);
/// Time for a name, and for the answer of the engine's resolver.
pub(super) const RESOLVE_MAX: Duration = Duration::from_secs(2);
/// The longest account that the uplink reads: a dozen lines.
pub(super) const ACCOUNT_BYTES_MAX: u64 = 16 * 1024;
/// An account that has not changed for this long is nobody's any more, and is not repeated.
pub(super) const ACCOUNT_AGE_MAX: Duration = Duration::from_secs(30);
