//! What a full buffer costs the one who puts something in, and, since it has one lock, everybody else meanwhile: a reading
//! that finds no room, after so much polled data of one printer.

use std::sync::Arc;

use adapter::buffer::Buffer;
use adapter::config::{self, AdapterName, PrinterId, WhenFull};
use adapter::counters::Counters;
use catalog::{Item, Mark, Quality, Reading, Salt, Timestamp, items};
use divan::Bencher;

/// The ceilings, in MiB: the default for one printer and for twenty of them, nearly.
const MIB: [usize; 2] = [64, 4];
const START: i64 = 1_795_342_530_000;

fn main() {
    divan::main();
}

/// A second's values of a printer after another: the first step of thinning is enough.
#[divan::bench(args = MIB, sample_count = 10, sample_size = 1)]
fn usual(bencher: Bencher<'_, '_>, mib: usize) {
    put_one_more(bencher, mib, |number| {
        let (second, item) = (i64::from(number / PARTS), number % PARTS);
        reading(&items::HEATER_TEMPERATURE, item, START + second * 1000, Quality::Good)
    });
}

/// No value stands for another, so that nothing is thinned at any step.
#[divan::bench(args = MIB, sample_count = 10, sample_size = 1)]
fn worst(bencher: Bencher<'_, '_>, mib: usize) {
    put_one_more(bencher, mib, |number| {
        let quality = if (number / PARTS).is_multiple_of(2) { Quality::Good } else { Quality::Uncertain };
        let second = i64::from(number / PARTS);
        reading(&items::HEATER_TEMPERATURE, number % PARTS, START + second * 1000, quality)
    });
}

/// Numbers of a printer at each second.
const PARTS: u32 = 36;

fn put_one_more(bencher: Bencher<'_, '_>, mib: usize, of: impl Fn(u32) -> Option<Reading> + Sync) {
    let full = || {
        let counters = Arc::<Counters>::default();
        let (name, printer) = (AdapterName::parse("bench")?, PrinterId::parse("p01")?);
        let config = config::Buffer { bytes_max: mib << 20, when_full: WhenFull::Thin };
        let buffer = Buffer::new(config, &name, std::slice::from_ref(&printer), Arc::clone(&counters));
        let mut number = 0;
        loop {
            let before = buffer.bytes();
            // One that makes others give way is the next to be measured: it is put into a buffer that is as full as it gets.
            if before + size_of::<Reading>() > (mib << 20) / 4 * 3 / 2 {
                return Some((buffer, printer, of(number)?));
            }
            buffer.put_polled(&printer, Vec::from_iter(of(number)));
            number += 1;
        }
    };
    bencher.with_inputs(full).bench_values(|full| {
        if let Some((buffer, printer, more)) = full {
            buffer.put_polled(&printer, vec![more]);
            assert!(buffer.bytes() > 0);
            // Dropping it is not measured.
            return Some(buffer);
        }
        None
    });
}

fn reading(item: &'static Item, part: u32, time: i64, quality: Quality) -> Option<Reading> {
    let part = u8::try_from(part).unwrap_or_default();
    let origin = Salt::new([7; 16]).source(&[b"bench"]).place(time.unsigned_abs(), 7).origin(part.into());
    let mark = Mark { part, time: Timestamp(time), quality, origin };
    item.number(200.0 + f64::from(part), mark).ok()
}
