//! The kernel's word that something in a directory has changed.

use std::path::Path;
use std::sync::Arc;

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::Notify;

use super::directory::FileId;

/// Watches one directory. It says only *that* something changed; a look at the directory says what. So no
/// queue can overflow: any number of changes before the look are one.
pub(super) struct Watch {
    changed: Arc<Notify>,
    /// The watcher, and the directory that it watches: a directory that was made anew under the same name is
    /// another one to the kernel.
    watcher: Option<(RecommendedWatcher, FileId)>,
}

impl Watch {
    pub(super) fn new() -> Self {
        Self { changed: Arc::new(Notify::new()), watcher: None }
    }

    /// Resolves after a change, one that happened before the call included.
    pub(super) fn changed(&self) -> impl Future<Output = ()> + use<> {
        Arc::clone(&self.changed).notified_owned()
    }

    /// Makes [`Watch::changed`] resolve.
    pub(super) fn poke(&self) {
        self.changed.notify_one();
    }

    /// Sees to it that this directory is the one that is watched. Says whether a watch was set just now:
    /// whatever changed before it was not told.
    pub(super) fn ensure(&mut self, path: &Path, directory: FileId) -> notify::Result<bool> {
        if self.watcher.as_ref().is_some_and(|(_, watched)| *watched == directory) {
            return Ok(false);
        }
        self.watcher = None;
        let changed = Arc::clone(&self.changed);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // Our own looks at the directory are events too, and would make us look for ever.
            let ours = event.is_ok_and(|event| matches!(event.kind, EventKind::Access(_)));
            if !ours {
                changed.notify_one();
            }
        })?;
        watcher.watch(path, RecursiveMode::NonRecursive)?;
        self.watcher = Some((watcher, directory));
        Ok(true)
    }
}
