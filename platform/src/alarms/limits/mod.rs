//! The limits as a person writes them: a TOML file that is read, checked and put in the place of all that the
//! store has, and written again from the store. Nothing of them is kept in memory: each post and each tick reads
//! the table, so a running platform judges by what another process has just written.

mod check;
mod export;
mod file;
mod import;
mod table;

use catalog::Item;

use super::machine::Bounds;

pub(crate) use check::parse;
pub(crate) use export::export;
pub(crate) use import::import;
pub(super) use import::insert;

/// Largest file of limits, in bytes.
pub(crate) const FILE_BYTES_MAX: u64 = 1 << 20;

/// Limits that a store takes: each post reads those of its thing.
const LIMITS_MAX: usize = 2_000;

/// The severities' names; the table has their numbers, from 1.
const SEVERITIES: [&str; 4] = ["critical", "high", "medium", "low"];

/// One limit, checked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Limit {
    item: &'static Item,
    scope: Scope,
    bounds: Bounds,
    /// 1 critical to 4 low.
    severity: i64,
    message: String,
    /// Whether the number is this project's guess: shown to people, and nothing is judged by it.
    estimate: bool,
}

/// What a limit is for; for every printer and adapter when it names nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Scope {
    thing: Option<String>,
    model: Option<String>,
}

impl Limit {
    /// Whether both judge the same, with the same words.
    fn judges_as(&self, other: &Self) -> bool {
        self.item == other.item
            && self.scope == other.scope
            && self.bounds == other.bounds
            && self.severity == other.severity
            && self.message == other.message
    }
}

#[cfg(test)]
mod tests;
