//! What a service manager hands over: files in a directory of memory, which it names in the environment of the service
//! (systemd.exec(5), `LoadCredential=`).

use std::env;
use std::path::{Component, Path, PathBuf};

use config::{Value, ValueKind};

/// The variable with the directory.
pub(super) const VARIABLE: &str = "CREDENTIALS_DIRECTORY";
/// How a configuration names it; a file that is handed over begins with it.
const MARK: &str = "$CREDENTIALS_DIRECTORY";

/// The file of this name, if this process was handed one.
pub(super) fn file(name: &str) -> Option<PathBuf> {
    let file = directory()?.join(name);
    file.is_file().then_some(file)
}

/// Whether the file is one that was handed over.
pub(super) fn is(file: &Path) -> bool {
    let leaves = file.components().any(|part| part == Component::ParentDir);
    !leaves && directory().is_some_and(|directory| file.starts_with(directory))
}

/// Whether the file would be handed over to a service, and this process is none.
pub(super) fn is_missing(file: &Path) -> bool {
    file.iter().any(|part| part == MARK)
}

/// Puts the directory in the place of its mark, in every text of the configuration that begins with it. Without a
/// directory the mark stays, and reading the file says so.
pub(super) fn expand(value: &mut Value, directory: Option<&str>) {
    let Some(directory) = directory else { return };
    match &mut value.kind {
        ValueKind::String(text) => {
            if let Some(rest) = text.strip_prefix(MARK).filter(|rest| rest.starts_with('/')) {
                *text = format!("{directory}{rest}");
            }
        }
        ValueKind::Table(table) => table.values_mut().for_each(|value| expand(value, Some(directory))),
        ValueKind::Array(values) => values.iter_mut().for_each(|value| expand(value, Some(directory))),
        _ => {}
    }
}

/// Whether a text is one that waits to be opened by the service manager: Base64 and nothing else (systemd-creds(1)). Ours
/// has a space in its first line, and in each that follows.
pub(super) fn is_sealed(text: &str) -> bool {
    let base64 = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    !text.trim().is_empty() && text.lines().all(|line| line.trim_end().chars().all(base64))
}

/// The service manager's word is a whole path; anything else, such as nothing, would make every file one that was handed over.
pub(crate) fn directory() -> Option<PathBuf> {
    env::var_os(VARIABLE).map(PathBuf::from).filter(|directory| directory.is_absolute())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str, directory: Option<&str>) -> String {
        let mut value = Value::new(None, ValueKind::Array(vec![Value::new(None, text)]));
        expand(&mut value, directory);
        value.into_array().unwrap().remove(0).into_string().unwrap()
    }

    #[test]
    fn the_mark_stands_at_the_beginning_or_is_text() {
        let directory = Some("/run/credentials/oneway");
        for (text, expected) in [
            ("$CREDENTIALS_DIRECTORY/p03.key", "/run/credentials/oneway/p03.key"),
            ("$CREDENTIALS_DIRECTORY", "$CREDENTIALS_DIRECTORY"),
            ("$CREDENTIALS_DIRECTORYX/p03.key", "$CREDENTIALS_DIRECTORYX/p03.key"),
            ("a/$CREDENTIALS_DIRECTORY/p03.key", "a/$CREDENTIALS_DIRECTORY/p03.key"),
            ("p03.key", "p03.key"),
        ] {
            assert_eq!(expanded(text, directory), expected);
            assert_eq!(expanded(text, None), text);
        }
        assert!(is_missing(Path::new("/etc/oneway/$CREDENTIALS_DIRECTORY/p03.key")));
        assert!(!is_missing(Path::new("/etc/oneway/p03.key")));
    }
}
