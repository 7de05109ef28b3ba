//! Every bound of the Beats listener, with its reason.

use std::time::Duration;

/// Connections at once of one printer (P6): several Beats, each with workers and a stale connection or two.
pub(super) const CONNECTIONS_PER_PRINTER_MAX: usize = 12;
/// A connection that has been silent for this long with nothing in flight may lose its place to a new one of the
/// same printer, when all are taken: printers that are switched off leave connections behind. Live senders speak
/// more often, and those that do not only connect again.
pub(super) const REPLACED_AFTER: Duration = Duration::from_secs(30);
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
