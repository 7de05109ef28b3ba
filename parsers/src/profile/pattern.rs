//! Patterns, compiled: what a line looks like, and which of its pieces have names.

use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::ParserBuilder;

use super::problem::{Problems, Span};
use super::section::At;
use crate::limits::{
    PROFILE_COMPILED_BYTES_MAX, PROFILE_GROUPS_MAX, PROFILE_NEST_MAX, PROFILE_PATTERN_BYTES_MAX,
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
#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) regex: Regex,
    /// Whether it can match a text without any character.
    pub(super) can_be_empty: bool,
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
        let properties = hir.properties();
        if properties.explicit_captures_len() > PROFILE_GROUPS_MAX {
            problems.add(span, format!("a pattern has at most {PROFILE_GROUPS_MAX} groups; write (?:…) for one that only holds together"));
            return None;
        }
        let anchored = match extent {
            Extent::Whole => format!(r"\A(?:{pattern})\z"),
            Extent::Head => format!(r"\A(?:{pattern})"),
        };
        let built = RegexBuilder::new(&anchored)
            .unicode(false)
            .nest_limit(PROFILE_NEST_MAX + 4)
            .size_limit(PROFILE_COMPILED_BYTES_MAX)
            .dfa_size_limit(PROFILE_COMPILED_BYTES_MAX)
            .build();
        match built {
            Ok(regex) => {
                Some(Self { regex, can_be_empty: properties.minimum_len().is_none_or(|least| least == 0) })
            }
            Err(regex::Error::CompiledTooBig(_)) => {
                problems.add(span, "the pattern is too large when compiled; write fewer or shorter repetitions, such as `+` for `{1,999}`");
                None
            }
            // The one thing that fits alone and not between brackets.
            Err(_) => {
                problems.add(
                    span,
                    "the pattern ends inside a comment of (?x); end its last line before the quotes",
                );
                None
            }
        }
    }

    /// The number of the group with this name.
    pub(super) fn group(&self, name: &str) -> Option<usize> {
        self.regex.capture_names().position(|known| known == Some(name))
    }

    /// The names of its groups.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.regex.capture_names().flatten()
    }
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
