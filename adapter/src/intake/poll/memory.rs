//! What a printer last said of each item: what is news, what has grown stale, and where each value came from.

use std::collections::HashMap;

use catalog::{
    Hash, Item, Kind, Mark, Quality, Reading, Refusal, SaidBy, Salt, Timestamp, Unit, Value, items,
};
use tokio::time::{Duration, Instant};

use super::Now;
use super::limits::{INTERVALS_TO_STALE, REMEMBERED_MAX, SAID_EVERY, SLEPT_MS_MIN, STALE_AFTER_MIN};
use crate::config::PrinterId;

/// What one printer said.
#[derive(Debug)]
pub(super) struct Memory {
    driver: &'static str,
    printer: PrinterId,
    salt: Salt,
    /// The configuration names the model, which comes before the printer's own word.
    model_known: bool,
    interval: Duration,
    said: HashMap<(&'static str, u8), Said>,
    /// Nothing expires before then.
    expires: Option<Instant>,
    /// A moment by both clocks, from which on they went alike.
    alike: Option<Now>,
    /// By how much the printer's clock was behind at the last time that it gave, where that is more than is believed.
    clock_off_ms: Option<i64>,
}

/// A value as it was last said.
#[derive(Debug)]
struct Said {
    item: &'static Item,
    /// As the printer gave it, and as it left: in the item's own unit.
    given: Value,
    left: Value,
    /// The printer's time of it.
    time: Option<Timestamp>,
    /// When it was last said.
    at: Instant,
    /// Three intervals after the printer last gave it, said anew or not.
    fresh_until: Instant,
    stale: bool,
}

/// What a driver says beside a value.
#[derive(Debug)]
pub(super) struct Sighting {
    pub(super) item: &'static Item,
    pub(super) part: u8,
    pub(super) time: Option<Timestamp>,
    /// What to add to the time where the printer's clock is off, in milliseconds.
    pub(super) off_ms: Option<i64>,
    pub(super) quality: Quality,
    pub(super) unit: Option<&'static Unit>,
    pub(super) every: Duration,
    /// The adapter has proved it of the interface, and the printer has not said it.
    pub(super) proved: bool,
}

impl Memory {
    pub(super) fn new(driver: &'static str, printer: PrinterId, salt: Salt, interval: Duration) -> Self {
        let (said, expires, alike, clock_off_ms) = (HashMap::new(), None, None, None);
        Self { driver, printer, salt, model_known: false, interval, said, expires, alike, clock_off_ms }
    }

    /// The configuration names the printer's model.
    pub(super) fn know_model(&mut self) {
        self.model_known = true;
    }

    pub(super) fn interval(&self) -> Duration {
        self.interval
    }

    /// The hash under which a name may leave.
    pub(super) fn hash(&self, name: &[u8]) -> Hash {
        self.salt.hash(name)
    }

    /// A value was found: the reading, if it is news.
    pub(super) fn see(
        &mut self,
        seen: &Sighting,
        value: Value,
        now: Now,
    ) -> Result<Option<Reading>, &'static str> {
        if (seen.item.said_by() == SaidBy::Adapter) != seen.proved || seen.item.said_by() == SaidBy::Log {
            return Err("an item that no printer can speak for");
        }
        if self.model_known && *seen.item == items::IDENTITY_MODEL {
            return Ok(None);
        }
        if seen.time.is_some() {
            self.clock_off_ms = seen.off_ms;
        }
        let key = (seen.item.id(), seen.part);
        let before = self.said.get(&key);
        if before.is_none() && self.said.len() >= REMEMBERED_MAX {
            return Err("more items and parts than are remembered");
        }
        let was_stale = before.is_some_and(|before| before.stale);
        let news = before.is_none_or(|before| before.is_followed_by(seen.time, &value, now));
        if !news && !was_stale {
            self.refresh(key, seen.every, now.mono);
            return Ok(None);
        }
        let reading = self.reading(seen, &value, was_stale && !news, now).map_err(Refusal::name)?;
        let left = reading.value().clone();
        let (item, time, at) = (seen.item, seen.time, now.mono);
        self.said.insert(key, Said { item, given: value, left, time, at, fresh_until: at, stale: false });
        self.refresh(key, seen.every, at);
        Ok(Some(reading))
    }

