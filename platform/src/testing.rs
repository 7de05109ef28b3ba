//! What the tests of several rooms start from: a store in a directory of its own, and a clock moved by hand.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use catalog::{Item, Mark, Quality, Reading, Salt, Timestamp};

use crate::app::{App, Settings};
use crate::clock::Clock;
use crate::store::Store;

/// When the tests begin.
pub(crate) const START: i64 = 1_800_000_000_000;

/// A platform without a listener.
pub(crate) struct Bench {
    pub(crate) app: Arc<App>,
    time: Arc<AtomicI64>,
    directory: tempfile::TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let time = Arc::new(AtomicI64::new(START));
        let told = time.clone();
        let clock = Clock::from_fn(move || Timestamp(told.load(Ordering::Relaxed)));
        let store = Store::open(&directory.path().join("store.db")).unwrap();
        let settings = Settings { public_url: "https://platform.test".into(), site_key: None };
        Self { app: App::new(store, clock, settings), time, directory }
    }

    pub(crate) fn wait(&self, ms: i64) {
        self.time.fetch_add(ms, Ordering::Relaxed);
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.directory.path().join("store.db")
    }

    /// Everything that the store's files hold.
    pub(crate) fn bytes_on_disk(&self) -> Vec<u8> {
        let files = std::fs::read_dir(self.directory.path()).unwrap();
        files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
    }
}

/// A good number whose origin is its time.
pub(crate) fn number(item: &'static Item, time: i64, value: f64) -> Reading {
    item.number(value, mark(time, Quality::Good)).unwrap()
}

/// A mark whose origin is its time.
pub(crate) fn mark(time: i64, quality: Quality) -> Mark {
    let origin = Salt::new([7; 16]).source(&[b"test"]).place(time.cast_unsigned(), 0).origin(0);
    Mark { part: 0, time: Timestamp(time), quality, origin }
}
