//! A file that becomes another while it keeps its inode: emptied and begun anew, or written over.

use std::collections::HashSet;
use std::fs;

use super::hand::Hand;
use crate::normalise::testing::line;

/// How often the platform has heard of an alarm, that it is there or over: what has one origin is one row.
fn alarms(hand: &Hand) -> usize {
    let alarms = hand.stored.iter().filter(|reading| reading.item().id() == "alarm.active");
    alarms.map(|reading| reading.origin()).collect::<HashSet<_>>().len()
}

#[tokio::test]
async fn a_log_without_stamps_that_is_emptied_and_says_the_same_again_has_said_it_again() {
    let mut hand = Hand::with(|printer| printer.format = Some(parsers::Family::Marlin.into()));
    for boot in 1..=6 {
        // The same inode, and nothing in it when somebody looks.
        fs::write(hand.path("marlin.log"), "").unwrap();
        hand.settle().await;
        hand.append("marlin.log", "start\nError:MINTEMP triggered\n");
        hand.settle().await;
        // The start ends the alarm of the boot before, and this boot has its own.
        assert_eq!(alarms(&hand), 2 * boot);
        hand.settle().await;
        if boot % 2 == 0 {
            // What it reads is taken for what it read first, and what comes next is news again.
            hand.restart();
            hand.settle().await;
        }
        assert_eq!(alarms(&hand), 2 * boot);
    }
}

#[tokio::test]
async fn a_log_with_stamps_that_is_emptied_and_written_again_leads_to_the_same_rows() {
    let mut hand = Hand::new();
    for _ in 0..3 {
        fs::write(hand.path("laser.log"), "").unwrap();
        hand.settle().await;
        hand.lines("laser.log", 1..=3);
        hand.settle().await;
    }
    assert_eq!(hand.rows(), [1, 2, 3]);
}

fn utf_16(text: &str) -> Vec<u8> {
    let text: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    [b"\xff\xfe", &text[..]].concat()
}

#[tokio::test]
async fn a_file_that_was_left_is_read_once_another_text_is_written_over_it() {
    let mut hand = Hand::new();
    fs::write(hand.path("laser.log"), utf_16(&(line(1) + "\n"))).unwrap();
    hand.settle().await;
    let refused = |hand: &Hand| hand.bench.context.counters.lines_unmatched.now();
    for _ in 0..3 {
        // It grows, or is put away: it is what it was, which was said.
        hand.append("laser.log", &utf_16(&(line(2) + "\n"))[2..]);
        hand.settle().await;
    }
    hand.rename("laser.log", "laser.log.1");
    hand.settle().await;
    assert_eq!((hand.rows(), refused(&hand)), (vec![], 1));
    // As its text of refusal asks for: the same inode, and longer than before.
    fs::write(hand.path("laser.log.1"), (1..=20).map(|number| line(number) + "\n").collect::<String>())
        .unwrap();
    hand.settle().await;
    assert_eq!((hand.rows(), refused(&hand)), ((1..=20).collect(), 1));
}

#[tokio::test]
async fn a_file_that_was_left_and_is_written_over_by_another_that_is_left_is_said_again() {
    let mut hand = Hand::with(|printer| printer.format = None);
    fs::write(hand.path("notes.log"), utf_16("notes\n")).unwrap();
    hand.settle().await;
    fs::write(hand.path("notes.log"), "something else\n".repeat(300)).unwrap();
    hand.settle().await;
    hand.settle().await;
    assert_eq!(hand.bench.context.counters.lines_unmatched.now(), 2);
}
