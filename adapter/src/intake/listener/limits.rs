//! Every bound of a listener, with its reason.

use std::time::Duration;

/// Connections at once. Twenty printers with Filebeat and Metricbeat need forty; the rest is for reconnects.
pub(crate) const CONNECTIONS_MAX: usize = 256;
/// Connections at once from one address, so that one machine cannot take all the places.
pub(super) const CONNECTIONS_PER_ADDRESS_MAX: usize = 96;
/// A connection with nothing on its way is asked by TCP after this long whether its peer is still there, …
pub(super) const PROBE_AFTER: Duration = Duration::from_secs(60);
/// … and asked again this often, …
pub(super) const PROBE_EVERY: Duration = Duration::from_secs(15);
/// … so many times: a printer that was switched off has its places back after two minutes.
pub(super) const PROBES_MAX: u32 = 4;
/// What was sent and not acknowledged by the peer's TCP for this long ends the connection: with something on its
/// way TCP does not probe, and would go on for a quarter of an hour.
pub(super) const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(120);
/// A handshake that takes longer is a scanner or a dead peer. It waits outside of the accept loop.
pub(super) const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// Wait after an accept that failed.
pub(super) const ACCEPT_WAIT: Duration = Duration::from_millis(100);
/// Refused senders that are remembered for an admin to see; over it the one seen longest ago is forgotten. Twenty
/// printers that are not yet configured are far below it, and a scanner cannot fill memory.
pub(super) const STRANGERS_MAX: usize = 64;
/// Characters of a refused sender's name that are kept: no DNS name has more.
pub(super) const STRANGER_NAME_MAX: usize = 253;
/// Characters of the reason that are kept.
pub(super) const STRANGER_WHY_MAX: usize = 200;
