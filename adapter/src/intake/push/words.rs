//! What of a printer's events is in the catalogue, as readings: translation only.

use std::collections::HashMap;

use catalog::{Identity, Item, Mark, Place, Quality, Reading, Refusal, SaidBy, Salt, Timestamp, items};
use protocol::pip::{Alarm, Event, Gap, HelloAck, Occurrence, SampleValue};

use super::limits::FAULTS_MAX;
use crate::config::PrinterId;
use crate::intake::limits::CLOCK_OFF_MS_MAX;

/// Translates what one instance of a printer tells.
#[derive(Debug)]
pub(super) struct Teller {
    salt: Salt,
    printer: PrinterId,
    /// What the configuration names comes before the printer's own word.
    model: Option<Identity>,
    instance: String,
    /// Our time and the printer's monotonic one at the same moment, where it says its own.
    met: Option<(Timestamp, u64)>,
    /// The active alarms of each subsystem and part, by the maker's code, the latest last.
    active: HashMap<(&'static str, u8), Vec<(String, &'static str)>>,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Words {
    pub(super) readings: Vec<Reading>,
    /// What was not taken, and why.
    pub(super) refused: Vec<(Option<&'static Item>, &'static str)>,
}

impl Teller {
    /// For the instance that HELLO-ACK names.
    pub(super) fn new(
        printer: PrinterId,
        salt: Salt,
        model: Option<Identity>,
        hello: &HelloAck,
        now: Timestamp,
    ) -> Self {
        let instance = hello.instance.as_str().to_owned();
        let met = hello.mono_ms.map(|mono_ms| (now, mono_ms));
        Self { salt, printer, model, instance, met, active: HashMap::new() }
    }

    /// Who the printer is, and whether its log began anew.
    pub(super) fn met(&self, hello: &HelloAck, new_instance: bool, now: Timestamp) -> Words {
        let mut words = Words::default();
        let model = self.model.clone().ok_or(()).or_else(|()| Identity::from_interface(hello.model.as_str()));
        let serial = Identity::from_interface(hello.serial.as_str());
        let firmware = Identity::from_interface(hello.firmware.as_str());
        for (index, (item, identity)) in (0..).zip([
            (&items::IDENTITY_MODEL, model),
            (&items::IDENTITY_SERIAL, serial),
            (&items::IDENTITY_FIRMWARE, firmware),
        ]) {
            match identity {
                Ok(identity) => words.take(item, item.identity(identity, self.own_mark(b"met", index, now))),
                Err(_) => words.refused.push((Some(item), "no text that an identity can be")),
            }
        }
        if new_instance {
            let item = &items::INTERFACE_EVENT;
            words.take(item, item.code("restarted", self.own_mark(b"met", 3, now)));
        }
        words
    }

    /// That events are missing, with how many have been in all.
    pub(super) fn missed(&self, gap: Gap, lost_in_all: u64, now: Timestamp) -> Words {
        let mut words = Words::default();
        let (code, about) = match gap {
            Gap::Lost { first, .. } => ("gap", first.to_string()),
            Gap::WentBack => ("backwards", String::new()),
        };
        let mark = |index| self.own_mark(about.as_bytes(), index, now);
        words.take(&items::INTERFACE_EVENT, items::INTERFACE_EVENT.code(code, mark(0)));
        words.take(&items::INTERFACE_LOST, items::INTERFACE_LOST.number(lost_in_all as f64, mark(1)));
        words
    }

    /// What happened.
    pub(super) fn events(&mut self, events: &[Event], now: Timestamp) -> Words {
        let mut words = Words::default();
        for event in events {
            match &event.what {
                Occurrence::Changed { id, part, value, quality } => {
                    // A printer may know more than may leave, which is no fault.
                    let item = items::by_id(id.as_str());
                    let Some(item) = item.filter(|item| item.said_by() == SaidBy::Printer) else { continue };
                    let mut mark = self.mark(event, *part, now);
                    mark.quality = worse(mark.quality, *quality);
                    words.take(item, made(item, value, mark));
                }
                Occurrence::Raised(alarm) => self.alarm(event, alarm, true, now, &mut words),
                Occurrence::Cleared(alarm) => self.alarm(event, alarm, false, now, &mut words),
                // Of a later version: it has its place in the sequence.
                Occurrence::Other => {}
            }
        }
        words
    }

