//! What a driver found in an answer, as readings: the one way out of a driver.

use catalog::{Identity, Item, Quality, Reading, Refusal, Timestamp, Unit, Value};
use tokio::time::Duration;

use super::Now;
use super::memory::{Memory, Sighting};
use crate::intake::clock::off_ms;

/// What came of one event.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Words {
    pub(super) readings: Vec<Reading>,
    /// What was not taken, and why.
    pub(super) refused: Vec<(Option<&'static Item>, &'static str)>,
}

/// Takes values of catalogue items: a driver has no other way to tell what a printer said.
///
/// `found.of(&items::EXTRUDER_TEMPERATURE).part(1).number(214.5)` makes a reading if it is news. A value is said once:
/// with the printer's own time ([`Seen::at`]), when that time has moved; without one, when the value has changed, and
/// again after a minute. What the catalogue does not take is counted. A value that is not found again for three
/// intervals is said to be stale, by the machine.
pub struct Found<'a> {
    memory: &'a mut Memory,
    now: Now,
    words: &'a mut Words,
    /// What to add to a time of the printer's, in milliseconds, where its clock is not believed.
    off_ms: Option<i64>,
    judged: bool,
}

impl<'a> Found<'a> {
    pub(super) fn new(memory: &'a mut Memory, now: Now, words: &'a mut Words) -> Self {
        Self { memory, now, words, off_ms: None, judged: false }
    }

    /// A value of this item, to be said by one of [`Seen`]'s methods.
    pub fn of(&mut self, item: &'static Item) -> Seen<'_, 'a> {
        Seen {
            found: self,
            item,
            part: 0,
            time: None,
            quality: Quality::Good,
            unit: None,
            every: Duration::ZERO,
            proved: false,
        }
    }

    /// What the adapter has proved of the interface by its numbers, such as a gap: no printer can say that itself.
    pub fn proved(&mut self, item: &'static Item) -> Seen<'_, 'a> {
        Seen { proved: true, ..self.of(item) }
    }

    /// The printer's clock shows this now, so that times in the past can be told from a clock that is off. Without it,
    /// each value's time is held against the adapter's own clock.
    pub fn clock(&mut self, shows: Timestamp) {
        self.judged = true;
        self.off_ms = off_ms(shows, self.now.wall);
    }

    /// Something was not taken, for this reason.
    pub fn refuse(&mut self, item: Option<&'static Item>, why: &'static str) {
        self.words.refused.push((item, why));
    }

    /// The time between two rounds by the configuration.
    pub fn interval(&self) -> Duration {
        self.memory.interval()
    }
}

/// A value that is about to be said.
#[must_use]
pub struct Seen<'f, 'a> {
    found: &'f mut Found<'a>,
    item: &'static Item,
    part: u8,
    time: Option<Timestamp>,
    quality: Quality,
    unit: Option<Result<&'static Unit, ()>>,
    every: Duration,
    proved: bool,
}

impl Seen<'_, '_> {
    /// Which one of several; 0 where there is only one.
    pub fn part(self, part: u8) -> Self {
        Self { part, ..self }
    }

    /// When it was measured, by the printer's clock. Without it, it is what the printer says now.
    pub fn at(self, time: Timestamp) -> Self {
        Self { time: Some(time), ..self }
    }

    /// How far the printer itself trusts it.
    pub fn quality(self, quality: Quality) -> Self {
        Self { quality, ..self }
    }

    /// The number is in this unit, by its UCUM code, and not in the item's own.
    pub fn unit(self, ucum: &'static str) -> Self {
        Self { unit: Some(Unit::by_ucum(ucum).ok_or(())), ..self }
    }

    /// It is found no more often than this, where that is less than once a round.
    pub fn every(self, every: Duration) -> Self {
        Self { every, ..self }
    }

    /// A gauge or a counter.
    pub fn number(self, number: f64) {
        self.say(Value::Number(number));
    }

    /// A state or an event, in the catalogue's words.
    pub fn code(self, code: &str) {
        match self.item.codes().iter().find(|known| **known == code) {
            Some(code) => self.say(Value::Code(code)),
            None => self.refuse(Refusal::UnknownCode.name()),
        }
    }

    /// A name that must not leave: only its salted hash does.
    pub fn hashed(self, name: &[u8]) {
        let hash = self.found.memory.hash(name);
        self.say(Value::Hash(hash));
    }

    /// Model, serial or firmware.
    pub fn identity(self, text: &str) {
        match Identity::from_interface(text) {
            Ok(identity) => self.say(Value::Identity(identity)),
            Err(_) => self.refuse("no text that an identity can be"),
        }
    }

    fn refuse(self, why: &'static str) {
        let item = self.item;
        self.found.refuse(Some(item), why);
    }

    fn say(self, value: Value) {
        let Self { found, item, part, time, quality, unit, every, proved } = self;
        let Ok(unit) = unit.transpose() else {
            return found.refuse(Some(item), "a unit that the catalogue has not");
        };
        let off_ms = match time {
            Some(time) if !found.judged => off_ms(time, found.now.wall),
            _ => found.off_ms,
        };
        let sighting = Sighting { item, part, time, off_ms, quality, unit, every, proved };
        match found.memory.see(&sighting, value, found.now) {
            Ok(reading) => found.words.readings.extend(reading),
            Err(why) => found.refuse(Some(item), why),
        }
    }
}
