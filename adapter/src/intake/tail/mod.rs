//! Reads a printer's log directory, as far as the platform has stored and no further: positions move on
//! receipts alone. They are held in memory only, so after a restart every file is read from its beginning and
//! the origins of what was stored before lead to the same rows.
//!
//! A file is known by device and inode, and held open, so a rename loses nothing: what was unread when
//! `laser.log` became `laser.log.1` is read from the same handle. The kernel tells of changes (`watch.rs`); a
//! slow look at the directory finds what it cannot tell of, and on a network share, where it tells of nothing, a look
//! a second is the only means (`network.rs`).
//!
//! Decisions stand apart from what performs them: what a file is (`head.rs`), its lines (`lines.rs`), how far it is
//! stored (`position.rs`), whose turn it is (`files.rs`) and whether that one may read on (`flow.rs`).

mod dated;
mod directory;
mod files;
mod flow;
mod head;
mod held;
mod limits;
mod lines;
mod network;
mod position;
mod read;
#[cfg(test)]
mod tests;
mod trouble;
mod watch;

pub(crate) use self::limits::HELD_MAX;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use catalog::Timestamp;
use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use tokio::time::{Instant, sleep_until};

use self::directory::{FileId, Found, Scan, Seen};
use self::files::Files;
use self::flow::Flow;
use self::held::{Before, State};
use self::limits::LOOK_MIN;
use self::read::Done;
use self::trouble::{Kind, Shown, Troubles};
use self::watch::{Heard, Told, Watch};
use crate::config::{Begin, Logs, Printer};
use crate::counters::PrinterCounters;
use crate::intake::IntakeContext;
use crate::normalise::{Normaliser, Quiet, Way};

/// Starts reading a printer's log directory; nothing where the printer has none. A directory that is not
/// there yet is waited for.
///
/// It has no more than `open_max` files open at once: where there are more, those with nothing new are closed.
pub fn start(printer: &Printer, open_max: usize, context: &IntakeContext) {
    if let Some(tail) = Tail::new(printer, open_max, context) {
        context.spawn(format!("tail of {}", printer.id), tail.run());
    }
}

/// Why what lies before the look-back is passed by.
const OLD: &str = "older than the look-back";

struct Tail {
    logs: Arc<Logs>,
    normaliser: Normaliser,
    counters: Arc<PrinterCounters>,
    context: IntakeContext,
    files: Files,
    flow: Flow,
    watch: Watch,
    under_way: FuturesUnordered<BoxFuture<'static, Done>>,
    troubles: Troubles,
    complaints: Quiet<Kind>,
    /// Who tells of changes, as it was last said.
    told: Option<Told>,
    /// What was passed by as intended, of each kind: said once.
    passed: BTreeMap<&'static str, usize>,
    /// What stood in the files that the first look showed, of those that are still there and not yet opened: it is old
    /// whenever they are.
    at_start: HashMap<FileId, Seen>,
    has_looked: bool,
}

impl Tail {
    fn new(printer: &Printer, open_max: usize, context: &IntakeContext) -> Option<Self> {
        Some(Self {
            logs: Arc::new(printer.logs.clone()?),
            normaliser: Normaliser::new(printer, Way::Tail, context),
            counters: context.counters.printer(&printer.id),
            context: context.clone(),
            files: Files::new(open_max),
            flow: Flow::default(),
            watch: Watch::new(),
            under_way: FuturesUnordered::new(),
            troubles: Troubles::default(),
            complaints: Quiet::new(),
            told: None,
            passed: BTreeMap::new(),
            at_start: HashMap::new(),
            has_looked: false,
        })
    }

    async fn run(mut self) {
        let stop = self.context.stop.clone();
        // What is under way needs no end: nothing is remembered, and what was not stored is read again.
        stop.run_until_cancelled(self.follow()).await;
    }

    async fn follow(&mut self) {
        let mut whole_look = Instant::now();
        loop {
            let mut changed = std::pin::pin!(self.watch.changed());
            if Instant::now() >= whole_look || !self.glance().await {
                self.look().await;
                whole_look = Instant::now() + self.watch.interval();
            }
            let looked = Instant::now();
            let mut look = whole_look;
            let mut told = false;
            while Instant::now() < look {
                let goes_on = self.step().await;
                let retry = self.files.next_retry(Instant::now()).unwrap_or(look);
                // After each piece there is a look at what else has happened: new lines go first.
                tokio::select! {
                    biased;
                    () = changed.as_mut(), if !told => (told, look) = (true, look.min(looked + LOOK_MIN)),
                    Some(done) = self.under_way.next() => self.done(done),
                    () = std::future::ready(()), if goes_on => {}
                    () = sleep_until(retry.min(look)) => {}
                }
            }
        }
    }

    /// Looks at the open files alone that were written to: a look at the whole directory for each new line would cost
    /// the more the more is in it. Says whether that was enough.
    async fn glance(&mut self) -> bool {
        let Heard { anything, written } = self.watch.heard();
        if anything {
            return false;
        }
        let mut files = Vec::new();
        for name in written.iter().filter(|name| self.logs.pattern.is_match(Path::new(name))) {
            match self.files.named(name) {
                // What it becomes is seen at the next look.
                Some((_, held)) if matches!(held.state, State::Left) => {}
                Some((id, held)) if !held.broken => match &held.file {
                    Some(file) => files.push((id, Arc::clone(file))),
                    None => return false,
                },
                _ => return false,
            }
        }
        let glance = move |(id, file): (_, Arc<File>)| Ok((id, directory::glance(&file)?));
        let seen = blocking(move || files.into_iter().map(glance).collect::<io::Result<Vec<_>>>()).await;
        let Ok(seen) = seen else { return false };
        for (id, seen) in seen {
            self.files.file(id).into_iter().for_each(|held| held.glanced_at(seen, Instant::now()));
        }
        true
    }

