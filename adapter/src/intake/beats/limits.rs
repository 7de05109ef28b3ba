//! Every bound of the Beats listener, with its reason.

use std::time::Duration;

/// Connections at once. Twenty printers with Filebeat and Metricbeat need forty; the rest is for reconnects.
pub(super) const CONNECTIONS_MAX: usize = 256;
/// Connections at once from one address, so that one machine cannot take all the places.
pub(super) const CONNECTIONS_PER_ADDRESS_MAX: usize = 96;
/// Connections at once of one printer (P6): several Beats, each with workers and a stale connection or two.
pub(super) const CONNECTIONS_PER_PRINTER_MAX: usize = 12;
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
/// Bytes read at once.
pub(super) const READ_BYTES: usize = 32 * 1024;
/// Events that are parsed and handed to the buffer in one piece: a bound on what stands outside the buffer.
pub(super) const EVENTS_PER_PUT: usize = 256;
/// Memory of windows that are read and not yet in the buffer, over all connections (P5). A window may have
/// 32 MiB; twenty Filebeats that catch up after an outage have 1.7 MB each.
pub(super) const HELD_BYTES_MAX: usize = 96 << 20;
/// A connection that holds less than this is never closed for want of memory: Metricbeat gives an event up
/// after three tries.
pub(super) const HELD_BYTES_SMALL: usize = 1 << 20;
