//! Every bound of the poller, with its reason.

use std::time::Duration;

/// A connection, its TLS handshake included, that takes longer is none.
pub(super) const CONNECT_MAX: Duration = Duration::from_secs(10);
/// Addresses of one name that are tried, one after the other: a host with IPv4 and IPv6 has two, or a few more.
pub(super) const ADDRESSES_MAX: usize = 4;
/// A printer that does not take a request of some hundred bytes in this time is gone.
pub(super) const WRITE_MAX: Duration = Duration::from_secs(10);
/// The shortest pause of a printer that asks for one: with `Retry-After: 0` and the like it would be asked as fast as it
/// answers.
pub(super) const PAUSE_MIN: Duration = Duration::from_secs(1);
/// ALARMS after this many READs.
pub(super) const READS_PER_ALARMS: u32 = 5;
/// EVENTS of one round: what a printer that has fallen behind tells must not keep its values waiting. Of 512 events each,
/// the longest log is read within some rounds.
pub(super) const EVENTS_PER_ROUND_MAX: u32 = 4;
/// Items and parts that are remembered; a printer's DESCRIBE may list 4,096 items with 256 parts each.
pub(super) const REMEMBERED_MAX: usize = 8_192;
/// Reachability and faults are said anew this often, so that the platform can tell "as before" from silence.
pub(super) const SAID_EVERY: Duration = Duration::from_secs(60);
/// Bytes read at once, while a frame is under way.
pub(super) const READ_BYTES: usize = 16 * 1024;
/// Bytes for which there is room while none is: the shortest answers are within it.
pub(super) const IDLE_READ_BYTES: usize = 1024;
/// A value that the printer has not given for so many intervals is stale: one answer may be late, and one be lost.
pub(super) const INTERVALS_TO_STALE: u32 = 3;
/// Acknowledgements that a driver may send on one event: one that does not end is a mistake, not a conversation.
pub(super) const TOLD_AT_ONCE_MAX: usize = 16;
/// The last question to a printer, when the adapter stops, may take this long: half of a stop's patience is enough.
pub(super) const FAREWELL_MAX: Duration = Duration::from_secs(2);
/// A value is not said to be stale sooner, however short the interval: a lost packet takes a second to be sent again.
pub(super) const STALE_AFTER_MIN: Duration = Duration::from_secs(3);
/// By how much, in milliseconds, the two clocks must have gone apart before this machine is held to have been suspended: they are
/// rounded, and one is put right by and by. What is less is not forgotten, and adds up.
pub(super) const SLEPT_MS_MIN: u64 = 1_000;
/// The head of an answer over HTTP: real ones have some hundred bytes.
pub(super) const HTTP_HEAD_BYTES_MAX: usize = 16 * 1024;
/// Headers in it.
pub(super) const HTTP_HEADERS_MAX: usize = 64;
/// An answer over HTTP that only says no: its body is never looked at, but one that was read lets the connection serve
/// again.
pub(super) const HTTP_BODY_BYTES_OTHER: usize = 16 * 1024;
/// One look at a printer may take this long, its connection apart: a person waits for it.
pub(super) const LOOK_MAX: Duration = Duration::from_secs(15);
/// Questions of one look.
pub(super) const LOOK_QUESTIONS_MAX: usize = 64;
/// How long a look listens to a printer that tells its values without being asked.
pub(super) const LOOK_LISTENS: Duration = Duration::from_secs(2);
/// A message of a WebSocket. A push of a large printer has some kilobytes; the list of its files' new metadata, which is
/// passed over, some hundred.
pub(super) const SOCKET_MESSAGE_BYTES_MAX: usize = 1024 * 1024;
/// Messages of a WebSocket in one second: a printer that tells of its changes says four, and what its G-code prints comes
/// beside them.
pub(super) const SOCKET_MESSAGES_PER_SECOND_MAX: u32 = 500;
