//! The tail as it runs, told by the kernel.

mod another;
mod fair;
mod flat;
mod hand;
mod heads;
mod rotation;
mod troubles;

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;

use super::limits::LINE_BYTES_MAX;
use super::*;
use crate::normalise::testing::{self, Bench, line, record_numbers};
use catalog::Reading;
use tempfile::TempDir;

fn is_record(reading: &Reading) -> bool {
    reading.item().id() == "log.record"
}

/// A tail of a directory, started when the directory is as the test wants it.
struct Case {
    bench: Bench,
    directory: TempDir,
}

impl Case {
    fn new() -> Self {
        Self { bench: testing::bench(), directory: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn append(&self, name: &str, text: &str) {
        let mut file = OpenOptions::new().append(true).create(true).open(self.path(name)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    /// Lines with these record numbers.
    pub(super) fn lines(&self, name: &str, numbers: impl IntoIterator<Item = u64>) {
        self.append(name, &numbers.into_iter().map(|number| line(number) + "\n").collect::<String>());
    }

    fn start(&self) {
        start(&testing::printer_with_logs(self.directory.path()), HELD_MAX, &self.bench.context);
    }
}

#[tokio::test]
async fn every_file_is_read_from_its_beginning_and_then_as_it_grows() {
    let case = Case::new();
    case.lines("laser.log.1", 1..=2);
    case.lines("laser.log", 3..=4);
    case.append("notes.txt", "not a log\n");
    case.start();
    let mut first = case.bench.store_records(4).await;
    first.sort_unstable();
    assert_eq!(first, [1, 2, 3, 4]);
    case.lines("laser.log", 5..=6);
    assert_eq!(case.bench.store_records(2).await, [5, 6]);
}

#[tokio::test]
async fn a_file_that_comes_later_is_found_and_so_is_a_directory() {
    let mut case = Case::new();
    let real = case.directory.path().join("sub");
    fs::create_dir(&real).unwrap();
    start(&testing::printer_with_logs(&real), HELD_MAX, &case.bench.context);
    case.lines("sub/vat.log", 1..=1);
    assert_eq!(case.bench.store_records(1).await, [1]);
    case.lines("sub/chamber.log", 2..=2);
    assert_eq!(case.bench.store_records(1).await, [2]);
    case.bench.lifecycle.soft.cancel();
    // A directory that is not there yet is found by the slow look.
    case.bench = testing::bench();
    start(&testing::printer_with_logs(&case.path("later")), HELD_MAX, &case.bench.context);
    fs::create_dir(case.path("later")).unwrap();
    case.lines("later/vat.log", 3..=3);
    assert_eq!(case.bench.store_records(1).await, [3]);
}

#[tokio::test]
async fn a_half_line_waits_for_its_end() {
    let case = Case::new();
    let (head, tail) = (line(2), line(3));
    case.append("laser.log", &format!("{}\r\n{}", line(1), &head[..30]));
    case.start();
    assert_eq!(case.bench.store_records(1).await, [1]);
    case.append("laser.log", &format!("{}\n{tail}", &head[30..]));
    assert_eq!(case.bench.store_records(1).await, [2]);
    case.append("laser.log", "\n");
    assert_eq!(case.bench.store_records(1).await, [3]);
    assert_eq!(case.bench.context.counters.lines_unmatched.now(), 0);
}

#[tokio::test]
async fn a_rename_with_unread_bytes_loses_nothing_and_doubles_nothing() {
    let case = Case::new();
    case.lines("faults.log", 1..=1);
    case.start();
    assert_eq!(case.bench.store_records(1).await, [1]);
    // The writer appends, renames, appends once more through the handle that it still has, and begins anew.
    let mut held = OpenOptions::new().append(true).open(case.path("faults.log")).unwrap();
    case.lines("faults.log", 2..=500);
    fs::rename(case.path("faults.log"), case.path("faults.log.1")).unwrap();
    held.write_all(format!("{}\n", line(501)).as_bytes()).unwrap();
    case.lines("faults.log", 502..=600);
    let mut numbers = case.bench.store_records(599).await;
    numbers.sort_unstable();
    assert_eq!(numbers, (2..=600).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_rename_out_of_the_pattern_loses_nothing_either() {
    let case = Case::new();
    case.lines("faults.log", 1..=1);
    case.start();
    assert_eq!(case.bench.store_records(1).await, [1]);
    let mut held = OpenOptions::new().append(true).open(case.path("faults.log")).unwrap();
    fs::rename(case.path("faults.log"), case.path("old")).unwrap();
    held.write_all(format!("{}\n", line(2)).as_bytes()).unwrap();
    assert_eq!(case.bench.store_records(1).await, [2]);
}

#[tokio::test]
async fn an_emptied_file_is_read_anew_with_other_origins() {
    let case = Case::new();
    case.lines("laser.log", 1..=2);
    case.start();
    let before = case.bench.store(2, |reading| reading.item().id() == "log.record").await;
    File::create(case.path("laser.log")).unwrap();
    case.lines("laser.log", 7..=7);
    let after = case.bench.store(1, |reading| reading.item().id() == "log.record").await;
    assert_eq!(record_numbers(&after), [7]);
    assert!(before.iter().all(|reading| reading.origin() != after[0].origin()));
}

#[tokio::test]
async fn a_file_that_was_emptied_and_filled_past_the_old_end_is_noticed() {
    let case = Case::new();
    case.lines("laser.log", 1..=2);
    case.start();
    assert_eq!(case.bench.store_records(2).await, [1, 2]);
    // In one step, as far as anyone who looks can tell: the same inode, and longer than before.
    let text: String = (11..=14).map(|number| line(number) + "\n").collect();
    fs::write(case.path("laser.log"), text).unwrap();
    assert_eq!(case.bench.store_records(4).await, [11, 12, 13, 14]);
}

#[tokio::test]
async fn after_a_nack_the_file_is_read_again_from_what_was_stored_with_the_same_origins() {
    let case = Case::new();
    case.lines("laser.log", 1..=1);
    case.start();
    assert_eq!(case.bench.store_records(1).await, [1]);
    case.lines("laser.log", 2..=3);
    let mut nacked = Vec::new();
    while record_numbers(&nacked).len() < 2 {
        let taken = case.bench.take().await;
        nacked.extend(taken.1.batch().readings.clone());
        case.bench.finish(taken, false);
    }
    let again = case.bench.store(nacked.len(), |_| true).await;
    assert_eq!(again, nacked);
}

#[tokio::test]
async fn what_is_no_line_is_counted_and_the_next_line_is_read() {
    let case = Case::new();
    case.append("laser.log", &"x".repeat(LINE_BYTES_MAX * 2));
    case.append("laser.log", "\nno known format\n\0\u{1}\n\n");
    case.lines("laser.log", 1..=1);
    case.start();
    assert_eq!(case.bench.store_records(1).await, [1]);
    assert!(case.bench.context.counters.lines_unmatched.now() >= 2);
}

#[tokio::test]
async fn a_full_buffer_holds_up_the_reading_and_loses_nothing() {
    let case = Case::new();
    case.lines("laser.log", 1..=60_000);
    case.start();
    let first = case.bench.take().await;
    // Everything that there is room for is read by then; the rest stays in its file.
    assert!(case.bench.context.buffer.bytes() <= testing::BYTES_MAX / 4);
    let mut numbers = record_numbers(&first.1.batch().readings);
    case.bench.finish(first, true);
    numbers.extend(case.bench.store_records(60_000 - numbers.len()).await);
    assert_eq!(numbers, (1..=60_000).collect::<Vec<_>>());
}
