//! The one place where a record's text stops existing: lines and events go in, catalogued readings and counts
//! come out. What is refused is counted, and logged by its reason alone, never with its text.

mod batch;
mod quiet;
mod streams;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::fmt::Display;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use catalog::{Item, Reading};
use parsers::{Context, Format, Line, LogParser, Output};

use crate::clock::Clock;
use crate::config::{Printer, PrinterId};
use crate::counters::{Counters, PrinterCounters};
use crate::intake::IntakeContext;
pub use batch::Batch;
pub(crate) use quiet::Quiet;
use streams::Streams;

/// Makes readings of one printer's records. Shared by all that takes in from that printer.
#[derive(Debug)]
pub struct Normaliser {
    printer: PrinterId,
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
}

impl Normaliser {
    /// The normaliser of a printer.
    pub fn new(printer: &Printer, context: &IntakeContext) -> Self {
        Self {
            printer: printer.id.clone(),
            format: printer.format.clone(),
            context: Context { salt: context.salt.clone(), zone: printer.zone.clone() },
            counters: Arc::clone(&context.counters),
            of_printer: context.counters.printer(&printer.id),
            clock: context.clock,
            complaints: Quiet::new(),
            shipped: Mutex::new(Streams::default()),
        }
    }

    /// The printer whose records these are.
    pub fn printer(&self) -> &PrinterId {
        &self.printer
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
        let mut output = Output { readings: std::mem::take(readings), ..Output::default() };
        parser.line(line, &mut output);
        *readings = self.settle(output);
    }

    /// For some Beats events.
    pub fn batch(&self) -> Batch<'_> {
        Batch { normaliser: self, events: 0, output: Output::default(), open: None, by_profile: 0 }
    }

    fn shipped(&self) -> MutexGuard<'_, Streams> {
        self.shipped.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts what was refused, and keeps what was read.
    fn settle(&self, output: Output) -> Vec<Reading> {
        for refused in &output.refused {
            self.refused(refused.item, refused.why.name(), &refused.why);
        }
        for _ in &output.unmatched {
            self.unmatched("unknown_format", &"in no known format");
        }
        output.readings
    }

    /// Counts a value that was not taken, by a name of the reason.
    pub fn refused(&self, item: Option<&'static Item>, name: &'static str, why: &dyn Display) {
        let item = item.map(Item::id);
        self.counters.readings_refused.one();
        self.of_printer.readings_refused.one((item, name));
        let item = item.unwrap_or("line");
        if let Some(unsaid) = self.complaints.may_say((item, name)) {
            tracing::warn!(printer = %self.printer, item, %why, unsaid, "a value was refused");
        }
    }

    /// Counts a line or an event that cannot be read, by a name of the reason. Said once a minute for each name:
    /// the whole reason may hold a number, and numbers without end are reasons without end.
    pub fn unmatched(&self, name: &'static str, why: &dyn Display) {
        self.counters.lines_unmatched.one(name);
        self.of_printer.lines_unmatched.one(name);
        if let Some(unsaid) = self.complaints.may_say((name, "")) {
            let printer = &self.printer;
            tracing::warn!(%printer, what = name, %why, unsaid, "a record was not read");
        }
    }
}
