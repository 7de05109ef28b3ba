//! Patterns, compiled: what a line looks like, and which of its pieces have names.
//!
//! What a line costs is bounded by how a pattern is compiled, not by what it says: whether a line fits is asked of a
//! table, in one step a byte, and only of a line that fits is asked where the groups stand (`groups.rs`). A pattern for
//! which either would be too large is refused.

use std::fmt;

use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::nfa::thompson::{self, NFA};
use regex_automata::util::captures::GroupInfo;
use regex_automata::{Anchored, Input, PatternID};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, Look};

use super::groups::{Found, Groups};
use super::problem::{Problems, Span};
use super::section::At;
use crate::limits::{
    PROFILE_COMPILED_BYTES_MAX, PROFILE_GROUPS_MAX, PROFILE_NEST_MAX, PROFILE_PATTERN_BYTES_MAX,
    PROFILE_TABLE_BYTES_MAX, PROFILE_TABLES_BYTES_MAX,
};

/// What a pattern must fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// The whole line, from its first character to its last: half a line is no line.
    Whole,
    /// What a line begins with.
    Head,
}

/// A compiled pattern.
pub(super) struct Pattern {
    table: dense::DFA<Vec<u32>>,
    groups: Groups,
    names: GroupInfo,
    /// Whether it can match a text without any character.
    pub(super) can_be_empty: bool,
}

// Written by hand: a table is thousands of numbers.
impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pattern").field("bytes", &self.bytes()).finish_non_exhaustive()
    }
}

impl Pattern {
    /// Compiles a pattern. A mistake is told at its place in the pattern, where the text is written without escapes.
    pub(super) fn compile(text: &At<&str>, extent: Extent, problems: &mut Problems<'_>) -> Option<Self> {
        let At { value: pattern, span } = text;
        if pattern.len() > PROFILE_PATTERN_BYTES_MAX {
            let limit =
                format!("a pattern has at most {PROFILE_PATTERN_BYTES_MAX} bytes; make two rules of it");
            problems.add(span, limit);
            return None;
        }
        // Bytes, not characters: an old controller writes Latin-1, and `.` must take that too.
        let mut parser = ParserBuilder::new().unicode(false).utf8(false).nest_limit(PROFILE_NEST_MAX).build();
        let hir = match parser.parse(pattern) {
            Ok(hir) => hir,
            Err(error) => {
                let (start, what) = located(&error);
                problems.add(&inside(span, start, problems), format!("the pattern cannot be read: {what}"));
                return None;
            }
        };
        if hir.properties().explicit_captures_len() > PROFILE_GROUPS_MAX {
            problems.add(span, format!("a pattern has at most {PROFILE_GROUPS_MAX} groups; write (?:…) for one that only holds together"));
            return None;
        }
        if problems.tables_bytes() > PROFILE_TABLES_BYTES_MAX {
            return None;
        }
        let compiled = Self::of(hir, extent);
        // One that is refused has cost as much to try.
        problems.add_table(compiled.as_ref().map_or(PROFILE_TABLE_BYTES_MAX, Self::bytes));
        if problems.tables_bytes() > PROFILE_TABLES_BYTES_MAX {
            problems.add(span, "with this one the patterns of the profile are too large together; write shorter ones, such as `+` for `{1,99}`, or `columns` in place of a pattern");
            return None;
        }
        compiled.map_err(|wrong| problems.add(span, wrong)).ok()
    }

