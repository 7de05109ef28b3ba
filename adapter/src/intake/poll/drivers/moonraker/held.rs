//! What Klipper last said of each object. It tells only of changes, four times a second at the most; once an interval
//! all that is held is said.

use catalog::items;
use serde_json::Value;

use super::Klippy;
use super::api::{Host, Status};
use super::job::Job;
use super::objects::{self, JOB, Number, Object};
use crate::intake::poll::found::Found;

/// What Klipper was last told to do. It is never taken back when Klipper shuts down, though everything is off then.
const TOLD: &[&str] = &["target", "power", "speed"];

/// The objects that are looked at, and what they last were.
#[derive(Default)]
pub(super) struct Held {
    objects: Vec<Object>,
    pub(super) job: Job,
    host: Host,
}

// By hand: users name their objects, and those names must not reach a log, not even by `{:?}`.
impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Held")
            .field("objects", &self.objects.len())
            .field("job", &self.job)
            .finish_non_exhaustive()
    }
}

impl Held {
    /// Those of a list, of which nothing is known yet.
    pub(super) fn of(names: &[String]) -> Self {
        Self { objects: objects::of(names), ..Self::default() }
    }

    /// What to ask for.
    pub(super) fn wanted(&self) -> impl Iterator<Item = (String, &'static [&'static str])> + '_ {
        self.objects.iter().map(|object| (object.name.clone(), object.fields))
    }

    /// Takes in what has changed. Objects and fields that were not asked for are passed over.
    pub(super) fn take(&mut self, status: &Status) {
        for object in &mut self.objects {
            let Some(fields) = status.get(&object.name) else { continue };
            for number in &mut object.numbers {
                number.take(fields);
            }
            if object.name == JOB {
                self.job.take(fields);
            }
        }
    }

    pub(super) fn take_host(&mut self, host: Host) {
        self.host = host;
    }

    /// From now on a number is known only once it has changed again.
    pub(super) fn forget_numbers(&mut self) {
        for number in self.objects.iter_mut().flat_map(|object| &mut object.numbers) {
            number.value = None;
        }
    }

    /// Says all that is known, of a Klipper that is like this.
    pub(super) fn say(&mut self, klippy: Klippy, found: &mut Found<'_>) {
        let has_job = self.job.say(found);
        for number in self.objects.iter().flat_map(|object| &object.numbers) {
            // How far it is means something of a job alone.
            let is_empty = !has_job && *number.item == items::BUILD_PROGRESS;
            let is_old =
                klippy != Klippy::Up && number.place.first().is_some_and(|field| TOLD.contains(field));
            if !is_empty && !is_old {
                number.say(found);
            }
        }
        // It is told each second: what is not told again is not known again.
        let host = std::mem::take(&mut self.host);
        if let Some(cpu) = host.system_cpu_usage.cpu {
            found.of(&items::HOST_CPU).number(cpu);
        }
        if let Some(total) = host.system_memory.total {
            found.of(&items::HOST_MEMORY_TOTAL).unit("KiBy").number(total);
        }
    }
}

impl Number {
    fn take(&mut self, fields: &Value) {
        let Some((field, within)) = self.place.split_first() else { return };
        let Some(value) = fields.get(field) else { return };
        let value = within.iter().try_fold(value, |value, name| value.get(name));
        // Null where Klipper has none, such as the turns of a fan that does not tell them.
        self.value = value.and_then(Value::as_f64);
    }

    fn say(&self, found: &mut Found<'_>) {
        let Some(value) = self.value else { return };
        let seen = found.of(self.item).part(self.part);
        let seen = if let Some(unit) = self.unit { seen.unit(unit) } else { seen };
        seen.number(value * self.times);
    }
}
