//! What is wrong with a configuration, where, and what to write instead.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::place::KeyPath;

/// A configuration that cannot be used. Always the owner's to mend; trying again cannot help.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file could not be read.
    #[error("{}: cannot be read", file.display())]
    Read {
        /// The configuration file.
        file: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file says something that cannot be; every mistake that could be found at once.
    #[error("{}", lines(problems))]
    Invalid {
        /// The mistakes, at least one.
        problems: Vec<Problem>,
    },
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it stands.
    pub place: Place,
    /// The key, such as `printers[0].id`; empty for the file as a whole.
    pub key: String,
    /// What is wrong and what to write instead.
    pub text: String,
}

/// Where a mistake stands, in reading order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In the file; line and column count from 1, columns in characters.
    File {
        /// The configuration file, as it was named on the command line.
        file: PathBuf,
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// In a variable of the environment.
    Environment(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::File { file, line, column } => write!(f, "{}:{line}:{column}: ", file.display())?,
            Place::Environment(name) => write!(f, "environment variable {name}: ")?,
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.text)
    }
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Mistakes as the sections find them, before anyone looks up where they stand.
#[derive(Default)]
pub(super) struct Problems {
    found: Vec<(KeyPath, String)>,
    /// Those of a file that this one names; their places are known.
    elsewhere: Vec<Problem>,
}

impl Problems {
    pub(super) fn add(&mut self, path: KeyPath, text: impl Into<String>) {
        self.found.push((path, text.into()));
    }

    pub(super) fn add_elsewhere(&mut self, problems: Vec<Problem>) {
        self.elsewhere.extend(problems);
    }

    pub(super) fn into_inner(self) -> (Vec<(KeyPath, String)>, Vec<Problem>) {
        (self.found, self.elsewhere)
    }
}
