//! Lays the environment over the file, and finds the place of what is wrong.

use std::collections::HashMap;
use std::path::Path;

use config::{Config as Layers, ConfigError as LayerError, Environment, File, FileFormat};
use toml_edit::Document;

use super::error::Problem;
use super::place;
use super::{Config, ConfigError, KNOWN, Raw};

/// What a variable that is meant for us begins with.
const PREFIX: &str = "ONEWAY_";

/// Stands between section and key, since keys have single underscores in them.
const SEPARATOR: &str = "__";

/// The configuration from a file and the environment.
///
/// # Errors
/// Every mistake that can be found at once, each with its place.
pub fn load(file: &Path, environment: &HashMap<String, String>) -> Result<Config, ConfigError> {
    let text = std::fs::read_to_string(file)
        .map_err(|source| ConfigError::Read { file: file.to_owned(), source })?;
    let ours = environment.iter().filter(|(name, _)| name.starts_with(PREFIX) && name.contains(SEPARATOR));
    let environment = ours.map(|(name, value)| (name.clone(), value.clone())).collect();
    let input = Input { file, text: &text, environment };
    let raw = input.raw()?;
    raw.check(file.parent().unwrap_or(Path::new("")))
        .map_err(|(key, text)| input.invalid([(key.into(), text)]))
}

struct Input<'a> {
    file: &'a Path,
    text: &'a str,
    environment: HashMap<String, String>,
}

impl Input<'_> {
    fn raw(&self) -> Result<Raw, ConfigError> {
        if let Err(error) = Document::parse(self.text) {
            let place = self.at(error.span().map_or(0, |span| span.start));
            let text = error.message().replace('\n', "; ");
            return Err(ConfigError::Invalid(vec![Problem { place, key: String::new(), text }]));
        }
        let layers = self.layers().map_err(|error| self.invalid([(String::new(), message(&error))]))?;
        let mut unknown = Vec::new();
        let mut track = serde_path_to_error::Track::new();
        let from = serde_path_to_error::Deserializer::new(layers, &mut track);
        let raw = serde_ignored::deserialize(from, |path| unknown.push(path.to_string()));
        // A misspelt key is also a missing one: of the two, the misspelling is what helps.
        if !unknown.is_empty() {
            unknown.sort();
            return Err(self.invalid(unknown.into_iter().map(|key| (key.clone(), advice(&key)))));
        }
        raw.map_err(|error| self.invalid([(section(&track.path().to_string()), message(&error))]))
    }

    fn layers(&self) -> Result<Layers, LayerError> {
        let environment = Environment::default()
            .prefix(PREFIX.trim_end_matches('_'))
            .prefix_separator("_")
            .separator(SEPARATOR)
            .source(Some(self.environment.clone()));
        Layers::builder()
            .add_source(File::from_str(self.text, FileFormat::Toml))
            .add_source(environment)
            .build()
    }

    fn invalid(&self, found: impl IntoIterator<Item = (String, String)>) -> ConfigError {
        let problem = |(key, text): (String, String)| Problem { place: self.place(&key), key, text };
        ConfigError::Invalid(found.into_iter().map(problem).collect())
    }

    fn place(&self, key: &str) -> String {
        let variable = format!("{PREFIX}{}", key.to_ascii_uppercase().replace('.', SEPARATOR));
        if self.environment.contains_key(&variable) {
            return format!("environment variable {variable}");
        }
        self.at(self.offset(key))
    }

    /// Where the deepest part of the key that the file has stands.
    fn offset(&self, key: &str) -> usize {
        let Ok(document) = Document::parse(self.text) else { return 0 };
        let (mut table, mut offset) = (Some(document.as_table() as &dyn toml_edit::TableLike), 0);
        for part in key.split('.') {
            let Some((key, item)) = table.and_then(|table| table.get_key_value(part)) else { break };
            let span = key.span().or_else(|| item.span());
            offset = span.map_or(offset, |span| span.start);
            table = item.as_table_like();
        }
        offset
    }

    fn at(&self, offset: usize) -> String {
        place::place(self.file, self.text, offset)
    }
}

/// `.` stands for the whole file in a path that serde tracked.
fn section(path: &str) -> String {
    if path == "." { String::new() } else { path.to_owned() }
}

fn advice(key: &str) -> String {
    let (section, wrong) = key.rsplit_once('.').unwrap_or(("", key));
    let names = KNOWN.iter().find(|(known, _)| *known == section).map_or(&[][..], |(_, names)| *names);
    place::advice(wrong, names)
}

// The layers add their own words for key and origin; ours are more exact.
fn message(error: &LayerError) -> String {
    match error {
        LayerError::Message(text) => text.clone(),
        LayerError::At { error, .. } => message(error),
        LayerError::Type { unexpected, expected, .. } => format!("{unexpected} is not {expected}"),
        LayerError::NotFound(key) => {
            format!("missing field `{}`", key.rsplit_once('.').map_or(key.as_str(), |(_, field)| field))
        }
        other => other.to_string(),
    }
}
