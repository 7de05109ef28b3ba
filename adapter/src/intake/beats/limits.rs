//! Every bound of the Beats listener, with its reason.

use std::time::Duration;

/// Connections at once. Twenty printers with Filebeat and Metricbeat need forty; the rest is for reconnects.
pub(crate) const CONNECTIONS_MAX: usize = 256;
/// Connections at once from one address, so that one machine cannot take all the places.
pub(super) const CONNECTIONS_PER_ADDRESS_MAX: usize = 96;
/// Connections at once of one printer (P6): several Beats, each with workers and a stale connection or two.
pub(super) const CONNECTIONS_PER_PRINTER_MAX: usize = 12;
/// A connection that has been silent for this long with nothing in flight may lose its place to a new one of the
/// same printer, when all are taken: printers that are switched off leave connections behind. Live senders speak
/// more often, and those that do not only connect again.
pub(super) const REPLACED_AFTER: Duration = Duration::from_secs(30);
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
/// Windows read and not yet acknowledged on one connection; Beats send three with `pipelining: 2`.
pub(super) const WINDOWS_IN_FLIGHT_MAX: usize = 4;
/// While a window waits, `ACK 0` this often: Filebeat's time limit is 30 s and people set it as low as 5 s.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(3);
/// A connection with nothing in flight and nothing said for this long is given up. Metricbeat may be set to
/// speak every five minutes.
pub(super) const IDLE_MAX: Duration = Duration::from_secs(15 * 60);
/// A window that has begun must go on arriving; one byte a minute would hold its memory for ever.
pub(super) const STALL_MAX: Duration = Duration::from_secs(60);
/// A peer that does not take six bytes in this time is gone.
pub(super) const WRITE_MAX: Duration = Duration::from_secs(20);
/// Acknowledgements that may still come when the adapter stops; the buffer's own drain takes 10 s.
pub(super) const STOP_MAX: Duration = Duration::from_secs(11);
/// Bytes read at once: a TLS record.
pub(super) const READ_BYTES: usize = 16 * 1024;
/// Bytes read at once while nothing has come: two hundred idle connections must not hold six megabytes.
pub(super) const READ_BYTES_IDLE: usize = 2 * 1024;
/// Events that are parsed and handed to the buffer in one piece: a bound on what stands outside the buffer.
pub(super) const EVENTS_PER_PUT: usize = 256;
/// Refused senders that are remembered for an admin to see; over it the one seen longest ago is forgotten. Twenty
/// printers that are not yet configured are far below it, and a scanner cannot fill memory.
pub(super) const STRANGERS_MAX: usize = 64;
/// Characters of a refused sender's name that are kept: no DNS name has more.
pub(super) const STRANGER_NAME_MAX: usize = 253;
/// Characters of the reason that are kept.
pub(super) const STRANGER_WHY_MAX: usize = 200;
