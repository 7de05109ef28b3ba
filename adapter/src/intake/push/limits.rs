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
/// A printer that failed to say how things stand, its values or its alarms, and named no time, is asked again after this
/// long: what changes is told.
pub(super) const STANDING_AGAIN: Duration = Duration::from_secs(60);
/// Gaps behind what is stored that are remembered as reported: one for each time that a printer without room lost something
/// while the platform was away. Over it the lowest is forgotten, and would be reported once more.
pub(super) const REPORTED_MAX: usize = 32;
/// A printer that does not take a few hundred bytes in this time is gone.
pub(super) const WRITE_MAX: Duration = Duration::from_secs(20);
/// Acknowledgements that may still go when the adapter stops; the buffer's own drain takes 10 s.
pub(super) const STOP_MAX: Duration = Duration::from_secs(11);
/// A printer that was heard calls again after 1 s, 2 s, 4 s … (`docs/pip.md`, section 10): who has not come five times is
/// not there, or not let through.
pub(super) const CALLS_AGAIN_SOON: Duration = Duration::from_secs(30);
/// A printer that was away for long waits 5 min between two calls, and needs a moment for one.
pub(super) const CALLS_AGAIN_MAX: Duration = Duration::from_secs(310);
/// Whether a printer that does not call is off, or its network is down, is looked at again this often: its neighbours
/// may be heard, or fall silent, later than it.
pub(super) const ABSENT_AGAIN: Duration = Duration::from_secs(60);
/// Bytes read at once.
pub(super) const READ_BYTES: usize = 8 << 10;