    /// An alarm is the fault of its subsystem for as long as it is active; another one that stays is it then.
    fn alarm(&mut self, event: &Event, alarm: &Alarm, raised: bool, now: Timestamp, words: &mut Words) {
        let Some(item) = items::fault_of(alarm.subsystem.as_str()) else {
            words.refused.push((None, "an alarm of a subsystem that the catalogue has not"));
            return;
        };
        let known = item.codes().iter().find(|code| **code == alarm.class.as_str());
        let key = (item.id(), alarm.part);
        let room = self.active.values().map(Vec::len).sum::<usize>() < FAULTS_MAX;
        let active = self.active.entry(key).or_default();
        active.retain(|(code, _)| code != alarm.code.as_str());
        let class = known.copied().unwrap_or("unmapped");
        let mut code = class;
        if !raised {
            code = active.last().map_or("none", |(_, class)| class);
        } else if room {
            active.push((alarm.code.as_str().to_owned(), class));
        }
        if active.is_empty() {
            self.active.remove(&key);
        }
        let mark = self.mark(event, alarm.part, now);
        words.take(item, item.code(code, mark));
    }

    /// The origin of an event is printer, instance and sequence: it is the same however often it comes.
    fn mark(&self, event: &Event, part: u8, now: Timestamp) -> Mark {
        let fields = [b"push".as_slice(), self.printer.as_str().as_bytes(), self.instance.as_bytes()];
        let place: Place = self.salt.source(&fields).place(event.sequence, 0);
        let (time, quality) = self.time(event, now);
        Mark { part, time, quality, origin: place.origin(0) }
    }

    /// When it happened: by the printer's clock, unless that is off. Its monotonic one says how long ago it was.
    fn time(&self, event: &Event, now: Timestamp) -> (Timestamp, Quality) {
        let ago = |(met, mono_ms): (Timestamp, u64)| {
            let since = i128::from(event.mono_ms) - i128::from(mono_ms);
            Timestamp(i64::try_from(i128::from(met.0) + since).unwrap_or(now.0))
        };
        // Without a monotonic clock an old event cannot be told from a clock that is slow: only the future is wrong.
        let ours = self.met.map_or(Timestamp(event.time.0.min(now.0)), ago);
        if ours.0.abs_diff(event.time.0) <= CLOCK_OFF_MS_MAX {
            (event.time, Quality::Good)
        } else {
            (ours, Quality::Uncertain)
        }
    }

    /// Of what the adapter notices itself.
    fn own_mark(&self, about: &[u8], index: u16, now: Timestamp) -> Mark {
        let fields = [b"push log".as_slice(), self.printer.as_str().as_bytes(), self.instance.as_bytes()];
        let place = self.salt.source(&fields).place(now.0.unsigned_abs(), self.salt.check(about));
        Mark { part: 0, time: now, quality: Quality::Good, origin: place.origin(index) }
    }
}

impl Words {
    fn take(&mut self, item: &'static Item, made: Result<Reading, Refusal>) {
        match made {
            Ok(reading) => self.readings.push(reading),
            Err(why) => self.refused.push((Some(item), why.name())),
        }
    }
}

fn made(item: &'static Item, value: &SampleValue, mark: Mark) -> Result<Reading, Refusal> {
    match value {
        SampleValue::Number(number) => item.number(*number, mark),
        SampleValue::Code(code) => item.code(code.as_str(), mark),
    }
}

fn worse(one: Quality, other: Quality) -> Quality {
    match (one, other) {
        (Quality::Bad, _) | (_, Quality::Bad) => Quality::Bad,
        (Quality::Uncertain, _) | (_, Quality::Uncertain) => Quality::Uncertain,
        (Quality::Good, Quality::Good) => Quality::Good,
    }
}

#[cfg(test)]
mod tests;
