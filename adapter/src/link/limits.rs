//! Every bound of the link's time, with its reason. What bounds its frames is in `protocol/src/limits.rs`.

use std::time::Duration;

use protocol::limits::LINK_WAIT_MS_MAX;

/// Time for connecting: both ends are on this machine.
pub(super) const CONNECT_MAX: Duration = Duration::from_secs(2);
/// Time for the rest of a batch behind its first byte, and for the other side to take what is written. Half of it would
/// do on a machine that swaps; what takes longer hangs.
pub(super) const TRANSFER_MAX: Duration = Duration::from_secs(10);
/// An intake connects when it has something to hand over, and begins at once. Who has said nothing after this long is none, and
/// makes room for one.
pub(super) const FIRST_MAX: Duration = TRANSFER_MAX;
/// What was put off is tried again after so many times the wait that came with it, at the latest: see `dispatcher`.
pub(super) const WAITS: u32 = 2;
/// And who has said nothing for this long since: the longest wait that it can have been told to, and a minute. An intake that
/// was cut off connects again when it has something, so nothing is lost where it was one.
pub(super) const IDLE_MAX: Duration =
    Duration::from_millis(LINK_WAIT_MS_MAX as u64 * WAITS as u64).saturating_add(Duration::from_secs(60));
/// Time for an answer. The uplink gives up a request after 30 s, so that what takes this long is no slow platform but an
/// uplink that hangs.
pub(super) const ANSWER_MAX: Duration = Duration::from_secs(60);
/// The first wait after the link failed is within this: a restart of the uplink takes about as long.
pub(super) const BACKOFF_BASE: Duration = Duration::from_millis(250);
/// No wait for the link is longer: to look costs one call of the system.
pub(super) const BACKOFF_CEILING: Duration = Duration::from_secs(5);
/// Wait after an accept that failed.
pub(super) const ACCEPT_WAIT: Duration = Duration::from_millis(100);
/// How much is read at once.
pub(super) const READ_BYTES: usize = 16 << 10;
/// The intake gives account of itself every ten seconds, but for the time that it was told to wait. After three that did not
/// come it is not heard, and the uplink does not speak for it.
pub(crate) const HEARD_WITHIN: Duration = Duration::from_secs(30);
