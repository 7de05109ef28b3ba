//! Every bound on what a parser takes. An event's is `EVENT_BYTES_MAX` of `protocol::limits`, set on the wire where
//! an event comes from: taking it apart borrows from it and keeps nothing.

/// Longest line, in bytes. The longest that a controller has reason to write is near 1 KiB.
pub const LINE_BYTES_MAX: usize = 16_384;

/// Most pairs of one line; the largest key table has less than a quarter of it.
pub const PAIRS_MAX: usize = 64;

/// How many bytes of a line its shape is made from: the head says which format it is.
pub const SHAPE_BYTES_MAX: usize = 256;

/// How far a clock may step back before the higher stamp, rather than the lower, is taken as the wrong one.
pub const CLOCK_STEP_MS_MAX: i64 = 3_600_000;

/// How many numbers there are for disks. A disk's number is made from its name alone, so two may fall together.
pub const DISKS_MAX: u32 = 200;

/// Most objects and arrays around one value of an event. Beats nest six deep; 64 is the number of bits in a word, which
/// is all the memory that the way back out of them takes.
pub const JSON_DEPTH_MAX: u32 = 64;
