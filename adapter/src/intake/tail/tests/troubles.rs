//! What goes wrong with one file or directory is said, tried again, and troubles nobody else.

use std::fs;

use tokio::time::Instant;

use super::super::files::Files;
use super::super::limits::{
    ENTRIES_MAX, FILES_MAX, FORGET_AFTER, HEAD_LINES_MAX, HELD_MAX, LINE_BYTES_MAX, NACK_WAIT,
};
use super::hand::Hand;
use crate::counters::Extent;
use crate::normalise::testing::line;

#[tokio::test]
async fn a_directory_that_goes_and_comes_back_is_read_on() {
    let mut hand = Hand::new();
    hand.lines("laser.log", 1..=2);
    hand.settle().await;
    let away = tempfile::tempdir().unwrap();
    let (here, there) = (hand.directory.path().to_owned(), away.path().join("logs"));
    fs::rename(&here, &there).unwrap();
    for times in 1..=3 {
        hand.settle().await;
        assert_eq!(hand.tail.troubles.times("directory"), times);
    }
    assert_eq!(hand.tail.files.len(), 1, "its files are held");
    fs::rename(&there, &here).unwrap();
    hand.lines("laser.log", 3..=4);
    hand.settle().await;
    hand.settle().await;
    assert_eq!((hand.rows(), hand.tail.troubles.times("directory")), (vec![1, 2, 3, 4], 0));
    assert_eq!(hand.stored.len(), 8, "nothing was read twice");
}

#[tokio::test]
async fn an_empty_directory_in_its_place_as_when_a_share_is_unmounted() {
    let mut hand = Hand::new();
    hand.lines("laser.log", 1..=2);
    hand.settle().await;
    let away = tempfile::tempdir().unwrap();
    let (here, there) = (hand.directory.path().to_owned(), away.path().join("logs"));
    fs::rename(&here, &there).unwrap();
    fs::create_dir(&here).unwrap();
    hand.settle().await;
    fs::remove_dir(&here).unwrap();
    fs::rename(&there, &here).unwrap();
    hand.lines("laser.log", [3]);
    hand.settle().await;
    assert_eq!(hand.rows(), [1, 2, 3]);
}

