//! Lays the environment over the file.

use std::collections::HashMap;
use std::path::Path;

use config::{Config as Layers, ConfigError as LayerError, Environment, File, FileFormat};
use toml_edit::Document;

use super::error::{ConfigError, Place, Problem, Problems};
use super::place::{KeyPath, at};
use super::{Intake, Link, Platform, Raw, Sections, Whole, handed_over, known};

/// What a variable that is meant for the adapter begins with.
pub(super) const PREFIX: &str = "ONEWAY_";
/// Stands between section and key in a variable's name, since keys have single underscores in them.
pub(super) const SEPARATOR: &str = "__";

/// The configuration of `adapter run`, from a file and the environment. A variable `ONEWAY_SECTION__KEY` goes before the
/// key of the file; the list of printers comes from the file alone.
///
/// # Errors
/// Every mistake that can be found at once, each with its place.
pub fn load(file: &Path, environment: &HashMap<String, String>) -> Result<Whole, ConfigError> {
    read(file, environment, Raw::whole)
}

/// What stands in the file, whichever program it is for.
///
/// # Errors
/// As of [`load`].
pub fn load_sections(file: &Path, environment: &HashMap<String, String>) -> Result<Sections, ConfigError> {
    read(file, environment, Raw::sections)
}

/// What the intake needs. `[platform]` may be missing, and nothing but its keys' spelling is looked at.
///
/// # Errors
/// As of [`load`].
pub fn load_intake(file: &Path, environment: &HashMap<String, String>) -> Result<Intake, ConfigError> {
    read(file, environment, Raw::intake)
}

/// What the uplink needs. Every other section may be missing, and nothing but its keys' spelling is looked at.
///
/// # Errors
/// As of [`load`].
pub fn load_uplink(
    file: &Path,
    environment: &HashMap<String, String>,
) -> Result<(Platform, Link), ConfigError> {
    read(file, environment, Raw::uplink)
}

fn read<T>(
    file: &Path,
    environment: &HashMap<String, String>,
    check: impl FnOnce(Raw, &Path, &mut Problems) -> Option<T>,
) -> Result<T, ConfigError> {
    let text = std::fs::read_to_string(file)
        .map_err(|source| ConfigError::Read { file: file.to_owned(), source })?;
    let directory = file.parent().unwrap_or(Path::new(""));
    let ours = environment.iter().filter(|(name, _)| name.starts_with(PREFIX));
    let ours: HashMap<String, String> = ours.map(|(name, value)| (name.clone(), value.clone())).collect();
    let credentials = environment.get(handed_over::VARIABLE).map(String::as_str);
    let source = Input { file, text: &text, environment: &ours, credentials };

    source.syntax()?;
    let raw = source.raw()?;
    let mut problems = Problems::default();
    let config = check(raw, directory, &mut problems);
    let (found, elsewhere) = problems.into_inner();
    match config {
        Some(config) if found.is_empty() && elsewhere.is_empty() => Ok(config),
        _ => Err(source.invalid(found, elsewhere)),
    }
}

struct Input<'a> {
    file: &'a Path,
    text: &'a str,
    environment: &'a HashMap<String, String>,
    /// The directory of what the service manager hands over.
    credentials: Option<&'a str>,
}

impl Input<'_> {
    fn syntax(&self) -> Result<(), ConfigError> {
        let Err(error) = Document::parse(self.text) else { return Ok(()) };
        let place = at(self.file, self.text, error.span().map_or(0, |span| span.start));
        Err(self.one(place, "", error.message().replace('\n', "; ")))
    }

    fn raw(&self) -> Result<Raw, ConfigError> {
        let layers =
            self.layers().map_err(|error| self.one(at(self.file, self.text, 0), "", message(&error)))?;
        let mut unknown = Vec::new();
        let mut track = serde_path_to_error::Track::new();
        let deserializer = serde_path_to_error::Deserializer::new(layers, &mut track);
        let raw = serde_ignored::deserialize(deserializer, |path| unknown.push(KeyPath::of_ignored(&path)));
        // A misspelt key is also a missing one: of the two, the misspelling is what helps.
        if !unknown.is_empty() {
            let unknown = unknown.into_iter().map(|path| (path.clone(), known::advice(&path)));
            return Err(self.invalid(unknown, Vec::new()));
        }
        raw.map_err(|error| self.invalid([(KeyPath::of_error(&track.path()), message(&error))], Vec::new()))
    }

    fn layers(&self) -> Result<Layers, LayerError> {
        let environment = Environment::default()
            .prefix(PREFIX.trim_end_matches('_'))
            .prefix_separator("_")
            .separator(SEPARATOR)
            .source(Some(self.environment.clone()));
        let mut layers = Layers::builder()
            .add_source(File::from_str(self.text, FileFormat::Toml))
            .add_source(environment)
            .build()?;
        handed_over::expand(&mut layers.cache, self.credentials);
        Ok(layers)
    }

    fn invalid(
        &self,
        found: impl IntoIterator<Item = (KeyPath, String)>,
        elsewhere: Vec<Problem>,
    ) -> ConfigError {
        let problem = |(path, text): (KeyPath, String)| Problem {
            place: path.place(self.file, self.text, self.environment),
            key: path.to_string(),
            text,
        };
        let mut problems: Vec<_> = found.into_iter().map(problem).chain(elsewhere).collect();
        problems.sort_by(|a, b| a.place.cmp(&b.place));
        // Twenty printers can have one profile.
        problems.dedup();
        ConfigError::Invalid { problems }
    }

    fn one(&self, place: Place, key: &str, text: String) -> ConfigError {
        ConfigError::Invalid { problems: vec![Problem { place, key: key.into(), text }] }
    }
}

// The layers add their own words for key and origin; ours are more exact.
fn message(error: &LayerError) -> String {
    match error {
        LayerError::Message(text) => text.clone(),
        LayerError::At { error, .. } => message(error),
        LayerError::Type { unexpected, expected, .. } => format!("{unexpected} is not {expected}"),
        LayerError::NotFound(key) => format!("missing field `{key}`"),
        other => other.to_string(),
    }
}
