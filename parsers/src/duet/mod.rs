//! The event log of a Duet controller: `2026-11-22 10:15:30 [warn] message` in local time without a zone, or
//! `power up + 00:00:12 [info] message` until the controller knows the time. It holds names of jobs and addresses of
//! clients: only the faults and the beginnings and ends of jobs are read, by table. What no table knows is counted.

mod message;
#[cfg(test)]
mod tests;

use crate::clock::Clock;
use crate::limits::DUET_BELOW_LINES_MAX;
use crate::moment::Moment;
use crate::record::Record;
use crate::text::first_line;
use crate::{Context, Line, Output, stamp};

/// The parser of one file of one printer.
#[derive(Debug)]
pub struct Parser {
    context: Context,
    clock: Clock,
    /// How many more lines may go on with the record above: none where there is none, or one that nothing knows.
    below: u32,
}

/// The head of a record.
#[derive(Debug)]
struct Header<'a> {
    /// None before the controller knows the time.
    moment: Option<Moment>,
    message: &'a [u8],
}

impl Parser {
    /// A parser for one file, from its beginning or from any line on.
    pub fn new(context: Context) -> Self {
        Self { context, clock: Clock::default(), below: 0 }
    }

    /// Adds what the next line of the file says. A line without a stamp goes on with the message above it: those are
    /// long answers of the controller, of which nothing is read. One above every record is no Duet's, or half of one, and
    /// one below a message that nothing knows is as unknown as that.
    pub fn line(&mut self, line: &Line<'_>, output: &mut Output) {
        let is_record = |below: &[u8]| Header::parse(below, &self.context).is_some();
        let Some(text) = first_line(line.text, is_record, output) else { return };
        let Some(header) = Header::parse(text, &self.context) else {
            match self.below.checked_sub(1) {
                Some(below) => self.below = below,
                None => output.unmatch(text),
            }
            return;
        };
        let (time, quality) = self.clock.judge(header.moment, line.fallback_time);
        let record = Record { context: &self.context, place: line.place, time, quality };
        let known = message::read(&record, header.message, output);
        self.below = if known { DUET_BELOW_LINES_MAX } else { 0 };
        if !known {
            output.unmatch(header.message);
        }
    }
}

impl<'a> Header<'a> {
    fn parse(text: &'a [u8], context: &Context) -> Option<Self> {
        let (moment, rest) = match stamp::civil(text) {
            Some((civil, rest)) => (Moment::local(civil, &context.zone), rest),
            None => (None, since_power_up(text)?),
        };
        Some(Self { moment, message: without_level(rest.strip_prefix(b" ")?) })
    }
}

/// What follows `power up + 00:00:12`. How long ago that was nobody knows who reads the log.
fn since_power_up(text: &[u8]) -> Option<&[u8]> {
    let rest = text.strip_prefix(b"power up + ")?;
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b':').count();
    (length >= 7).then(|| rest.get(length..)).flatten()
}

/// Without `[warn] `, which older firmware does not write.
fn without_level(text: &[u8]) -> &[u8] {
    const LEVELS: [&[u8]; 4] = [b"[debug] ", b"[info] ", b"[warn] ", b"[off] "];
    LEVELS.iter().find_map(|level| text.strip_prefix(*level)).unwrap_or(text)
}

/// Whether a line at the head of a file is surely of this family.
pub(crate) fn recognises(line: &[u8]) -> bool {
    let after = stamp::civil(line).map(|(_, rest)| rest).or_else(|| since_power_up(line));
    let Some(message) = after.and_then(|rest| rest.strip_prefix(b" ")) else { return false };
    without_level(message).starts_with(b"Event logging started") || without_level(message) != message
}