    fn refresh(&mut self, key: (&'static str, u8), every: Duration, now: Instant) {
        let Some(said) = self.said.get_mut(&key) else { return };
        let fresh = (self.interval.max(every) * INTERVALS_TO_STALE).max(STALE_AFTER_MIN);
        said.fresh_until = now + fresh;
        if said.expires() {
            self.expires = Some(self.expires.map_or(said.fresh_until, |at| at.min(said.fresh_until)));
        }
    }

    /// The reading of a value. One that was stale and is given again with the time that it had is said as of now: its
    /// own time is before that of the word that it was stale.
    fn reading(&self, seen: &Sighting, value: &Value, again: bool, now: Now) -> Result<Reading, Refusal> {
        let Sighting { item, part, .. } = *seen;
        let source = seen.time.filter(|_| !again).unwrap_or(now.wall);
        let (mut time, mut quality) = (source, seen.quality);
        // The origin keeps the printer's time, which is the source's own word.
        if let Some(off) = seen.off_ms.filter(|_| seen.time.is_some() && !again) {
            time = Timestamp(source.0.saturating_add(off));
        }
        if seen.time.is_some() && (again || seen.off_ms.is_some()) && quality == Quality::Good {
            quality = Quality::Uncertain;
        }
        let origin = self.origin(item, part, source, text(value).as_bytes());
        let mark = Mark { part, time, quality, origin };
        match (value, seen.unit) {
            (Value::Number(number), Some(unit)) => item.measured(*number, unit, mark),
            _ => say(item, value, mark),
        }
    }

    /// The origin of a polled value is printer, item, part and time, and the check of what was said.
    fn origin(&self, item: &Item, part: u8, time: Timestamp, said: &[u8]) -> catalog::Origin {
        let printer = self.printer.as_str().as_bytes();
        let source = self.salt.source(&[self.driver.as_bytes(), printer, item.id().as_bytes(), &[part]]);
        source.place(time.0.unsigned_abs(), self.salt.check(said)).origin(0)
    }

    /// By how much the printer's clock is behind, in milliseconds, where that is more than is believed.
    pub(super) fn clock_off_ms(&self) -> Option<i64> {
        self.clock_off_ms
    }

    /// When something may have grown stale.
    pub(super) fn expires_at(&self) -> Option<Instant> {
        self.expires
    }

    /// What the printer has not given for three intervals, said once: the value as it was, as of then and not to be
    /// judged by. The old value is never repeated as if it were new.
    pub(super) fn expire(&mut self, now: Now) -> Vec<Reading> {
        self.grow_older(now);
        if self.expires.is_none_or(|at| at > now.mono) {
            return Vec::new();
        }
        let mut gone = Vec::new();
        self.expires = None;
        for ((_, part), said) in &mut self.said {
            if !said.expires() {
                continue;
            }
            if said.fresh_until <= now.mono {
                said.stale = true;
                let ago = i64::try_from(now.mono.saturating_duration_since(said.fresh_until).as_millis())
                    .unwrap_or(i64::MAX);
                let then = Timestamp(now.wall.0.saturating_sub(ago));
                gone.push((said.item, *part, said.left.clone(), then));
            } else {
                self.expires = Some(self.expires.map_or(said.fresh_until, |at| at.min(said.fresh_until)));
            }
        }
        let stale = |(item, part, value, time): (&'static Item, u8, Value, Timestamp)| {
            let origin = self.origin(item, part, time, b"stale");
            say(item, &value, Mark { part, time, quality: Quality::Bad, origin }).ok()
        };
        gone.into_iter().filter_map(stale).collect()
    }

    /// While this machine was suspended its monotonic clock stood still, and the values grew older all the same.
    fn grow_older(&mut self, now: Now) {
        let slept = self.slept(now);
        if slept == Duration::ZERO {
            return;
        }
        let older = |at: Instant| at.checked_sub(slept).unwrap_or(now.mono);
        self.expires = self.expires.map(older);
        for said in self.said.values_mut() {
            (said.at, said.fresh_until) = (older(said.at), older(said.fresh_until));
        }
    }

    /// For how long this machine was suspended, where that was not said before: its monotonic clock stood still, and the other
    /// did not. Where that was set forward instead, values that are fresh are said to be stale once too often.
    fn slept(&mut self, now: Now) -> Duration {
        let alike = *self.alike.get_or_insert(now);
        let mono = i64::try_from(now.mono.saturating_duration_since(alike.mono).as_millis());
        let apart = (now.wall.0.saturating_sub(alike.wall.0)).saturating_sub(mono.unwrap_or(i64::MAX));
        if apart.unsigned_abs() < SLEPT_MS_MIN {
            return Duration::ZERO;
        }
        self.alike = Some(now);
        u64::try_from(apart).map_or(Duration::ZERO, Duration::from_millis)
    }

    /// Whether the adapter can talk to the printer.
    pub(super) fn reachability(&self, code: &str, now: Now) -> Result<Reading, Refusal> {
        let item = &items::PRINTER_REACHABILITY;
        let origin = self.origin(item, 0, now.wall, code.as_bytes());
        item.code(code, Mark { part: 0, time: now.wall, quality: Quality::Good, origin })
    }
}

impl Said {
    /// Whether this, coming after it, is to be said.
    fn is_followed_by(&self, time: Option<Timestamp>, value: &Value, now: Now) -> bool {
        match time {
            // Two words within a millisecond are two.
            Some(time) => self.time != Some(time) || self.given != *value,
            // What has happened again is no state that lasts.
            None if matches!(self.item.kind(), Kind::Event(_)) => true,
            None => self.given != *value || now.mono >= self.at + SAID_EVERY,
        }
    }

    /// What happened at a moment and who the printer is do not grow stale.
    fn expires(&self) -> bool {
        !self.stale && !matches!(self.item.kind(), Kind::Event(_) | Kind::Identity)
    }
}

fn say(item: &'static Item, value: &Value, mark: Mark) -> Result<Reading, Refusal> {
    match value {
        Value::Number(number) => item.number(*number, mark),
        Value::Code(code) => item.code(code, mark),
        Value::Hash(hash) => item.hash(*hash, mark),
        Value::Identity(identity) => item.identity(identity.clone(), mark),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Number(number) => number.to_string(),
        Value::Code(code) => (*code).to_owned(),
        Value::Hash(hash) => hash.to_string(),
        Value::Identity(identity) => identity.as_str().to_owned(),
    }
}
