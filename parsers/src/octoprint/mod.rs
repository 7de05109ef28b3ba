//! OctoPrint's logs, in local time: `octoprint.log` (`2026-11-22 10:15:30,123 - logger - LEVEL - message`) is read for
//! the printer's state and its faults, `serial.log` (`2026-11-22 10:15:30,123 - Recv: T:21.4 /0.0`) for its temperatures.
//! OctoPrint writes each state and each fault into both: were both read for them, one fault would be two. What else
//! stands there names files, users and addresses, or is G-code.

mod fault;
mod state;
#[cfg(test)]
mod tests;

use catalog::items;

use crate::clock::Clock;
use crate::moment::Moment;
use crate::record::{At, Record};
use crate::text::{first_line, trimmed};
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
    /// A message of `octoprint.log`.
    Message(&'a [u8]),
    /// From the controller, by `serial.log`.
    Received(&'a [u8]),
    /// Of `serial.log`, and not from the controller: G-code that was sent, or what `octoprint.log` says as well.
    Aside,
}

impl Parser {
    /// A parser for one file, from its beginning or from any line on.
    pub fn new(context: Context) -> Self {
        Self { context, clock: Clock::default() }
    }

    /// Adds what the next line of the file says. Lines without a stamp belong to the message above: a traceback, a list
    /// of plugins, a configuration. They name files and people, and are never read.
    pub fn line(&mut self, line: &Line<'_>, output: &mut Output) {
        let is_record = |below: &[u8]| stamp::civil(below).is_some();
        let Some(text) = first_line(line.text, is_record, output) else { return };
        let Some((civil, rest)) = stamp::civil(text) else { return unstamped(text, output) };
        let Some(said) = Said::parse(rest) else { return output.unmatch(text) };
        let moment = Moment::local(civil, &self.context.zone);
        let (time, quality) = self.clock.judge(moment, line.fallback_time);
        let record = Record { context: &self.context, place: line.place, time, quality };
        match said {
            Said::Message(message) if fault::read(&record, message, output) => {}
            Said::Message(message) => state::read(&record, message, output),
            Said::Received(said) if !is_error(said) && !marlin::in_passing(&record, said, output) => {
                output.unmatch(said);
            }
            Said::Received(_) | Said::Aside => {}
        }
    }
}

/// What stands unstamped between two tracebacks, and below the list of plugins.
const BETWEEN: [&[u8]; 3] = [b"The above exception was", b"During handling of the above", b"Prefix legend:"];

/// A continuation is white space, `|` or a line of a traceback, which ends in the name of an exception.
fn unstamped(text: &[u8], output: &mut Output) {
    let exception =
        || text.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"._".contains(byte)).count();
    let continues = matches!(text.first(), Some(b' ' | b'\t' | b'|'))
        || text.starts_with(b"Traceback ")
        || BETWEEN.iter().any(|begin| text.starts_with(begin))
        || matches!(text.get(exception()), None | Some(b':'));
    if !continues {
        output.unmatch(text);
    }
}

/// An error of the firmware. OctoPrint judges it, and says in `octoprint.log` what it makes of it.
fn is_error(said: &[u8]) -> bool {
    let begins = |begin: &[u8]| said.get(..begin.len()).is_some_and(|head| head.eq_ignore_ascii_case(begin));
    begins(b"error:") || begins(b"fatal:") || begins(b"!!")
}

impl<'a> Said<'a> {
    fn parse(rest: &'a [u8]) -> Option<Self> {
        let rest = rest.strip_prefix(b" - ")?;
        if let Some(received) = rest.strip_prefix(b"Recv:") {
            return Some(Self::Received(received.trim_ascii()));
        }
        // Of the two only `octoprint.log` has a logger and a level.
        Some(logged(rest).map_or(Self::Aside, Self::Message))
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

/// Whether a line at the head of a file is surely of this family: a logger of OctoPrint's, or what only its serial log
/// says behind such a stamp.
pub(crate) fn recognises(line: &[u8]) -> bool {
    const SERIAL: [&[u8]; 5] = [
        b"Changing monitoring state from ",
        b"Enabling serial logging",
        b"serial.log is currently not enabled",
        b"Recv: ",
        b"Send: ",
    ];
    let Some((_, rest)) = stamp::civil(trimmed(line)) else { return false };
    let Some(rest) = rest.strip_prefix(b" - ") else { return false };
    // Python's milliseconds stand behind a comma; a terminal that keeps what Marlin said writes no such stamp.
    let by_python = trimmed(line).get(19) == Some(&b',');
    rest.starts_with(b"octoprint.") || (by_python && SERIAL.iter().any(|begin| rest.starts_with(begin)))
}
