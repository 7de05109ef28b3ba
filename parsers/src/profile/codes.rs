//! Which of the log's words is which of the catalogue's.

use catalog::Item;

use super::problem::{Problems, Span, advice};
use super::section::Section;
use crate::limits::PROFILE_CODES_MAX;

/// The words of one value.
#[derive(Debug)]
pub(super) struct Codes {
    /// Sorted by the log's word. Empty where the log writes the catalogue's own.
    words: Vec<(Box<[u8]>, &'static str)>,
    otherwise: Option<&'static str>,
}

impl Codes {
    /// The catalogue's word for the log's.
    pub(super) fn of<'a>(&self, word: &'a [u8]) -> Option<&'a [u8]> {
        if self.words.is_empty() {
            return Some(word);
        }
        let found = self.words.binary_search_by(|(known, _)| known.as_ref().cmp(word)).ok();
        let code = found.and_then(|at| self.words.get(at)).map(|(_, code)| *code);
        code.or(self.otherwise).map(str::as_bytes)
    }
}

/// The words of a value's `codes` and `otherwise`.
pub(super) fn codes(
    item: &'static Item,
    section: &Section<'_>,
    problems: &mut Problems<'_>,
) -> Option<Codes> {
    let otherwise = match section.text("otherwise", problems) {
        Some(code) => Some(word(item, code.value, &code.span, problems)?),
        None if section.has("otherwise") => return None,
        None => None,
    };
    if !section.has("codes") {
        if otherwise.is_some() {
            problems.add(&section.span_of("otherwise"), "`otherwise` needs `codes` beside it");
        }
        return Some(Codes { words: Vec::new(), otherwise: None });
    }
    let span = section.span_of("codes");
    let pairs = section.pairs("codes", problems)?;
    if pairs.is_empty() || pairs.len() > PROFILE_CODES_MAX {
        problems.add(&span, format!("`codes` has 1 to {PROFILE_CODES_MAX} words; leave it out where the log writes the catalogue's own"));
        return None;
    }
    // Two of the log's words that are one letter each say little of a printer; twenty-six spell a name.
    let letters = pairs.iter().filter(|(written, _)| is_letter(written));
    for (letter, code) in letters {
        let text = format!(
            "a word of one letter, `{letter}`, could spell a name; have the group hold the whole word, or write a rule with the letter in its pattern and a `code`"
        );
        problems.add(&code.span, text);
    }
    let count = pairs.len();
    let words = pairs.into_iter().filter_map(|(written, code)| {
        Some((Box::from(written.as_bytes()), word(item, code.value, &code.span, problems)?))
    });
    let mut words: Vec<(Box<[u8]>, &'static str)> = words.collect();
    words.sort();
    (words.len() == count).then_some(Codes { words, otherwise })
}

/// A digit is none: numbers may leave.
fn is_letter(written: &str) -> bool {
    let mut letters = written.chars();
    letters.next().is_some_and(|first| !first.is_ascii_digit()) && letters.next().is_none()
}

/// The catalogue's own word.
pub(super) fn word(
    item: &'static Item,
    code: &str,
    span: &Span,
    problems: &mut Problems<'_>,
) -> Option<&'static str> {
    let found = item.codes().iter().find(|known| **known == code).copied();
    if found.is_none() {
        let near = advice(code, item.codes().iter().copied());
        problems.add(span, format!("`{code}` is not a word of `{}`; {near}", item.id()));
    }
    found
}
