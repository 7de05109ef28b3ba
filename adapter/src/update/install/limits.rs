//! Every time and bound of installing, with its reason.

use std::time::Duration;

/// How long new halves may take beside the running ones until both are healthy: their start takes a second, their first
/// question of health comes after five, and a busy machine takes ten times as long.
pub(super) const REHEARSAL_MAX: Duration = Duration::from_secs(90);

/// How long data is waited for before anything is switched. An outage of the platform can be longer: then the release is looked
/// at again later.
pub(super) const BASELINE_MAX: Duration = Duration::from_secs(10 * 60);

/// Data flows when something was stored within this: the intake gives account of itself every ten seconds.
pub(super) const FLOW_WITHIN: Duration = Duration::from_secs(35);

/// How long after a switch the first data may take. Both the link's longest wait and the first question of health are far
/// below.
pub(super) const PROOF_MAX: Duration = Duration::from_secs(120);

/// How long a new pair is watched, where the configuration says nothing: long enough for what leaks or piles up to show, short
/// enough that a power cut seldom falls into it.
pub(crate) const WATCH_DEFAULT: Duration = Duration::from_secs(10 * 60);

/// The shortest and the longest that can be asked for.
pub(crate) const WATCH: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(24 * 60 * 60)];

/// While a new pair is watched, it may be unhealthy for less than this: one question of health that came late is no fault.
pub(super) const UNHEALTHY_MAX: Duration = Duration::from_secs(60);

/// While a new pair is watched, no data may flow for less than this. A platform that is restarted is back before.
pub(super) const SILENCE_MAX: Duration = Duration::from_secs(5 * 60);

/// Between two looks at the halves.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long a look around from within may take that is made before anything runs beside the running halves: each try in it ends
/// within seconds.
pub(super) const LOOK_MAX: Duration = Duration::from_secs(45);

/// Characters of a program's complaint that are quoted.
pub(super) const WORDS_MAX: usize = 400;

/// A printer that was heard within this before a switch is expected to be heard after it: longer than any query's interval.
pub(super) const HEARD_WITHIN: Duration = Duration::from_secs(5 * 60);

/// How long the printers that were heard before are waited for when the watch is over.
pub(super) const HEARD_MAX: Duration = Duration::from_secs(5 * 60);

/// Of the printers that were heard before, one in this many must be heard again: others may have been switched off meanwhile.
pub(super) const HEARD_PART: usize = 2;

/// An attempt is forgotten after this: what was wrong may have been the world, such as a busy machine or a platform that was away.
pub(super) const ATTEMPTS_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// Before what must succeed is tried again.
pub(super) const AGAIN_WAIT: Duration = Duration::from_secs(5);

/// How often one release is tried. A power cut counts as well, since a release that takes the machine down looks the same.
pub(super) const ATTEMPTS_MAX: u32 = 3;

/// Before the same bundle is tried again.
pub(super) const RETRY_AFTER: Duration = Duration::from_secs(60 * 60);

/// Between two looks for a stick. To look is to open one small file.
pub(super) const FOLDER_EVERY: Duration = Duration::from_secs(2);

/// How often a server is asked, where the configuration says nothing.
pub(crate) const ASK_DEFAULT: Duration = Duration::from_secs(6 * 60 * 60);

/// The shortest and the longest that can be asked for. A server of a thousand boxes is asked less than twice a second.
pub(crate) const ASK: [Duration; 2] = [Duration::from_secs(10 * 60), Duration::from_secs(7 * 24 * 60 * 60)];

/// Releases whose attempts are remembered. More than this no maker gives out before one of them works.
pub(super) const TRIED_MAX: usize = 64;

/// Before a bundle of a folder that was not good is looked at again though it has not changed: to copy two images onto a stick
/// takes about as long.
pub(super) const FOLDER_WAIT: Duration = Duration::from_secs(30);

/// An address is asked within this part of its interval, half of it before and half after.
pub(super) const JITTER_PART: u32 = 5;

/// Bytes of documents that wait in memory until there is an image to write with them. A bundle has some ten kilobytes of them;
/// one with years of roots is written earlier.
pub(super) const WAITING_BYTES_MAX: usize = 1 << 20;
