//! The files that are held, each with its positions and its parser's memory.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::sync::Arc;

use catalog::{Salt, Source};
use parsers::LogParser;
use tokio::time::{Duration, Instant};

use super::directory::{FileId, Scan};
use super::limits::{FILES_MAX, FORGET_AFTER, NACK_WAIT, NACK_WAIT_MAX};
use super::position::{Mark, Position, Ticket};
use crate::normalise::Normaliser;
use crate::receipt::Outcome;

/// A file that is held open.
#[derive(Debug)]
pub(super) struct Held {
    file: Arc<File>,
    pub(super) source: Source,
    pub(super) position: Position,
    pub(super) parser: LogParser,
    /// Whether the next piece begins within a line that is over the limit.
    pub(super) inside_too_long: bool,
    /// Whether the last reading found nothing more in it.
    pub(super) at_end: bool,
    /// After a nack, when to read on, and the wait after the next one.
    wait: Option<(Instant, Duration)>,
    /// Since when its name has not been in the directory.
    gone_since: Option<Instant>,
}

/// What to read next.
#[derive(Debug)]
pub(super) struct Due {
    pub(super) file: Arc<File>,
    /// Where the next piece begins.
    pub(super) from: Mark,
}

/// The files of one directory.
#[derive(Debug, Default)]
pub(super) struct Files {
    held: BTreeMap<FileId, Held>,
    /// In the order in which they were found, which is nearly the order of their records.
    order: Vec<FileId>,
}

impl Files {
    pub(super) fn holds(&self, id: FileId) -> bool {
        self.held.contains_key(&id)
    }

    pub(super) fn ids(&self) -> Vec<FileId> {
        self.order.clone()
    }

    pub(super) fn file(&mut self, id: FileId) -> Option<&mut Held> {
        self.held.get_mut(&id)
    }

    /// Takes a file in, from its beginning. Says whether there was room for it.
    pub(super) fn add(&mut self, id: FileId, file: File, normaliser: &Normaliser, salt: &Salt) -> bool {
        // Files that have left the directory and are not yet read to their end count as well.
        if self.held.len() >= FILES_MAX * 2 {
            return false;
        }
        let printer = normaliser.printer().as_str().as_bytes();
        // Without the device: the kernel gives a network share another number at each mount, and after a restart
        // every file is read from its beginning. The files of one directory are on one device anyway.
        let source = salt.source(&[b"tail", printer, &id.inode.to_be_bytes()]);
        let held = Held {
            file: Arc::new(file),
            source,
            position: Position::default(),
            parser: normaliser.log_parser(),
            inside_too_long: false,
            at_end: false,
            wait: None,
            gone_since: None,
        };
        self.held.insert(id, held);
        self.order.push(id);
        true
    }

    /// Lets go of files that left the directory, once they are read and stored and their writer has had time
    /// to let go as well.
    pub(super) fn keep(&mut self, scan: &Scan, now: Instant) {
        let present: HashSet<_> = scan.found.iter().map(|found| found.id).collect();
        self.held.retain(|id, held| {
            if present.contains(id) {
                held.gone_since = None;
                return true;
            }
            let since = *held.gone_since.get_or_insert(now);
            let unread = !held.at_end || held.position.accepted() < held.position.read();
            now < since + FORGET_AFTER || unread
        });
        let held = &self.held;
        self.order.retain(|id| held.contains_key(id));
    }

    /// The file and from where to read, if it may be read now.
    pub(super) fn due(&self, id: FileId, now: Instant) -> Option<Due> {
        let held = self.held.get(&id)?;
        let waits = held.wait.is_some_and(|(until, _)| now < until);
        let due = !waits && held.position.takes_more();
        due.then(|| Due { file: Arc::clone(&held.file), from: held.position.mark() })
    }

    /// When the next file that waits after a nack may be read.
    pub(super) fn next_retry(&self, now: Instant) -> Option<Instant> {
        self.held
            .values()
            .filter_map(|held| held.wait)
            .map(|(until, _)| until)
            .filter(|until| *until > now)
            .min()
    }

    /// The file is shorter than what was read of it: it is read from its beginning, as another file.
    pub(super) fn truncated(&mut self, id: FileId, normaliser: &Normaliser) {
        if let Some(held) = self.held.get_mut(&id) {
            held.position.truncated();
            held.start_over(normaliser);
        }
    }

    /// What became of a piece.
    pub(super) fn resolve(
        &mut self,
        piece: (FileId, Ticket),
        outcome: Outcome,
        now: Instant,
        normaliser: &Normaliser,
    ) {
        let (id, ticket) = piece;
        let Some(held) = self.held.get_mut(&id) else { return };
        let again = held.position.resolve(ticket, outcome);
        if again {
            held.start_over(normaliser);
            let wait = held.wait.map_or(NACK_WAIT, |(_, wait)| (wait * 2).min(NACK_WAIT_MAX));
            held.wait = Some((now + wait, wait));
        } else if outcome == Outcome::Accepted {
            held.wait = None;
        }
    }
}

impl Held {
    fn start_over(&mut self, normaliser: &Normaliser) {
        self.parser = normaliser.log_parser();
        // The accepted offset is the beginning of a line, or lies within a line that is over the limit: the
        // rest of that one would be read as a line of its own, and is counted as unknown then.
        self.inside_too_long = false;
        self.at_end = false;
    }
}
