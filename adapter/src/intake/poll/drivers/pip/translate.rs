//! What of a printer's answers is in the catalogue: translation only.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use catalog::{Item, Kind, SaidBy, items};
use protocol::pip::{ActiveAlarms, Description, HelloAck, SampleValue, Text, Values};

use crate::intake::poll::found::Found;
use crate::intake::poll::limits::REMEMBERED_MAX;

/// An item that the printer has and the catalogue too.
#[derive(Debug)]
pub(super) struct Offered {
    /// The printer's and the catalogue's word for it.
    pub(super) id: Text,
    /// The shortest time in which it can change.
    pub(super) every: Duration,
}

/// Translates one printer's words.
#[derive(Debug, Default)]
pub(super) struct Translator {
    /// What the printer offers, and the shortest time in which each can change.
    offered: HashMap<&'static str, Duration>,
    /// The parts that had a fault.
    faulty: HashSet<(&'static str, u8)>,
}

/// Who the printer is.
pub(super) fn who(hello: &HelloAck, found: &mut Found<'_>) {
    found.of(&items::IDENTITY_MODEL).identity(hello.model.as_str());
    found.of(&items::IDENTITY_SERIAL).identity(hello.serial.as_str());
    found.of(&items::IDENTITY_FIRMWARE).identity(hello.firmware.as_str());
}

impl Translator {
    /// What the printer offers that the catalogue has, by id, kind and unit. What the catalogue has not is no
    /// fault: a printer may know more than may leave. `alarms` says that the printer answers ALARMS: its faults
    /// are taken from there then.
    pub(super) fn described(
        &mut self,
        description: &Description,
        alarms: bool,
        found: &mut Found<'_>,
    ) -> Vec<Offered> {
        let mut offered = Vec::new();
        self.offered.clear();
        for described in &description.items {
            let Some(item) =
                items::by_id(described.id.as_str()).filter(|item| item.said_by() == SaidBy::Printer)
            else {
                continue;
            };
            let every = Duration::from_millis(described.interval_ms_min.into());
            if described.kind.as_str() != item.kind().name() {
                found.refuse(Some(item), "the printer has it as another kind than the catalogue");
            } else if is_number(item) && described.unit.as_str() != item.unit().ucum() {
                found.refuse(Some(item), "the printer has it in another unit than the catalogue");
            } else if self.offered.insert(item.id(), every).is_none() && !(alarms && item.is_fault()) {
                offered.push(Offered { id: described.id.clone(), every });
            }
        }
        offered
    }

    /// Values. `sweep` is the time in which each item is asked for once.
    pub(super) fn values(&self, values: &Values, sweep: Duration, found: &mut Found<'_>) {
        for sample in &values.values {
            let item = items::by_id(sample.id.as_str());
            let Some((item, every)) = item.and_then(|item| Some((item, self.offered.get(item.id())?))) else {
                found.refuse(None, "a value of an item that was not asked for");
                continue;
            };
            let seen = found.of(item).part(sample.part).at(sample.time).quality(sample.quality);
            let seen = seen.every(sweep.max(*every));
            match &sample.value {
                SampleValue::Number(number) => seen.number(*number),
                SampleValue::Code(code) => seen.code(code.as_str()),
            }
        }
    }

    /// The fault of each subsystem: what the alarms say, and `none` where they say nothing. `every` is the time
    /// between two ALARMS.
    pub(super) fn alarms(&mut self, alarms: &ActiveAlarms, every: Duration, found: &mut Found<'_>) {
        let mut states: HashMap<(&'static str, u8), (&'static Item, &str)> = HashMap::new();
        for item in items::all().filter(|item| item.is_fault() && self.has_subsystem_of(item)) {
            states.insert((item.id(), 0), (item, "none"));
        }
        for alarm in &alarms.alarms {
            let Some(item) = items::fault_of(alarm.subsystem.as_str()) else {
                found.refuse(None, "an alarm of a subsystem that the catalogue has not");
                continue;
            };
            let known = item.codes().iter().find(|code| **code == alarm.class.as_str());
            states.insert((item.id(), alarm.part), (item, known.copied().unwrap_or("unmapped")));
            if self.faulty.len() < REMEMBERED_MAX {
                self.faulty.insert((item.id(), alarm.part));
            }
        }
        // A part that had a fault and has none now.
        for key in &self.faulty {
            if let Some(item) = items::by_id(key.0) {
                states.entry(*key).or_insert((item, "none"));
            }
        }
        for ((_, part), (item, code)) in states {
            found.of(item).part(part).every(every).code(code);
        }
    }

    fn has_subsystem_of(&self, fault: &Item) -> bool {
        let subsystem = |id: &'static str| id.split_once('.').map(|(subsystem, _)| subsystem);
        self.offered.keys().any(|id| subsystem(id) == subsystem(fault.id()))
    }
}

fn is_number(item: &Item) -> bool {
    matches!(item.kind(), Kind::Gauge(_) | Kind::Counter(_))
}
