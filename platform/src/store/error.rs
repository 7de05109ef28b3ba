//! What can go wrong between a request and the disk.

use thiserror::Error;

/// Why the store did not do what it was asked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The database itself: the disk is full, the file is damaged, a statement is wrong. A retry can help
    /// only with the first.
    #[error("the store failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The file itself: its directory is missing, or may not be written.
    #[error("the store's file: {0}")]
    File(#[from] std::io::Error),
    /// The group's commit failed, so nothing of it is stored. A retry can help.
    #[error("the store could not commit: {0}")]
    Commit(String),
    /// The store is stopping. A retry after the restart helps.
    #[error("the store is stopping")]
    Closed,
    /// A closure panicked: a defect of this program.
    #[error("a piece of work on the store ended abnormally")]
    Panicked,
    /// The file was written by a newer version.
    #[error("the store is of version {found}; this program knows up to {known}: install the newer program")]
    TooNew {
        /// The file's version.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// A limits file of this program is wrong.
    #[error("limits file {file}: {what}")]
    Limits {
        /// Which file.
        file: &'static str,
        /// What is wrong with it.
        what: String,
    },
    /// No random bytes for a new secret.
    #[error(transparent)]
    Randomness(#[from] crate::secret::NoRandomness),
    /// The request names something that is not there.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The request collides with something that is there already.
    #[error("{0}")]
    Conflict(String),
    /// The request itself is wrong; the text says what to write instead.
    #[error("{0}")]
    Invalid(String),
}
