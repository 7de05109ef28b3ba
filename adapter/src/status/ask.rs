//! The asker's side: `adapter status`, a process of its own.

use std::io;
use std::path::Path;

use serde_json::Value;
use tokio::io::AsyncReadExt as _;
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::door::{DoorError, SUPERVISOR, name, name_of, own_user, trusts};
use super::limits::{ANSWER_MAX, DOCUMENT_BYTES_MAX};
use crate::half::Half;

/// What the running adapter said.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its document, as JSON; see [`super::Document`].
    pub document: Value,
    /// The user that the answering process is, by the system's word.
    pub user: u32,
    /// The answering process, by the system's word.
    pub process: Option<i32>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The configuration file has no path that an adapter could be known by.
    #[error(transparent)]
    Name(#[from] DoorError),
    /// Nobody is there.
    #[error(
        "no adapter runs with this configuration here (in a container, ask in the container: \
         `docker exec NAME adapter status …`)"
    )]
    NotRunning,
    /// Another user's program: it would not answer, or is not believed. Whether it is the adapter only somebody who
    /// knows the adapter's user can say, so that nobody is sent to ask it as root unwarned.
    #[error(
        "what answers for this configuration runs as user {user}; if the adapter is meant to, ask as that user \
         or as root: it answers nobody else"
    )]
    NotOurs {
        /// The user that the answering process is.
        user: u32,
    },
    /// The connection broke, or the answer did not come in time.
    #[error("the adapter runs but did not answer; it may be stopping")]
    Broken(#[source] io::Error),
    /// What came is no document.
    #[error("whatever answers there is no adapter, or one of another version than this program")]
    NoDocument,
}

/// Asks whatever runs with this configuration file: a supervisor, the whole adapter, or either half or both. What cannot be asked is
/// passed by where something else answers.
///
/// # Errors
/// See [`AskError`].
pub async fn ask_all(config: &Path) -> Result<Vec<Answer>, AskError> {
    let (mut answers, mut why) = (Vec::new(), AskError::NotRunning);
    let halves = Half::ALL.map(|half| name(config, half));
    for name in [name_of(config, SUPERVISOR)].into_iter().chain(halves) {
        match ask_in_time(&name?).await {
            Ok(answer) => answers.push(answer),
            Err(AskError::NotRunning) => {}
            Err(error) => why = error,
        }
    }
    if answers.is_empty() { Err(why) } else { Ok(answers) }
}

/// Asks the adapter, or the half of it, that runs with this configuration file.
///
/// # Errors
/// See [`AskError`].
pub async fn ask(config: &Path, half: Half) -> Result<Answer, AskError> {
    ask_in_time(&name(config, half)?).await
}

async fn ask_in_time(name: &str) -> Result<Answer, AskError> {
    timeout(ANSWER_MAX, ask_name(name)).await.unwrap_or_else(|_| Err(broken(io::ErrorKind::TimedOut)))
}

async fn ask_name(name: &str) -> Result<Answer, AskError> {
    // tokio's way to write an abstract name.
    let stream = UnixStream::connect(format!("\0{name}")).await.map_err(|error| match error.kind() {
        io::ErrorKind::ConnectionRefused => AskError::NotRunning,
        _ => AskError::Broken(error),
    })?;
    let answerer = stream.peer_cred().map_err(AskError::Broken)?;
    let (own, user) = (own_user().map_err(AskError::Broken)?, answerer.uid());
    // Anybody can take a free name: what another user's program says is believed by root alone, who is shown whose
    // word it is.
    if !trusts(own, user) && own != 0 {
        return Err(AskError::NotOurs { user });
    }
    let mut text = Vec::new();
    stream.take(DOCUMENT_BYTES_MAX).read_to_end(&mut text).await.map_err(AskError::Broken)?;
    if text.is_empty() {
        let refused = !trusts(user, own);
        return Err(if refused { AskError::NotOurs { user } } else { broken(io::ErrorKind::UnexpectedEof) });
    }
    let document = serde_json::from_slice(&text).map_err(|_| AskError::NoDocument)?;
    Ok(Answer { document, user, process: answerer.pid() })
}

fn broken(kind: io::ErrorKind) -> AskError {
    AskError::Broken(kind.into())
}
