//! The build protocol of a powder-bed machine: one file a build. Its first line names the build, which leaves as a
//! salted hash; then a stamped message a line: `Name: value unit`, an event of the exposure or of the build, or an error.
//! The lines about single layers hold the names of parts: nothing of them is read but the layer's number.

mod course;
mod measures;
mod stamp;
#[cfg(test)]
mod tests;

use catalog::{Quality, items};

use crate::clock::Clock;
use crate::number::number;
use crate::record::{At, Record};
use crate::text::first_line;
use crate::{Context, Line, Output};

/// How the first line begins.
const JOB: &[u8] = b"Build job name:";

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
        if let Some(name) = text.strip_prefix(JOB) {
            return self.job(name.trim_ascii(), line, output);
        }
        let Some((moment, message)) = stamp::stamped(text, &self.context.zone) else {
            return output.unmatch(text);
        };
        let (time, quality) = self.clock.judge(Some(moment), line.fallback_time);
        let record = Record { context: &self.context, place: line.place, time, quality };
        if !read(&record, message, output) {
            output.unmatch(message);
        }
    }

    // The line has no stamp: the build began about when the shipper saw it.
    fn job(&self, name: &[u8], line: &Line<'_>, output: &mut Output) {
        let (time, quality) = (line.fallback_time, Quality::Uncertain);
        let record = Record { context: &self.context, place: line.place, time, quality };
        if !name.is_empty() {
            output.take(&items::BUILD_ID, record.hash(&items::BUILD_ID, name, At::index(0)));
        }
        output.take(&items::LOG_EVENT, record.code(&items::LOG_EVENT, b"started", At::index(1)));
        let state = record.code(&items::BUILD_STATE, b"printing", At::index(course::BUILD_INDEX));
        output.take(&items::BUILD_STATE, state);
        record.no_alarm(At::index(course::ALARM_INDEX), output);
    }
}

fn read(record: &Record<'_>, message: &[u8], output: &mut Output) -> bool {
    exposure(record, message, output)
        || course::read(record, message, output)
        || measures::read(record, message, output)
}

/// `Exposure started for layer4 (LS2)`: layer 4, by laser 2.
fn exposure(record: &Record<'_>, message: &[u8], output: &mut Output) -> bool {
    const STEPS: [(&[u8], &[u8]); 4] = [
        (b"Exposure started for layer", b"exposing"),
        (b"Exposure finished for layer", b"idle"),
        (b"Recoating started for layer", b"recoating"),
        (b"Recoating finished for layer", b"idle"),
    ];
    let begins =
        |(begin, state): &(&'static [u8], &'static [u8])| Some((message.strip_prefix(*begin)?, *state));
    let Some((rest, state)) = STEPS.iter().find_map(begins) else { return false };
    let Some((layer, rest)) = number(rest.trim_ascii_start()) else { return false };
    let part = rest.trim_ascii_start().strip_prefix(b"(LS").and_then(small).unwrap_or(0);
    output.take(&items::BUILD_LAYER, record.number(&items::BUILD_LAYER, layer, At::index(0)));
    output.take(&items::EXPOSURE_STATE, record.code(&items::EXPOSURE_STATE, state, At { index: 1, part }));
    true
}

/// The number that the text begins with, if a part can have it.
fn small(text: &[u8]) -> Option<u8> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(text.get(..digits)?).ok()?.parse().ok()
}

/// Whether a line at the head of a file is surely of this family.
pub(crate) fn recognises(line: &[u8]) -> bool {
    line.starts_with(JOB)
}
