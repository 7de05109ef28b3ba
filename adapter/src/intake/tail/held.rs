//! One file that is held open: its positions, its parser's memory and what is known of its future.

use std::ffi::OsStr;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use catalog::{Salt, Source, Timestamp};
use parsers::{Format, LogParser};
use tokio::time::{Duration, Instant};

use super::directory::{Found, Seen};
use super::flow::Class;
use super::head::{Beginning, Emptied, Undated};
use super::limits::{FORGET_AFTER, NACK_WAIT, NACK_WAIT_MAX, PIECE_BYTES};
use super::lines::Around;
use super::position::{Mark, Position};
use crate::receipt::Outcome;

/// A file that is held open.
#[derive(Debug)]
pub(super) struct Held {
    /// None while it is not to be read, or was closed for another one's sake.
    pub(super) file: Option<Arc<File>>,
    pub(super) position: Position,
    pub(super) state: State,
    pub(super) around: Around,
    /// Whether the last reading found no whole line more in it.
    pub(super) at_end: bool,
    /// Whether that reading found half a line.
    pub(super) half_line: bool,
    /// What stood in it when it was first seen: what is old if anything is.
    pub(super) old: Seen,
    /// Whether the first reading begins behind that.
    pub(super) skips_old: bool,
    /// A piece of it waits for room in the buffer: until then the next one would overtake it.
    pub(super) handed: bool,
    /// When it was last its turn.
    pub(super) turn: u64,
    /// The handle gives errors: on a share, another one may not.
    pub(super) broken: bool,
    path: PathBuf,
    seen: Seen,
    /// When it was made, where the file system says so.
    born: Option<SystemTime>,
    /// When it was last seen to be emptied, as a log.
    emptied: Option<Emptied>,
    /// How it began when it was left.
    left: Option<Beginning>,
    found_late: bool,
    caught_up: bool,
    grows: bool,
    /// After a nack, when to read on, and the wait after the next one.
    wait: Option<(Instant, Duration)>,
    /// Since when its name has not been in the directory.
    gone_since: Option<Instant>,
    /// Since when it has stood, unchanged, under another name than before: rotation puts old files away so.
    put_away_since: Option<Instant>,
}

/// What was known of a file before it was opened.
#[derive(Clone, Copy, Debug)]
pub(super) struct Before {
    /// Whether the first look at the directory did not show it.
    pub(super) found_late: bool,
    /// What stood in it when it was first seen.
    pub(super) old: Seen,
    /// Whether that is not to be read.
    pub(super) skips_old: bool,
}

/// What a file is known to be.
#[derive(Debug)]
pub(super) enum State {
    /// Its head is not yet read.
    New,
    /// A log, with the fingerprint of its origins.
    Log { source: Source, format: Format, parser: Box<LogParser> },
    /// Not to be read, until it becomes another file.
    Left,
}

impl Held {
    pub(super) fn new(file: File, found: Found, before: Before) -> Self {
        let Before { found_late, old, skips_old } = before;
        Self {
            file: Some(file.into()),
            position: Position::default(),
            state: State::New,
            around: Around::default(),
            at_end: false,
            half_line: false,
            old,
            skips_old,
            handed: false,
            turn: 0,
            broken: false,
            path: found.path,
            seen: found.seen,
            born: found.born,
            emptied: None,
            left: None,
            found_late,
            caught_up: false,
            grows: false,
            wait: None,
            gone_since: None,
            put_away_since: None,
        }
    }

    /// A look found it in the directory.
    pub(super) fn found(&mut self, found: &Found, now: Instant) {
        self.gone_since = None;
        self.born = found.born;
        self.glanced_at(found.seen, now);
        if self.path != found.path {
            self.path.clone_from(&found.path);
            self.put_away_since = Some(now);
            self.look_again();
        }
        self.end_half_line(self.put_away_since, now);
    }

    /// Takes over what shows whether it has changed.
    pub(super) fn glanced_at(&mut self, seen: Seen, now: Instant) {
        if self.seen == seen {
            return;
        }
        self.grows |= seen.length > self.seen.length;
        self.at_end = false;
        self.around.last = false;
        self.look_again();
        self.put_away_since = self.put_away_since.map(|_| now);
        self.seen = seen;
    }

    /// Whether it is what has this name in the directory.
    pub(super) fn is_named(&self, name: &OsStr) -> bool {
        self.gone_since.is_none() && self.path.file_name() == Some(name)
    }