#[tokio::test]
async fn more_files_than_may_be_open_are_read_one_after_the_other() {
    let mut hand = Hand::new();
    hand.tail.files = Files::new(3);
    for number in 1..=10 {
        hand.lines(&format!("{number}.log"), [number]);
    }
    for _ in 0..10 {
        hand.settle().await;
        assert!(hand.tail.files.open() <= 3);
    }
    assert_eq!(hand.rows(), (1..=10).collect::<Vec<_>>());
    for number in 1..=10 {
        hand.lines(&format!("{number}.log"), [10 + number]);
        hand.settle().await;
    }
    assert_eq!((hand.rows(), hand.tail.files.open()), ((1..=20).collect(), 3));
    assert_eq!(hand.stored.len(), 40, "and nothing twice");
    // One that was closed is another one by now.
    fs::write(hand.path("1.log"), (31..=33).map(|number| line(number) + "\n").collect::<String>()).unwrap();
    hand.settle().await;
    assert_eq!(hand.rows(), (1..=20).chain(31..=33).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_file_of_no_known_family_is_not_held_open() {
    let mut hand = Hand::with(|printer| printer.format = None);
    hand.append("notes.log", "something else\n".repeat(HEAD_LINES_MAX + 1));
    hand.settle().await;
    assert_eq!((hand.tail.files.len(), hand.tail.files.open()), (1, 0));
    fs::write(hand.path("notes.log"), line(1) + "\n").unwrap();
    hand.settle().await;
    assert_eq!((hand.rows(), hand.tail.files.open()), (vec![1], 1));
}

#[tokio::test]
async fn a_line_more_costs_no_look_at_the_directory_and_a_file_more_does() {
    let mut hand = Hand::new();
    hand.lines("laser.log", 1..=2);
    hand.settle().await;
    hand.tail.watch.changed().await;
    assert!(!hand.tail.glance().await, "what happened before the watch began was told by nobody");
    hand.lines("laser.log", [3]);
    while hand.rows().len() < 3 {
        hand.tail.watch.changed().await;
        assert!(hand.tail.glance().await);
        hand.read().await;
    }
    hand.lines("vat.log", [4]);
    hand.tail.watch.changed().await;
    while hand.tail.glance().await {
        hand.tail.watch.changed().await;
    }
    hand.settle().await;
    assert_eq!(hand.rows(), [1, 2, 3, 4]);
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_is_tried_at_each_look_and_the_others_are_read() {
    let mut hand = Hand::new();
    hand.lines("laser.log", [1]);
    // Permissions do not stop root, who may run this test; a name that leads nowhere does. What a look finds and what
    // an opening finds differ here as they do for a file that may not be read.
    hand.lines("vat.log", [2]);
    let logs = std::sync::Arc::clone(&hand.tail.logs);
    let scan = super::super::directory::scan(&logs.directory, &logs.pattern).unwrap();
    hand.rename("vat.log", "away");
    for times in 1..=3 {
        let found = scan.found.iter().map(|found| super::super::directory::Found {
            id: found.id,
            path: found.path.clone(),
            seen: found.seen,
            born: found.born,
        });
        let scan = super::super::directory::Scan { found: found.collect(), ..scan };
        hand.tail.take_over(scan).await;
        hand.read().await;
        assert_eq!((hand.rows(), hand.tail.troubles.times("file")), (vec![1], times));
    }
    hand.rename("away", "vat.log");
    hand.settle().await;
    assert_eq!(hand.rows(), [1, 2]);
}

#[tokio::test]
async fn a_handle_that_gives_errors_is_exchanged_and_the_position_stays() {
    let mut hand = Hand::new();
    hand.lines("laser.log", 1..=2);
    hand.settle().await;
    let id = hand.tail.files.ids()[0];
    // A directory's handle gives an error when it is read, as one on a share does that was mounted anew.
    let broken = fs::File::open(hand.directory.path()).unwrap();
    hand.tail.files.file(id).unwrap().file = Some(broken.into());
    hand.lines("laser.log", [3]);
    hand.settle().await;
    assert_eq!((hand.rows(), hand.tail.troubles.times("read")), (vec![1, 2], 1));
    hand.settle().await;
    assert_eq!((hand.rows(), hand.stored.len()), (vec![1, 2, 3], 6));
}

#[tokio::test]
async fn what_is_packed_is_passed_by_and_said_once() {
    let mut hand = Hand::new();
    for name in ["laser.log.1.gz", "laser.log.2.zst", "notes.gz"] {
        hand.append(name, "\x1f");
    }
    hand.settle().await;
    assert_eq!(hand.tail.passed.get("packed_files"), Some(&2));
    assert_eq!((hand.tail.files.len(), hand.bench.context.counters.lines_unmatched.now()), (0, 0));
}

#[tokio::test]
async fn a_directory_that_is_cut_is_said_at_once_and_counted_at_each_look() {
    let mut hand = Hand::new();
    for n in 0..=ENTRIES_MAX {
        fs::File::create(hand.path(&format!("{n}.txt"))).unwrap();
    }
    hand.settle().await;
    hand.settle().await;
    assert_eq!(hand.tail.troubles.times("too_many_entries"), 2);
}

#[tokio::test(start_paused = true)]
async fn what_is_remembered_is_bounded_whatever_comes_and_goes() {
    let mut hand = Hand::new();
    for round in 0..8 {
        for n in 0..FILES_MAX as u64 {
            hand.append(&format!("{n}.log"), line(round * 1000 + n) + "\n");
        }
        // Deleted before it is stored: their lines are nowhere else.
        hand.look().await;
        assert!(hand.tail.files.len() <= HELD_MAX, "{}", hand.tail.files.len());
        for n in 0..FILES_MAX {
            fs::remove_file(hand.path(&format!("{n}.log"))).unwrap();
        }
    }
    hand.settle().await;
    assert!(hand.tail.under_way.is_empty());
    for _ in 0..3 {
        tokio::time::advance(FORGET_AFTER).await;
        hand.settle().await;
    }
    assert_eq!(hand.tail.files.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_has_gone_is_held_until_it_is_stored_also_after_a_nack() {
    let mut hand = Hand::new();
    hand.lines("laser.log", 1..=2);
    hand.look().await;
    while hand.tail.step().await {
        hand.turn();
    }
    fs::remove_file(hand.path("laser.log")).unwrap();
    hand.look().await;
    tokio::time::advance(FORGET_AFTER).await;
    let taken = hand.bench.context.buffer.take(Instant::now()).unwrap();
    hand.bench.finish(taken, false);
    hand.turn();
    hand.look().await;
    hand.look().await;
    tokio::time::advance(NACK_WAIT).await;
    hand.settle().await;
    assert_eq!(hand.rows(), [1, 2], "its lines were nowhere else");
}

#[tokio::test]
async fn what_is_not_read_is_told_by_printer_and_reason_and_when_it_is_over() {
    let mut hand = Hand::with(|printer| {
        printer.logs.as_mut().unwrap().look_back = Some(std::time::Duration::from_secs(3600));
    });
    let old = fs::File::create(hand.path("old.log")).unwrap();
    old.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    hand.append("packed.log.1.gz", "\x1f");
    for n in 0..FILES_MAX + 2 {
        hand.append(&format!("{n}.log"), "");
    }
    let told = |hand: &Hand| {
        let all = hand.tail.counters.unread.by_reason();
        all.into_iter().map(|(reason, Extent { now, times })| (reason, now, times)).collect::<Vec<_>>()
    };
    hand.look().await;
    hand.look().await;
    // The oldest file is over the limit first, before it is judged by its age.
    assert_eq!(told(&hand), [("packed_files", 1, 1), ("too_many_files", 3, 1)]);
    for n in 0..FILES_MAX {
        fs::remove_file(hand.path(&format!("{n}.log"))).unwrap();
    }
    hand.look().await;
    let expected = [("old_files", 1, 1), ("packed_files", 1, 1), ("too_many_files", 0, 1)];
    assert_eq!(told(&hand), expected);
    assert_eq!(hand.bench.context.counters.snapshot().lines_unmatched, 0);
}

#[tokio::test]
async fn a_line_over_the_limit_is_counted_for_its_printer() {
    let mut hand = Hand::new();
    hand.append("laser.log", "x".repeat(LINE_BYTES_MAX + 2) + "\n");
    hand.lines("laser.log", [1]);
    hand.settle().await;
    assert_eq!(hand.rows(), [1]);
    let unmatched = hand.tail.counters.lines_unmatched.by_reason();
    assert_eq!(unmatched, [("long_line".to_owned(), 1)].into());
}