    fn of(hir: Hir, extent: Extent) -> Result<Self, String> {
        let can_be_empty = hir.properties().minimum_len().is_none_or(|least| least == 0);
        let whole = match extent {
            Extent::Whole => vec![Hir::look(Look::Start), hir, Hir::look(Look::End)],
            Extent::Head => vec![Hir::look(Look::Start), hir],
        };
        let nfa = thompson::Compiler::new()
            .configure(thompson::Config::new().utf8(false).nfa_size_limit(Some(PROFILE_COMPILED_BYTES_MAX)))
            .build_from_hir(&Hir::concat(whole));
        let nfa = nfa.map_err(|error| match error.size_limit() {
            Some(_) => TOO_LARGE.to_owned(),
            None => format!("the pattern cannot be read: {error}"),
        })?;
        let table = table(&nfa)?;
        let groups = Groups::of(&nfa).ok_or(TOO_MANY_WAYS)?;
        Ok(Self { table, groups, names: nfa.group_info().clone(), can_be_empty })
    }

    fn bytes(&self) -> usize {
        self.table.memory_usage() + self.groups.bytes()
    }

    /// The number of the group with this name.
    pub(super) fn group(&self, name: &str) -> Option<usize> {
        self.names.to_index(PatternID::ZERO, name)
    }

    /// The names of its groups.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.names.pattern_names(PatternID::ZERO).flatten()
    }

    /// Whether it fits the text.
    pub(super) fn fits(&self, text: &[u8]) -> bool {
        self.end(text).is_some()
    }

    /// Where the part of the text ends that it fits; `found` says where its groups stand.
    pub(super) fn find(&self, text: &[u8], found: &mut Found) -> Option<usize> {
        let end = self.end(text)?;
        self.groups.find(text, found).then_some(end)
    }

    fn end(&self, text: &[u8]) -> Option<usize> {
        // It fails only where it is asked for what it was not built for.
        let found = self.table.try_search_fwd(&Input::new(text).anchored(Anchored::Yes)).ok()?;
        found.map(|found| found.offset())
    }
}

const TOO_LARGE: &str =
    "the pattern is too large when compiled; write fewer or shorter repetitions, such as `+` for `{1,999}`";
const TOO_MUCH_IN_MIND: &str = "the pattern has too much to keep in mind along a line; behind a `.*` write `+` in place of a count such as `{20}`, or in its place what cannot stand there, such as `[^;]*`";
const TOO_MANY_WAYS: &str = "the pattern is too large for one that can fit a line in several ways; say what ends each group, such as `[^;]*` for `.*` before a `;`, and write fewer repetitions";

fn table(nfa: &NFA) -> Result<dense::DFA<Vec<u32>>, String> {
    let config = dense::Config::new()
        .start_kind(StartKind::Anchored)
        .dfa_size_limit(Some(PROFILE_TABLE_BYTES_MAX))
        .determinize_size_limit(Some(PROFILE_TABLE_BYTES_MAX));
    dense::Builder::new().configure(config).build_from_nfa(nfa).map_err(|error| {
        if error.is_size_limit_exceeded() {
            TOO_MUCH_IN_MIND.to_owned()
        } else {
            "the pattern cannot be read: it asks for Unicode, and lines are bytes; leave `(?u)` out"
                .to_owned()
        }
    })
}

fn located(error: &regex_syntax::Error) -> (usize, String) {
    match error {
        regex_syntax::Error::Parse(error) => (error.span().start.offset, error.kind().to_string()),
        regex_syntax::Error::Translate(error) => (error.span().start.offset, error.kind().to_string()),
        _ => (0, error.to_string()),
    }
}

/// Where an offset of a text's value stands in the file. With escapes in it, nobody can say more than where it begins.
fn inside(span: &Span, offset: usize, problems: &Problems<'_>) -> Span {
    let written = problems.written(span);
    let quote = match written {
        text if text.starts_with("'''\n") => 4,
        text if text.starts_with("'''\r\n") => 5,
        text if text.starts_with("'''") => 3,
        text if text.starts_with("\"\"\"\n") && !text.contains('\\') => 4,
        text if text.starts_with("\"\"\"") && !text.contains('\\') => 3,
        text if text.starts_with('\'') || (text.starts_with('"') && !text.contains('\\')) => 1,
        _ => return span.clone(),
    };
    let start = (span.start + quote + offset).min(span.end);
    start..span.end
}
