//! Every bound of the tail, with its reason.

use std::time::Duration;

use parsers::limits::PROFILE_LINE_BYTES_MAX;

/// Longest line. A machine controller's line has some hundred bytes, `klippy`'s longest a few thousand; no parser takes
/// more than half of this.
pub(super) const LINE_BYTES_MAX: usize = 32 * 1024;
/// Bytes read of one file at once: two lines of the longest kind, or some thousand of the usual. Two pieces of each
/// printer are in memory at most, one of a file that is written now and one of an old one.
pub(super) const PIECE_BYTES: usize = 64 * 1024;
/// Bytes of lines that are read before others have their turn: the longest line of a profile.
pub(super) const WORK_BYTES: usize = PROFILE_LINE_BYTES_MAX;
/// Files that one printer's directory may have; a rotation set of six subsystems has some dozens.
pub(super) const FILES_MAX: usize = 256;
/// Files that are known at once: those, and as many that have left the directory and are not yet read to the end.
pub(crate) const HELD_MAX: usize = FILES_MAX * 2;
/// Entries of the directory that are looked at in one scan, so that a directory of a million strange files
/// costs a bounded time.
pub(super) const ENTRIES_MAX: usize = 10_000;
/// Pieces of one file that may wait for their receipts; reading stops there.
pub(super) const PIECES_IN_FLIGHT_MAX: usize = 16;
/// Pieces of all old files together that may wait for their receipts: a line that is written now stands behind no more
/// than these. With one alone, nothing would be read while the platform stores it.
pub(super) const BACKLOG_IN_FLIGHT_MAX: usize = 2;
/// Lines at a file's head by which its family is recognised. `klippy` begins with up to some dozens of lines that
/// another program could have written; what has said nothing by then is some other log.
pub(super) const HEAD_LINES_MAX: usize = 200;
/// The kernel tells of changes; this is for what it cannot tell of: a directory that did not exist, a
/// file that could not be opened, an overflow of the kernel's queue.
pub(super) const RESCAN: Duration = Duration::from_secs(5);
/// Between two looks where the kernel tells nothing, as on a network share.
pub(super) const POLL: Duration = Duration::from_secs(1);
/// Least time between two looks: a writer of thousands of lines a second is an event each, and each look is for all. One at
/// the whole directory follows only where more has changed than the text of files that are held.
pub(super) const LOOK_MIN: Duration = Duration::from_millis(20);
/// After a nack the file is read again, but not at once: what refused it may need time.
pub(super) const NACK_WAIT: Duration = Duration::from_secs(1);
/// The longest wait after nack upon nack.
pub(super) const NACK_WAIT_MAX: Duration = Duration::from_secs(30);
/// How long a file is held that has left the directory's pattern: its writer may still have it open for a
/// moment after a rotation. Then a last line without an end is taken as it stands.
pub(super) const FORGET_AFTER: Duration = Duration::from_secs(60);
/// Bytes before the read offset that are looked at again: the end of a stamped and numbered line.
pub(super) const BEFORE_BYTES: usize = 64;
