//! Every bound of the link's time, with its reason. What bounds its frames is in `protocol/src/limits.rs`.

use std::time::Duration;

/// Time for connecting: both ends are on this machine.
pub(super) const CONNECT_MAX: Duration = Duration::from_secs(2);
/// Time for the rest of a batch behind its first byte, and for the other side to take what is written. Half of it would
/// do on a machine that swaps; what takes longer hangs.
pub(super) const TRANSFER_MAX: Duration = Duration::from_secs(10);
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
/// The intake gives account of itself every ten seconds. After three that did not come it is not heard, and the uplink
/// does not speak for it.
pub(crate) const HEARD_WITHIN: Duration = Duration::from_secs(30);
