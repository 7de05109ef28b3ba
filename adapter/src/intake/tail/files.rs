//! The files of one directory that are held, and whose turn it is.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::fs::File;

use tokio::time::Instant;

use super::directory::{FileId, Found, Scan};
use super::flow::{Class, Flow};
use super::held::{Before, Held, State};
use super::limits::HELD_MAX;
use super::position::Ticket;
use crate::normalise::Normaliser;
use crate::receipt::Outcome;

/// The files of one directory.
#[derive(Debug)]
pub(super) struct Files {
    /// How many may be open.
    open_max: usize,
    held: BTreeMap<FileId, Held>,
    /// In the order in which they were found, which is nearly the order of their records.
    order: Vec<FileId>,
    turns: u64,
}

impl Files {
    pub(super) fn new(open_max: usize) -> Self {
        Self { open_max, held: BTreeMap::new(), order: Vec::new(), turns: 0 }
    }

    /// Whether a look needs not open it: it is held, by a handle that works or without need of one.
    pub(super) fn holds(&self, id: FileId) -> bool {
        self.held.get(&id).is_some_and(|held| !held.wants_file())
    }

    /// The file that has this name in the directory.
    pub(super) fn named(&self, name: &OsStr) -> Option<(FileId, &Held)> {
        self.held.iter().find(|(_, held)| held.is_named(name)).map(|(id, held)| (*id, held))
    }

    pub(super) fn file(&mut self, id: FileId) -> Option<&mut Held> {
        self.held.get_mut(&id)
    }

    /// Whether there is room to open this file; for its sake the one is closed that has had nothing new for longest.
    pub(super) fn make_room(&mut self, id: FileId) -> bool {
        if self.held.len() >= HELD_MAX && !self.held.contains_key(&id) {
            return false;
        }
        if self.open() < self.open_max || self.held.get(&id).is_some_and(|held| held.file.is_some()) {
            return true;
        }
        let idle = self.held.values_mut().filter(|held| held.is_idle()).min_by_key(|held| held.turn);
        idle.map(|held| held.file = None).is_some()
    }

    /// How many are open.
    pub(super) fn open(&self) -> usize {
        self.held.values().filter(|held| held.file.is_some()).count()
    }

    /// Takes a file in, or another handle of one whose own is broken or closed.
    pub(super) fn add(&mut self, file: File, found: Found, before: Before) {
        let id = found.id;
        if let Some(held) = self.held.get_mut(&id) {
            held.file = Some(file.into());
            (held.broken, held.at_end) = (false, false);
            return;
        }
        self.held.insert(id, Held::new(file, found, before));
        self.order.push(id);
    }

    /// Takes over what a look has shown, and lets go of files that have left the directory.
    pub(super) fn keep(&mut self, scan: &Scan, now: Instant) {
        let present: HashMap<_, _> = scan.found.iter().map(|found| (found.id, found)).collect();
        self.held.retain(|id, held| match present.get(id) {
            Some(found) => {
                held.found(found, now);
                true
            }
            None => held.missed(now),
        });
        let held = &self.held;
        self.order.retain(|id| held.contains_key(id));
    }

    /// The next file to read a piece of: what is written now in turns, then what is old and has new lines behind it,
    /// then what is old alone, the oldest to its end first.
    pub(super) fn next(&mut self, flow: &Flow, now: Instant) -> Option<(FileId, Class)> {
        let due = self.order.iter().filter_map(|id| {
            let held = self.held.get(id).filter(|held| held.due(now))?;
            let class = held.class();
            let turn = if class == Class::Live { held.turn } else { 0 };
            flow.admits(class).then_some(((class, turn), *id))
        });
        let ((class, _), id) = due.min_by_key(|(rank, _)| *rank)?;
        self.turns += 1;
        let turn = self.turns;
        self.file(id)?.turn = turn;
        Some((id, class))
    }

    /// When the next file that waits after a nack may be read.
    pub(super) fn next_retry(&self, now: Instant) -> Option<Instant> {
        self.held.values().filter_map(Held::retry).filter(|until| *until > now).min()
    }

    /// What became of a piece.
    pub(super) fn resolve(
        &mut self,
        (id, ticket): (FileId, Ticket),
        outcome: Outcome,
        now: Instant,
        normaliser: &Normaliser,
    ) {
        let Some(held) = self.held.get_mut(&id) else { return };
        let again = held.position.resolve(ticket, outcome);
        held.resolved(again, outcome, now);
        if let (true, State::Log { parser, format, .. }) = (again, &mut held.state) {
            **parser = normaliser.log_parser(format);
        }
    }

    #[cfg(test)]
    pub(super) fn ids(&self) -> Vec<FileId> {
        self.order.clone()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        assert_eq!(self.held.len(), self.order.len());
        self.held.len()
    }
}
