//! Whether a running fleet still does anything. `simulator health`, a process of its own, asks at a Unix socket in the
//! abstract namespace, which is a name and no file: the fleet's main loop answers, so one that hangs does not.
//!
//! The printers' own ports are no place to ask: a printer takes one connection, and that is the adapter's.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;

/// What a fleet answers.
const ANSWER: &[u8] = b"ok\n";
/// A running fleet answers within milliseconds; this is for a machine that is at its limits.
const ANSWER_MAX: Duration = Duration::from_secs(4);
/// The answer fits in any socket's buffer: nobody has to take it before the fleet goes on.
const WRITE_MAX: Duration = Duration::from_millis(100);

/// Where a fleet is asked.
#[derive(Debug)]
pub struct Door(UnixListener);

impl Door {
    /// Binds the name that belongs to this configuration file.
    ///
    /// # Errors
    /// When there is no such file, or a fleet runs with it already.
    pub fn open(config: &Path) -> io::Result<Self> {
        UnixListener::bind(name(config)?).map(Self)
    }

    /// Answers the next one who asks.
    pub async fn answer(&self) {
        if let Ok((mut asker, _)) = self.0.accept().await {
            // An asker that is gone is its own affair.
            let _ = timeout(WRITE_MAX, asker.write_all(ANSWER)).await;
        }
    }
}

/// Asks the fleet that runs with this configuration file.
///
/// # Errors
/// When nobody is there, or whoever is there does not answer.
pub async fn ask(config: &Path) -> io::Result<()> {
    let asking = async {
        let mut answer = Vec::new();
        UnixStream::connect(name(config)?).await?.take(8).read_to_end(&mut answer).await?;
        if answer == ANSWER { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    };
    timeout(ANSWER_MAX, asking).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// The abstract name, as tokio has it written. Both sides are the same program, so any hash will do.
fn name(config: &Path) -> io::Result<String> {
    let mut hash = DefaultHasher::new();
    config.canonicalize()?.hash(&mut hash);
    Ok(format!("\0oneway-simulator-{:016x}", hash.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_answers_is_healthy_and_who_hangs_or_is_gone_is_not() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert_eq!(ask(file.path()).await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
        let door = Door::open(file.path()).unwrap();
        assert_eq!(ask(file.path()).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        // The one who gave up is still in the queue.
        door.answer().await;
        let (asked, ()) = tokio::join!(ask(file.path()), door.answer());
        asked.unwrap();
        assert!(Door::open(file.path()).is_err(), "two fleets answer for one configuration");
    }
}
