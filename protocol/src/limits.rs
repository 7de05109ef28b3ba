//! Every bound on what a peer may send, in one place. A length is compared with its limit as soon as it is
//! read and before anything is kept for it; what is over the limit is fatal to the connection or the request.

// --- Lumberjack -------------------------------------------------------------------------------

/// Events that one window may announce. Filebeat's default is 2,048; a user who sets `bulk_max_size` to 0 gets what
/// its queue holds, a few thousand. A larger number is no window of a Beat's: it would never be whole.
pub const WINDOW_EVENTS_MAX: usize = 65_536;

/// Bytes of one event's JSON that are kept: the one bound on an event, here and in the parsers. A longer one is
/// passed over: refused, it would come again for ever. The longest line that the parsers take, with each of its 16 KiB
/// escaped, and as much again for the envelope and for lines that a shipper joined are within it. It is what a
/// connection can be made to hold, so 200 of them must leave the adapter under 64 MB.
pub const EVENT_BYTES_MAX: usize = 64 << 10;

/// Bytes of one event's JSON that are passed over at most, for which no memory is needed. Filebeat by its default
/// cuts a line at 10 MiB; a sender that announces more than this has lost its way in the stream.
pub const EVENT_PASSED_BYTES_MAX: usize = 32 << 20;

/// Bytes of one compressed frame. 2,048 real events of 814 bytes take 85 KiB.
pub const COMPRESSED_BYTES_MAX: usize = 8 << 20;

/// Bytes that one compressed frame may inflate to. It takes no memory, since nothing of it is kept, but time: zlib
/// packs a thousand to one at most. 2,048 events of 16 KiB are within it.
pub const INFLATED_BYTES_MAX: usize = 32 << 20;

/// Bytes that are inflated at once: they stay in the processor's cache until they are parsed.
pub const INFLATE_STEP_BYTES: usize = 16 << 10;

/// Memory of one inflater: zlib's window of 32 KiB and its tables.
pub const INFLATER_BYTES: usize = 48 << 10;

/// Pairs of one key-value frame, and so fields of the event that it becomes. What was sent that way are a line,
/// its file, its offset, its host and a few fields of the user's.
pub const PAIRS_MAX: usize = 256;

/// Bytes that the keys and values of one key-value frame may have together. As JSON each takes six bytes at most, so
/// that the event is within [`EVENT_BYTES_MAX`].
pub const PAIRS_BYTES_MAX: usize = 10 << 10;

/// How deep compressed frames may lie in each other. No real client nests them at all.
pub const COMPRESSED_DEPTH_MAX: usize = 2;

/// Room that an idle decoder keeps between frames; a larger frame's room is given back.
pub const IDLE_BYTES_MAX: usize = 32 << 10;

/// Bytes of a Lumberjack frame's longest head: version, type, sequence, length.
pub const FRAME_HEAD_BYTES: usize = 10;

/// Memory that a Lumberjack decoder may take when it has said "need more": one event that is not whole, and two
/// compressed frames around it. What one push brings comes on top until it is drained.
pub const DECODER_BYTES_MAX: usize = EVENT_BYTES_MAX
    + FRAME_HEAD_BYTES
    + COMPRESSED_DEPTH_MAX * (INFLATE_STEP_BYTES + INFLATER_BYTES)
    + IDLE_BYTES_MAX;

// --- the link between the adapter's halves ----------------------------------------------------

/// Readings of one batch: a body of some hundred kilobytes for the platform, and a few milliseconds of its time.
pub const LINK_READINGS_MAX: usize = 500;

/// Batches that may wait for their answers at a time. The intake has four under way; the others are for answers that
/// nobody waits for any more.
pub const LINK_SLOTS_MAX: u8 = 8;

/// Bytes of a name on the link: an item's id, a code, a unit, an identity. The catalogue's longest has 48.
pub const LINK_NAME_BYTES_MAX: usize = 64;

/// Bytes of a thing's name: two ids of 32 and the point between them.
pub const LINK_THING_BYTES_MAX: usize = 65;

/// Bytes of one reading at its longest: its item, part, time, quality and origin, and a number with its unit.
pub const LINK_READING_BYTES_MAX: usize =
    1 + LINK_NAME_BYTES_MAX + 1 + 8 + 1 + 22 + 1 + 8 + 1 + LINK_NAME_BYTES_MAX;

/// Bytes of a batch behind its head, so that any batch of [`LINK_READINGS_MAX`] fits.
pub const LINK_PAYLOAD_BYTES_MAX: usize =
    1 + LINK_THING_BYTES_MAX + 2 + LINK_READINGS_MAX * LINK_READING_BYTES_MAX;

/// The longest wait that an answer may ask for, in milliseconds: twice what the uplink itself ever waits. A larger one
/// could silence a site.
pub const LINK_WAIT_MS_MAX: u32 = 600_000;

// --- mDNS -------------------------------------------------------------------------------------

/// Bytes of a packet: what RFC 6762, section 17, allows, and far more than the 1,500 that one really has.
pub const MDNS_PACKET_BYTES_MAX: usize = 9_000;

/// Records of one packet, questions included. A computer with twenty services tells of them in a hundred.
pub const MDNS_RECORDS_MAX: usize = 512;

