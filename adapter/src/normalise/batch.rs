//! Events of Beats that are read one after the other: what is looked up for one is kept for the next.

use catalog::Reading;
use parsers::beats::{Beat, Event};
use parsers::limits::PROFILE_LINE_BYTES_MAX;
use parsers::{Family, Format, Line, Output, metricbeat};

use crate::link::BATCH_READINGS_MAX;

use super::Normaliser;
use super::streams::Open;

/// Readings that are as much as goes over the link at once, with room for those of one event more.
const READINGS_FULL: usize = BATCH_READINGS_MAX - 20;

/// Some events, and the readings that came of them so far.
#[derive(Debug)]
pub struct Batch<'n> {
    pub(super) normaliser: &'n Normaliser,
    pub(super) events: usize,
    /// With the readings of the piece that is not full yet.
    pub(super) output: Output,
    pub(super) pieces: Vec<Vec<Reading>>,
    /// The file that the last event was from: the next one is mostly from it too.
    pub(super) open: Option<Open>,
    /// Bytes of lines that a profile has read.
    pub(super) by_profile: usize,
}

impl Batch<'_> {
    /// Adds the readings of one event. One that cannot be read is counted and no more: sent again it would be no
    /// better.
    pub fn event(&mut self, json: &[u8]) {
        if self.output.readings.capacity() == 0 {
            self.output.readings.reserve_exact(BATCH_READINGS_MAX);
        }
        self.events += 1;
        match Event::parse(json) {
            Ok(event) => self.read(&event, json),
            Err(error) => self.normaliser.unread(json, error.name(), &error),
        }
        if self.output.readings.len() >= READINGS_FULL {
            self.pieces.push(std::mem::take(&mut self.output.readings));
        }
    }

    /// Events that were added.
    pub fn events(&self) -> usize {
        self.events
    }

    /// Whether others must have their turn before there is more of it: the patterns of a profile may take milliseconds
    /// for the longest line.
    pub fn is_full(&self) -> bool {
        self.by_profile >= PROFILE_LINE_BYTES_MAX
    }

    /// The readings, in pieces of as many as go over the link at once.
    pub fn finish(self) -> Vec<Vec<Reading>> {
        let Self { normaliser, events, output, mut pieces, open, .. } = self;
        normaliser.counters.lines_read.add(events);
        normaliser.of_printer.lines_read.add(events);
        normaliser.shipped().give_back(open);
        if !output.readings.is_empty() {
            pieces.push(output.readings);
        }
        pieces
    }

    fn read(&mut self, event: &Event<'_>, json: &[u8]) {
        let (normaliser, made) = (self.normaliser, self.output.readings.len());
        let salt = &normaliser.context.salt;
        match (event.beat, &event.message) {
            (Beat::Metricbeat, _) => {
                let place = event.place(salt);
                metricbeat::readings(event, place, &normaliser.context, &mut self.output);
                normaliser.settle(&mut self.output, made, json, || Some("metricbeat".to_owned()));
            }
            // A log line by any other shipper is one too: some say nothing of themselves.
            (_, Some(text)) => {
                if !self.open.as_ref().is_some_and(|open| open.is_of(event)) {
                    let mut shipped = normaliser.shipped();
                    shipped.give_back(self.open.take());
                    self.open = Some(shipped.take(salt, event));
                }
                let Some(open) = &mut self.open else { return };
                let fallback_time = event.timestamp.unwrap_or_else(|| normaliser.clock.now());
                let place = event.place_in(open.source(), salt);
                // A printer whose format the configuration leaves open is known by a line that is beyond doubt.
                let new = || {
                    let recognised = || Family::of_line(text).map(Format::from);
                    let format = normaliser.format().cloned().or_else(recognised)?;
                    Some(normaliser.log_parser(&format))
                };
                if let Some(Format::Profile(_)) = normaliser.format() {
                    self.by_profile += text.len();
                }
                match open.parser(event.offset, new) {
                    Some(parser) => {
                        parser.line(&Line { text, place, fallback_time }, &mut self.output);
                        normaliser.settle(&mut self.output, made, text, || Some(parser.format().to_string()));
                    }
                    None => normaliser.unread(text, "unknown_format", &"in no known format"),
                }
            }
            (_, None) => {
                normaliser.unread(json, "no_line", &"neither a log line nor a measurement of the host");
            }
        }
    }
}
