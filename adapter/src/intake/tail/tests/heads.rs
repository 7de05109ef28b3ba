//! What a file is, where reading begins in it, and what is too old.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::super::limits::HEAD_LINES_MAX;
use super::hand::Hand;
use crate::config::{Begin, Logs};
use crate::normalise::testing::line;

fn automatic() -> Hand {
    Hand::with(|printer| printer.format = None)
}

fn with_logs(change: impl FnOnce(&mut Logs)) -> Hand {
    Hand::with(|printer| change(printer.logs.as_mut().unwrap()))
}

#[tokio::test]
async fn each_file_of_a_printer_is_of_its_own_family() {
    let mut hand = automatic();
    hand.lines("laser.log", 1..=2);
    hand.append("marlin.log", "T:205.1 /205.0 B:60.0 /60.0 @:64 B@:10\n");
    hand.settle().await;
    assert_eq!(hand.rows(), [1, 2]);
    assert!(hand.stored.iter().any(|reading| reading.item().id().contains("temperature")));
    assert_eq!(hand.bench.context.counters.lines_unmatched.now(), 0);
}

#[tokio::test]
async fn a_file_of_no_known_family_is_counted_once_and_left_until_it_is_another() {
    let mut hand = automatic();
    hand.append("notes.log", "half a");
    hand.settle().await;
    assert_eq!(hand.bench.context.counters.lines_unmatched.now(), 0, "it is not yet known");
    hand.append("notes.log", "line\n".repeat(HEAD_LINES_MAX + 1));
    for _ in 0..3 {
        hand.lines("notes.log", [7]);
        hand.settle().await;
    }
    assert_eq!((hand.rows(), hand.bench.context.counters.lines_unmatched.now()), (vec![], 1));
    File::create(hand.path("notes.log")).unwrap();
    hand.lines("notes.log", 1..=2);
    hand.settle().await;
    assert_eq!(hand.rows(), [1, 2]);
}

#[tokio::test]
async fn utf_16_is_refused_and_counted() {
    let mut hand = Hand::new();
    let text: Vec<u8> = line(1).encode_utf16().flat_map(u16::to_le_bytes).collect();
    hand.append("laser.log", [b"\xff\xfe", &text[..], b"\n\0"].concat());
    hand.lines("other.log", [2]);
    hand.settle().await;
    hand.settle().await;
    assert_eq!((hand.rows(), hand.bench.context.counters.lines_unmatched.now()), (vec![2], 1));
}

#[tokio::test]
async fn utf_8_with_its_mark_and_latin_1_are_read() {
    let mut hand = Hand::new();
    hand.append("laser.log", [b"\xef\xbb\xbf", line(1).as_bytes(), b"\r\n"].concat());
    hand.append("vat.log", [line(2).as_bytes(), b" note=\xb0C\n"].concat());
    hand.settle().await;
    assert_eq!((hand.rows(), hand.bench.context.counters.lines_unmatched.now()), (vec![1, 2], 0));
}

#[tokio::test]
async fn from_the_end_means_from_the_last_whole_line_of_what_was_there() {
    let mut hand = with_logs(|logs| logs.begin = Begin::End);
    hand.lines("laser.log", 1..=2);
    hand.append("laser.log", &line(3)[..10]);
    hand.settle().await;
    assert!(hand.rows().is_empty());
    hand.append("laser.log", line(3)[10..].to_owned() + "\n");
    hand.lines("laser.log", [4]);
    // What comes later is read whole, and so is what is emptied.
    hand.lines("vat.log", 5..=6);
    hand.settle().await;
    assert_eq!(hand.rows(), [3, 4, 5, 6]);
    File::create(hand.path("laser.log")).unwrap();
    hand.lines("laser.log", 7..=8);
    hand.settle().await;
    assert_eq!(hand.rows(), [3, 4, 5, 6, 7, 8]);
}

#[tokio::test]
async fn from_the_end_holds_for_a_file_that_was_too_old_to_be_opened_at_the_start() {
    let mut hand =
        with_logs(|logs| (logs.begin, logs.look_back) = (Begin::End, Some(Duration::from_hours(1))));
    hand.lines("laser.log", 1..=2);
    hand.append("laser.log", &line(3)[..10]);
    let old = File::options().append(true).open(hand.path("laser.log")).unwrap();
    old.set_modified(UNIX_EPOCH + Duration::from_hours(1)).unwrap();
    hand.settle().await;
    hand.append("laser.log", line(3)[10..].to_owned() + "\n");
    hand.lines("laser.log", [4]);
    hand.settle().await;
    assert_eq!(hand.rows(), [3, 4]);
}

