//! The kernel's word that something in a directory has changed, where it can give it.

use std::path::Path;
use std::sync::Arc;

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::Notify;
use tokio::time::Duration;

use super::directory::FileId;
use super::limits::{POLL, RESCAN};

/// Watches one directory. It says only *that* something changed; a look at the directory says what. So no
/// queue can overflow: any number of changes before the look are one.
pub(super) struct Watch {
    changed: Arc<Notify>,
    how: How,
}

enum How {
    /// Not at all so far, or in vain.
    Not,
    /// By the kernel, for as long as the watcher lives. The directory is remembered: one that was made anew under the
    /// same name is another one to the kernel.
    Kernel { _watcher: RecommendedWatcher, directory: FileId },
    /// By a look every second, for this network file system.
    Looks(&'static str),
}

/// What has become of a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// It is as it was.
    AsBefore,
    /// The kernel watches from now on: whatever changed before was not told.
    ByKernel,
    /// The directory is on this network file system.
    ByLooks(&'static str),
}

impl Watch {
    pub(super) fn new() -> Self {
        Self { changed: Arc::new(Notify::new()), how: How::Not }
    }

    /// Resolves after a change, one that happened before the call included.
    pub(super) fn changed(&self) -> impl Future<Output = ()> + use<> {
        Arc::clone(&self.changed).notified_owned()
    }

    /// Makes [`Watch::changed`] resolve.
    pub(super) fn poke(&self) {
        self.changed.notify_one();
    }

    /// The time between two looks that nothing calls for.
    pub(super) fn interval(&self) -> Duration {
        if matches!(self.how, How::Kernel { .. }) { RESCAN } else { POLL }
    }

    /// The directory has gone, and the kernel may have ended its watch.
    pub(super) fn forget(&mut self) {
        self.how = How::Not;
    }

    /// Sees to it that this directory is the one that is watched.
    pub(super) fn ensure(
        &mut self,
        path: &Path,
        directory: FileId,
        network: Option<&'static str>,
    ) -> notify::Result<Told> {
        match (&self.how, network) {
            (How::Looks(now), Some(network)) if *now == network => return Ok(Told::AsBefore),
            (How::Kernel { directory: watched, .. }, None) if *watched == directory => {
                return Ok(Told::AsBefore);
            }
            (_, Some(network)) => {
                self.how = How::Looks(network);
                return Ok(Told::ByLooks(network));
            }
            (_, None) => {}
        }
        self.how = How::Not;
        let changed = Arc::clone(&self.changed);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // Our own looks at the directory are events too, and would make us look for ever.
            let ours = event.is_ok_and(|event| matches!(event.kind, EventKind::Access(_)));
            if !ours {
                changed.notify_one();
            }
        })?;
        watcher.watch(path, RecursiveMode::NonRecursive)?;
        self.how = How::Kernel { _watcher: watcher, directory };
        Ok(Told::ByKernel)
    }
}
