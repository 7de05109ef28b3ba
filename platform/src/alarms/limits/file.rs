//! The shape of a file of limits. Each value keeps its place, for what is wrong with it.

use std::path::Path;

use serde::Deserialize;
use toml::{Spanned, Value};

use crate::config::{self, Problem};

/// A file of limits.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// The models of the limits that do not say themselves what they are for; none for every printer and adapter.
    pub(super) models: Option<Spanned<Vec<String>>>,
    #[serde(default)]
    pub(super) limit: Vec<Entry>,
}

/// A limit as it is written: one of `high`, `low` and `code`, for `models`, for a `thing`, or for all.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) models: Option<Spanned<Vec<String>>>,
    pub(super) thing: Option<Spanned<String>>,
    pub(super) item: Spanned<String>,
    pub(super) high: Option<Spanned<f64>>,
    pub(super) low: Option<Spanned<f64>>,
    pub(super) code: Option<Spanned<String>>,
    pub(super) deadband: Option<Spanned<f64>>,
    pub(super) delay_on: Option<Spanned<String>>,
    pub(super) delay_off: Option<Spanned<String>>,
    // Any value, so that a number gets the same advice as a wrong word.
    pub(super) severity: Spanned<Value>,
    pub(super) message: Spanned<String>,
    /// Whether the number is this project's guess.
    #[serde(default = "guessed")]
    pub(super) estimate: bool,
}

fn guessed() -> bool {
    true
}

/// The keys, for the nearest right name of a typo: of the file, and of a limit.
const KNOWN: [&[&str]; 2] = [
    &["models", "limit"],
    &[
        "models",
        "thing",
        "item",
        "high",
        "low",
        "code",
        "deadband",
        "delay_on",
        "delay_off",
        "severity",
        "message",
        "estimate",
    ],
];

/// Reads the shape; the error is the first thing that is no TOML, no key or no value of the right type.
pub(super) fn read(file: &Path, text: &str) -> Result<File, Problem> {
    toml::from_str(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        let found = text.get(span.clone()).unwrap_or_default();
        let place = config::place(file, text, span.start);
        let said = error.message();
        if said.starts_with("unknown field") {
            let is_of_file = said.ends_with("`models` or `limit`");
            let known = KNOWN[usize::from(!is_of_file)];
            return Problem { place, key: found.to_owned(), text: config::advice(found, known) };
        }
        Problem { place, key: String::new(), text: said.replace('\n', "; ") }
    })
}
