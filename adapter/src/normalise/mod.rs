//! The one place where a record's text stops existing: lines and events go in, catalogued readings and counts
//! come out. What is refused is counted, and logged by its reason alone, never with its text.

mod quiet;
mod streams;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};

use catalog::{Item, Reading};
use parsers::beats::{Beat, Event};
use parsers::{Context, Family, Line, LogParser, Output, metricbeat};

use crate::clock::Clock;
use crate::config::{Printer, PrinterId};
use crate::counters::Counters;
use crate::intake::IntakeContext;
pub(crate) use quiet::Quiet;
use streams::Streams;

/// Makes readings of one printer's records. Shared by all that takes in from that printer.
#[derive(Debug)]
pub struct Normaliser {
    printer: PrinterId,
    family: Family,
    context: Context,
    counters: Arc<Counters>,
    clock: Clock,
    /// What was complained of when: the item or the kind of record, and the reason.
    complaints: Quiet<(&'static str, String)>,
    /// The log files that Beats ship, each with its parser's memory.
    shipped: Mutex<Streams>,
}

impl Normaliser {
    /// The normaliser of a printer.
    pub fn new(printer: &Printer, context: &IntakeContext) -> Self {
        Self {
            printer: printer.id.clone(),
            family: printer.family,
            context: Context { salt: context.salt.clone(), zone: printer.zone.clone() },
            counters: Arc::clone(&context.counters),
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
    pub fn log_parser(&self) -> LogParser {
        LogParser::new(self.family, self.context.clone())
    }

    /// Adds the readings of one line of a log file to `readings`; `parser` is that file's own.
    pub fn line(&self, parser: &mut LogParser, line: &Line<'_>, readings: &mut Vec<Reading>) {
        self.counters.lines_read.one();
        let mut output = Output { readings: std::mem::take(readings), ..Output::default() };
        parser.line(line, &mut output);
        *readings = self.settle(output);
    }

    /// Adds the readings of one Beats event to `readings`. An event that cannot be read is counted and no more:
    /// sent again it would be no better.
    pub fn event(&self, json: &[u8], readings: &mut Vec<Reading>) {
        self.counters.lines_read.one();
        match Event::parse(json) {
            Ok(event) => {
                let mut output = Output { readings: std::mem::take(readings), ..Output::default() };
                self.read(&event, &mut output);
                *readings = self.settle(output);
            }
            Err(error) => self.unmatched("event", &error),
        }
    }

    fn read(&self, event: &Event<'_>, output: &mut Output) {
        let place = event.place(&self.context.salt);
        match (event.beat, &event.message) {
            (Beat::Metricbeat, _) => metricbeat::readings(event, place, &self.context, output),
            // A log line by any other shipper is one too: some say nothing of themselves.
            (_, Some(text)) => {
                let fallback_time = event.timestamp.unwrap_or_else(|| self.clock.now());
                let stream = streams::key(&self.context.salt, event);
                let mut shipped = self.shipped.lock().unwrap_or_else(PoisonError::into_inner);
                let parser = shipped.parser(stream, event.offset, || self.log_parser());
                parser.line(&Line { text, place, fallback_time }, output);
            }
            (_, None) => self.unmatched("event", &"neither a log line nor a measurement of the host"),
        }
    }

    /// Counts what was refused, and keeps what was read.
    fn settle(&self, output: Output) -> Vec<Reading> {
        for refused in &output.refused {
            self.refused(refused.item, &refused.why);
        }
        for _ in &output.unmatched {
            self.unmatched("line", &"in no known format");
        }
        output.readings
    }

    /// Counts a value that the catalogue did not take.
    pub fn refused(&self, item: Option<&'static Item>, why: &impl ToString) {
        self.counters.readings_refused.one();
        let (item, why) = (item.map_or("line", Item::id), why.to_string());
        if let Some(unsaid) = self.complaints.may_say((item, why.clone())) {
            tracing::warn!(printer = %self.printer, item, why, unsaid, "a value was refused");
        }
    }

    /// Counts a line or an event that cannot be read. Said once a minute for each `what`, whatever the reason: a
    /// reason may hold a number, and numbers without end are reasons without end.
    pub fn unmatched(&self, what: &'static str, why: &dyn Display) {
        self.counters.lines_unmatched.one();
        if let Some(unsaid) = self.complaints.may_say((what, String::new())) {
            tracing::warn!(printer = %self.printer, what, %why, unsaid, "a record was not read");
        }
    }
}
