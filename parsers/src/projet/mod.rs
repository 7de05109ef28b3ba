//! The `projet` log of a stereolithography printer, as `docs/projet-log.md` specifies it.

mod fault;
mod header;
mod keys;
mod number;
mod pairs;
mod units;

use catalog::{Item, Kind, Reading, items};

use crate::clock::Clock;
use crate::record::{At, Record};
use crate::text::{lines, readable, trimmed};
use crate::{Context, Line, Output, Refusal};
use header::Header;
use keys::Meaning;
use pairs::{Pairs, Token, Value};

/// The parser of one file of one printer. It remembers the highest stamp, and whether the last record was one.
#[derive(Debug)]
pub struct Parser {
    context: Context,
    clock: Clock,
    /// A continuation below a line that nothing knows is as unknown as that line.
    after_unmatched: bool,
}

impl Parser {
    /// A parser for one file, from its beginning or from any line on.
    pub fn new(context: Context) -> Self {
        Self { context, clock: Clock::default(), after_unmatched: false }
    }

    /// Adds what the next line of the file says. A bad line adds counts and never stops the next one.
    pub fn line(&mut self, line: &Line<'_>, output: &mut Output) {
        let mut lines = lines(line.text).map(trimmed);
        self.stamped_or_not(lines.next().unwrap_or_default(), line, output);
        // A shipper that joins lines gives a record and its continuations as one message. Anything else
        // below the first line has no place of its own, so it can only be counted.
        for below in lines.filter(|below| !below.is_empty() && !is_continuation(below)) {
            output.unmatch(below);
        }
    }

    fn stamped_or_not(&mut self, text: &[u8], line: &Line<'_>, output: &mut Output) {
        let Some(text) = readable(text, output) else { return };
        if is_continuation(text) && !self.after_unmatched {
            return;
        }
        let header = Header::parse(text);
        self.after_unmatched = header.is_none();
        match header {
            Some((header, pairs)) => self.record(&header, pairs, line, output),
            None => output.unmatch(text),
        }
    }

    fn record(&mut self, header: &Header<'_>, pairs: &[u8], line: &Line<'_>, output: &mut Output) {
        let moment = header.stamp.moment(&self.context.zone);
        let (time, quality) = self.clock.judge(moment, line.fallback_time);
        let record = Record { context: &self.context, place: line.place, time, quality };
        output.take(&items::LOG_RECORD, record.number(&items::LOG_RECORD, header.number, At::index(0)));
        match header.level {
            b"FAULT" => return fault::read(&record, header.subsystem, pairs, output),
            b"INFO" | b"WARN" => {}
            // It may be half of `FAULT`, so it is counted.
            unknown => output.unmatch(unknown),
        }
        read_pairs(&record, header.subsystem, pairs, output);
    }
}

fn read_pairs(record: &Record<'_>, subsystem: &[u8], pairs: &[u8], output: &mut Output) {
    let mut seen = keys::Seen::default();
    for token in Pairs::new(pairs) {
        let (index, key, value) = match token {
            Token::Pair { index, key, value } => (index, key, value),
            Token::Junk(text) => return output.unmatch(text),
            Token::TooMany => return output.refuse(None, Refusal::TooLong),
        };
        match keys::meaning(subsystem, key) {
            Meaning::Private if value == Value::Unfinished => output.refuse(None, Refusal::Unfinished),
            Meaning::Private => {}
            Meaning::Unknown => output.unmatch(key),
            Meaning::Item { item, .. } if item.kind() == Kind::Hash && value == Value::Quoted(b"") => {}
            Meaning::Item { item, row } if seen.again(row) => output.refuse(Some(item), Refusal::Duplicate),
            Meaning::Item { item, .. } => output.take(item, reading(record, item, value, At::index(index))),
        }
    }
}

fn reading(record: &Record<'_>, item: &'static Item, value: Value<'_>, at: At) -> Result<Reading, Refusal> {
    match (item.kind(), value) {
        (_, Value::Unfinished) => Err(Refusal::Unfinished),
        (Kind::Gauge(_) | Kind::Counter(_), Value::Bare(text)) => {
            record.measured(item, units::measure(text, item.unit())?, at)
        }
        (Kind::State(_) | Kind::Event(_), Value::Bare(text)) => record.code(item, text, at),
        (Kind::Hash, Value::Quoted(name)) => record.hash(item, name, at),
        _ => Err(catalog::Refusal::WrongKind.into()),
    }
}

fn is_continuation(text: &[u8]) -> bool {
    matches!(text.first(), Some(b' ' | b'\t'))
}

/// Whether a line at the head of a file is surely of this family.
pub(crate) fn recognises(line: &[u8]) -> bool {
    Header::parse(trimmed(line)).is_some_and(|(header, _)| keys::is_subsystem(header.subsystem))
}

#[cfg(test)]
mod tests;
