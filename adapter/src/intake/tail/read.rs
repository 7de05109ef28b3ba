//! Reads the files, a piece at a time, and hands their readings on.

use std::sync::Arc;

use catalog::{Quality, Reading, Timestamp};
use parsers::Line;
use tokio::time::Instant;

use super::directory::{self, FileId};
use super::flow::Class;
use super::head::{self, Beginning, Head, UTF8_MARK};
use super::held::State;
use super::limits::WORK_BYTES;
use super::lines;
use super::position::{Mark, Ticket};
use super::{Tail, blocking};
use crate::receipt::{Outcome, Receipt};

/// What became of a piece.
#[derive(Clone, Copy, Debug)]
pub(super) enum Done {
    /// The buffer has all of it.
    Taken(FileId, Class),
    /// The platform has stored it, or not.
    Ended(FileId, Class, Ticket, Outcome),
}

impl Tail {
    /// Reads one piece of the file whose turn it is. Says whether there was one.
    pub(super) async fn step(&mut self) -> bool {
        let Some((id, class)) = self.files.next(&self.flow, Instant::now()) else { return false };
        let is_new = self.files.file(id).is_some_and(|held| matches!(held.state, State::New));
        if is_new {
            self.read_head(id).await;
        } else {
            self.read_piece(id, class).await;
        }
        true
    }

    /// Finds out what a file is.
    async fn read_head(&mut self, id: FileId) {
        let Some((mut head, _)) = self.read(id, 0).await else { return };
        let Some(held) = self.files.file(id) else { return };
        if held.is_as_left(&head, &self.context.salt) {
            return;
        }
        let begins = Beginning::of(&head, &self.context.salt);
        if held.around.last && !head.is_empty() {
            // The end that its one line will never get.
            head.push(b'\n');
        }
        held.half_line = !head.is_empty();
        let format = match head::judge(&head, self.normaliser.format()) {
            Head::Of(format) => format,
            Head::NotYet => return held.ends(),
            Head::Strange(strange) => {
                held.leave(begins);
                return self.normaliser.unmatched(strange.name(), &strange.text());
            }
        };
        let (printer, undated) = (self.normaliser.printer(), held.undated(id.inode));
        let Some(source) = head::source(&head, printer, &undated, &self.context.salt) else {
            return held.ends();
        };
        let parser = Box::new(self.normaliser.log_parser(&format));
        held.state = State::Log { source, format, parser };
        if std::mem::take(&mut held.skips_old) {
            let Some(file) = held.file.clone() else { return };
            let (old, salt) = (held.old.length, self.context.salt.clone());
            match blocking(move || directory::last_line_start(&file, old, &salt)).await {
                Ok(start) => self.files.file(id).into_iter().for_each(|held| held.position.begin_at(start)),
                Err(error) => self.broken(id, &error),
            }
        }
    }

    async fn read_piece(&mut self, id: FileId, class: Class) {
        let Some(Mark { offset, before, check }) = self.files.file(id).map(|held| held.position.mark())
        else {
            return;
        };
        let Some((piece, length)) = self.read(id, offset - before as u64).await else { return };
        match piece.split_at_checked(before) {
            Some((end, rest))
                if length >= offset && (before == 0 || self.context.salt.check(end) == check) =>
            {
                self.hand_on(id, class, offset, rest).await;
            }
            _ => {
                tracing::info!(printer = %self.normaliser.printer(), "a log file was emptied; reading it anew");
                let now = self.context.clock.now();
                self.files.file(id).into_iter().for_each(|held| held.begin_anew(now));
            }
        }
    }

    /// What stands in a file from an offset on, and its length.
    async fn read(&mut self, id: FileId, offset: u64) -> Option<(Vec<u8>, u64)> {
        let file = self.files.file(id)?.file.clone()?;
        let read = blocking(move || directory::read(&file, offset)).await;
        read.map_err(|error| self.broken(id, &error)).ok()
    }

    fn broken(&mut self, id: FileId, error: &std::io::Error) {
        self.trouble("read", 1, error);
        self.files.file(id).into_iter().for_each(|held| held.broken = true);
    }

    async fn hand_on(&mut self, id: FileId, class: Class, offset: u64, piece: &[u8]) {
        let cutoff = self.cutoff();
        let Some(held) = self.files.file(id) else { return };
        let split = lines::split(piece, held.around);
        let State::Log { source, parser, .. } = &mut held.state else { return };
        if split.used == 0 {
            held.half_line = !piece.is_empty();
            return held.ends();
        }
        held.around.inside_too_long = split.inside_too_long;
        let used = piece.get(..split.used).unwrap_or_default();
        let end = Mark::behind(used, offset + split.used as u64, &self.context.salt);
        let now = self.context.clock.now();
        // Of what is old nobody knows more than that it was not written later than this.
        let written = held.old.written().min(now);
        let is_old = |line: &lines::Line<'_>| offset + (line.start as u64) < held.old.length;
        let old = split.lines.partition_point(is_old);
        let (mut readings, mut too_old, mut worked): (Vec<Reading>, _, _) = (Vec::new(), 0, 0);
        for (at, line) in split.lines.iter().enumerate() {
            let start = offset + line.start as u64;
            let text = if start == 0 { line.text.strip_prefix(UTF8_MARK) } else { None }.unwrap_or(line.text);
            let place = source.place(start, self.context.salt.check(text));
            let fallback_time = if at < old { written } else { now };
            self.normaliser.line(parser, &Line { text, place, fallback_time }, &mut readings);
            if let (Some(cutoff), true) = (cutoff, at + 1 == old) {
                let made = readings.len();
                readings.retain(|reading| is_wanted(reading, cutoff, written));
                too_old = made - readings.len();
            }
            worked += text.len();
            if worked >= WORK_BYTES {
                worked = 0;
                // Other printers' turn: the patterns of a profile may take milliseconds for the longest line.
                tokio::task::yield_now().await;
            }
        }
        for _ in 0..split.too_long {
            self.normaliser.unmatched("long_line", &"longer than any log line");
        }
        let ticket = held.position.advance(end);
        held.handed = true;
        self.flow.handed(class);
        self.send(id, class, ticket, readings);
        self.passed_by_readings(too_old);
    }

    /// Here the buffer's ceiling holds up the reading: the file keeps what there is no room for.
    fn send(&mut self, id: FileId, class: Class, ticket: Ticket, readings: Vec<Reading>) {
        let (receipt, verdict) = Receipt::group();
        let (buffer, printer) = (Arc::clone(&self.context.buffer), self.normaliser.printer().clone());
        self.under_way.push(Box::pin(async move {
            buffer.put_kept(&printer, readings, receipt).await;
            Done::Taken(id, class)
        }));
        self.under_way.push(Box::pin(async move { Done::Ended(id, class, ticket, verdict.await) }));
    }

    /// Takes over what became of a piece.
    pub(super) fn done(&mut self, done: Done) {
        match done {
            Done::Taken(id, class) => {
                self.flow.taken(class);
                self.files.file(id).into_iter().for_each(|held| held.handed = false);
            }
            Done::Ended(id, class, ticket, outcome) => {
                self.flow.ended(class);
                self.files.resolve((id, ticket), outcome, Instant::now(), &self.normaliser);
            }
        }
    }
}

/// Whether a reading of an old line is within the look-back. A stamp in doubt says nothing of its age: there it counts
/// when the file was written.
fn is_wanted(reading: &Reading, cutoff: Timestamp, written: Timestamp) -> bool {
    reading.time() >= cutoff || (reading.quality() != Quality::Good && written >= cutoff)
}
