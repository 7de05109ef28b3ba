//! OctoPrint's REST interface (`docs/printers/octoprint.md`), which stands between the adapter and a printer on a serial
//! line. OctoPrint being there says nothing of the printer: `/api/printer` answers 409 while none is connected, and then
//! only `/api/printer/error` knows whether it is off or has failed, and of what.

mod api;
mod fault;
mod state;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use catalog::{Timestamp, items};
use tokio::time::Duration;

use self::api::{Fault, Job, Printer, Temperature, Version};
use crate::intake::poll::Now;
use crate::intake::poll::driver::{Driver, Next, Verdict};
use crate::intake::poll::found::Found;
use crate::intake::poll::transport::http::{Get, Got, NO_HEAD, Path};
use crate::intake::poll::trouble::Trouble;

/// Everything that is ever asked of an OctoPrint.
pub(in crate::intake::poll) static PATHS: &[Path] = &[
    Path::new("/api/version", 4 << 10).or_bare(),
    // 300 temperatures of several heaters are some 60 KiB.
    Path::new("/api/printer", 256 << 10).or_bare(),
    Path::new("/api/job", 64 << 10).or_bare(),
    // The last lines of the serial log may stand in it; they are not read.
    Path::new("/api/printer/error", 64 << 10).or_bare(),
];
const VERSION: &Path = &PATHS[0];
const PRINTER: &Path = &PATHS[1];
const JOB: &Path = &PATHS[2];
const ERROR: &Path = &PATHS[3];

/// What OctoPrint answers to everything while it starts, for a minute on a small computer: this and no head (1.11,
/// `_start_intermediary_server`).
const STARTING: &[u8] = b"Not found";

/// As many temperatures as OctoPrint gives at all: after an outage of ours they fill the gap.
const HISTORY_FIRST: u64 = 300;
/// Temperatures come every second at the most often.
const HISTORY_PER_SECOND: u64 = 1;
/// And a round may be late.
const HISTORY_SPARE: u64 = 10;

/// The conversation with one printer.
#[derive(Debug, Default)]
pub(in crate::intake::poll) struct OctoPrint {
    /// What of the round is still to be asked.
    todo: VecDeque<Get>,
    /// The version was asked on this connection.
    greeted: bool,
    /// The last temperature that was taken, by OctoPrint's clock.
    last: Option<Timestamp>,
}

impl Driver for OctoPrint {
    const NAME: &'static str = "octoprint";
    type Query = Get;
    type Answer = Got;

    fn begin(&mut self, _: Now) {
        (self.todo, self.greeted) = ([Get::new(VERSION)].into(), false);
    }

    fn round(&mut self, _: Now, found: &mut Found<'_>) {
        let usual = found.interval().as_secs() * HISTORY_PER_SECOND + HISTORY_SPARE;
        let limit = if self.greeted { usual.min(HISTORY_FIRST) } else { HISTORY_FIRST };
        self.greeted = true;
        self.todo = [Get::new(PRINTER).word("history", "true").number("limit", limit)].into();
    }

    fn next(&mut self, _: Now) -> Next<Get> {
        self.todo.pop_front().map_or(Next::Rest, Next::Ask)
    }

    fn answer(&mut self, got: Got, now: Now, found: &mut Found<'_>) -> Verdict {
        self.take(&got, now, found).unwrap_or_else(|verdict| verdict)
    }
}

impl OctoPrint {
    fn take(&mut self, got: &Got, now: Now, found: &mut Found<'_>) -> Result<Verdict, Verdict> {
        match (got.path, got.status) {
            (path, 200) if path == VERSION => {
                found.of(&items::IDENTITY_FIRMWARE).identity(&got.json::<Version>()?.server);
                Ok(Verdict::Alive)
            }
            (path, 200) if path == PRINTER => {
                found.clock(got.date.unwrap_or(now.wall));
                Ok(self.printer(&got.json()?, found))
            }
            // No printer is connected: whose fault that is stands elsewhere.
            (path, 409) if path == PRINTER => {
                self.todo.push_back(Get::new(ERROR));
                Ok(Verdict::Alive)
            }
            (path, 200) if path == JOB => {
                state::job(&got.json::<Job>()?, found);
                Ok(Verdict::Works)
            }
            // Before version 1.9 there is no such path: nothing is known of an error.
            (path, 404) if path == ERROR => Ok(no_printer(&Fault::default(), found)),
            (path, 200) if path == ERROR => Ok(no_printer(&got.json()?, found)),
            (_, NO_HEAD) if got.body == STARTING => {
                Err(Verdict::Close(Some(Trouble::Off("OctoPrint is starting".into())), Duration::ZERO))
            }
            (_, NO_HEAD) => Err(Verdict::nonsense("an answer without a head")),
            _ => Err(got.unusual()),
        }
    }

    fn printer(&mut self, printer: &Printer, found: &mut Found<'_>) -> Verdict {
        let newest = printer.temperature.history.last().and_then(|point| point.time);
        if newest.is_some_and(|newest| self.last.is_some_and(|last| newest < last)) {
            // Its clock stepped back: what it says now is new all the same.
            self.last = None;
        }
        for point in &printer.temperature.history {
            self.temperatures(point, found);
        }
        if printer.temperature.history.is_empty() {
            self.temperatures(&printer.temperature.now, found);
        }
        if printer.state.flags.error || printer.state.flags.closed_or_error {
            // It broke between two of our questions.
            self.todo.push_back(Get::new(ERROR));
            return Verdict::Alive;
        }
        found.of(&items::PRINTER_STATE).code(state::of(&printer.state));
        found.of(&items::ALARM_ACTIVE).code("no");
        self.todo.push_back(Get::new(JOB));
        Verdict::Works
    }

    /// One point of the history, or what is now; a point that was taken before is not taken again.
    fn temperatures(&mut self, point: &Temperature, found: &mut Found<'_>) {
        if point.time.is_some_and(|time| self.last.is_some_and(|last| time <= last)) {
            return;
        }
        self.last = point.time.or(self.last);
        let mut say = |item, part, number: Option<f64>| {
            let Some(number) = number else { return };
            let seen = found.of(item).part(part);
            if let Some(time) = point.time { seen.at(time).number(number) } else { seen.number(number) }
        };
        for (tool, heater) in &point.tools {
            say(&items::EXTRUDER_TEMPERATURE, *tool, heater.actual);
            say(&items::EXTRUDER_TEMPERATURE_SETPOINT, *tool, heater.target);
        }
        say(&items::HEATED_BED_TEMPERATURE, 0, point.bed.actual);
        say(&items::HEATED_BED_TEMPERATURE_SETPOINT, 0, point.bed.target);
        say(&items::CHAMBER_TEMPERATURE, 0, point.chamber.actual);
        say(&items::CHAMBER_TEMPERATURE_SETPOINT, 0, point.chamber.target);
    }
}

/// OctoPrint works, and no printer is connected to it: it is off, or it has failed.
fn no_printer(fault: &Fault, found: &mut Found<'_>) -> Verdict {
    match fault::of(fault) {
        None => {
            found.of(&items::PRINTER_STATE).code("offline");
            found.of(&items::ALARM_ACTIVE).code("no");
            Verdict::Shows(Trouble::Off("no printer is connected to its OctoPrint".into()))
        }
        Some(alarm) => {
            found.of(&items::PRINTER_STATE).code("error");
            fault::say(alarm, fault, found);
            Verdict::Shows(Trouble::Failed("its firmware stopped it with an error".into()))
        }
    }
}
