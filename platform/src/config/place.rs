//! Where a mistake stands in a text, and the name that was probably meant.

use std::path::Path;

/// How alike two names must be, from 0 to 1, for one to be offered for the other.
const ALIKE_MIN: f64 = 0.7;

/// `file:line:column` of a byte of the file's text; both count from 1.
pub(crate) fn place(file: &Path, text: &str, offset: usize) -> String {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    format!("{}:{line}:{column}", file.display())
}

/// The name that is most like the wrong one, if any is like it at all.
pub(crate) fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let scored = names.into_iter().map(|name| (strsim::jaro_winkler(wrong, name), name));
    let best = scored.max_by(|one, other| one.0.total_cmp(&other.0));
    best.filter(|(score, _)| *score >= ALIKE_MIN).map(|(_, name)| name)
}

/// What to write instead of a key that is not known.
pub(crate) fn advice(wrong: &str, known: &[&str]) -> String {
    match nearest(wrong, known.iter().copied()) {
        Some(name) => format!("unknown field; did you mean `{name}`?"),
        None => format!("unknown field; known here: {}", known.join(", ")),
    }
}
