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

/// Most tokens of one `Stats` line of `klippy`; one with twenty controllers has near 500.
pub const KLIPPY_TOKENS_MAX: u16 = 1024;

/// Most controllers of one `klippy` printer: one a CAN node, and a bus ends far below this.
pub const KLIPPY_CONTROLLERS_MAX: usize = 32;

/// Most lines of a configuration dump of `klippy`, or indented ones of a traceback: one whose end was lost must not
/// silence the printer for ever.
pub const KLIPPY_BLOCK_LINES_MAX: u32 = 20_000;

/// How far a monotonic stamp of `klippy` may stand before the one above it: both are rounded to a tenth of a second.
pub const KLIPPY_MONO_ROUNDING_MS: i64 = 100;

/// How much further the shipper's clock may go than Klipper's monotonic one between two lines: a shipper that is behind by
/// seconds, as after a look at a share or a full queue, is usual.
pub const KLIPPY_ANCHOR_APART_MS_MAX: i64 = 60_000;

/// Most lines without a stamp below a message of a Duet: its longest answer, the diagnostics, has near a hundred. Behind
/// them another format is counted and not taken for an answer.
pub const DUET_BELOW_LINES_MAX: u32 = 512;

/// Longest text of a profile, in bytes: the largest that a person writes is near 10 KiB.
pub const PROFILE_BYTES_MAX: usize = 262_144;

/// Most rules of a profile. With [`PROFILE_INDICES`] and [`PROFILE_LINES_MAX`] it fills the 16 bits of an origin's index.
pub const PROFILE_RULES_MAX: usize = 64;

/// How many indices each rule of a profile has: its values first, its alarm in the last ones.
pub const PROFILE_INDICES: u16 = 32;

/// Most values of one rule: what its alarm leaves of [`PROFILE_INDICES`].
pub const PROFILE_VALUES_MAX: usize = 26;

/// Most lines of a message that a shipper joined from several; those below have the record's place and need indices of
/// their own.
pub const PROFILE_LINES_MAX: u16 = 32;

/// Most patterns of what is known and private.
pub const PROFILE_IGNORED_MAX: usize = 64;

/// Longest pattern of a profile, in bytes.
pub const PROFILE_PATTERN_BYTES_MAX: usize = 2048;

/// Longest line that a profile's patterns are tried on, in bytes: four times the longest that a controller has reason to
/// write. A line costs so many steps for each pattern at most.
pub const PROFILE_LINE_BYTES_MAX: usize = 4096;

/// Largest compiled pattern, in bytes: a repetition such as `(\d{9}){999}` is short to write and large to compile. One that
/// a person reads takes less than a tenth of it.
pub const PROFILE_COMPILED_BYTES_MAX: usize = 32 << 10;

/// Largest table that a pattern becomes, in bytes. A table has a row for each thing that the characters so far can mean,
/// and some patterns have very many of them: `.*a.{20}` has two to the power of twenty. One that a person reads has near
/// 4 KiB.
pub const PROFILE_TABLE_BYTES_MAX: usize = 256 << 10;

/// Largest tables of all patterns of a profile together, in bytes: some hundred patterns of the usual size take a tenth.
pub const PROFILE_TABLES_BYTES_MAX: usize = 4 << 20;

/// What is kept of the ways in which a pattern fits a line, where there are several, in bytes: one bit for each state of
/// the pattern and each byte of the longest line, and no more steps than that. It makes 127 states, near as many
/// characters; a pattern that fits in one way only needs none of it.
pub const PROFILE_WAYS_BYTES_MAX: usize = 64 << 10;

/// Deepest nesting of a pattern's groups.
pub const PROFILE_NEST_MAX: u32 = 32;

/// Most groups of a pattern, or columns of a line.
pub const PROFILE_GROUPS_MAX: usize = 64;

/// Most words that one value's `codes` map.
pub const PROFILE_CODES_MAX: usize = 128;

/// Most rows of one rule's alarm table.
pub const PROFILE_ROWS_MAX: usize = 512;

/// Most problems that are told of one profile.
pub const PROFILE_PROBLEMS_MAX: usize = 100;
/// Most objects and arrays around one value of an event. Beats nest six deep; 64 is the number of bits in a word, which
/// is all the memory that the way back out of them takes.
pub const JSON_DEPTH_MAX: u32 = 64;
