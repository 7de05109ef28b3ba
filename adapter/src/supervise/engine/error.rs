//! What can go wrong with the engine.

use std::io;
use std::path::PathBuf;

use bollard::errors::Error;

/// Why the engine did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EngineError {
    /// It is not there, or hangs. It may come back.
    #[error("the container engine does not answer at {}: {why}; does it run?", socket.display())]
    Away {
        /// Its socket.
        socket: PathBuf,
        /// What came instead, in words.
        why: String,
    },
    /// It refused.
    #[error("the container engine refused to {what}: {message}")]
    Refused {
        /// What it was asked.
        what: String,
        /// Its number for the reason, as of HTTP.
        status: u16,
        /// Its words.
        message: String,
    },
    /// It said something that was not understood.
    #[error("the container engine was asked to {what}, and its answer is not understood")]
    Answer {
        /// What it was asked.
        what: String,
        /// Why.
        #[source]
        source: Error,
    },
    /// Something of its name is there that somebody else made.
    #[error("the {kind} {name} is there, and the supervisor did not make it; remove or rename it")]
    Foreign {
        /// What it is.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// An archive of images cannot be read.
    #[error("{}: cannot be read", archive.display())]
    Archive {
        /// The archive.
        archive: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl EngineError {
    /// Whether the engine is not there: nothing is wrong with what was asked.
    pub(crate) fn is_away(&self) -> bool {
        matches!(self, Self::Away { .. })
    }

    pub(super) fn of(socket: &std::path::Path, what: &str, source: Error) -> Self {
        let away = |why: String| Self::Away { socket: socket.to_owned(), why };
        match source {
            Error::DockerResponseServerError { status_code, message } => {
                Self::Refused { what: what.to_owned(), status: status_code, message }
            }
            Error::DockerStreamError { error } => {
                Self::Refused { what: what.to_owned(), status: 500, message: error }
            }
            Error::SocketNotFoundError(_) => away("there is no such socket".into()),
            Error::RequestTimeoutError => away("it took too long".into()),
            Error::IOError { err } => away(err.to_string()),
            Error::HyperResponseError { err } => away(err.to_string()),
            Error::HyperLegacyError { err } => {
                // Its own words are "client error"; those of its cause are of help.
                away(std::error::Error::source(&err).map_or_else(|| err.to_string(), ToString::to_string))
            }
            source => Self::Answer { what: what.to_owned(), source },
        }
    }
}
