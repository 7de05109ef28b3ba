//! The names of other people's standards: `items/names.toml` is the closed list of those that an item may have.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;

use serde::Deserialize;

const PATH: &str = "items/names.toml";

/// The names that there are.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Names {
    /// The types of MTConnect, each with its subtypes.
    mtconnect: BTreeMap<String, Vec<String>>,
    /// Names of metrics, by whose they are.
    otel: BTreeMap<String, Vec<String>>,
}

impl Names {
    pub(crate) fn read() -> Result<Self, Box<dyn Error>> {
        Ok(toml::from_str(&fs::read_to_string(PATH)?).map_err(|error| format!("{PATH}: {error}"))?)
    }

    /// Whether a name is `TYPE` or `TYPE/SUBTYPE` of MTConnect, or an extension: each part that is one has `x:`.
    pub(crate) fn check_mtconnect(&self, name: &str) -> Result<(), String> {
        let (kind, subtype) =
            name.split_once('/').map_or((name, None), |(kind, subtype)| (kind, Some(subtype)));
        let (bare, subtypes) = match kind.strip_prefix("x:") {
            Some(own) if self.mtconnect.contains_key(own) => {
                return Err(format!("`mtconnect`: {own} is a type of the standard: leave `x:` out"));
            }
            Some(own) => (own, None),
            None => (kind, self.mtconnect.get(kind)),
        };
        if subtypes.is_none() && bare == kind {
            return Err(format!(
                "`mtconnect`: {PATH} has no type {kind:?}: write `x:` before one of our own, or add it there"
            ));
        }
        let own = subtype.and_then(|subtype| subtype.strip_prefix("x:"));
        let standard = |subtype: &String| subtypes.is_some_and(|subtypes| subtypes.contains(subtype));
        match subtype.map(str::to_owned) {
            Some(subtype) if own.is_none() && !standard(&subtype) => {
                return Err(format!(
                    "`mtconnect`: {kind} has no subtype {subtype:?}: write `x:` before one of our own"
                ));
            }
            _ => {}
        }
        let is_word =
            |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        if is_word(bare) && own.is_none_or(is_word) {
            return Ok(());
        }
        Err("`mtconnect` is `TYPE` or `TYPE/SUBTYPE` in upper case, each with `x:` where it is an extension"
            .into())
    }

    /// Whether a name is one of OpenTelemetry's.
    pub(crate) fn check_otel(&self, name: &str) -> Result<(), String> {
        if self.otel.values().flatten().any(|known| known == name) {
            return Ok(());
        }
        Err(format!(
            "`otel`: {PATH} has no {name:?}: leave `otel` out for a name of our own, or add it there"
        ))
    }
}
