//! Every way in which a log is rotated, at every moment, by looks alone and as the kernel tells it: each line comes
//! exactly once, by its origins.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use super::super::limits::FORGET_AFTER;
use super::hand::Hand;
use crate::normalise::testing::line;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Rename,
    RenameOutOfThePattern,
    CopyTruncate,
    DeleteAndCreate,
    Chain,
    Pack,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    BeforeRead,
    MidRead,
    HalfLine,
    AfterRead,
}

const HOW: [How; 6] =
    [How::Rename, How::RenameOutOfThePattern, How::CopyTruncate, How::DeleteAndCreate, How::Chain, How::Pack];
const WHEN: [When; 4] = [When::BeforeRead, When::MidRead, When::HalfLine, When::AfterRead];
/// So many lines that they are several pieces.
const LINES: u64 = 3000;

/// What the writer does; the line that is half written is written to its end where the writer holds it.
fn rotate(directory: &Path, how: How, half_line: bool) {
    let path = |name: &str| directory.join(name);
    let mut held = OpenOptions::new().append(true).open(path("laser.log")).unwrap();
    let rest = if half_line { format!("{}\n", &line(LINES + 1)[20..]) } else { String::new() };
    match how {
        How::Rename => fs::rename(path("laser.log"), path("laser.log.1")).unwrap(),
        How::RenameOutOfThePattern => fs::rename(path("laser.log"), path("old")).unwrap(),
        How::Chain => {
            fs::rename(path("laser.log.1"), path("laser.log.2")).unwrap();
            fs::rename(path("laser.log"), path("laser.log.1")).unwrap();
        }
        How::CopyTruncate => {
            held.write_all(rest.as_bytes()).unwrap();
            fs::copy(path("laser.log"), path("laser.log.1")).unwrap();
            File::create(path("laser.log")).unwrap();
            return append(directory, LINES + 2..=LINES + 4);
        }
        How::DeleteAndCreate => fs::remove_file(path("laser.log")).unwrap(),
        How::Pack => {
            // What a packer leaves: the text is in the packed file alone, and in the handle that the tail has.
            fs::write(path("laser.log.1.gz"), b"\x1f\x8b").unwrap();
            fs::remove_file(path("laser.log")).unwrap();
        }
    }
    held.write_all(rest.as_bytes()).unwrap();
    append(directory, LINES + 2..=LINES + 4);
}

fn append(directory: &Path, numbers: impl IntoIterator<Item = u64>) {
    let mut file = OpenOptions::new().append(true).create(true).open(directory.join("laser.log")).unwrap();
    let text: String = numbers.into_iter().map(|number| line(number) + "\n").collect();
    file.write_all(text.as_bytes()).unwrap();
}

/// The records whose bytes stay where they can be read.
fn expected(how: How, when: When) -> Vec<u64> {
    let gone = matches!(how, How::DeleteAndCreate | How::Pack | How::RenameOutOfThePattern);
    let first = if gone && when == When::BeforeRead { LINES + 1 } else { 1 };
    let half = when == When::HalfLine;
    let older = if how == How::Chain { vec![100_001] } else { vec![] };
    (first..=LINES + 4).filter(|number| *number != LINES + 1 || half).chain(older).collect()
}

#[tokio::test(start_paused = true)]
async fn each_line_comes_once_by_looks_alone() {
    for how in HOW {
        for when in WHEN {
            let mut hand = Hand::new();
            if how == How::Chain {
                hand.lines("laser.log.1", [100_001]);
            }
            hand.lines("laser.log", 1..=LINES);
            match when {
                When::BeforeRead => {}
                When::MidRead => {
                    hand.look().await;
                    // The heads, and a piece or two.
                    for _ in 0..3 {
                        hand.tail.step().await;
                        hand.store();
                    }
                }
                When::HalfLine => {
                    hand.append("laser.log", &line(LINES + 1)[..20]);
                    hand.settle().await;
                }
                When::AfterRead => hand.settle().await,
            }
            rotate(hand.directory.path(), how, when == When::HalfLine);
            hand.settle().await;
            assert_eq!(hand.rows(), expected(how, when), "{how:?} {when:?}");
            // The adapter starts anew: nothing that stands there makes another row.
            hand.restart();
            hand.settle().await;
            assert_eq!(hand.rows(), expected(how, when), "{how:?} {when:?}, after a restart");
        }
    }
}

#[tokio::test]
async fn each_line_comes_once_as_the_kernel_tells_it() {
    for how in HOW {
        for when in [When::HalfLine, When::AfterRead] {
            let case = super::Case::new();
            let mut wanted = expected(how, when);
            if how == How::Chain {
                case.append("laser.log.1", &(line(100_001) + "\n"));
            }
            case.lines("laser.log", 1..=LINES);
            if when == When::HalfLine {
                case.append("laser.log", &line(LINES + 1)[..20]);
            }
            case.start();
            let before = usize::try_from(LINES).unwrap() + usize::from(how == How::Chain);
            let mut rows = case.bench.store(before, super::is_record).await;
            rotate(case.directory.path(), how, when == When::HalfLine);
            let mut origins: std::collections::HashSet<_> = rows.iter().map(|row| row.origin()).collect();
            while rows.len() < wanted.len() {
                let more = case.bench.store(1, super::is_record).await;
                rows.extend(more.into_iter().filter(|row| origins.insert(row.origin())));
            }
            let mut numbers = super::record_numbers(&rows);
            numbers.sort_unstable();
            wanted.sort_unstable();
            assert_eq!(numbers, wanted, "{how:?} {when:?}");
            case.bench.lifecycle.soft.cancel();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_last_line_without_an_end_is_read_once_nobody_will_write_it() {
    for away in [None, Some("laser.log.1"), Some("old")] {
        let mut hand = Hand::new();
        hand.append("laser.log", line(1) + "\n" + &line(2));
        hand.settle().await;
        match away {
            None => fs::remove_file(hand.path("laser.log")).unwrap(),
            Some(name) => hand.rename("laser.log", name),
        }
        hand.settle().await;
        assert_eq!(hand.rows(), [1], "its writer may still write");
        tokio::time::advance(FORGET_AFTER).await;
        hand.settle().await;
        assert_eq!(hand.rows(), [1, 2], "{away:?}");
        hand.settle().await;
        hand.settle().await;
        assert_eq!(hand.stored.len(), 4, "{away:?}: power and number of each, and nothing twice");
        let left = usize::from(away == Some("laser.log.1"));
        assert_eq!(hand.tail.files.len(), left, "{away:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_half_line_in_a_file_that_stays_waits_for_ever() {
    let mut hand = Hand::new();
    hand.append("laser.log", line(1) + "\n" + &line(2)[..30]);
    hand.settle().await;
    tokio::time::advance(FORGET_AFTER * 100).await;
    hand.settle().await;
    hand.append("laser.log", line(2)[30..].to_owned() + "\n");
    hand.settle().await;
    assert_eq!(hand.rows(), [1, 2]);
    assert_eq!(hand.bench.context.counters.lines_unmatched.now(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_inode_that_another_file_gets_leads_to_other_rows() {
    let mut hand = Hand::new();
    for round in 0..5 {
        hand.lines("laser.log", [round * 2 + 1, round * 2 + 2]);
        hand.settle().await;
        fs::remove_file(hand.path("laser.log")).unwrap();
        tokio::time::advance(FORGET_AFTER).await;
        hand.settle().await;
        tokio::time::advance(FORGET_AFTER).await;
        hand.settle().await;
        assert_eq!(hand.tail.files.len(), 0);
    }
    assert_eq!(hand.rows(), (1..=10).collect::<Vec<_>>());
}