    /// A look did not find it. Says whether it is still held: until it is read and stored, and its writer has had time
    /// to let go as well.
    pub(super) fn missed(&mut self, now: Instant) -> bool {
        let since = *self.gone_since.get_or_insert(now);
        self.end_half_line(Some(since), now);
        let read = self.at_end && self.position.is_settled() && !self.handed;
        // Without a handle there is no more to be had of it.
        let done = read || self.broken || self.file.is_none();
        // No look at the directory shows whether it still grows.
        self.at_end = false;
        now < since + FORGET_AFTER || !done
    }

    // Nobody will write the rest.
    fn end_half_line(&mut self, since: Option<Instant>, now: Instant) {
        let over = since.is_some_and(|since| now >= since + FORGET_AFTER);
        if over && self.half_line && !self.around.last {
            self.around.last = true;
            self.at_end = false;
        }
    }

    /// What is still unread of it.
    pub(super) fn class(&self) -> Class {
        let unread = self.seen.length.saturating_sub(self.position.read());
        if self.caught_up || (self.found_late && unread <= PIECE_BYTES as u64) {
            Class::Live
        } else if self.grows {
            Class::Growing
        } else {
            Class::Backlog
        }
    }

    /// Whether it may be read now.
    pub(super) fn due(&self, now: Instant) -> bool {
        let waits = self.wait.is_some_and(|(until, _)| now < until);
        let readable = self.file.is_some() && !self.broken;
        readable && !self.at_end && !self.handed && !waits && self.position.takes_more()
    }

    /// Whether it must be opened to be read.
    pub(super) fn wants_file(&self) -> bool {
        let unread = !self.at_end && !matches!(self.state, State::Left);
        self.broken || (self.file.is_none() && unread)
    }

    /// Whether it can be closed: all of it is stored, and it can be opened again by its name. What it is, and how far it
    /// is read, is known all the same.
    pub(super) fn is_idle(&self) -> bool {
        let done = self.at_end && !self.half_line && !self.handed && self.position.is_settled();
        self.file.is_some() && done && self.gone_since.is_none()
    }

    /// It is not to be read, and needs no handle.
    pub(super) fn leave(&mut self, begins: Beginning) {
        self.ends();
        self.state = State::Left;
        self.left = Some(begins);
        self.file = None;
    }

    /// A file that was left may be another by now, written over it or in its place under its inode: its head says.
    fn look_again(&mut self) {
        if matches!(self.state, State::Left) {
            self.state = State::New;
            self.at_end = false;
        }
    }

    /// Whether it was left and, with this first piece, is what it was then: that was said.
    pub(super) fn is_as_left(&mut self, head: &[u8], salt: &Salt) -> bool {
        let Some(left) = self.left.take() else { return false };
        let same = left.is_of(head, salt);
        if same {
            self.leave(left);
        } else {
            self.is_another();
        }
        same
    }

    /// For now there is no more to be had of it.
    pub(super) fn ends(&mut self) {
        self.at_end = true;
        self.caught_up = true;
    }

    /// What tells it from others that begin alike.
    pub(super) fn undated(&self, inode: u64) -> Undated {
        Undated { inode, born: self.born, emptied: self.emptied }
    }

    /// It was emptied, and is another file now.
    pub(super) fn begin_anew(&mut self, now: Timestamp) {
        if matches!(self.state, State::Log { .. }) {
            self.emptied = Some(Emptied::after(self.emptied, now));
        }
        self.is_another();
    }

    /// Nothing that is known of what it was holds for what it is now.
    fn is_another(&mut self) {
        self.position.begin_at(Mark::default());
        self.state = State::New;
        self.skips_old = false;
        self.old.length = 0;
        self.go_back();
    }

    /// When it may be read again after a nack.
    pub(super) fn retry(&self) -> Option<Instant> {
        self.wait.map(|(until, _)| until)
    }

    /// A piece came to its end; `again` says that it is read again.
    pub(super) fn resolved(&mut self, again: bool, outcome: Outcome, now: Instant) {
        if again {
            self.go_back();
            let wait = self.wait.map_or(NACK_WAIT, |(_, wait)| (wait * 2).min(NACK_WAIT_MAX));
            self.wait = Some((now + wait, wait));
        } else if outcome == Outcome::Accepted {
            self.wait = None;
        }
    }

    fn go_back(&mut self) {
        // The accepted offset is the beginning of a line, or lies within a line that is over the limit: the
        // rest of that one would be read as a line of its own, and is counted as unknown then.
        self.around = Around::default();
        self.at_end = false;
        self.half_line = false;
    }
}
