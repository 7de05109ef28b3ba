//! Every bound on looking at a release, with its reason. How long a file may be, the signed documents say, or
//! `release/src/limits.rs` where there is none yet.

use std::time::Duration;

/// Bytes of the root's file that are read: one more than any document has.
pub(super) const ROOT_BYTES_READ: u64 = release::limits::DOCUMENT_BYTES_MAX + 1;
/// Bytes of the timestamp that are read to see whether it has changed: all that one may have.
pub(super) const GLANCE_BYTES: usize = 64 << 10;
/// Bytes of a file that are read at once.
pub(super) const READ_BYTES: usize = 64 << 10;
/// Parts of a file that are read before somebody has taken them.
pub(super) const PARTS_MAX: usize = 2;
/// A folder that gives nothing for so long hangs, such as a stick at which the kernel tries again and again.
pub(super) const FOLDER_SILENCE_MAX: Duration = Duration::from_secs(30);
/// Bytes of a box's account of its system: some lines.
pub(super) const ACCOUNT_BYTES_MAX: u64 = 64 << 10;
/// Places of which the last line is remembered: a stick's folder or two, and an address.
pub(super) const PLACES_MAX: usize = 8;
/// Bytes of the list of kernel images' names, of which there are two or three.
pub(crate) const NAMES_BYTES_MAX: u64 = 16 << 10;
/// Data flows when nothing that waits for the platform is older than this: the intake gives account of itself every ten seconds, so there is
/// always something on its way.
pub(super) const HELD_MAX: Duration = Duration::from_secs(15);
/// A new system that is on the disk is started after this, whatever is held.
pub(super) const RESTART_WAIT_MAX: Duration = Duration::from_secs(3 * 24 * 60 * 60);
/// Time for the connection and the TLS handshake.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A server that says nothing for so long says nothing more.
pub(super) const SILENCE_MAX: Duration = Duration::from_secs(30);
/// A server that sends less than this in a second would keep a box waiting for a release for hours.
pub(super) const PACE_BYTES_MIN: u64 = 16 << 10;