#[tokio::test]
async fn from_the_end_a_file_that_is_emptied_and_filled_at_once_is_read_whole() {
    let mut hand = with_logs(|logs| logs.begin = Begin::End);
    hand.lines("laser.log", 1..=2);
    hand.settle().await;
    // The same inode, and longer than before, when somebody looks.
    fs::write(hand.path("laser.log"), (11..=14).map(|number| line(number) + "\n").collect::<String>())
        .unwrap();
    hand.settle().await;
    assert_eq!(hand.rows(), [11, 12, 13, 14]);
}

#[tokio::test]
async fn an_old_line_without_a_stamp_is_of_the_time_when_its_file_was_written() {
    let day = Duration::from_hours(24);
    let temperature = "T:205.1 /205.0 B:60.0 /60.0 @:64 B@:10\n";
    for (look_back, age, late, expected) in
        [(7, 6, false, vec![6]), (7, 6, true, vec![6, 0]), (7, 8, false, vec![]), (7, 8, true, vec![0])]
    {
        let mut hand = Hand::with(|printer| {
            printer.format = Some(parsers::Family::Marlin.into());
            printer.logs.as_mut().unwrap().look_back = Some(day * look_back);
        });
        let now = hand.bench.context.clock.now().0;
        hand.append("marlin.log", temperature);
        let old = File::options().append(true).open(hand.path("marlin.log")).unwrap();
        old.set_modified(UNIX_EPOCH + Duration::from_millis(now.unsigned_abs()) - day * age).unwrap();
        hand.settle().await;
        if late {
            hand.append("marlin.log", temperature);
            hand.settle().await;
        }
        let mut ages: Vec<_> =
            hand.stored.iter().map(|reading| (now - reading.time().0) / (24 * 3_600_000)).collect();
        ages.dedup();
        assert_eq!(ages, expected, "{age} days, late {late}");
    }
}

#[tokio::test]
async fn a_file_that_was_made_as_long_as_it_may_become_is_read_as_it_fills() {
    let mut hand = Hand::new();
    hand.lines("laser.log", 1..=2);
    let file = File::options().write(true).open(hand.path("laser.log")).unwrap();
    let mut end = file.metadata().unwrap().len();
    file.set_len(1 << 20).unwrap();
    for number in 3..=5 {
        hand.settle().await;
        assert_eq!(hand.rows(), (1..number).collect::<Vec<_>>());
        let text = line(number) + "\n";
        file.write_all_at(text.as_bytes(), end).unwrap();
        // A clock of the file system may be too coarse to tell the two writes apart.
        file.set_modified(UNIX_EPOCH + Duration::from_secs(number)).unwrap();
        end += text.len() as u64;
    }
    assert_eq!(hand.bench.context.counters.lines_unmatched.now(), 0);
}

#[tokio::test]
async fn a_file_not_written_to_within_the_look_back_is_not_read_until_it_is() {
    let day = Duration::from_hours(24);
    let mut hand = with_logs(|logs| logs.look_back = Some(day * 7));
    let now = Duration::from_millis(hand.bench.context.clock.now().0.unsigned_abs());
    let write = |hand: &Hand, name: &str, number: u64, at: SystemTime| {
        hand.lines(name, [number]);
        File::options().append(true).open(hand.path(name)).unwrap().set_modified(at).unwrap();
    };
    write(&hand, "old.log", 1, UNIX_EPOCH + now - day * 8);
    write(&hand, "new.log", 2, UNIX_EPOCH + now - day * 6);
    hand.settle().await;
    assert_eq!(hand.rows(), [2]);
    hand.lines("old.log", [3]);
    hand.settle().await;
    assert_eq!(hand.rows(), [1, 2, 3]);
}

#[tokio::test]
async fn an_old_line_is_passed_by_by_its_own_time_and_a_new_one_never_is() {
    let mut hand = with_logs(|logs| logs.look_back = Some(Duration::from_hours(24)));
    // The bench's clock says 2026-11-18.
    let old = |number| line(number).replace("2026-11-22", "2026-10-01") + "\n";
    hand.append("laser.log", old(1) + &line(2) + "\n");
    hand.settle().await;
    assert_eq!(hand.rows(), [2]);
    // A printer whose clock is wrong.
    hand.append("vat.log", "");
    hand.settle().await;
    hand.append("vat.log", old(3));
    hand.settle().await;
    assert_eq!(hand.rows(), [2, 3]);
}
