//! What is wrong with a profile, where, and what to write instead.

use std::fmt;
use std::ops::Range;

use crate::limits::PROFILE_PROBLEMS_MAX;

/// One mistake in a profile.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// What is wrong and what to write instead.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.text)
    }
}

/// Where something stands in the profile's text, in bytes.
pub(super) type Span = Range<usize>;

/// The mistakes of one profile, as they are found.
pub(super) struct Problems<'a> {
    text: &'a str,
    found: Vec<Problem>,
    /// What the tables of the patterns take so far, in bytes.
    tables_bytes: usize,
}

impl<'a> Problems<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, found: Vec::new(), tables_bytes: 0 }
    }

    pub(super) fn add(&mut self, span: &Span, text: impl Into<String>) {
        if !self.is_full() {
            let before = self.text.get(..span.start).unwrap_or(self.text);
            let line = before.matches('\n').count() + 1;
            let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
            self.found.push(Problem { line, column, text: text.into() });
        }
    }

    /// The profile's text at a place, as it was written.
    pub(super) fn written(&self, span: &Span) -> &'a str {
        self.text.get(span.clone()).unwrap_or_default()
    }

    /// What the tables of the patterns take so far, in bytes.
    pub(super) fn tables_bytes(&self) -> usize {
        self.tables_bytes
    }

    /// Adds a pattern's tables.
    pub(super) fn add_table(&mut self, bytes: usize) {
        self.tables_bytes += bytes;
    }

    /// Whether no more are told.
    pub(super) fn is_full(&self) -> bool {
        self.found.len() >= PROFILE_PROBLEMS_MAX
    }

    pub(super) fn none(&self) -> bool {
        self.found.is_empty()
    }

    /// How many there are: of two mistakes only the first is told where the second is no more than its consequence.
    pub(super) fn count(&self) -> usize {
        self.found.len()
    }

    /// In reading order.
    pub(super) fn into_found(mut self) -> Vec<Problem> {
        self.found.sort();
        self.found
    }
}

/// One wrong letter in so many is still a typo, and a name of any length may have one.
const LETTERS_PER_SLIP: usize = 3;

/// `did you mean X?`, where a name is near enough, else the list of the names that there are.
pub(super) fn advice<'n>(wrong: &str, names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<_> = names.collect();
    let letters = wrong.chars().count();
    let slips_max = (letters / LETTERS_PER_SLIP).max(1);
    let near = names
        .iter()
        // The distance costs the product of the lengths, and is their difference at least.
        .filter(|name| name.chars().count().abs_diff(letters) <= slips_max && letters < 128)
        .map(|name| (strsim::damerau_levenshtein(wrong, name), *name))
        .min()
        .filter(|(slips, _)| *slips <= slips_max);
    match near {
        Some((_, name)) => format!("did you mean `{name}`?"),
        None => format!("write {}", one_of(names.into_iter())),
    }
}

/// `one of A, B or C`, each in backticks.
pub(super) fn one_of<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        None => "nothing here".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("one of {} or {last}", rest.join(", ")),
    }
}
