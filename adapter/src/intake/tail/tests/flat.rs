//! What the tail holds is bounded by the number of files and by what waits for receipts, never by the number of lines.
//! `examples/tail.rs` measures the same in real memory, over an hour of twenty printers and a gigabyte of old logs.

use std::time::Duration;

use super::super::limits::{BACKLOG_IN_FLIGHT_MAX, PIECES_IN_FLIGHT_MAX};
use super::hand::Hand;

/// Twenty printers at 12.8 lines a second, ten seconds at a time.
const PRINTERS: usize = 20;
const LINES: u64 = 128;
const STEP: Duration = Duration::from_secs(10);

/// Everything that the tail holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Held {
    files: usize,
    pieces_in_flight: usize,
    under_way: usize,
    buffer_bytes: usize,
}

impl Held {
    fn by(hand: &mut Hand) -> Self {
        let ids = hand.tail.files.ids();
        let pieces =
            ids.iter().filter_map(|id| hand.tail.files.file(*id).map(|held| held.position.in_flight()));
        Self {
            pieces_in_flight: pieces.sum(),
            files: hand.tail.files.len(),
            under_way: hand.tail.under_way.len(),
            buffer_bytes: hand.bench.context.buffer.bytes(),
        }
    }
}

/// What is held of old logs of so many lines while the platform is away, and how much of them is read.
async fn while_the_platform_is_away(old_lines: u64) -> (Held, u64) {
    let mut hand = Hand::new();
    for file in 0..4 {
        hand.lines(&format!("laser.log.{file}"), (0..old_lines / 4).map(|n| file * old_lines + n + 1));
    }
    hand.append("vat.log", "");
    hand.look().await;
    // New lines come meanwhile, and are looked for; nothing is stored.
    for live in 0..50 {
        while hand.tail.step().await {
            hand.turn();
        }
        hand.lines("vat.log", [1_000_000 + live]);
        hand.look().await;
    }
    while hand.tail.step().await {
        hand.turn();
    }
    (Held::by(&mut hand), hand.bench.context.counters.lines_read.now())
}

#[tokio::test(start_paused = true)]
async fn four_times_the_lines_take_no_more_memory_and_are_left_where_they_are() {
    let (few, read) = while_the_platform_is_away(40_000).await;
    let (many, read_of_many) = while_the_platform_is_away(160_000).await;
    assert_eq!((few, read), (many, read_of_many), "the files keep what there is no room for");
    assert!(read < 40_000 / 4, "{read} lines are read before anything is stored");
    assert_eq!(few.files, 5);
    assert!(few.pieces_in_flight <= BACKLOG_IN_FLIGHT_MAX + PIECES_IN_FLIGHT_MAX, "{few:?}");
    assert_eq!(few.under_way, few.pieces_in_flight, "each waits for its receipt, and none for room");
}

#[tokio::test(start_paused = true)]
async fn twenty_printers_leave_nothing_behind_and_need_no_more_the_longer_they_run() {
    let mut hands = Hand::many(PRINTERS);
    let mut peaks = Vec::new();
    for step in 0..30_u64 {
        for hand in &mut hands {
            // As in an hour: rotated once a quarter, and the oldest deleted.
            if step % 10 == 5 {
                let _ = std::fs::rename(hand.path("laser.log"), hand.path("laser.log.1"));
            }
            hand.lines("laser.log", step * LINES + 1..=step * LINES + LINES);
            hand.look().await;
        }
        tokio::time::advance(STEP).await;
        let mut peak = 0;
        while goes_on(&mut hands).await {
            peak = peak.max(hands[0].bench.context.buffer.bytes());
            hands[0].store();
            hands[0].stored.clear();
        }
        peaks.push(peak);
        for hand in &mut hands {
            let held = Held::by(hand);
            let nothing = Held { files: held.files, pieces_in_flight: 0, under_way: 0, buffer_bytes: 0 };
            assert!(held == nothing && held.files <= 3, "{held:?}");
        }
    }
    assert_eq!(hands[0].bench.context.counters.lines_read.now(), 30 * LINES * PRINTERS as u64);
    let (early, late) = (peaks[1..10].iter().max(), peaks[20..].iter().max());
    assert!(early == late && early > Some(&0), "{peaks:?}");
}

/// Everything that may be read is read. Says whether anything happened.
async fn goes_on(hands: &mut [Hand]) -> bool {
    let mut happened = false;
    for hand in hands {
        while hand.tail.step().await {
            happened = true;
        }
        happened |= hand.turn();
    }
    happened
}
