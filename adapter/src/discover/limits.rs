//! Every bound of `adapter discover`, with its reason.

use std::time::Duration;

/// How long it listens where nobody says otherwise: three rounds of questions, and two seconds for the last answers.
pub(crate) const LISTEN_DEFAULT: Duration = Duration::from_secs(5);
/// Time for one round.
pub(crate) const LISTEN_MIN: Duration = Duration::from_secs(1);
/// A person waits for it.
pub(crate) const LISTEN_MAX: Duration = Duration::from_secs(60);
/// When the questions are asked, from the start: a packet can be lost, and a responder says nothing twice within a
/// second (RFC 6762, sections 5.2 and 6).
pub(super) const ROUNDS: [Duration; 3] = [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(3)];
/// Packets that are read of one interface. Of a hundred responders, each tells some ten times in five seconds.
pub(super) const PACKETS_MAX: u64 = 4_096;
/// Services, and hosts, that are remembered of one interface; every web server of the LAN is among them.
pub(super) const NAMES_MAX: usize = 512;
/// Addresses of one host: a computer with containers has a dozen.
pub(super) const ADDRESSES_MAX: usize = 16;
/// Questions of one round: those after what is missing come after those after the services.
pub(super) const QUESTIONS_MAX: usize = 64;
/// Interfaces that are asked.
pub(super) const INTERFACES_MAX: usize = 32;
/// Printers that are told of: four times as many as an adapter takes.
pub(super) const PRINTERS_MAX: usize = 256;
/// Characters of a name that are shown.
pub(super) const NAME_SHOWN_MAX: usize = 48;
/// Characters of a version that are shown.
pub(super) const VERSION_SHOWN_MAX: usize = 24;
/// Bytes of a path that a reverse proxy serves a printer at.
pub(super) const PREFIX_BYTES_MAX: usize = 64;
