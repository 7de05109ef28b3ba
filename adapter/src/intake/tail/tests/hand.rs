//! A tail that is driven by hand: a look when the test says so, a piece when it says so, and no time passes.

use std::collections::HashSet;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;

use catalog::{Origin, Reading};
use futures::FutureExt as _;
use tempfile::TempDir;

use super::super::*;
use crate::buffer::COALESCE;
use crate::clock::Clock;
use crate::config::PrinterId;
use crate::normalise::testing::{self, Bench, record_numbers};

pub(super) struct Hand {
    pub(super) bench: Bench,
    pub(super) directory: TempDir,
    pub(super) tail: Tail,
    printer: Printer,
    /// What the platform has stored, in order.
    pub(super) stored: Vec<Reading>,
}

impl Hand {
    pub(super) fn new() -> Self {
        Self::with(|_| {})
    }

    /// With another configuration.
    pub(super) fn with(change: impl FnOnce(&mut Printer)) -> Self {
        let (bench, directory) = (testing::bench(), tempfile::tempdir().unwrap());
        let mut printer = testing::printer_with_logs(directory.path());
        change(&mut printer);
        let tail = Tail::new(&printer, HELD_MAX, &bench.context).unwrap();
        Self { bench, directory, tail, printer, stored: Vec::new() }
    }

    /// So many printers, each with a directory of its own, before one platform.
    pub(super) fn many(number: usize) -> Vec<Self> {
        let ids: Vec<_> = (0..number).map(|n| PrinterId::parse(&format!("p{n:02}")).unwrap()).collect();
        let bench = testing::bench_of(&ids);
        let hand = |id: PrinterId| {
            let directory = tempfile::tempdir().unwrap();
            let bench = Bench { context: bench.context.clone(), lifecycle: bench.lifecycle.clone() };
            let printer = Printer { id, ..testing::printer_with_logs(directory.path()) };
            let tail = Tail::new(&printer, HELD_MAX, &bench.context).unwrap();
            Self { bench, directory, tail, printer, stored: Vec::new() }
        };
        ids.into_iter().map(hand).collect()
    }

    /// The adapter starts anew an hour later; the platform keeps what it has.
    pub(super) fn restart(&mut self) {
        let later = Timestamp(self.bench.context.clock.now().0 + 3_600_000);
        self.bench = testing::bench();
        self.bench.context.clock = Clock::fixed(later);
        self.tail = Tail::new(&self.printer, HELD_MAX, &self.bench.context).unwrap();
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(super) fn append(&self, name: &str, text: impl AsRef<[u8]>) {
        let mut file = OpenOptions::new().append(true).create(true).open(self.path(name)).unwrap();
        file.write_all(text.as_ref()).unwrap();
    }

    /// Lines with these record numbers.
    pub(super) fn lines(&self, name: &str, numbers: impl IntoIterator<Item = u64>) {
        self.append(name, numbers.into_iter().map(|number| testing::line(number) + "\n").collect::<String>());
    }

    pub(super) fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    pub(super) async fn look(&mut self) {
        self.tail.look().await;
    }

    /// Looks, reads everything and has it stored.
    pub(super) async fn settle(&mut self) {
        self.look().await;
        self.read().await;
    }

    /// Reads everything and has it stored.
    pub(super) async fn read(&mut self) {
        while self.tail.step().await || self.store() {}
    }

    /// Stores what waits, and lets the tail know. Says whether anything happened.
    pub(super) fn store(&mut self) -> bool {
        let mut happened = self.turn();
        while let Some((lane, load)) = self.bench.context.buffer.take(Instant::now() + COALESCE) {
            self.stored.extend(load.batch().readings.iter().cloned());
            self.bench.finish((lane, load), true);
            happened = true;
            self.turn();
        }
        happened
    }

    /// What is under way goes as far as it can without the platform.
    pub(super) fn turn(&mut self) -> bool {
        let mut happened = false;
        while let Some(Some(done)) = self.tail.under_way.next().now_or_never() {
            self.tail.done(done);
            happened = true;
        }
        happened
    }

    /// The numbers of the records that are stored, sorted; a row that came twice is one row.
    pub(super) fn rows(&self) -> Vec<u64> {
        let mut origins = HashSet::<Origin>::new();
        let rows: Vec<_> =
            self.stored.iter().filter(|reading| origins.insert(reading.origin())).cloned().collect();
        let mut numbers = record_numbers(&rows);
        numbers.sort_unstable();
        numbers
    }
}
