//! What an agent's device last said of each item and alarm. An agent tells changes only: what has not changed is as it
//! was, for as long as the agent answers and does not say that it is unavailable.

use std::collections::HashMap;

use catalog::{Item, Timestamp, items};
use protocol::mtconnect::{Level, Text};

use super::conditions;
use super::digest::{Seen, Told};
use super::limits::ACTIVE_MAX;
use super::model::Role;
use crate::intake::poll::found::Found;

/// What is held of a device.
#[derive(Debug)]
pub(super) struct State {
    /// Whether the agent hears the device; true until it says otherwise.
    pub(super) heard: bool,
    values: HashMap<(&'static str, u8), Held>,
    alarms: HashMap<u8, Alarm>,
}

impl Default for State {
    fn default() -> Self {
        Self { heard: true, values: HashMap::new(), alarms: HashMap::new() }
    }
}

#[derive(Debug)]
struct Held {
    item: &'static Item,
    unit: Option<&'static str>,
    time: Option<Timestamp>,
    value: Told,
}

/// A condition of the device.
#[derive(Debug)]
struct Alarm {
    /// The native codes of what is active; one condition can have several.
    active: Vec<Option<Text>>,
    class: &'static str,
    subsystem: &'static str,
    qualifier: &'static str,
    native_code: u32,
    time: Option<Timestamp>,
}

impl State {
    /// What is active will be listed whole.
    pub(super) fn forget_active(&mut self) {
        self.alarms.values_mut().for_each(|alarm| alarm.active.clear());
    }

    /// Takes an observation in, and says it.
    pub(super) fn see(&mut self, seen: Seen, found: &mut Found<'_>) {
        match (seen.role, seen.value) {
            (Role::Availability, value) => self.heard = value != Told::Unavailable,
            (Role::Value { item, .. }, Told::Refused(why)) => found.refuse(Some(item), why),
            (_, Told::Refused(why)) => found.refuse(None, why),
            // It is not held any more, and grows stale.
            (Role::Value { item, part, .. }, Told::Unavailable) => {
                self.values.remove(&(item.id(), part));
            }
            (Role::Value { item, part, unit }, value) => {
                let held = Held { item, unit, time: seen.time, value };
                held.say(part, found);
                self.values.insert((item.id(), part), held);
            }
            (Role::Alarm { part, class, subsystem }, Told::Condition { level, native_code, qualifier }) => {
                if level == Level::Unavailable {
                    self.alarms.remove(&part);
                    return;
                }
                let alarm = self.alarms.entry(part).or_insert_with(|| Alarm::new(class, subsystem));
                alarm.turn(level, native_code, qualifier.as_ref().map(Text::as_str));
                alarm.time = seen.time;
                alarm.say(part, found);
            }
            (Role::Alarm { part, .. }, _) => drop(self.alarms.remove(&part)),
        }
    }

    /// All that is held is as it was.
    pub(super) fn affirm(&self, found: &mut Found<'_>) {
        for ((_, part), held) in &self.values {
            held.say(*part, found);
        }
        for (part, alarm) in &self.alarms {
            alarm.say(*part, found);
        }
    }
}

impl Held {
    fn say(&self, part: u8, found: &mut Found<'_>) {
        let mut seen = found.of(self.item).part(part);
        if let Some(time) = self.time {
            seen = seen.at(time);
        }
        if let Some(unit) = self.unit {
            seen = seen.unit(unit);
        }
        match &self.value {
            Told::Number(number) => seen.number(*number),
            Told::Code(code) => seen.code(code),
            Told::Name(name) => seen.hashed(name.as_str().as_bytes()),
            Told::Identity(identity) => seen.identity(identity.as_str()),
            Told::Unavailable | Told::Condition { .. } | Told::Refused(_) => {}
        }
    }
}

impl Alarm {
    fn new(class: &'static str, subsystem: &'static str) -> Self {
        Self { active: Vec::new(), class, subsystem, qualifier: "none", native_code: 0, time: None }
    }

    /// A normal word with a code ends what has that code, one without ends all.
    fn turn(&mut self, level: Level, code: Option<Text>, qualifier: Option<&str>) {
        let code = code.filter(|code| !code.as_str().is_empty());
        match level {
            Level::Warning | Level::Fault => {
                self.qualifier = conditions::qualifier(self.class, qualifier);
                self.native_code = code.as_ref().and_then(|code| number(code.as_str())).unwrap_or_default();
                if !self.active.contains(&code) && self.active.len() < ACTIVE_MAX {
                    self.active.push(code);
                }
            }
            Level::Normal | Level::Unavailable => match code {
                Some(code) => self.active.retain(|active| active.as_ref() != Some(&code)),
                None => self.active.clear(),
            },
        }
    }

    fn say(&self, part: u8, found: &mut Found<'_>) {
        let active = !self.active.is_empty();
        let mut say = |item: &'static Item, code: &str| {
            let seen = found.of(item).part(part);
            if let Some(time) = self.time { seen.at(time) } else { seen }.code(code);
        };
        say(&items::ALARM_ACTIVE, if active { "yes" } else { "no" });
        if active {
            say(&items::ALARM_CLASS, self.class);
            say(&items::ALARM_SUBSYSTEM, self.subsystem);
            say(&items::ALARM_QUALIFIER, self.qualifier);
            let seen = found.of(&items::ALARM_NATIVE_CODE).part(part);
            if let Some(time) = self.time { seen.at(time) } else { seen }.number(self.native_code.into());
        }
    }
}

/// The one number in a native code, such as 207 of `E-207`.
fn number(code: &str) -> Option<u32> {
    let mut numbers = code.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty());
    let number = numbers.next()?.parse().ok();
    number.filter(|_| numbers.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_native_code_has_one_number_or_none() {
        for (code, expected) in [
            ("E-207", Some(207)),
            ("3", Some(3)),
            ("10.0.0.7", None),
            ("", None),
            ("Anna", None),
            ("99999999999", None),
        ] {
            assert_eq!(number(code), expected, "{code}");
        }
    }
}
