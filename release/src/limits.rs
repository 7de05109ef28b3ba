//! Every bound on a bundle, with its reason. A length is compared with its limit before anything is kept for it.

use std::time::Duration;

/// Bytes of one document with its signatures. The largest is a root: four roles with [`KEYS_MAX`] keys of some 200 bytes
/// and [`SIGNATURES_MAX`] signatures of some 200 bytes are 20 KiB.
pub const DOCUMENT_BYTES_MAX: u64 = 64 << 10;

/// Signatures of one document. A root that replaces all of its own keys has those of both: twice [`KEYS_MAX`].
pub const SIGNATURES_MAX: usize = 2 * KEYS_MAX;

/// Keys of one role. A role has as many as people who can hold one; more than this nobody keeps an eye on.
pub const KEYS_MAX: usize = 16;

/// Roots from the one that a box knows to the newest: one a week for twenty years. TUF's own example has as many.
pub const ROOTS_MAX: usize = 1 << 10;

/// The highest version of a document: nine digits, so that a file's name stays short. One a second lasts thirty years.
pub const VERSION_MAX: u32 = 999_999_999;

/// The highest part of a release's version.
pub const VERSION_PART_MAX: u32 = 999_999;

/// The highest version of the configuration's form.
pub const CONFIGURATION_MAX: u32 = 999_999;

/// Bytes of one image's file. The images have one program of some ten megabytes, and the box holds them in memory.
pub const IMAGE_BYTES_MAX: u64 = 256 << 20;

/// Bytes of a root partition: the two that a box has are of 1 GiB (`ubuntu-image/mkosi.repart`).
pub const ROOT_BYTES_MAX: u64 = 1 << 30;

/// Bytes of the partition with a root's hashes: of 1 GiB they take 8 MiB and a little, and a box has 16 for them.
pub const HASHES_BYTES_MAX: u64 = 16 << 20;

/// Bytes of a signed kernel image, which has some 50 MB. A box has room for three of this length, beside the loader.
pub const KERNEL_BYTES_MAX: u64 = 128 << 20;

/// Bytes of a block of dm-verity: partitions are of whole ones.
pub const BLOCK_BYTES: u64 = 4096;

/// Characters of a key holder's name.
pub const HOLDER_CHARS_MAX: usize = 64;

/// How far a box's clock may be behind the maker's. Less, and a box that was set up in the wrong time zone would refuse
/// what is right; more, and a clock that stands still would let an expired bundle pass for longer.
pub const CLOCK_BEHIND_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Bytes of what a JSON parser says about a document: it may quote it.
pub const REASON_BYTES_MAX: usize = 200;
