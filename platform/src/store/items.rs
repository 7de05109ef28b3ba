//! The row ids of the catalogue's items, which never change while the program runs.

use std::collections::HashMap;
use std::sync::Arc;

use catalog::Item;
use rusqlite::{Connection, OptionalExtension as _};

use super::StoreError;

/// Maps an item of the catalogue to its row. All are made when the store is opened, so that no request has
/// to, and so that a rolled-back request cannot leave a wrong id in this cache.
#[derive(Clone, Debug)]
pub struct ItemIds(Arc<HashMap<&'static str, i64>>);

impl ItemIds {
    pub(super) fn load(connection: &Connection) -> Result<Self, StoreError> {
        let transaction = connection.unchecked_transaction()?;
        let mut insert = connection.prepare("INSERT INTO items (name) VALUES (?1)")?;
        let mut select = connection.prepare("SELECT id FROM items WHERE name = ?1")?;
        let mut ids = HashMap::new();
        for item in catalog::items::all() {
            // Where all are there, nothing is written and no lock is waited for: `platform report` opens the file of a platform
            // that runs, and may be busy writing.
            let found = select.query_row([item.id()], |row| row.get(0)).optional()?;
            let id = match found {
                Some(id) => id,
                None => {
                    insert.execute([item.id()])?;
                    connection.last_insert_rowid()
                }
            };
            ids.insert(item.id(), id);
        }
        transaction.commit()?;
        Ok(Self(Arc::new(ids)))
    }

    /// The item's row.
    ///
    /// # Errors
    /// Never for an item of this program's catalogue.
    pub fn id(&self, item: &Item) -> Result<i64, StoreError> {
        self.0.get(item.id()).copied().ok_or(StoreError::NotFound("item"))
    }
}
