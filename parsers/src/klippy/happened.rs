//! What the printer is said to be doing, from what has happened.

use catalog::{Item, items};

use super::event::{self, Event, Index, Said};
use super::{Block, Parser, Print, fault, record};
use crate::record::{At, Record};
use crate::{Line, Output, Refusal};

/// Where the readings of one line are written.
struct Say<'a, 'r> {
    record: Record<'a>,
    output: &'r mut Output,
}

impl Say<'_, '_> {
    fn printer(&mut self, state: &str) {
        self.code(&items::PRINTER_STATE, state, At::index(Index::PrinterState as u16));
    }

    fn build(&mut self, state: &str) {
        self.code(&items::BUILD_STATE, state, At::index(Index::BuildState as u16));
    }

    fn event(&mut self, event: &str) {
        self.code(&items::LOG_EVENT, event, At::index(Index::LogEvent as u16));
    }

    fn controller(&mut self, state: &str, part: u8) {
        self.code(&items::CONTROLLER_STATE, state, At { index: Index::ControllerState as u16, part });
    }

    fn alarm(&mut self, reason: &[u8]) {
        fault::alarm(reason, Index::Alarm as u16, &self.record, self.output);
    }

    fn code(&mut self, item: &'static Item, code: &str, at: At) {
        self.output.take(item, self.record.code(item, code.as_bytes(), at));
    }
}

impl Parser {
    /// Adds what a line says that is an event.
    pub(super) fn event(&mut self, event: Event<'_>, line: &Line<'_>, output: &mut Output) {
        let when = match event {
            Event::Start { unix_ms, mono_ms } => self.mono.anchor(unix_ms, mono_ms, line.fallback_time),
            Event::Controller { what: Said::Silent { mono_ms: Some(mono_ms) }, .. } => {
                self.mono.at(mono_ms, line.fallback_time)
            }
            _ => self.mono.unsaid(line.fallback_time),
        };
        if let Event::Start { .. } = event {
            self.controllers.clear();
        }
        let part = match event::controller_of(event) {
            None => 0,
            Some(name) => match self.controllers.number(name, &self.context.salt) {
                Some(part) => part,
                None => return output.refuse(Some(&items::CONTROLLER_STATE), Refusal::TooLong),
            },
        };
        let mut say = Say { record: record(&self.context, when, line), output };
        self.print = happened(event, part, self.print, &mut say);
        self.block = Block::None;
    }
}

/// Says it, and how the print stands now.
fn happened(event: Event<'_>, part: u8, print: Print, say: &mut Say<'_, '_>) -> Print {
    match event {
        Event::Start { .. } => {
            say.printer("preparing");
            say.event("restarted");
            // What still is wrong says so again: no shutdown outlives the host program that it is of.
            say.code(&items::ALARM_ACTIVE, "no", At::index(Index::Alarm as u16));
            Print::Open
        }
        Event::Ready => {
            say.printer("ready");
            print
        }
        Event::Printing { resumed } => {
            say.printer("building");
            say.build("printing");
            say.event(if resumed { "resumed" } else { "started" });
            Print::Open
        }
        Event::Finished => {
            say.printer("finished");
            say.build("completed");
            say.event("finished");
            Print::Finished
        }
        Event::Exited => exited(print, say),
        Event::Shutdown { reason } => {
            say.printer("error");
            match event::controller(reason) {
                Some(Event::Controller { what, .. }) => controller(what, reason, part, say),
                _ => say.alarm(reason),
            }
            Print::ShutDown
        }
        Event::Broken { reason } => {
            say.printer("error");
            say.alarm(reason);
            Print::ShutDown
        }
        Event::Heater { reason } => {
            say.alarm(reason);
            print
        }
        Event::Controller { what, .. } => {
            controller(what, b"Lost communication with MCU", part, say);
            print
        }
    }
}

/// The reader of the file ends after the file's end, which was said before, after a shutdown, and when somebody pauses
/// or cancels: which of these two, the log does not say.
fn exited(print: Print, say: &mut Say<'_, '_>) -> Print {
    match print {
        Print::Finished => return Print::Open,
        Print::ShutDown => {
            say.build("aborted");
            say.event("failed");
        }
        Print::Open => {
            say.printer("stopped");
            say.event("stopped");
        }
    }
    print
}

fn controller(what: Said<'_>, lost: &[u8], part: u8, say: &mut Say<'_, '_>) {
    match what {
        Said::Shutdown { reason } => {
            say.controller("shutdown", part);
            say.alarm(reason);
        }
        Said::Lost => {
            say.controller("lost", part);
            say.alarm(lost);
        }
        Said::Silent { .. } => say.controller("lost", part),
        Said::Startup => say.controller("startup", part),
        Said::Ready => say.controller("ready", part),
        Said::Nothing => {}
    }
}
