//! `family` and `profile` of a printer: how its logs are written.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parsers::profile::Profile;
use parsers::{Family, Format};

use super::error::{Place, Problem, Problems};
use super::place::KeyPath;

/// The profiles that were read so far: printers of one kind share theirs, and the memory that its patterns take.
pub(super) type Profiles = HashMap<PathBuf, Arc<Profile>>;

/// The format of a printer's logs, from the one of its two keys that is there.
pub(super) fn check(
    family: Option<Family>,
    profile: Option<&Path>,
    path: &KeyPath,
    profiles: &mut Profiles,
    problems: &mut Problems,
) -> Option<Format> {
    match (family, profile) {
        (Some(family), None) => Some(Format::Family(family)),
        (None, Some(file)) => {
            let known = profiles.get(file).cloned().or_else(|| load(file, path, problems))?;
            profiles.insert(file.to_owned(), Arc::clone(&known));
            Some(Format::Profile(known))
        }
        (Some(_), Some(_)) => {
            problems.add(path.key("profile"), "write one of family and profile: a log has one format");
            None
        }
        (None, None) => {
            let text =
                "write how the logs are written: the family, or the file of a profile (docs/profiles.md)";
            problems.add(path.clone(), text);
            None
        }
    }
}

fn load(file: &Path, path: &KeyPath, problems: &mut Problems) -> Option<Arc<Profile>> {
    match read(file) {
        Ok(profile) => Some(Arc::new(profile)),
        Err(ProfileError::Read(source)) => {
            problems.add(path.key("profile"), format!("{}: {source}", file.display()));
            None
        }
        Err(ProfileError::Wrong(wrong)) => {
            problems.add_elsewhere(wrong);
            None
        }
    }
}

/// Why there is no profile.
#[derive(Debug)]
pub(crate) enum ProfileError {
    /// The file could not be read.
    Read(std::io::Error),
    /// It says something that cannot be; every mistake at once.
    Wrong(Vec<Problem>),
}

/// Reads a profile's file.
pub(crate) fn read(file: &Path) -> Result<Profile, ProfileError> {
    let text = std::fs::read_to_string(file).map_err(ProfileError::Read)?;
    Profile::parse(&text).map_err(|wrong| {
        let problem = |wrong: parsers::profile::Problem| Problem {
            place: Place::File { file: file.to_owned(), line: wrong.line, column: wrong.column },
            key: String::new(),
            text: wrong.text,
        };
        ProfileError::Wrong(wrong.into_iter().map(problem).collect())
    })
}
