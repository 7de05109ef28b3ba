//! Every bound on looking at a release, with its reason. How long a file may be, the signed documents say, or
//! `release/src/limits.rs` where there is none yet.

use std::time::Duration;

/// Bytes of the root's file that are read: one more than any document has.
pub(super) const ROOT_BYTES_READ: u64 = release::limits::DOCUMENT_BYTES_MAX + 1;
/// Bytes of the timestamp that are read to see whether it has changed: all that one may have.
pub(super) const GLANCE_BYTES: u64 = release::limits::DOCUMENT_BYTES_MAX;
/// Bytes of a file that are read at once.
pub(super) const READ_BYTES: usize = 64 << 10;
/// Time for the connection and the TLS handshake.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A server that says nothing for so long says nothing more.
pub(super) const SILENCE_MAX: Duration = Duration::from_secs(30);
/// A server that sends less than this in a second would keep a box waiting for a release for hours.
pub(super) const PACE_BYTES_MIN: u64 = 16 << 10;
