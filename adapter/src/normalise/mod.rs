//! The one place where a record's text stops existing: lines and events go in, catalogued readings and counts
//! come out. What is refused is counted, and logged by its reason alone, never with its text.

mod batch;
mod held_back;
mod quiet;
mod streams;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::fmt::Display;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use catalog::{Item, Reading, Value};
use parsers::{Context, Format, Line, LogParser, Output};

use crate::clock::Clock;
use crate::config::{Printer, PrinterId};
use crate::counters::{Counters, PrinterCounters};
use crate::intake::IntakeContext;
pub use batch::Batch;
pub use held_back::HeldBack;
use held_back::Record;
pub(crate) use quiet::Quiet;
use streams::Streams;

/// How a record came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A Beat sent it.
    Beats,
    /// The adapter read it in the printer's log directory.
    Tail,
    /// The printer was asked.
    Poll,
    /// The printer called.
    Push,
}

/// Whose records these are.
#[derive(Debug)]
struct Whose {
    printer: PrinterId,
    way: Way,
}

/// Makes readings of one printer's records. Shared by all that takes in from that printer.
#[derive(Debug)]
pub struct Normaliser {
    whose: Whose,
    format: Option<Format>,
    context: Context,
    counters: Arc<Counters>,
    /// The printer's own share of them.
    of_printer: Arc<PrinterCounters>,
    clock: Clock,
    /// What was complained of when: the item or the kind of record, and the reason.
    complaints: Quiet<(&'static str, &'static str)>,
    /// The log files that Beats ship, each with its parser's memory.
    shipped: Mutex<Streams>,
    /// Who wants to see what does not leave; nobody but in `adapter tap`.
    held_back: Option<HeldBack>,
}

impl Normaliser {
    /// The normaliser of what comes in from a printer one way.
    pub fn new(printer: &Printer, way: Way, context: &IntakeContext) -> Self {
        Self {
            whose: Whose { printer: printer.id.clone(), way },
            format: printer.format.clone(),
            context: Context { salt: context.salt.clone(), zone: printer.zone.clone() },
            counters: Arc::clone(&context.counters),
            of_printer: context.counters.printer(&printer.id),
            clock: context.clock,
            complaints: Quiet::new(),
            shipped: Mutex::new(Streams::default()),
            held_back: context.held_back.clone(),
        }
    }

    /// The printer whose records these are.
    pub fn printer(&self) -> &PrinterId {
        &self.whose.printer
    }

    /// A parser for one log file, from its beginning or from any line on.
    pub fn log_parser(&self, format: &Format) -> LogParser {
        format.parser(self.context.clone())
    }

    /// How the printer's logs are written, where the configuration says it.
    pub fn format(&self) -> Option<&Format> {
        self.format.as_ref()
    }

    /// Adds the readings of one line of a log file to `readings`; `parser` is that file's own.
    pub fn line(&self, parser: &mut LogParser, line: &Line<'_>, readings: &mut Vec<Reading>) {
        self.counters.lines_read.one();
        self.of_printer.lines_read.one();
        let made = readings.len();
        let mut output = Output { readings: std::mem::take(readings), ..Output::default() };
        parser.line(line, &mut output);
        self.settle(&mut output, made, line.text, || Some(parser.format().to_string()));
        *readings = output.readings;
    }

