//! Some read-only connections, each used by one query at a time.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{StoreError, schema};

#[derive(Clone)]
pub(super) struct Readers {
    turns: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    /// As many queries run at the same time; more wait. WAL lets readers and the writer pass each other.
    pub(super) fn open(path: &Path, number: usize) -> Result<Self, StoreError> {
        let idle = (0..number).map(|_| schema::open_reader(path)).collect::<Result<_, _>>()?;
        Ok(Self { turns: Arc::new(Semaphore::new(number)), idle: Arc::new(Mutex::new(idle)) })
    }

    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let idle = self.idle.clone();
        // The turn goes with the query: a caller that gives up waiting does not free a busy connection.
        let done = tokio::task::spawn_blocking(move || Lease::take(idle, turn)?.view(work));
        done.await.map_err(|_| StoreError::Panicked)?
    }
}

/// One connection in use; it goes back when dropped, also when the query panicked.
struct Lease {
    connection: Option<Connection>,
    idle: Arc<Mutex<Vec<Connection>>>,
    _turn: OwnedSemaphorePermit,
}

impl Lease {
    fn take(idle: Arc<Mutex<Vec<Connection>>>, turn: OwnedSemaphorePermit) -> Result<Self, StoreError> {
        let connection = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if connection.is_none() {
            return Err(StoreError::Closed);
        }
        Ok(Self { connection, idle, _turn: turn })
    }

    /// Runs the query in one transaction, so that all its statements see the same moment.
    fn view<T>(self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let connection = self.connection.as_ref().ok_or(StoreError::Closed)?;
        let view = connection.unchecked_transaction()?;
        let result = work(connection);
        view.finish()?;
        result
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}
