//! An infotable of 500 rows, both ways: what the adapter sends and what the platform takes.

use catalog::{Mark, Quality, Reading, Salt, Timestamp, items};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use protocol::thingworx::{Row, decode_update, encode_update};

#[global_allocator]
static ALLOCATIONS: divan::AllocProfiler = divan::AllocProfiler::system();

const ROWS: u16 = 500;

fn main() {
    divan::main();
}

#[divan::bench]
fn encode(bencher: Bencher<'_, '_>) {
    let readings = readings();
    bencher.counter(ItemsCount::new(ROWS)).bench(|| {
        let rows: Vec<Row> = black_box(&readings).iter().map(Row::from_reading).collect();
        encode_update(&rows, true)
    });
}

#[divan::bench]
fn decode(bencher: Bencher<'_, '_>) {
    let rows: Vec<Row> = readings().iter().map(Row::from_reading).collect();
    let body = encode_update(&rows, true);
    bencher.counter(ItemsCount::new(ROWS)).bench(|| {
        let rows = decode_update(black_box(&body)).unwrap_or_default();
        rows.iter().filter_map(|row| row.reading().ok()).collect::<Vec<_>>()
    });
}

fn readings() -> Vec<Reading> {
    let source = Salt::new([7; 16]).source(&[b"bench"]);
    let reading = |number: u16| {
        let origin = source.place(u64::from(number) * 118, 7).origin(0);
        let time = Timestamp(1_795_342_530_000 + i64::from(number));
        let mark = Mark { part: 0, time, quality: Quality::Good, origin };
        match number % 3 {
            0 => items::LASER_POWER.number(500.0 + f64::from(number) / 7.0, mark),
            1 => items::VAT_TEMPERATURE.number(30.0 + f64::from(number) / 700.0, mark),
            _ => items::RECOATER_FAULT.code("none", mark),
        }
    };
    (0..ROWS).filter_map(|number| reading(number).ok()).collect()
}
