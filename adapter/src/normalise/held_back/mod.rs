//! What of each record does not leave, and why: for `adapter tap --held-back`, on the operator's own terminal and
//! nowhere else. Only `adapter tap` installs it; any other run carries none, and is told nothing.

mod row;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use catalog::{Item, Reading, Value, items};
use parsers::Output;
use tokio::sync::Notify;

use super::Whose;
use row::Row;

/// Memory of rows that are not yet printed. What comes beyond it is counted and said: no terminal holds up the intake.
const ROWS_BYTES_MAX: usize = 8 << 20;
/// Longest text of one row, in bytes: it holds any line that a person would read.
const TEXT_BYTES_MAX: usize = 4096;

/// Collects a row for each line and value that is held back, until they are taken to be printed.
#[derive(Clone)]
pub struct HeldBack(Arc<Shared>);

struct Shared {
    /// Whether rows hold the record's own text.
    with_text: bool,
    rows: Mutex<Rows>,
    filled: Notify,
}

#[derive(Default)]
struct Rows {
    waiting: VecDeque<String>,
    bytes: usize,
    /// Rows for which there was no room.
    lost: u64,
}

/// A record that was read.
#[derive(Clone, Copy)]
pub(super) struct Record<'a> {
    /// How it is written, where that is known.
    pub(super) family: Option<&'a str>,
    /// The line, or the event; nothing of an answer.
    pub(super) text: &'a [u8],
}

impl HeldBack {
    /// Collects from now on; the records' own text only where the operator asked for it.
    pub fn new(with_text: bool) -> Self {
        Self(Arc::new(Shared { with_text, rows: Mutex::default(), filled: Notify::new() }))
    }

    /// The rows since the last time, each a line of JSON. The last one says for how many there was no room.
    pub(crate) fn take(&self) -> Vec<String> {
        let Rows { waiting, lost, .. } = std::mem::take(&mut *self.lock());
        let lost =
            (lost > 0).then(|| Row { reason: "not_shown", number: Some(lost), ..Row::default() }.line());
        waiting.into_iter().chain(lost).collect()
    }

    /// Resolves when there is something to take.
    pub(crate) async fn changed(&self) {
        self.0.filled.notified().await;
    }

    /// What became of a record that a parser has read. `made` are its readings.
    pub(super) fn read(&self, whose: &Whose, record: Record<'_>, output: &Output, made: &[Reading]) {
        let row = |reason| self.row(whose, record, reason);
        for unmatched in &output.unmatched {
            self.tell(&Row { shape: Some(format!("{:016x}", unmatched.shape)), ..row("unmatched") });
        }
        for refused in &output.refused {
            let why = Some(refused.why.name());
            self.tell(&Row { item: refused.item.map(Item::id), why, ..row("refused") });
        }
        for reading in made {
            let item = Some(reading.item().id());
            match reading.value() {
                // Its hash stands with the fault.
                Value::Hash(_) if *reading.item() == items::ALARM_SHAPE => {}
                Value::Hash(_) => self.tell(&Row { item, hash: hash(reading), ..row("hashed") }),
                Value::Code("unmapped") if is_fault(reading.item()) => {
                    let shape = made.iter().find(|other| *other.item() == items::ALARM_SHAPE);
                    self.tell(&Row { item, hash: shape.and_then(hash), ..row("unmapped_fault") });
                }
                _ => {}
            }
        }
        let nothing = output.unmatched.is_empty() && output.refused.is_empty() && made.is_empty();
        if nothing && !record.text.iter().all(u8::is_ascii_whitespace) {
            self.tell(&row("not_collected"));
        }
    }

    /// A record that no parser could be given.
    pub(super) fn unread(&self, whose: &Whose, record: Record<'_>, reason: &'static str) {
        self.tell(&self.row(whose, record, reason));
    }

    /// A value of an answer that was not taken.
    pub(super) fn refused(&self, whose: &Whose, item: Option<&'static Item>, why: &'static str) {
        let row = row_of(whose, "refused");
        self.tell(&Row { item: item.map(Item::id), why: Some(why), ..row });
    }

    /// What has no text here: a file, or readings together.
    pub(super) fn passed_by(&self, whose: &Whose, reason: &'static str, number: u64) {
        self.tell(&Row { number: Some(number), ..row_of(whose, reason) });
    }

    fn row<'a>(&self, whose: &'a Whose, record: Record<'a>, reason: &'static str) -> Row<'a> {
        let Record { family, text } = record;
        let row = Row { family, ..row_of(whose, reason) };
        if text.is_empty() {
            return row;
        }
        let shown = text.get(..TEXT_BYTES_MAX).unwrap_or(text);
        let shown = self.0.with_text.then(|| String::from_utf8_lossy(shown).into_owned());
        Row { bytes: Some(text.len()), text: shown, ..row }
    }

    fn tell(&self, row: &Row<'_>) {
        let line = row.line();
        let mut rows = self.lock();
        if rows.bytes + line.len() > ROWS_BYTES_MAX {
            rows.lost += 1;
        } else {
            rows.bytes += line.len();
            rows.waiting.push_back(line);
        }
        drop(rows);
        self.0.filled.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Rows> {
        self.0.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// Written by hand: what it holds is for one terminal, and no log is that.
impl fmt::Debug for HeldBack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeldBack").field("with_text", &self.0.with_text).finish_non_exhaustive()
    }
}

fn row_of<'a>(whose: &'a Whose, reason: &'static str) -> Row<'a> {
    Row { printer: whose.printer.as_str(), source: whose.way.name(), reason, ..Row::default() }
}

/// The hash as it leaves, so that a row here and a value on the platform can be put together.
fn hash(reading: &Reading) -> Option<String> {
    match reading.value() {
        Value::Hash(hash) => Some(format!("h:{hash}")),
        _ => None,
    }
}

/// Whether `unmapped` says of this item that a text was in no table.
fn is_fault(item: &Item) -> bool {
    *item == items::ALARM_CLASS || item.is_fault()
}