    /// For some Beats events.
    pub fn batch(&self) -> Batch<'_> {
        Batch {
            normaliser: self,
            events: 0,
            output: Output::default(),
            pieces: Vec::new(),
            open: None,
            by_profile: 0,
        }
    }

    fn shipped(&self) -> MutexGuard<'_, Streams> {
        self.shipped.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts what was refused of one record, and keeps what was read: its own readings are those from `made` on.
    fn settle(&self, output: &mut Output, made: usize, text: &[u8], family: impl FnOnce() -> Option<String>) {
        if let Some(held_back) = &self.held_back {
            let (family, made) = (family(), output.readings.get(made..).unwrap_or_default());
            held_back.read(&self.whose, Record { family: family.as_deref(), text }, output, made);
        }
        self.count_redacted(output, made, text);
        for refused in output.refused.drain(..) {
            self.count_refused(refused.item, refused.why.name(), &refused.why);
        }
        for _ in output.unmatched.drain(..) {
            self.count_unmatched("unknown_format", &"in no known format");
        }
    }

    /// Looks at the readings of an answer, over the interface of this name: a fault whose text was in no table is one
    /// of them.
    pub fn answered(&self, interface: &str, readings: &[Reading]) {
        if let Some(held_back) = &self.held_back {
            let record = Record { family: Some(interface), text: b"" };
            held_back.read(&self.whose, record, &Output::default(), readings);
        }
        self.redacted(readings.iter().filter(|reading| is_hash(reading)).count());
    }

    /// Counts a value of an answer that was not taken, by a name of the reason.
    pub fn refused(&self, item: Option<&'static Item>, name: &'static str, why: &dyn Display) {
        self.held_back.iter().for_each(|held_back| held_back.refused(&self.whose, item, name));
        self.count_refused(item, name, why);
    }

    /// Counts a line or an event that cannot be read, by a name of the reason. Of one whose text is at hand the
    /// operator of `adapter tap` may see it.
    fn unread(&self, text: &[u8], name: &'static str, why: &dyn Display) {
        let record = Record { family: None, text };
        self.held_back.iter().for_each(|held_back| held_back.unread(&self.whose, record, name));
        self.count_unmatched(name, why);
    }

    /// Counts one whose text is not at hand, such as a line that is longer than any piece of its file.
    pub fn unmatched(&self, name: &'static str, why: &dyn Display) {
        self.passed_by(name, 1);
        self.count_unmatched(name, why);
    }

    /// Something has not been read and is not counted here, such as a file: for the operator of `adapter tap`.
    pub fn passed_by(&self, reason: &'static str, number: u64) {
        self.held_back.iter().for_each(|held_back| held_back.passed_by(&self.whose, reason, number));
    }

    /// Counts what is known and does not leave: each text that became a hash, and a line of which nothing is collected.
    fn count_redacted(&self, output: &Output, made: usize, text: &[u8]) {
        let made = output.readings.get(made..).unwrap_or_default();
        let nothing = made.is_empty() && output.unmatched.is_empty() && output.refused.is_empty();
        let line = nothing && !text.iter().all(u8::is_ascii_whitespace);
        self.redacted(usize::from(line) + made.iter().filter(|reading| is_hash(reading)).count());
    }

    fn redacted(&self, texts: usize) {
        if texts > 0 {
            self.counters.texts_redacted.add(texts);
            self.of_printer.texts_redacted.add(texts);
        }
    }

    fn count_refused(&self, item: Option<&'static Item>, name: &'static str, why: &dyn Display) {
        let item = item.map(Item::id);
        self.counters.readings_refused.one();
        self.of_printer.readings_refused.one((item, name));
        let item = item.unwrap_or("line");
        if let Some(unsaid) = self.complaints.may_say((item, name)) {
            tracing::warn!(printer = %self.whose.printer, item, %why, unsaid, "a value was refused");
        }
    }

    // Said once a minute for each name: the whole reason may hold a number, and numbers without end are reasons
    // without end.
    fn count_unmatched(&self, name: &'static str, why: &dyn Display) {
        self.counters.lines_unmatched.one(name);
        self.of_printer.lines_unmatched.one(name);
        if let Some(unsaid) = self.complaints.may_say((name, "")) {
            let printer = &self.whose.printer;
            tracing::warn!(%printer, what = name, %why, unsaid, "a record was not read");
        }
    }
}

fn is_hash(reading: &Reading) -> bool {
    matches!(reading.value(), Value::Hash(_))
}

impl Way {
    /// Its name in the rows of `adapter tap`.
    fn name(self) -> &'static str {
        match self {
            Self::Beats => "beats",
            Self::Tail => "tail",
            Self::Poll => "poll",
            Self::Push => "push",
        }
    }
}
