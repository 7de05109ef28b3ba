//! Klipper's log, `klippy.log`: a `Stats` line a second while the printer is active, the configuration with all its
//! names and G-code, and what happens to the printer.
//!
//! `Stats` lines have no time of day: [`mono`] has what becomes of that.

mod controllers;
mod event;
mod fault;
mod happened;
mod keys;
mod known;
mod mono;
mod number;
mod state_message;
mod stats;

use crate::limits::{KLIPPY_BLOCK_LINES_MAX, LINE_BYTES_MAX};
use crate::record::Record;
use crate::text::{is_blank, lines, trimmed};
use crate::{Context, Line, Output, Refusal};
pub(crate) use fault::named;
pub use state_message::klippy_alarm;

use controllers::Controllers;
use event::{Event, Said};
use known::Known;
use mono::{Mono, When};
use number::millis;
use stats::Stats;

const CONFIG_BEGINS: &[u8] = b"===== Config file =====";
const CONFIG_ENDS: &[u8] = b"=======================";
const STATS: &[u8] = b"Stats ";

/// Whether a line at the head of a file is surely Klipper's.
pub(crate) fn recognises(line: &[u8]) -> bool {
    let text = unprefixed(trimmed(line));
    let stats = || text.strip_prefix(STATS).and_then(millis).is_some_and(|(_, rest)| rest.starts_with(b": "));
    text == CONFIG_BEGINS
        || text.starts_with(b"Starting Klippy...")
        || text.starts_with(b"=============== Log rollover at ")
        || matches!(Event::parse(text), Some(Event::Start { .. }))
        || stats()
}

/// The parser of one file of one printer. It remembers its clocks' anchor, the order of its controllers, and which block
/// of lines it stands in.
#[derive(Debug)]
pub struct Parser {
    context: Context,
    mono: Mono,
    controllers: Controllers,
    block: Block,
    print: Print,
}

/// Lines that belong to the one above.
#[derive(Clone, Copy, Debug)]
enum Block {
    None,
    /// The configuration: nothing in it is read, whatever it looks like.
    Config {
        lines: u32,
    },
    /// A traceback: indented lines, and the error's own behind them.
    Traceback {
        lines: u32,
    },
}

/// How the print ended, so that the exit of the file's reader is understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Print {
    Open,
    Finished,
    ShutDown,
}

impl Parser {
    /// A parser for one file, from its beginning or from any line on.
    pub fn new(context: Context) -> Self {
        Self {
            context,
            mono: Mono::default(),
            controllers: Controllers::default(),
            block: Block::None,
            print: Print::Open,
        }
    }

    /// Adds what the next line of the file says. A bad line adds counts and never stops the next one.
    pub fn line(&mut self, line: &Line<'_>, output: &mut Output) {
        let mut lines = lines(line.text);
        self.physical(lines.next().unwrap_or_default(), Some(line), output);
        // A shipper that joins lines gives a record and what belongs to it as one message. Anything else below the
        // first line has no place of its own, so it can only be counted.
        lines.for_each(|below| self.physical(below, None, output));
    }

    fn physical(&mut self, text: &[u8], line: Option<&Line<'_>>, output: &mut Output) {
        let text = trimmed(text);
        if let Block::Config { lines } = self.block {
            self.block = match lines.checked_sub(1) {
                Some(lines) if text != CONFIG_ENDS => Block::Config { lines },
                _ => Block::None,
            };
            return;
        }
        if is_blank(text) {
            return;
        }
        let (long, text) = (text.len() > LINE_BYTES_MAX, unprefixed(text));
        if long {
            // What is written out after a shutdown can be.
            if Known::of(text).is_none() {
                output.refuse(None, Refusal::TooLong);
            }
            return;
        }
        if let Some(stats) = text.strip_prefix(STATS) {
            self.block = Block::None;
            return match (line, millis(stats).and_then(|(mono, rest)| Some((mono, rest.strip_prefix(b":")?))))
            {
                (Some(line), Some((mono_ms, body))) => self.stats(mono_ms, body, line, output),
                _ => output.unmatch(text),
            };
        }
        if text == CONFIG_BEGINS {
            self.block = Block::Config { lines: KLIPPY_BLOCK_LINES_MAX };
            return;
        }
        match (Event::parse(text), line) {
            (Some(event), Some(line)) => self.event(event, line, output),
            // A help text names the controllers again.
            (Some(Event::Controller { what: Said::Nothing, .. }), None) => {}
            (Some(_), None) => output.unmatch(text),
            (None, _) => match Known::of(text) {
                Some(Known::Line) => self.block = Block::None,
                Some(Known::Traceback) => self.block = Block::Traceback { lines: KLIPPY_BLOCK_LINES_MAX },
                None => self.unknown(text, output),
            },
        }
    }

    /// A line that is part of a traceback or that nothing knows.
    fn unknown(&mut self, text: &[u8], output: &mut Output) {
        match self.block {
            Block::Traceback { lines: lines @ 1.. } => {
                let indented = text.first().is_some_and(u8::is_ascii_whitespace);
                self.block = if indented { Block::Traceback { lines: lines - 1 } } else { Block::None };
            }
            _ => output.unmatch(text),
        }
    }

    fn stats(&mut self, mono_ms: i64, body: &[u8], line: &Line<'_>, output: &mut Output) {
        let when = self.mono.at(mono_ms, line.fallback_time);
        let record = record(&self.context, when, line);
        Stats::new(&record, &mut self.controllers, output).read(body);
    }
}

fn record<'a>(context: &'a Context, (time, quality): When, line: &Line<'_>) -> Record<'a> {
    Record { context, place: line.place, time, quality }
}

/// Without what Python's logging puts before a message where Klipper runs without a log file of its own.
fn unprefixed(text: &[u8]) -> &[u8] {
    const PREFIXES: [&[u8]; 3] = [b"INFO:root:", b"WARNING:root:", b"ERROR:root:"];
    // Nearly every line is a `Stats` line.
    if text.first() == Some(&b'S') {
        return text;
    }
    PREFIXES.iter().find_map(|prefix| text.strip_prefix(*prefix)).unwrap_or(text)
}

#[cfg(test)]
mod tests;
