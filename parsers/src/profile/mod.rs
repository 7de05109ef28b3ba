//! Profiles: a log format that a file describes instead of a module. The file names items of the catalogue and nothing
//! else, so it cannot make anything leave that the catalogue does not have; what its patterns match is only ever read
//! as a number, as a word of a vocabulary, or hashed. See `docs/profiles.md`.
//!
//! The index in an origin is the rule's number in the file times [`PROFILE_INDICES`](crate::limits::PROFILE_INDICES) plus
//! the value's number in the rule, so a rule or a value that is added at the end changes nothing of the earlier ones.

mod alarms;
mod codes;
mod fields;
mod fuzz;
mod groups;
mod head;
mod parser;
mod pattern;
mod problem;
mod rule;
mod rules;
mod section;
mod sheet;
mod stamp;
#[cfg(test)]
mod tests;
mod value;

use toml_edit::Document;

pub use fuzz::{fuzz_log, fuzz_profile};
pub use parser::{Made, Parser};
pub use problem::Problem;

use crate::limits::{PROFILE_BYTES_MAX, PROFILE_IGNORED_MAX};
use head::{Anchor, Head, Stamp, counts};
use pattern::{Extent, Pattern};
use problem::Problems;
use rule::{Around, Rule};
use section::Section;
use stamp::Form;

const KEYS: &[&str] = &["name", "about", "decimal_comma", "absent", "ignore", "record", "stamp", "rule"];
const RECORD_KEYS: &[&str] = &["begins", "continuations"];

/// A log format, as a file describes it.
#[derive(Debug)]
pub struct Profile {
    name: String,
    about: String,
    decimal_comma: bool,
    /// What the log writes where there is no value.
    absent: Vec<Box<[u8]>>,
    /// Lines that are known and say nothing that may leave.
    ignored: Vec<Pattern>,
    head: Option<Head>,
    /// Whether a line below a record's first one that no rule reads is counted.
    counts_continuations: bool,
    form: Form,
    anchor: Option<Anchor>,
    rules: Vec<Rule>,
}

impl Profile {
    /// Reads a profile.
    ///
    /// # Errors
    /// Every mistake that can be found at once, in reading order: what is wrong, where, and what to write instead.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::new(text);
        if text.len() > PROFILE_BYTES_MAX {
            problems.add(&(0..0), format!("a profile has at most {PROFILE_BYTES_MAX} bytes"));
            return Err(problems.into_found());
        }
        let document = match Document::parse(text) {
            Ok(document) => document,
            Err(error) => {
                problems.add(&error.span().unwrap_or(0..0), error.message().replace('\n', "; "));
                return Err(problems.into_found());
            }
        };
        let top = Section::new(document.as_table(), 0..0, KEYS, &mut problems);
        match Self::read(&top, &mut problems) {
            Some(profile) if problems.none() => Ok(profile),
            _ => Err(problems.into_found()),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is for, in its author's words.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// The name of a rule, by its number from 0.
    pub fn rule(&self, number: usize) -> Option<&str> {
        self.rules.get(number).map(|rule| rule.name.as_str())
    }

    /// How many rules it has.
    pub fn rules(&self) -> usize {
        self.rules.len()
    }

    fn read(top: &Section<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let name = top.must_text("name", "what the format is called", problems);
        if let Some(name) = name.as_ref().filter(|name| !rule::is_name(name.value)) {
            problems.add(&name.span, "a profile's name is 1 to 32 of a-z, 0-9, - and _");
        }
        let about = top.text("about", problems).map_or("", |about| about.value);
        let absent =
            top.texts("absent", problems).into_iter().map(|text| Box::from(text.value.as_bytes())).collect();
        let decimal_comma = top.flag("decimal_comma", problems);
        let ignored = ignored(top, problems);
        let stamp = Stamp::read(top, problems);
        let record = top.table("record", RECORD_KEYS, problems);
        let head = record.as_ref().and_then(|record| Head::read(record, stamp.as_ref(), problems));
        let counts_continuations = record.as_ref().is_some_and(|record| counts(record, problems));
        // A stamp or a head that is wrong has had its say already: no rule must be blamed for it.
        let head_is_wrong = head.is_none() && record.as_ref().is_some_and(|record| record.has("begins"));
        let around = Around {
            time: stamp.as_ref().and_then(|stamp| stamp.group.as_deref()),
            head_has_time: head_is_wrong || head.as_ref().is_some_and(|head| head.time.is_some()),
            has_continuations: head_is_wrong || head.as_ref().is_some_and(|head| !head.pattern.can_be_empty),
        };
        let rules = rules::all(top, &around, problems);
        let stamp = stamp?;
        Some(Self {
            name: name?.value.to_owned(),
            about: about.to_owned(),
            decimal_comma,
            absent,
            ignored,
            head,
            counts_continuations,
            form: stamp.form,
            anchor: stamp.anchor,
            rules,
        })
    }
}

fn ignored(top: &Section<'_>, problems: &mut Problems<'_>) -> Vec<Pattern> {
    let texts = top.texts("ignore", problems);
    if let Some(over) = texts.get(PROFILE_IGNORED_MAX) {
        problems.add(
            &over.span,
            format!("`ignore` has at most {PROFILE_IGNORED_MAX} patterns; join some with `|`"),
        );
    }
    let mut patterns = Vec::new();
    for text in texts.iter().take(PROFILE_IGNORED_MAX) {
        let Some(pattern) = Pattern::compile(text, Extent::Whole, problems) else { continue };
        if pattern.can_be_empty {
            problems.add(&text.span, "the pattern can match an empty line, so it may ignore everything; write at least one character that must be there");
        }
        patterns.push(pattern);
    }
    patterns
}
