//! Every bound of the tail, with its reason.

use std::time::Duration;

/// Longest line. A machine controller's line has some hundred bytes; what is longer is no log line.
pub(super) const LINE_BYTES_MAX: usize = 64 * 1024;
/// Bytes read of one file at once: a few lines of the longest kind, or some thousand of the usual.
pub(super) const PIECE_BYTES: usize = 256 * 1024;
/// Files that one printer's directory may have; a rotation set of six subsystems has some dozens.
pub(super) const FILES_MAX: usize = 256;
/// Entries of the directory that are looked at in one scan, so that a directory of a million strange files
/// costs a bounded time.
pub(super) const ENTRIES_MAX: usize = 10_000;
/// Pieces of one file that may wait for their receipts; reading stops there.
pub(super) const PIECES_IN_FLIGHT_MAX: usize = 16;
/// The kernel tells of changes; this is for what it cannot tell of: a directory that did not exist, a
/// network share that another machine writes to, an overflow of the kernel's queue.
pub(super) const RESCAN: Duration = Duration::from_secs(5);
/// After a nack the file is read again, but not at once: what refused it may need time.
pub(super) const NACK_WAIT: Duration = Duration::from_secs(1);
/// The longest wait after nack upon nack.
pub(super) const NACK_WAIT_MAX: Duration = Duration::from_secs(30);
/// How long a file is held that has left the directory's pattern: its writer may still have it open for a
/// moment after a rotation.
pub(super) const FORGET_AFTER: Duration = Duration::from_secs(60);
/// Bytes before the read offset that are looked at again: the end of a stamped and numbered line.
pub(super) const BEFORE_BYTES: usize = 64;
