//! Every bound of the supervisor, with its reason.

use std::time::Duration;

/// Time for one answer of the engine, in seconds. A stop takes as long as the container is given for it.
pub(super) const ANSWER_S_MAX: u64 = 60;
/// The same for an archive of images: some fifty megabytes, which a slow disk under load writes at less than one in a second.
pub(super) const LOAD_MAX: Duration = Duration::from_secs(600);
/// An archive that the engine refused is given to it again after this, if it did not change meanwhile: the engine writes it to its disk
/// each time.
pub(super) const REFUSED_AGAIN: Duration = Duration::from_secs(600);
/// The longest that a setting is quoted that differs from its description.
pub(super) const SETTING_CHARS_MAX: usize = 80;
/// The longest that a program in a container may say when it is asked something.
pub(super) const OUTPUT_BYTES_MAX: usize = 256 * 1024;
/// How much of an image's archive is read at once.
pub(super) const ARCHIVE_READ_BYTES: usize = 256 * 1024;
/// How long a container may take to end by itself: the intake takes up to 10 s to give away what it holds.
pub(super) const STOP_MAX: Duration = Duration::from_secs(20);
/// The same of one that was changed by somebody, or does not answer: it is not trusted with more.
pub(super) const STOP_CHANGED_MAX: Duration = Duration::from_secs(5);
/// Time for a connection that is tried: who is there answers at once, being on this machine or on the next network.
pub(super) const REACH_MAX: Duration = Duration::from_millis(1500);
/// Time for a name, and for the answer of the engine's resolver.
pub(super) const RESOLVE_MAX: Duration = Duration::from_secs(2);
/// The longest account that the uplink reads: a dozen lines.
pub(super) const ACCOUNT_BYTES_MAX: u64 = 16 * 1024;
/// An account that has not changed for this long is nobody's any more, and is not repeated.
pub(super) const ACCOUNT_AGE_MAX: Duration = Duration::from_secs(30);
/// Names that are looked up at once: each takes a thread, and the uplink may have 32.
pub(super) const NAMES_AT_ONCE: usize = 4;
/// Addresses that the machine may have, since each is tried: with this many the tries end well within [`LOOK_MAX`]. One with more is
/// refused, and not tried in part.
pub(super) const HOST_ADDRESSES_MAX: usize = 512;
/// Connections that are tried at once: each is a descriptor, and a container may have a thousand.
pub(super) const TRIES_AT_ONCE: usize = 256;
/// Time for a look from within a container, however busy the machine is: its tries take two seconds, or a few more with
/// names.
pub(super) const LOOK_MAX: Duration = Duration::from_secs(45);
/// Between two looks at what is there, where nothing was heard of a change.
pub(super) const PASS_INTERVAL: Duration = Duration::from_secs(2);
/// Between two tries of what is separated, where nothing has changed: what changes beyond the engine, such as a route, is
/// told by nobody.
pub(super) const VERIFY_INTERVAL: Duration = Duration::from_secs(60);
/// How long what runs may do so without having been shown to be separated, whatever the reason: two tries that were missed.
pub(super) const UNVERIFIED_MAX: Duration = Duration::from_secs(120);
/// Looks in a row that may fail before nothing is believed any more and the halves are stopped.
pub(super) const LOOKS_FAILED_MAX: u32 = 3;
/// Between two accounts: half of the uplink's own interval, so that it never says one twice.
pub(super) const ACCOUNT_INTERVAL: Duration = Duration::from_secs(5);
/// A container that has run for this long did not fail at its start.
pub(super) const STEADY: Duration = Duration::from_secs(5);
/// The first wait before a container is started again is within this, and none is longer than the other.
pub(super) const RESTART_BASE: Duration = Duration::from_millis(200);
pub(super) const RESTART_CEILING: Duration = Duration::from_secs(30);
/// The same for an engine that is not there, or does not do what it is asked.
pub(super) const ENGINE_BASE: Duration = Duration::from_millis(200);
pub(super) const ENGINE_CEILING: Duration = Duration::from_secs(10);
/// The same after the halves were found not to be separated: somebody has to mend something first.
pub(super) const BREACH_BASE: Duration = Duration::from_secs(5);
pub(super) const BREACH_CEILING: Duration = Duration::from_secs(300);
/// How long an engine is waited for that is to stop what was left running: one that is not there runs nothing, unless it was set to.
pub(super) const END_ENGINE_MAX: Duration = Duration::from_secs(30);
/// The longest line of a container's output that is passed on, in characters.
pub(super) const LINE_CHARS_MAX: usize = 4096;
/// So many lines are passed on at once, such as of a start, and then one in this time: a half that is well says a few in an hour, and
/// a journal keeps what root's process says.
pub(super) const LINES_AT_ONCE: u32 = 100;
pub(super) const LINE_EVERY: Duration = Duration::from_millis(200);
/// Time for other images to be well, separated and in use, before the old ones come back.
pub(super) const SWITCH_MAX: Duration = Duration::from_secs(120);
/// Orders that may wait: one installs at a time.
pub(super) const ORDERS_MAX: usize = 1;