/// Bytes of a name (RFC 1035, section 2.3.4).
pub const MDNS_NAME_BYTES_MAX: usize = 255;

/// Bytes of one label of a name (the same).
pub const MDNS_LABEL_BYTES_MAX: usize = 63;

// --- PIP --------------------------------------------------------------------------------------

/// Bytes of a PIP payload before HELLO has agreed on something else.
pub const PIP_PAYLOAD_BYTES_START: usize = 64 << 10;

/// Bytes of a PIP payload that HELLO may agree on at most.
pub const PIP_PAYLOAD_BYTES_MAX: usize = 1 << 20;

/// Bytes of a PIP payload that each side takes at least. The longest event, with three strings of 256 bytes and each
/// byte escaped as six, is within it, so that a log can always go on.
pub const PIP_PAYLOAD_BYTES_MIN: usize = 8 << 10;

/// Bytes of one string in a PIP payload.
pub const PIP_TEXT_BYTES_MAX: usize = 256;

/// Elements of one list in a PIP payload: items, values or alarms. The largest printer has a few hundred.
pub const PIP_LIST_MAX: usize = 4_096;

/// Events of one HELD-EVENTS or NOTIFY. An event takes about 150 bytes, so that a full list is 75 KiB: within what
/// nearly every pair of sides agrees on, and what a reader holds as readings while it is stored. A printer sends
/// fewer where the agreed payload is smaller.
pub const PIP_EVENTS_MAX: usize = 512;

/// NOTIFYs that a printer may send without a credit given back, and so what of one printer may be on its way. Eight of
/// 512 events, over a road that takes a second there and back, are 4,096 events a second; over a healthy LAN one
/// would do.
pub const PIP_CREDITS_MAX: u8 = 8;

/// Highest sequence of an event. Numbers up to this one are exact in every JSON library, also where it has no
/// integers but doubles (RFC 8259, section 6); at a thousand events a second it lasts 285,000 years.
pub const PIP_SEQUENCE_MAX: u64 = (1 << 53) - 1;

// --- ThingWorx --------------------------------------------------------------------------------

/// Bytes of one `UpdatePropertyValues` body: [`ROWS_MAX`] rows of about 400 bytes.
pub const UPDATE_BYTES_MAX: usize = 2 << 20;

/// Rows of one infotable. The adapter sends a few hundred at a time.
pub const ROWS_MAX: usize = 5_000;

/// Bytes of a row's name: the catalogue's longest property and a part number, with room for other edges.
pub const ROW_NAME_BYTES_MAX: usize = 128;

/// Bytes of a row's text value. A code, a hash and an identity are far shorter.
pub const ROW_TEXT_BYTES_MAX: usize = 256;

// --- MTConnect --------------------------------------------------------------------------------

/// Bytes of one document. It is walked and not kept, so that this bounds time and not memory. 500 observations take
/// 100 KB, the largest device's description or current state a few MB.
pub const MTCONNECT_DOCUMENT_BYTES_MAX: usize = 16 << 20;

/// Bytes of one tag with its attributes. The longest is the root's, with a dozen namespaces.
pub const MTCONNECT_TAG_BYTES_MAX: usize = 8 << 10;

/// Attributes of one element; a header has about ten.
pub const MTCONNECT_ATTRIBUTES_MAX: usize = 64;

/// Bytes of an element's name and of each attribute that is kept: ids, names, types and units.
pub const MTCONNECT_NAME_BYTES_MAX: usize = 256;

/// Bytes of an observation's text that are kept. A number or a word is far shorter; what is longer is a time series or
/// free text, of which nothing is sent.
pub const MTCONNECT_TEXT_BYTES_MAX: usize = 4 << 10;

/// How deep elements may lie in each other: a component in a component takes two, and real devices have six of them.
pub const MTCONNECT_DEPTH_MAX: usize = 32;

/// Words that a data item may be constrained to and that are kept.
pub const MTCONNECT_CONSTRAINT_VALUES_MAX: usize = 64;

/// Data items of one document: large devices have a thousand, and an agent may speak for several.
pub const MTCONNECT_DATA_ITEMS_MAX: usize = 16_384;

/// Observations of one document: `/current` has one for each data item, and more where conditions are active.
pub const MTCONNECT_OBSERVATIONS_MAX: usize = 16_384;

/// Observations asked for at once: a printer with a hundred data items has that many in some seconds.
pub const MTCONNECT_COUNT_MAX: u64 = 500;

/// Memory that a reader of a document may take: one tag, one text, the names of the elements that are open, and the
/// components around a data item, which takes a copy of them.
pub const MTCONNECT_READER_BYTES_MAX: usize = 2 * (MTCONNECT_TAG_BYTES_MAX + MTCONNECT_TEXT_BYTES_MAX)
    + (7 * MTCONNECT_DEPTH_MAX + MTCONNECT_CONSTRAINT_VALUES_MAX) * MTCONNECT_NAME_BYTES_MAX;

// --- errors -----------------------------------------------------------------------------------

/// Bytes of what a JSON parser says about a payload that it could not read: it may quote the payload.
pub const REASON_BYTES_MAX: usize = 200;
