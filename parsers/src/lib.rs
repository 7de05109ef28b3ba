//! What printers write, turned into catalogued readings: one module a log family, profiles for the formats that have
//! none, and the events that Beats send. A line or event goes in with the place it came from, readings and counts come out.
//!
//! This crate does no input or output and never asks the time. It makes no identity, keeps no text of a line,
//! and its errors and `Debug` forms hold none.

mod alarm;
pub mod beats;
mod build_protocol;
mod clock;
mod duet;
mod family;
mod format;
mod fuzz;
mod klippy;
pub mod limits;
mod marlin;
pub mod metricbeat;
mod moment;
mod number;
mod octoprint;
mod output;
mod phrase;
pub mod profile;
mod projet;
mod record;
mod shape;
mod stamp;
mod temperatures;
mod text;

pub use alarm::{Alarm, alarm_shape};
pub use family::{Family, LogParser, UnknownFamily};
pub use format::Format;
pub use fuzz::fuzz_body;
pub use klippy::klippy_alarm;
pub use marlin::marlin_alarm;
pub use output::{Output, Refusal, Refused, Unmatched};

use std::fmt;

use catalog::{Place, Salt, Timestamp};
use jiff::tz::TimeZone;

/// One line of a log file, or the message of one event.
#[derive(Clone, Copy)]
pub struct Line<'a> {
    /// The bytes, with or without the line's end. A message that a shipper joined from several lines is one
    /// line with line ends in it.
    pub text: &'a [u8],
    /// Where it stands: every origin of its readings is made from this.
    pub place: Place,
    /// The shipper's time, or the time of reading: for a line whose writer had no clock.
    pub fallback_time: Timestamp,
}

// Written by hand: the text of a line must not reach a log, not even by `{:?}`.
impl fmt::Debug for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line")
            .field("bytes", &self.text.len())
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

/// What a parser must know of its printer and its adapter.
#[derive(Clone, Debug)]
pub struct Context {
    /// Under which names are hashed.
    pub salt: Salt,
    /// The zone of stamps that do not say their own.
    pub zone: TimeZone,
}
