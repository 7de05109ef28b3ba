//! Every bound of the listener that printers call, with its reason.

use std::time::Duration;

/// NOTIFYs of one printer whose readings are not stored yet, and so what of it may be on its way: with 512 events each
/// 2,048. While the platform is away the rest waits where it is kept best, in the printer.
pub(super) const CREDITS: u8 = 4;
/// Bytes of one payload: 512 events take 75 KiB. With [`CREDITS`] of them under way a printer can make the adapter
/// hold 1 MiB.
pub(super) const PAYLOAD_BYTES_MAX: u32 = 256 << 10;
/// The shortest time between two NOTIFYs: what happens within a second is told together.
pub(super) const INTERVAL: Duration = Duration::from_secs(1);
/// How long an answer may take: as the specification says, at least 10 s and at most 120 s for three heartbeats.
pub(super) const ANSWER: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(120));
/// Between which a heartbeat is brought.
pub(super) const HEARTBEAT: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(60));
/// What is added to the longest exposure that a printer tells of, …
pub(super) const EXPOSURE_MORE: Duration = Duration::from_secs(10);
/// … and how long both may be: one wrong number must not make a dead printer count as there for ever.
pub(super) const EXPOSURE_MAX: Duration = Duration::from_secs(600);
/// The longest pause that a printer may ask for.
pub(super) const PAUSE_MAX: Duration = Duration::from_secs(300);
/// A handshake that takes longer is a scanner or a dead peer.
pub(super) const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// Wait after an accept that failed.
pub(super) const ACCEPT_WAIT: Duration = Duration::from_millis(100);
/// A printer that does not take a few hundred bytes in this time is gone.
pub(super) const WRITE_MAX: Duration = Duration::from_secs(20);
/// Acknowledgements that may still go when the adapter stops; the buffer's own drain takes 10 s.
pub(super) const STOP_MAX: Duration = Duration::from_secs(11);
/// Bytes read at once.
pub(super) const READ_BYTES: usize = 8 << 10;
/// How far a printer's clock may be from ours before its times are replaced, in ms: as for what is polled.
pub(super) const CLOCK_OFF_MS_MAX: u64 = 300_000;
/// Faults of one printer that are remembered as active.
pub(super) const FAULTS_MAX: usize = 64;
