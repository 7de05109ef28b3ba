//! The `Stats` line: what Klipper says of itself once a second.

use catalog::{Refusal as Catalogue, items};

use super::controllers::Controllers;
use super::keys::{Field, Key, Meaning, Subject, Written};
use super::number::{number, token};
use crate::limits::KLIPPY_TOKENS_MAX;
use crate::record::{At, Record};
use crate::{Output, Refusal};

/// The section that the pairs belong to. It has no end but the next one's head.
#[derive(Clone, Copy)]
struct Section {
    subject: Subject,
    /// `None` where it is about one more thing than there are numbers for.
    part: Option<u8>,
    /// The fields that it has had, as bits.
    seen: u16,
}

/// What is being read.
pub(super) struct Stats<'a, 'r> {
    record: &'r Record<'a>,
    controllers: &'r mut Controllers,
    output: &'r mut Output,
    section: Section,
    seen_globals: u16,
    heaters: u8,
    sensors: u8,
}

impl<'a, 'r> Stats<'a, 'r> {
    pub(super) fn new(
        record: &'r Record<'a>,
        controllers: &'r mut Controllers,
        output: &'r mut Output,
    ) -> Self {
        controllers.clear();
        let section = Section { subject: Subject::Other, part: Some(0), seen: 0 };
        Self { record, controllers, output, section, seen_globals: 0, heaters: 0, sensors: 0 }
    }

    /// Adds what stands behind the time. Tokens are counted from 1: the number is the index of what it says.
    pub(super) fn read(mut self, mut text: &[u8]) {
        let mut index = 0;
        loop {
            while let [b' ', rest @ ..] = text {
                text = rest;
            }
            if text.is_empty() {
                return;
            }
            if index == KLIPPY_TOKENS_MAX {
                return self.output.refuse(None, Refusal::TooLong);
            }
            index += 1;
            let end = text.iter().position(|byte| matches!(byte, b'=' | b' ')).unwrap_or(text.len());
            let (key, rest) = text.split_at(end);
            text = match rest {
                [b'=', value @ ..] => self.pair(key, value, index),
                rest => self.head(key, rest),
            };
        }
    }

    /// A section's head, `name:`. What it is about is said by its first key, since names are the customer's own.
    fn head<'t>(&mut self, name: &[u8], rest: &'t [u8]) -> &'t [u8] {
        let Some(name) = name.strip_suffix(b":") else {
            // Half a head at the end of half a line, or no `Stats` of Klipper's.
            self.output.unmatch(name);
            return rest;
        };
        let first = first_own(rest);
        let salt = &self.record.context.salt;
        let (subject, part) = if first.starts_with(b"mcu_") {
            (Subject::Controller, self.controllers.next(name, salt))
        } else if first.starts_with(b"target=") {
            match name {
                b"heater_bed" => (Subject::Bed, Some(0)),
                name => extruder(name).map_or_else(
                    || (Subject::Heater, next(&mut self.heaters)),
                    |part| (Subject::Extruder, Some(part)),
                ),
            }
        } else if first.starts_with(b"temp=") {
            (Subject::Sensor, next(&mut self.sensors))
        } else {
            // Its controller stands before it in the line; one that does not has no number.
            let bus = name.strip_prefix(b"canstat_").and_then(|name| self.controllers.known(name, salt));
            bus.map_or((Subject::Other, Some(0)), |part| (Subject::Bus, Some(part)))
        };
        if part.is_none() {
            self.output.refuse(None, Refusal::TooLong);
        }
        self.section = Section { subject, part, seen: 0 };
        rest
    }

    fn pair<'t>(&mut self, key: &[u8], value: &'t [u8], index: u16) -> &'t [u8] {
        match Key::named(key) {
            Key::Skipped => token(value).1,
            Key::Field(Field::BusState) if self.section.subject == Subject::Bus => {
                self.bus_state(value, index)
            }
            Key::Field(field) => match Meaning::of(field, self.section.subject) {
                Some(meaning) => self.number(field, &meaning, value, index),
                None => self.unknown(key, value),
            },
            Key::Unknown => self.unknown(key, value),
        }
    }

    fn unknown<'t>(&mut self, key: &[u8], value: &'t [u8]) -> &'t [u8] {
        self.output.unmatch(key);
        token(value).1
    }

    fn number<'t>(&mut self, field: Field, meaning: &Meaning, value: &'t [u8], index: u16) -> &'t [u8] {
        let (number, rest) = number(value);
        let item = meaning.item;
        let global = field.is_global();
        let seen = if global { &mut self.seen_globals } else { &mut self.section.seen };
        if *seen & field.bit() != 0 {
            self.output.refuse(Some(item), Refusal::Duplicate);
            return rest;
        }
        *seen |= field.bit();
        let Some(part) = (if global { Some(0) } else { self.section.part }) else { return rest };
        let Some(number) = number else {
            self.output.refuse(Some(item), Catalogue::NotANumber.into());
            return rest;
        };
        if rest.is_empty() && number.decimals < meaning.decimals && number.value.is_finite() {
            self.output.refuse(Some(item), Refusal::Unfinished);
            return rest;
        }
        let at = At { index, part };
        let made = match meaning.written {
            Written::InTheItemsUnit => self.record.number(item, number.value, at),
            Written::Times(factor) => self.record.number(item, number.value * factor, at),
            Written::In(unit) => self.record.measured(item, (number.value, unit), at),
        };
        self.output.take(item, made);
        rest
    }

    /// The enumeration `canbus_bus_state` of the firmware, and what Klipper writes when it does not know.
    fn bus_state<'t>(&mut self, value: &'t [u8], index: u16) -> &'t [u8] {
        let (state, rest) = token(value);
        let item = &items::CONTROLLER_BUS;
        let code: &[u8] = match state {
            b"warn" => b"warning",
            b"active" | b"passive" | b"off" => state,
            b"unknown" => return rest,
            _ => {
                self.output.refuse(Some(item), Catalogue::UnknownCode.into());
                return rest;
            }
        };
        if let Some(part) = self.section.part {
            self.output.take(item, self.record.code(item, code, At { index, part }));
        }
        rest
    }
}

/// The section's first pair that is its own, with what stands behind it.
fn first_own(mut text: &[u8]) -> &[u8] {
    loop {
        text = text.trim_ascii_start();
        // No key that tells a subject begins as a global one does.
        let global = GLOBALS.iter().any(|key| text.starts_with(key.as_bytes()));
        if matches!(text.first(), None | Some(b't')) || !global {
            return text;
        }
        text = token(text).1;
    }
}

/// The keys that belong to no section.
const GLOBALS: [&str; 8] = [
    "sysload=",
    "cputime=",
    "memavail=",
    "print_time=",
    "buffer_time=",
    "print_stall=",
    "gcodein=",
    "sd_pos=",
];

/// The number of an extruder: Klipper's own names are `extruder`, `extruder1`, `extruder2`, ….
pub(super) fn extruder(name: &[u8]) -> Option<u8> {
    match name.strip_prefix(b"extruder")? {
        b"" => Some(0),
        [b'0', ..] => None,
        digits if digits.iter().all(u8::is_ascii_digit) => std::str::from_utf8(digits).ok()?.parse().ok(),
        _ => None,
    }
}

/// The next number of things that have none of their own.
fn next(count: &mut u8) -> Option<u8> {
    let number = *count;
    *count = count.checked_add(1)?;
    Some(number)
}
