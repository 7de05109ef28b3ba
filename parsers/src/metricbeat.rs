//! What Metricbeat says of the printer's computer.
//!
//! The indices in the origins are fixed by item: an event that is read again by a later version keeps them.

use catalog::{Item, Mark, Place, Quality, Refusal as Catalogue, Salt, Timestamp, Unit, items};

use crate::beats::{Event, Field, Measure};
use crate::limits::DISKS_MAX;
use crate::{Context, Output, fuzz};

/// Adds what an event of the `system` module says. An event of another module, of a data set that is not read,
/// or without any field that is, counts as unmatched by the shape of the data set's name. An event without a
/// time gives nothing: [`Event::parse`] lets no such one through as [`crate::beats::Beat::Metricbeat`].
pub fn readings(event: &Event<'_>, place: Place, context: &Context, output: &mut Output) {
    let Some(time) = event.timestamp else { return };
    let dataset = event.dataset.as_deref().unwrap_or_default();
    let before = output.readings.len() + output.refused.len();
    let mut sheet = Sheet { place, time, part: 0, quality: Quality::Good, output: &mut *output };
    match dataset {
        "system.cpu" => sheet.cpu(event),
        "system.load" => sheet.number(0, &items::HOST_LOAD, event.measure(Field::LoadOneMinute)),
        "system.memory" => sheet.memory(event),
        "system.filesystem" => sheet.filesystem(event, &context.salt),
        "system.fsstat" => sheet.number(0, &items::HOST_FILES, event.measure(Field::FsstatTotalFiles)),
        _ => {}
    }
    if output.readings.len() + output.refused.len() == before {
        output.unmatch(dataset.as_bytes());
    }
}

/// Where the readings of one event are written.
struct Sheet<'o> {
    place: Place,
    time: Timestamp,
    part: u8,
    quality: Quality,
    output: &'o mut Output,
}

impl Sheet<'_> {
    fn cpu(&mut self, event: &Event<'_>) {
        let [total, total_norm] =
            [Field::CpuTotalPct, Field::CpuTotalNormPct].map(|field| event.measure(field));
        let [idle, idle_norm] = [Field::CpuIdlePct, Field::CpuIdleNormPct].map(|field| event.measure(field));
        let cores = event.measure(Field::CpuCores);
        let written = total_norm != Measure::Absent;
        let total = over_all_cores(total_norm, total, cores);
        // The first sample after Metricbeat's start has nothing to compare with. Where it says so, by a
        // processor that is neither busy nor idle, it is not to be judged by.
        let idle = over_all_cores(idle_norm, idle, cores);
        if total == Measure::Number(0.0) && idle == Measure::Number(0.0) {
            self.quality = Quality::Bad;
        }
        match total {
            // A quotient of two numbers is what neither of them wrote.
            Measure::Number(share) if !written => {
                self.number(0, &items::HOST_CPU, Measure::Number(share * 100.0))
            }
            total => self.share(0, &items::HOST_CPU, total),
        }
    }

    fn memory(&mut self, event: &Event<'_>) {
        self.number(0, &items::HOST_MEMORY_TOTAL, event.measure(Field::MemoryTotal));
        let used = first(event.measure(Field::MemoryActualUsedPct), event.measure(Field::MemoryUsedPct));
        self.share(1, &items::HOST_MEMORY_USED, used);
    }

    fn filesystem(&mut self, event: &Event<'_>, salt: &Salt) {
        self.part = event.disk().map_or(0, |name| disk_number(&name, salt));
        self.share(0, &items::HOST_FILESYSTEM_USED, event.measure(Field::FilesystemUsedPct));
        let free = first(event.measure(Field::FilesystemAvailable), event.measure(Field::FilesystemFree));
        self.number(1, &items::HOST_FILESYSTEM_FREE, free);
    }

    /// Metricbeat's shares are of one; the catalogue's are of a hundred.
    fn share(&mut self, index: u16, item: &'static Item, measure: Measure) {
        self.measured(index, item, measure, items::HOST_LOAD.unit());
    }

    fn number(&mut self, index: u16, item: &'static Item, measure: Measure) {
        self.measured(index, item, measure, item.unit());
    }

    fn measured(&mut self, index: u16, item: &'static Item, measure: Measure, unit: &'static Unit) {
        let mark = Mark {
            part: self.part,
            time: self.time,
            quality: self.quality,
            origin: self.place.origin(index),
        };
        match measure {
            Measure::Absent => {}
            Measure::Other => self.output.refuse(Some(item), Catalogue::NotANumber.into()),
            Measure::Number(number) => {
                self.output.take(item, item.measured(number, unit, mark).map_err(Into::into));
            }
        }
    }
}

/// The share over all cores: said so, or that of one core divided by their number.
fn over_all_cores(norm: Measure, share: Measure, cores: Measure) -> Measure {
    match (norm, share, cores) {
        (Measure::Absent, Measure::Number(pct), Measure::Number(cores)) if cores >= 1.0 => {
            Measure::Number(pct / cores)
        }
        // Without the number of cores, a share of one core says nothing about all of them.
        (Measure::Absent, Measure::Number(_), _) => Measure::Absent,
        (Measure::Absent, pct, _) => pct,
        (norm, ..) => norm,
    }
}

fn first(one: Measure, other: Measure) -> Measure {
    if one == Measure::Absent { other } else { one }
}

/// The number under which a disk leaves, from its name alone: an event speaks of one disk and knows no others. Two
/// disks of one computer can fall together (with three disks, in one computer of 67); their readings then stand
/// under one number, each with its own origin.
fn disk_number(name: &str, salt: &Salt) -> u8 {
    u8::try_from(salt.check(name.as_bytes()) % DISKS_MAX + 1).unwrap_or(u8::MAX)
}

/// What the fuzz target runs: no event makes this panic or break what holds for every line.
#[doc(hidden)]
pub fn fuzz_body(data: &[u8]) {
    let context = fuzz::context();
    let Ok(event) = Event::parse(data) else { return };
    let mut output = Output::default();
    readings(&event, event.place(&context.salt), &context, &mut output);
    fuzz::assert_sound(&output.readings);
}
