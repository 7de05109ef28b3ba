//! OctoPrint's logs: `octoprint.log` (`2026-11-22 10:15:30,123 - logger - LEVEL - message`) and `serial.log`
//! (`2026-11-22 10:15:30,123 - Recv: T:21.4 /0.0`), in local time. Of both only the printer's state, its temperatures and
//! its faults are read: what else stands there names files, users and addresses, or is G-code.

mod state;
#[cfg(test)]
mod tests;

use catalog::items;

use crate::clock::Clock;
use crate::moment::Moment;
use crate::record::{At, Record};
use crate::text::{physical, readable};
use crate::{Context, Line, Output, marlin, stamp};

/// The parser of one file of one printer.
#[derive(Debug)]
pub struct Parser {
    context: Context,
    clock: Clock,
}

/// What stands behind the stamp.
#[derive(Debug, PartialEq)]
enum Said<'a> {
    /// From the controller, by the serial log.
    Received(&'a [u8]),
    /// A message of OctoPrint's own.
    Message(&'a [u8]),
    /// G-code that was sent.
    Sent,
}

impl Parser {
    /// A parser for one file, from its beginning or from any line on.
    pub fn new(context: Context) -> Self {
        Self { context, clock: Clock::default() }
    }

    /// Adds what the next line of the file says. Lines without a stamp belong to the message above: a traceback, a list
    /// of plugins, a configuration. They name files and people, and are never read.
    pub fn line(&mut self, line: &Line<'_>, output: &mut Output) {
        let (text, _) = physical(line.text);
        let Some(text) = readable(text, output) else { return };
        let Some((civil, rest)) = stamp::civil(text) else { return unstamped(text, output) };
        let Some(said) = Said::parse(rest) else { return output.unmatch(text) };
        let moment = Moment::local(civil, &self.context.zone);
        let (time, quality) = self.clock.judge(moment, line.fallback_time);
        let record = Record { context: &self.context, place: line.place, time, quality };
        match said {
            Said::Received(said) if !marlin::said_by_controller(&record, said, output) => {
                output.unmatch(said)
            }
            Said::Message(message) => state::read(&record, message, output),
            Said::Received(_) | Said::Sent => {}
        }
    }
}

/// A continuation is white space, `|` or a line of a traceback, which ends in the name of an exception.
fn unstamped(text: &[u8], output: &mut Output) {
    let exception =
        || text.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"._".contains(byte)).count();
    let continues = matches!(text.first(), Some(b' ' | b'\t' | b'|'))
        || text.starts_with(b"Traceback ")
        || matches!(text.get(exception()), None | Some(b':'));
    if !continues {
        output.unmatch(text);
    }
}

impl<'a> Said<'a> {
    fn parse(rest: &'a [u8]) -> Option<Self> {
        let rest = rest.strip_prefix(b" - ")?;
        if let Some(received) = rest.strip_prefix(b"Recv:") {
            return Some(Self::Received(received.trim_ascii()));
        }
        if rest.starts_with(b"Send:") {
            return Some(Self::Sent);
        }
        // The serial log's own messages have neither logger nor level.
        Some(Self::Message(logged(rest).unwrap_or(rest)))
    }
}

/// The message of `logger - LEVEL - message`.
fn logged(rest: &[u8]) -> Option<&[u8]> {
    const LEVELS: [&[u8]; 5] = [b"DEBUG", b"INFO", b"WARNING", b"ERROR", b"CRITICAL"];
    let separator = |text: &[u8]| text.windows(3).position(|window| window == b" - ");
    let after_logger = rest.get(separator(rest)? + 3..)?;
    let (level, message) = after_logger.split_at_checked(separator(after_logger)?)?;
    LEVELS.contains(&level).then(|| message.get(3..)).flatten()
}

/// The state of the connection, by OctoPrint itself.
fn set_state(record: &Record<'_>, code: &str, output: &mut Output) {
    let at = At::index(marlin::STATE_INDEX + 2);
    output.take(&items::PRINTER_STATE, record.code(&items::PRINTER_STATE, code.as_bytes(), at));
}

/// Whether a line at the head of a file is surely of this family.
pub(crate) fn recognises(line: &[u8]) -> bool {
    let Some((_, rest)) = stamp::civil(line) else { return false };
    let Some(rest) = rest.strip_prefix(b" - ") else { return false };
    rest.starts_with(b"octoprint.") || rest.starts_with(b"Changing monitoring state")
}
