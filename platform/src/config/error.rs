//! What is wrong with a configuration, where, and what to write instead.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// A configuration that cannot be used: the owner's to mend; trying again cannot help.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// A file could not be read.
    #[error("{}: cannot be read", file.display())]
    Read {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Keys or values that cannot be.
    #[error("{}", lines(.0))]
    Invalid(Vec<Problem>),
    /// A private key that others can read.
    #[error("{}: others can read this private key (mode {mode:o}): run chmod 600 on it", file.display())]
    KeyReadable {
        /// The key's file.
        file: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Certificate and key do not make a TLS server.
    #[error("{}: {what}", file.display())]
    Tls {
        /// The file that is wrong.
        file: PathBuf,
        /// What is wrong with it.
        what: String,
    },
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// `file:line:column`, or the variable of the environment.
    pub place: String,
    /// The key, such as `server.listen`; empty for the file as a whole.
    pub key: String,
    /// What is wrong and what to write instead.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.text)
    }
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
