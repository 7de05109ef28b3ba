//! What a Marlin controller says on its serial line, as a terminal or a host has kept it: temperature reports and
//! errors. A line may begin with a stamp and with a terminal's `Recv:`; G-code, which is geometry, is never read.

mod fault;
#[cfg(test)]
mod tests;

use catalog::items;

use crate::clock::Clock;
use crate::moment::Moment;
use crate::record::{At, Record};
use crate::text::first_line;
use crate::{Context, Line, Output, stamp, temperatures};

pub use fault::marlin_alarm;
pub(crate) use fault::named;

/// The indices of what is not a temperature: those go up to 159.
pub(crate) const STATE_INDEX: u16 = 200;
pub(crate) const ALARM_INDEX: u16 = 210;

/// What a controller or its host says that is of the format and no news.
const KNOWN: &[&[u8]] = &[
    b"ok",
    b"echo:",
    b"wait",
    b"Send:",
    b"//",
    b"X:",
    b"FIRMWARE_NAME:",
    b"Cap:",
    b"Resend:",
    b"SD ",
    b"Not SD",
    b"Begin file list",
    b"End file list",
    b"Marlin",
];

/// The parser of one file of one printer.
#[derive(Debug)]
pub struct Parser {
    context: Context,
    clock: Clock,
}

impl Parser {
    /// A parser for one file, from its beginning or from any line on.
    pub fn new(context: Context) -> Self {
        Self { context, clock: Clock::default() }
    }

    /// Adds what the next line of the file says.
    pub fn line(&mut self, line: &Line<'_>, output: &mut Output) {
        let Some(text) = first_line(line.text, |_| true, output) else { return };
        let (moment, said) = stamped(text, &self.context);
        let (time, quality) = self.clock.judge(moment, line.fallback_time);
        let record = Record { context: &self.context, place: line.place, time, quality };
        if let Some(text) = said.strip_prefix(b"Error:").or_else(|| said.strip_prefix(b"!!")) {
            fault::error(&record, text, output);
        } else if !in_passing(&record, said, output) {
            output.unmatch(text);
        } else if said == b"start" {
            record.no_alarm(At::index(ALARM_INDEX), output);
        }
    }
}

fn stamped<'a>(text: &'a [u8], context: &Context) -> (Option<Moment>, &'a [u8]) {
    let Some((civil, rest)) = stamp::civil(text) else { return (None, received(text)) };
    (Moment::local(civil, &context.zone), received(rest))
}

/// Without what a terminal puts before a line that it received.
fn received(text: &[u8]) -> &[u8] {
    let text = text.trim_ascii_start();
    let text = text.strip_prefix(b"- ").unwrap_or(text);
    let marks: [&[u8]; 3] = [b"Recv:", b">>>", b"<<<"];
    marks.iter().find_map(|mark| text.strip_prefix(*mark)).unwrap_or(text).trim_ascii()
}

/// Adds what the controller said, if that is no error; whether it is of the format at all.
pub(crate) fn in_passing(record: &Record<'_>, said: &[u8], output: &mut Output) -> bool {
    if temperatures::is_report(said) {
        temperatures::read(record, said, output);
    } else if said == b"start" {
        let state = record.code(&items::CONTROLLER_STATE, b"startup", At::index(STATE_INDEX + 1));
        output.take(&items::CONTROLLER_STATE, state);
    } else {
        return is_gcode(said) || KNOWN.iter().any(|begin| said.starts_with(begin)) || is_file(said);
    }
    true
}

/// A command that a host sent: a letter and a number. It is geometry, and never looked at any further.
pub(crate) fn is_gcode(text: &[u8]) -> bool {
    matches!(text, [b'G' | b'M' | b'T' | b'N', digit, ..] if digit.is_ascii_digit())
}

/// A file of the card: `TITAN~1.GCO 71233` of a list, `File opened: titan~1.gco Size: 71233`.
fn is_file(text: &[u8]) -> bool {
    const ENDINGS: [&[u8]; 4] = [b".g", b".gc", b".gco", b".gcode"];
    let is_name = |word: &[u8]| {
        let dot = word.iter().rposition(|byte| *byte == b'.');
        dot.is_some_and(|dot| ENDINGS.iter().any(|ending| word[dot..].eq_ignore_ascii_case(ending)))
    };
    text.split(|byte| *byte == b' ').any(is_name)
}

/// Whether a line at the head of a file is surely of this family.
pub(crate) fn recognises(line: &[u8]) -> bool {
    temperatures::is_report(line) || line.starts_with(b"FIRMWARE_NAME:Marlin")
}
