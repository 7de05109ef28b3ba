//! A file that becomes another while it keeps its inode: emptied and begun anew, or written over.

use std::collections::HashSet;
use std::fs;

use super::hand::Hand;
use crate::normalise::testing::line;

/// How many alarms the platform has: what has one origin is one row.
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
        assert_eq!(alarms(&hand), boot);
        hand.settle().await;
        if boot % 2 == 0 {
            // What it reads is taken for what it read first, and what comes next is news again.
            hand.restart();
            hand.settle().await;
        }
        assert_eq!(alarms(&hand), boot);
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
