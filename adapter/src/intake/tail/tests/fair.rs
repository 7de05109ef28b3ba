//! A burst of old logs is read as fast as the platform takes it, in bounded memory, and holds up no new line.

use std::fmt::Write as _;

use catalog::Reading;

use super::super::limits::{BACKLOG_IN_FLIGHT_MAX, PIECE_BYTES, WORK_BYTES};
use super::hand::Hand;
use crate::buffer::COALESCE;
use crate::normalise::testing::{line, record_numbers};
use tokio::time::Instant;

/// Old text, in files of a thousand pieces' size and less.
const OLD_BYTES: usize = 16 << 20;
const OLD_FILES: u64 = 4;
/// Record numbers of live lines begin here.
const LIVE: u64 = 100_000_000;

fn old_logs(hand: &Hand) -> u64 {
    let mut number = 0;
    for file in 0..OLD_FILES {
        let mut text = String::with_capacity(OLD_BYTES / 4 + 100);
        while text.len() < OLD_BYTES / 4 {
            number += 1;
            writeln!(text, "{}", line(number)).unwrap();
        }
        hand.append(&format!("laser.log.{file}"), text);
    }
    number
}

#[tokio::test(start_paused = true)]
async fn live_lines_go_before_old_ones_and_the_memory_is_bounded() {
    let mut hand = Hand::new();
    let old = old_logs(&hand);
    hand.append("vat.log", "");
    hand.look().await;
    let (mut written, mut worst, mut seen) = (0, 0, 0);
    let (mut waits, mut batches): (Vec<(u64, usize)>, usize) = (Vec::new(), 0);
    loop {
        // Everything that may be read is read; then a slow platform stores one batch.
        while hand.tail.step().await {
            hand.turn();
            assert!(hand.tail.under_way.len() <= (BACKLOG_IN_FLIGHT_MAX + 20) * 2);
        }
        hand.turn();
        worst = worst.max(hand.bench.context.buffer.bytes());
        let Some((lane, load)) = hand.bench.context.buffer.take(Instant::now() + COALESCE) else { break };
        hand.stored.extend(load.batch().readings.iter().cloned());
        hand.bench.finish((lane, load), true);
        hand.turn();
        batches += 1;
        let live: Vec<_> = record_numbers(&hand.stored[seen..]).into_iter().filter(|n| *n > LIVE).collect();
        seen = hand.stored.len();
        for number in live {
            let (_, since) = waits.iter_mut().find(|(n, _)| *n == number).unwrap();
            *since = batches - *since;
        }
        if batches % 20 == 0 {
            written += 1;
            hand.lines("vat.log", [LIVE + written]);
            waits.push((LIVE + written, batches));
            hand.look().await;
        }
    }
    let latest = waits.iter().map(|(_, batches)| *batches).max().unwrap();
    // Two pieces of old lines at two readings each, in batches of 500, and the one that is under way.
    let pieces = BACKLOG_IN_FLIGHT_MAX * PIECE_BYTES / line(1).len() * 2 / 500;
    assert!(latest <= pieces + 2, "a live line waited for {latest} batches");
    assert!(worst < 2 * BACKLOG_IN_FLIGHT_MAX * PIECE_BYTES * 4, "{worst} bytes");
    assert_eq!(hand.rows().len() as u64, old + written);
}

#[tokio::test(start_paused = true)]
async fn within_a_file_the_order_is_kept_and_what_grows_goes_before_what_does_not() {
    let mut hand = Hand::new();
    old_logs(&hand);
    hand.look().await;
    // Only this one is still written to.
    let next = OLD_FILES * 1_000_000;
    hand.lines("laser.log.3", [next]);
    hand.settle().await;
    let numbers = record_numbers(&hand.stored);
    let end = numbers.iter().position(|number| *number == next).unwrap();
    assert!(numbers[..=end].is_sorted(), "the file that grows, from its first line to its last");
    let rest = &numbers[end + 1..];
    assert!(rest.is_sorted() && !rest.is_empty(), "then the old ones, the oldest first");
}

#[tokio::test]
async fn within_a_piece_others_have_their_turn() {
    let mut hand = Hand::new();
    hand.lines("laser.log", 1..=2000);
    hand.look().await;
    hand.tail.step().await;
    let mut polls = 0;
    let mut step = std::pin::pin!(hand.tail.step());
    let read = std::future::poll_fn(|context| {
        polls += 1;
        step.as_mut().poll(context)
    });
    // The reading itself is one more turn where it is not done at once.
    assert!(read.await && polls >= PIECE_BYTES / WORK_BYTES, "{polls}");
}

#[tokio::test(start_paused = true)]
async fn an_hour_leaves_nothing_behind() {
    let mut hand = Hand::new();
    let mut sizes = Vec::new();
    for quarter in 0..4_u64 {
        for second in 0..900 {
            let first = (quarter * 900 + second) * 13;
            hand.lines("laser.log", first + 1..=first + 13);
            if second % 10 == 9 {
                hand.settle().await;
                hand.stored.retain(|_: &Reading| false);
            }
        }
        sizes.push((hand.tail.files.len(), hand.tail.under_way.len(), hand.bench.context.buffer.bytes()));
    }
    assert_eq!(sizes, vec![(1, 0, 0); 4]);
    assert_eq!(hand.bench.context.counters.lines_read.now(), 46_800);
}
