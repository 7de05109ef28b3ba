//! The `projet` log of a stereolithography printer, as `docs/projet-log.md` specifies it.

mod clock;
mod fault;
mod header;
mod keys;
mod number;
mod pairs;
mod units;

use catalog::{Kind, Mark, Place, Quality, Reading, Timestamp, items};

use crate::limits::LINE_BYTES_MAX;
use crate::{Context, Line, Output, Refusal};
use clock::Clock;
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
        let end = memchr::memchr(b'\n', line.text).unwrap_or(line.text.len());
        let (first, below) = line.text.split_at(end);
        self.stamped_or_not(first, line, output);
        // A shipper that joins lines gives a record and its continuations as one message. Anything else
        // below the first line has no place of its own, so it can only be counted.
        let below = below.split(|byte| *byte == b'\n');
        for below in below.map(trimmed).filter(|below| !below.is_empty() && !is_continuation(below)) {
            output.unmatch(below);
        }
    }

    fn stamped_or_not(&mut self, text: &[u8], line: &Line<'_>, output: &mut Output) {
        let text = trimmed(text);
        if text.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        if text.len() > LINE_BYTES_MAX {
            return output.refuse(None, Refusal::TooLong);
        }
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
        let (time, quality) = moment.map_or((line.fallback_time, Quality::Uncertain), |moment| {
            // A stamp that is in doubt itself must not cast doubt on the next.
            let doubtful = moment.doubtful || self.clock.stepped_back(moment.time);
            (moment.time, if doubtful { Quality::Uncertain } else { Quality::Good })
        });
        let record = Record { context: &self.context, place: line.place, time, quality };
        output.take(&items::LOG_RECORD, record.number(&items::LOG_RECORD, header.number, 0));
        match header.level {
            b"FAULT" => return fault::read(&record, header.subsystem, pairs, output),
            b"INFO" | b"WARN" => {}
            // It may be half of `FAULT`, so it is counted.
            unknown => output.unmatch(unknown),
        }
        record.pairs(header.subsystem, pairs, output);
    }
}

/// What the readings of one record have in common.
struct Record<'a> {
    context: &'a Context,
    place: Place,
    time: Timestamp,
    quality: Quality,
}

impl Record<'_> {
    fn pairs(&self, subsystem: &[u8], pairs: &[u8], output: &mut Output) {
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
                Meaning::Item { item, row } if seen.again(row) => {
                    output.refuse(Some(item), Refusal::Duplicate)
                }
                Meaning::Item { item, .. } => output.take(item, self.reading(item, value, index)),
            }
        }
    }

    /// The index in the origin is the pair's place in the line, known or not: a later version of the
    /// catalogue, which knows more keys, gives the same origins.
    fn reading(
        &self,
        item: &'static catalog::Item,
        value: Value<'_>,
        index: u16,
    ) -> Result<Reading, Refusal> {
        match (item.kind(), value) {
            (_, Value::Unfinished) => Err(Refusal::Unfinished),
            (Kind::Gauge(_) | Kind::Counter(_), Value::Bare(text)) => {
                self.number(item, units::measure(text, item.unit())?, index)
            }
            (Kind::State(_) | Kind::Event(_), Value::Bare(text)) => self.code(item, text, index),
            (Kind::Hash, Value::Quoted(name)) => {
                Ok(item.hash(self.context.salt.hash(name), self.mark(index))?)
            }
            _ => Err(catalog::Refusal::WrongKind.into()),
        }
    }

    fn number(&self, item: &'static catalog::Item, value: f64, index: u16) -> Result<Reading, Refusal> {
        Ok(item.number(value, self.mark(index))?)
    }

    fn code(&self, item: &'static catalog::Item, code: &[u8], index: u16) -> Result<Reading, Refusal> {
        let code = std::str::from_utf8(code).map_err(|_| catalog::Refusal::UnknownCode)?;
        Ok(item.code(code, self.mark(index))?)
    }

    fn mark(&self, index: u16) -> Mark {
        Mark { part: 0, time: self.time, quality: self.quality, origin: self.place.origin(index) }
    }
}

/// Without the carriage return at its end, and without what a file may begin with: a byte order mark, or the
/// zeros that a file system leaves after a power failure.
fn trimmed(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let zeros = text.iter().take_while(|byte| **byte == 0).count();
    &text[zeros..]
}

fn is_continuation(text: &[u8]) -> bool {
    matches!(text.first(), Some(b' ' | b'\t'))
}

/// What the fuzz target runs: no text makes the parser panic or give a number that is not finite.
#[doc(hidden)]
pub fn fuzz_body(data: &[u8]) {
    let salt = catalog::Salt::new([7; 16]);
    let zone = jiff::tz::TimeZone::get("Europe/Oslo").unwrap_or(jiff::tz::TimeZone::UTC);
    let mut parser = Parser::new(Context { salt: salt.clone(), zone });
    let mut output = Output::default();
    let source = salt.source(&[b"fuzz"]);
    for (position, text) in (0u64..).zip(data.split(|byte| *byte == b'\n')) {
        let place = source.place(position, salt.check(text));
        parser.line(&Line { text, place, fallback_time: Timestamp(0) }, &mut output);
    }
    for reading in &output.readings {
        assert!(!matches!(reading.value(), catalog::Value::Number(number) if !number.is_finite()));
    }
}

#[cfg(test)]
mod tests;