    /// Looks at what is in the directory.
    async fn look(&mut self) {
        let logs = Arc::clone(&self.logs);
        match blocking(move || directory::scan(&logs.directory, &logs.pattern)).await {
            Ok(scan) => self.take_over(scan).await,
            Err(error) => {
                self.watch.forget();
                self.trouble("directory", 1, &error);
            }
        }
        for Shown { kind: what, now, times } in self.troubles.looked() {
            self.counters.unread.found(what, now);
            if now == 0 {
                let printer = self.normaliser.printer();
                tracing::info!(%printer, what, times, "the log directory can be read again");
            }
        }
    }

    async fn take_over(&mut self, scan: Scan) {
        self.watch_over(&scan);
        self.say_what_is_left(&scan);
        self.files.keep(&scan, Instant::now());
        let found_late = std::mem::replace(&mut self.has_looked, true);
        self.remember(&scan, found_late);
        let (mut old, cutoff) = (0, self.cutoff());
        for found in scan.found {
            if self.files.holds(found.id) {
                continue;
            }
            if cutoff.is_some_and(|cutoff| found.seen.written() < cutoff) {
                old += 1;
                continue;
            }
            self.open(found, found_late).await;
        }
        self.passed_by("old_files", old, OLD);
    }

    fn remember(&mut self, scan: &Scan, found_late: bool) {
        let present = scan.found.iter().map(|found| (found.id, found.seen));
        if found_late {
            let present: HashMap<_, _> = present.collect();
            self.at_start.retain(|id, _| present.contains_key(id));
        } else {
            self.at_start = present.collect();
        }
    }

    async fn open(&mut self, found: Found, found_late: bool) {
        if !self.files.make_room(found.id) {
            return self.trouble("held", 1, &"no room for a new file before an old one is stored");
        }
        match blocking(move || Ok(directory::open(&found)?.map(|file| (file, found)))).await {
            Ok(Some((file, found))) => {
                let old = self.at_start.remove(&found.id).filter(|old| old.length <= found.seen.length);
                let skips_old = old.is_some() && self.logs.begin == Begin::End;
                let old = old.unwrap_or(found.seen);
                self.files.add(file, found, Before { found_late, old, skips_old });
            }
            // Replaced since the look: the next one finds what stands there now.
            Ok(None) => {}
            Err(error) => self.trouble("file", 1, &error),
        }
    }

    fn watch_over(&mut self, scan: &Scan) {
        let printer = self.normaliser.printer();
        let told = match self.watch.ensure(&self.logs.directory, scan.directory, scan.network) {
            Ok(Told::AsBefore) => return,
            Ok(told) => told,
            Err(error) => return self.trouble("watch", 1, &error),
        };
        // A directory that went and came back is watched anew, which is no news.
        let is_news = self.told.replace(told) != Some(told);
        match told {
            Told::ByKernel => {
                if is_news {
                    tracing::info!(%printer, "the log directory is on this machine: the kernel tells of new lines");
                }
                // What happened between the look and the watch was told by neither: look again at once.
                self.watch.poke();
            }
            Told::ByLooks(network) if is_news => {
                tracing::info!(%printer, network, "the log directory is on a network share: looking every second");
            }
            Told::ByLooks(_) | Told::AsBefore => {}
        }
    }

    fn say_what_is_left(&mut self, scan: &Scan) {
        if scan.passed_over > 0 {
            let why =
                format!("{} files over the limit of {} are not read", scan.passed_over, limits::FILES_MAX);
            self.trouble("too_many_files", scan.passed_over, &why);
        }
        if scan.cut {
            let max = limits::ENTRIES_MAX;
            self.trouble(
                "too_many_entries",
                1,
                &format!("it has more than {max} entries; the rest is not looked at"),
            );
        }
        self.passed_by("packed_files", scan.packed, "packed");
    }

    /// Before this time nothing is read.
    fn cutoff(&self) -> Option<Timestamp> {
        let look_back = i64::try_from(self.logs.look_back?.as_millis()).unwrap_or(i64::MAX);
        Some(Timestamp(self.context.clock.now().0.saturating_sub(look_back)))
    }

    /// Files are not read, and are not meant to be: so many, at this look.
    fn passed_by(&mut self, what: &'static str, number: usize, why: &'static str) {
        self.counters.unread.found(what, number as u64);
        if self.say_once(what, number, why) {
            self.normaliser.passed_by(what, number as u64);
        }
    }

    /// Readings of old lines are not wanted.
    fn passed_by_readings(&mut self, number: usize) {
        self.counters.unread.more("old_readings", number as u64);
        if number > 0 {
            self.normaliser.passed_by("old_readings", number as u64);
        }
        self.say_once("old_readings", number, OLD);
    }

    /// Says whether it was news.
    fn say_once(&mut self, what: &'static str, number: usize, why: &'static str) -> bool {
        let is_news = number > 0 && self.passed.insert(what, number).is_none();
        if is_news {
            tracing::info!(printer = %self.normaliser.printer(), what, number, why, "some logs are passed by");
        }
        is_news
    }

    /// Something cannot be read that should be: so much of it.
    fn trouble(&mut self, what: Kind, number: usize, why: &dyn Display) {
        if !self.troubles.happened(what, number as u64) {
            return;
        }
        self.normaliser.passed_by(what, number as u64);
        if let Some(unsaid) = self.complaints.may_say(what) {
            let printer = self.normaliser.printer();
            tracing::warn!(%printer, what, %why, unsaid, "the log directory cannot be read as it should; trying on");
        }
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}
