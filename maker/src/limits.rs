//! Bounds on what is read, and how long a document is good for where nobody says otherwise.

/// Bytes of a key's file: a private key takes 200.
pub(crate) const KEY_BYTES_MAX: usize = 4 << 10;

/// Bytes of the two files in an image's archive that are read: they name the layers, of which there are a few.
pub(crate) const IMAGE_MANIFEST_BYTES_MAX: u64 = 1 << 20;

/// Bytes that are copied at once.
pub(crate) const COPY_BYTES: usize = 64 << 10;

/// A root's lifetime. People have to meet for the next one.
pub(crate) const ROOT_FOR: &str = "730d";

/// A release's lifetime: from then on a box that has not taken it waits for another.
pub(crate) const TARGETS_FOR: &str = "365d";

/// A snapshot's lifetime. It is made anew with each release, and once a year without one.
pub(crate) const SNAPSHOT_FOR: &str = "365d";

/// A timestamp's lifetime, and so how long a mirror that stands still is not noticed, and how long a stick is good for.
pub(crate) const TIMESTAMP_FOR: &str = "30d";
