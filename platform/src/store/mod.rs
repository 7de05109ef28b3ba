//! The embedded store: SQLite with one writer and a few readers. An answer to an adapter waits for
//! [`Store::write`], which returns only after the commit is on the disk (WAL, `synchronous=FULL`).

mod error;
mod items;
pub mod pages;
mod readers;
pub mod readings;
mod schema;
pub mod things;
mod writer;

use std::path::Path;

use rusqlite::Connection;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use error::StoreError;
pub use items::ItemIds;
use readers::Readers;
use writer::Writer;

/// Connections for what people look at.
const READERS: usize = 4;

/// Connections for what an adapter waits for: one row by its key, so that one is enough.
const PROMPT_READERS: usize = 1;

/// A handle to the store; clones share it.
#[derive(Clone)]
pub struct Store {
    writer: Writer,
    readers: Readers,
    prompt: Readers,
    items: ItemIds,
}

impl Store {
    /// Opens the file, makes or migrates its tables and starts the writer's thread.
    ///
    /// # Errors
    /// When the file cannot be opened or comes from a newer version of this program.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = schema::open(path)?;
        let items = ItemIds::load(&connection)?;
        let readers = Readers::open(path, READERS)?;
        let prompt = Readers::open(path, PROMPT_READERS)?;
        Ok(Self { writer: Writer::start(connection)?, readers, prompt, items })
    }

    /// Runs the closure inside the next transaction and returns after that is durable. Waiting closures share
    /// one transaction and one sync of the disk; each has its own savepoint, so that one which fails takes
    /// nothing of another with it.
    ///
    /// # Errors
    /// What the closure returned (nothing of it is stored), or why the commit failed (nothing of it is
    /// stored either).
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.run(work).await
    }

    /// Runs the closure over one consistent view of what is committed. It cannot write.
    ///
    /// # Errors
    /// What the closure returned, or why no view could be had.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.readers.run(work).await
    }

    /// The same for a query that is short whatever the store holds, on a connection of its own: pages, whose
    /// queries have no limit of time, keep no adapter waiting.
    ///
    /// # Errors
    /// What the closure returned, or why no view could be had.
    pub async fn read_promptly<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.prompt.run(work).await
    }

    /// Ticks after each commit that changed something. A receiver sees the latest tick, not each one.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.writer.changes()
    }

    /// The row ids of the catalogue's items.
    pub fn items(&self) -> &ItemIds {
        &self.items
    }

    /// Cancelled when the writer has ended: nothing can be stored any more, which is a fault unless all
    /// handles were dropped.
    pub fn writer_ended(&self) -> CancellationToken {
        self.writer.ended()
    }
}

#[cfg(test)]
mod tests;
