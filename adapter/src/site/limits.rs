//! Bounds of what the box reads of its own, each with its reason.

/// Bytes of a small file of the box's own: counts, a serial number, a code.
pub(super) const NOTE_BYTES_MAX: u64 = 4 << 10;

/// Bytes of the kept stick: sealed, it is in Base64 and has a header; twice a stick's file is more than that.
pub(super) const KEPT_BYTES_MAX: u64 = 2 * ::site::limits::FILE_BYTES_MAX as u64;

/// Interfaces that are named to who wrote a wrong one: a console shows no more on a line.
pub(super) const INTERFACES_NAMED_MAX: usize = 16;
