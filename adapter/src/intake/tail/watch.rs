//! The kernel's word that something in a directory has changed, where it can give it.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use notify::event::ModifyKind;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::Notify;
use tokio::time::Duration;

use super::directory::FileId;
use super::limits::{FILES_MAX, POLL, RESCAN};

/// Watches one directory. It says which files were written to, or only *that* something changed: a look at the
/// directory says what then. So no queue can overflow: any number of changes before the look are one.
pub(super) struct Watch {
    changed: Arc<Notify>,
    heard: Arc<Mutex<Heard>>,
    how: How,
}

/// What changed since it was last asked.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Heard {
    /// More than the text of files, or nobody knows what.
    pub(super) anything: bool,
    /// The names of the files that were written to.
    pub(super) written: BTreeSet<OsString>,
}

impl Heard {
    fn hear(&mut self, event: notify::Result<notify::Event>) {
        let written = event.ok().filter(|event| {
            let text = matches!(event.kind, EventKind::Modify(ModifyKind::Data(_) | ModifyKind::Metadata(_)));
            text && !event.need_rescan()
        });
        match written {
            Some(event) if self.written.len() < FILES_MAX => {
                self.written
                    .extend(event.paths.iter().filter_map(|path| path.file_name()).map(OsString::from));
            }
            _ => self.anything = true,
        }
    }
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
        Self { changed: Arc::default(), heard: Arc::default(), how: How::Not }
    }

    /// Resolves after a change, one that happened before the call included.
    pub(super) fn changed(&self) -> impl Future<Output = ()> + use<> {
        Arc::clone(&self.changed).notified_owned()
    }

    /// What changed since the last call.
    pub(super) fn heard(&self) -> Heard {
        std::mem::take(&mut *self.heard.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes [`Watch::changed`] resolve, as if anything had changed.
    pub(super) fn poke(&self) {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).anything = true;
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
        let (changed, heard) = (Arc::clone(&self.changed), Arc::clone(&self.heard));
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // Our own looks at the directory are events too, and would make us look for ever.
            let ours = event.as_ref().is_ok_and(|event| matches!(event.kind, EventKind::Access(_)));
            if !ours {
                heard.lock().unwrap_or_else(PoisonError::into_inner).hear(event);
                changed.notify_one();
            }
        })?;
        watcher.watch(path, RecursiveMode::NonRecursive)?;
        self.how = How::Kernel { _watcher: watcher, directory };
        Ok(Told::ByKernel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::Event;
    use notify::event::{CreateKind, DataChange, Flag, MetadataKind, RenameMode};

    #[test]
    fn only_what_is_surely_written_to_goes_by_its_name() {
        let text = EventKind::Modify(ModifyKind::Data(DataChange::Any));
        let time = EventKind::Modify(ModifyKind::Metadata(MetadataKind::Any));
        let renamed = EventKind::Modify(ModifyKind::Name(RenameMode::Any));
        for (kind, anything) in
            [(text, false), (time, false), (renamed, true), (EventKind::Create(CreateKind::File), true)]
        {
            let mut heard = Heard::default();
            heard.hear(Ok(Event::new(kind).add_path("/logs/laser.log".into())));
            let written = if anything { None } else { Some(OsString::from("laser.log")) };
            assert_eq!(heard, Heard { anything, written: written.into_iter().collect() }, "{kind:?}");
        }
        let mut heard = Heard::default();
        heard.hear(Ok(Event::new(text).set_flag(Flag::Rescan)));
        assert!(heard.anything);
        let mut heard = Heard::default();
        heard.hear(Err(notify::Error::generic("lost")));
        assert!(heard.anything);
    }

    #[test]
    fn the_names_are_bounded() {
        let mut heard = Heard::default();
        for n in 0..FILES_MAX * 2 {
            let kind = EventKind::Modify(ModifyKind::Data(DataChange::Any));
            heard.hear(Ok(Event::new(kind).add_path(format!("/logs/{n}.log").into())));
        }
        assert!(heard.anything && heard.written.len() == FILES_MAX);
    }
}
