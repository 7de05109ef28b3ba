//! Every bound on what a peer may send, in one place. A length is compared with its limit as soon as it is
//! read and before anything is kept for it; what is over the limit is fatal to the connection or the request.

// --- Lumberjack -------------------------------------------------------------------------------

/// Events that one window may announce, and so hold. Filebeat's default is 2,048; a user who sets
/// `bulk_max_size` to 0 gets what its queue holds, a few thousand. Bounds the list of events to 2.5 MiB.
pub const WINDOW_EVENTS_MAX: usize = 65_536;

/// Bytes of one event's JSON: the one bound on an event, here and in the parsers. An event over it ends the
/// connection and its sender tries it for ever, so it is far above what a sender has reason to send: the longest
/// line that the parsers take, with each of its 16 KiB escaped to six bytes, and 4 KiB of envelope are a tenth.
pub const EVENT_BYTES_MAX: usize = 1 << 20;

/// Bytes of one compressed frame. 2,048 real events of 814 bytes take 85 KiB.
pub const COMPRESSED_BYTES_MAX: usize = 8 << 20;

/// Bytes that the events of one window may hold, inflated: 2,048 events of 16 KiB. Everything that a
/// compressed frame inflates to counts, also what is no event, since an event keeps the whole block alive.
pub const WINDOW_BYTES_MAX: usize = 32 << 20;

/// How deep compressed frames may lie in each other. No real client nests them at all.
pub const COMPRESSED_DEPTH_MAX: usize = 2;

/// Room that an idle decoder keeps between frames; a larger frame's room is given back.
pub const IDLE_BYTES_MAX: usize = 64 << 10;

/// Bytes of a Lumberjack frame's longest head: version, type, sequence, length.
pub const FRAME_HEAD_BYTES: usize = 10;

/// Bytes that a Lumberjack decoder may hold when it has said "need more": an unfinished frame and an open
/// window. What one push brings comes on top until it is drained.
pub const DECODER_BYTES_MAX: usize = FRAME_HEAD_BYTES + COMPRESSED_BYTES_MAX + WINDOW_BYTES_MAX;

// --- PIP --------------------------------------------------------------------------------------

/// Bytes of a PIP payload before HELLO has agreed on something else.
pub const PIP_PAYLOAD_BYTES_START: usize = 64 << 10;

/// Bytes of a PIP payload that HELLO may agree on at most.
pub const PIP_PAYLOAD_BYTES_MAX: usize = 1 << 20;

/// Bytes of one string in a PIP payload.
pub const PIP_TEXT_BYTES_MAX: usize = 256;

/// Elements of one list in a PIP payload: items, values or alarms. The largest printer has a few hundred.
pub const PIP_LIST_MAX: usize = 4_096;

// --- ThingWorx --------------------------------------------------------------------------------

/// Bytes of one `UpdatePropertyValues` body: [`ROWS_MAX`] rows of about 400 bytes.
pub const UPDATE_BYTES_MAX: usize = 2 << 20;

/// Rows of one infotable. The adapter sends a few hundred at a time.
pub const ROWS_MAX: usize = 5_000;

/// Bytes of a row's name: the catalogue's longest property and a part number, with room for other edges.
pub const ROW_NAME_BYTES_MAX: usize = 128;

/// Bytes of a row's text value. A code, a hash and an identity are far shorter.
pub const ROW_TEXT_BYTES_MAX: usize = 256;

// --- errors -----------------------------------------------------------------------------------

/// Bytes of what a JSON parser says about a payload that it could not read: it may quote the payload.
pub const REASON_BYTES_MAX: usize = 200;
