//! What of a printer's answers is in the catalogue, as readings: translation only.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use catalog::{Family, Identity, Item, Kind, Mark, Place, Quality, Reading, Salt, Timestamp, items};
use protocol::pip::{ActiveAlarms, Description, HelloAck, Sample, SampleValue, Text, Values};
use tokio::time::Instant;

use super::Now;
use super::limits::{CLOCK_OFF_MS_MAX, REMEMBERED_MAX, SAID_EVERY};
use crate::config::PrinterId;

/// What came of one answer.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Words {
    pub(super) readings: Vec<Reading>,
    /// What was not taken, and why.
    pub(super) refused: Vec<(Option<&'static Item>, String)>,
}

/// An item that the printer has and the catalogue too.
#[derive(Debug)]
pub(super) struct Offered {
    /// The printer's and the catalogue's word for it.
    pub(super) id: Text,
    /// The shortest time in which it can change.
    pub(super) every: Duration,
}

/// Translates one printer's words.
#[derive(Debug)]
pub(super) struct Translator {
    salt: Salt,
    printer: PrinterId,
    /// The model that the configuration names; it comes before the printer's own word.
    model: Option<Identity>,
    /// The printer's time of the last value of an item and part: a value is never said twice.
    last: HashMap<(&'static str, u8), Timestamp>,
    /// The faults as they were last said, and when.
    faults: HashMap<(&'static str, u8), (String, Instant)>,
    offered: HashSet<&'static str>,
}

impl Translator {
    pub(super) fn new(printer: PrinterId, salt: Salt, model: Option<Identity>) -> Self {
        let (last, faults, offered) = (HashMap::new(), HashMap::new(), HashSet::new());
        Self { salt, printer, model, last, faults, offered }
    }

    /// Who the printer is.
    pub(super) fn hello(&self, hello: &HelloAck, now: Now) -> Words {
        let mut words = Words::default();
        let model = self.model.clone().ok_or(()).or_else(|()| Identity::from_interface(hello.model.as_str()));
        let serial = Identity::from_interface(hello.serial.as_str());
        let firmware = Identity::from_interface(hello.firmware.as_str());
        for (item, identity) in [
            (&items::IDENTITY_MODEL, model),
            (&items::IDENTITY_SERIAL, serial),
            (&items::IDENTITY_FIRMWARE, firmware),
        ] {
            match identity {
                Ok(identity) => words.take(item, item.identity(identity, self.mark(item, 0, now.wall, b""))),
                Err(error) => words.refused.push((Some(item), error.to_string())),
            }
        }
        words
    }

    /// What the printer offers that the catalogue has, by id, kind and unit. What the catalogue has not is no
    /// fault: a printer may know more than may leave. `alarms` says that the printer answers ALARMS: its faults
    /// are taken from there then.
    pub(super) fn described(&mut self, description: &Description, alarms: bool) -> (Vec<Offered>, Words) {
        let mut words = Words::default();
        let mut offered = Vec::new();
        self.offered.clear();
        for described in &description.items {
            let Some(item) = items::by_id(described.id.as_str()).filter(|item| may_be_polled(item)) else {
                continue;
            };
            if described.kind.as_str() != item.kind().name() {
                words.refused.push((
                    Some(item),
                    format!("the printer has it as another kind than {}", item.kind().name()),
                ));
            } else if is_number(item) && described.unit.as_str() != item.unit().ucum() {
                words.refused.push((
                    Some(item),
                    format!("the printer has it in another unit than {}", item.unit().ucum()),
                ));
            } else if self.offered.insert(item.id()) && !(alarms && is_fault(item)) {
                let every = Duration::from_millis(described.interval_ms_min.into());
                offered.push(Offered { id: described.id.clone(), every });
            }
        }
        (offered, words)
    }

    /// The values that are new since the last time.
    pub(super) fn values(&mut self, values: &Values, now: Now) -> Words {
        let mut words = Words::default();
        for sample in &values.values {
            let Some(item) = items::by_id(sample.id.as_str()).filter(|item| self.offered.contains(item.id()))
            else {
                words.refused.push((None, "a value of an item that was not asked for".into()));
                continue;
            };
            if self.is_news(item, sample) {
                self.sample(item, sample, now, &mut words);
            }
        }
        words
    }

    fn is_news(&mut self, item: &'static Item, sample: &Sample) -> bool {
        let key = (item.id(), sample.part);
        let room = self.last.len() < REMEMBERED_MAX || self.last.contains_key(&key);
        room && self.last.insert(key, sample.time) != Some(sample.time)
    }

    fn sample(&self, item: &'static Item, sample: &Sample, now: Now, words: &mut Words) {
        let text = match &sample.value {
            SampleValue::Number(number) => number.to_string(),
            SampleValue::Code(code) => code.as_str().to_owned(),
        };
        let mut mark = self.mark(item, sample.part, sample.time, text.as_bytes());
        mark.quality = sample.quality;
        if now.wall.0.abs_diff(sample.time.0) > CLOCK_OFF_MS_MAX.unsigned_abs() {
            // The origin keeps the printer's time, which is the source's own word.
            mark.time = now.wall;
            mark.quality = if sample.quality == Quality::Bad { Quality::Bad } else { Quality::Uncertain };
        }
        let made = match &sample.value {
            SampleValue::Number(number) => item.number(*number, mark),
            SampleValue::Code(code) => item.code(code.as_str(), mark),
        };
        words.take(item, made);
    }

    /// The fault of each subsystem: what the alarms say, and `none` where they say nothing. Said when it
    /// changes, and anew after a while.
    pub(super) fn alarms(&mut self, alarms: &ActiveAlarms, now: Now) -> Words {
        let mut words = Words::default();
        let mut states: HashMap<(&'static str, u8), (&'static Item, &str)> = HashMap::new();
        for item in items::all().filter(|item| is_fault(item) && self.has_subsystem_of(item)) {
            states.insert((item.id(), 0), (item, "none"));
        }
        for alarm in &alarms.alarms {
            let item = items::by_id(&format!("{}.fault", alarm.subsystem)).filter(|item| is_fault(item));
            let Some(item) = item else {
                words.refused.push((None, "an alarm of a subsystem that the catalogue has not".into()));
                continue;
            };
            let known = item.codes().iter().find(|code| **code == alarm.class.as_str());
            states.insert((item.id(), alarm.part), (item, known.copied().unwrap_or("unmapped")));
        }
        // A part that had a fault and has none now.
        for key in self.faults.keys() {
            if let Some(item) = items::by_id(key.0) {
                states.entry(*key).or_insert((item, "none"));
            }
        }
        for ((id, part), (item, code)) in states {
            if self.must_say((id, part), code, now.mono) {
                words.take(item, item.code(code, self.mark(item, part, now.wall, code.as_bytes())));
            }
        }
        words
    }

    fn must_say(&mut self, key: (&'static str, u8), code: &str, now: Instant) -> bool {
        let same = self.faults.get(&key).is_some_and(|(said, at)| said == code && now < *at + SAID_EVERY);
        if !same && (self.faults.len() < REMEMBERED_MAX || self.faults.contains_key(&key)) {
            self.faults.insert(key, (code.to_owned(), now));
        }
        !same
    }

    fn has_subsystem_of(&self, fault: &Item) -> bool {
        let subsystem = |id: &'static str| id.split_once('.').map(|(subsystem, _)| subsystem);
        self.offered.iter().any(|id| subsystem(id) == subsystem(fault.id()))
    }

    /// Whether the adapter can talk to the printer.
    pub(super) fn reachability(&self, code: &str, now: Now) -> Words {
        let mut words = Words::default();
        let item = &items::PRINTER_REACHABILITY;
        words.take(item, item.code(code, self.mark(item, 0, now.wall, code.as_bytes())));
        words
    }

    /// The origin of a polled value is printer, item, part and time, and the check of what was said.
    fn mark(&self, item: &'static Item, part: u8, time: Timestamp, said: &[u8]) -> Mark {
        let fields = [b"pip", self.printer.as_str().as_bytes(), item.id().as_bytes(), &[part]];
        let place: Place = self.salt.source(&fields).place(time.0.unsigned_abs(), self.salt.check(said));
        Mark { part, time, quality: Quality::Good, origin: place.origin(0) }
    }
}

impl Words {
    fn take(&mut self, item: &'static Item, made: Result<Reading, catalog::Refusal>) {
        match made {
            Ok(reading) => self.readings.push(reading),
            Err(why) => self.refused.push((Some(item), why.to_string())),
        }
    }
}

fn is_number(item: &Item) -> bool {
    matches!(item.kind(), Kind::Gauge(_) | Kind::Counter(_))
}

// By its name: the catalogue's subsystems each have one.
fn is_fault(item: &Item) -> bool {
    matches!(item.kind(), Kind::State(_)) && item.id().ends_with(".fault") && item.codes().contains(&"none")
}

/// A printer cannot speak for the adapter, nor for its own log, whose numbers prove gaps.
fn may_be_polled(item: &Item) -> bool {
    item.family() != Family::Adapter && *item != items::PRINTER_REACHABILITY && *item != items::LOG_RECORD
}
