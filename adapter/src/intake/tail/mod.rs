//! Reads a printer's log directory, as far as the platform has stored and no further: positions move on
//! receipts alone. They are held in memory only, so after a restart every file is read from its beginning and
//! the origins of what was stored before lead to the same rows.
//!
//! A file is known by device and inode, and held open, so a rename loses nothing: what was unread when
//! `laser.log` became `laser.log.1` is read from the same handle. The kernel tells of changes (`watch.rs`); a
//! slow look at the directory finds what it cannot tell of, and is the only polling.

mod directory;
mod files;
mod limits;
mod lines;
mod position;
#[cfg(test)]
mod tests;
mod watch;

use std::io;
use std::sync::Arc;

use catalog::Reading;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use parsers::Line;
use tokio::time::Instant;

use self::directory::{FileId, Scan};
use self::files::{Due, Files};
use self::limits::RESCAN;
use self::position::{Mark, Ticket};
use self::watch::Watch;
use crate::config::{Logs, Printer};
use crate::intake::IntakeContext;
use crate::normalise::{Normaliser, Quiet};
use crate::receipt::{Outcome, Receipt};

/// Starts reading a printer's log directory; nothing where the printer has none. A directory that is not
/// there yet is waited for.
pub fn start(printer: &Printer, context: &IntakeContext) {
    let Some(logs) = printer.logs.clone() else { return };
    let normaliser = Normaliser::new(printer, context);
    let tail = Tail {
        logs: Arc::new(logs),
        normaliser,
        context: context.clone(),
        files: Files::default(),
        watch: Watch::new(),
        verdicts: FuturesUnordered::new(),
        complaints: Quiet::new(),
    };
    context.spawn(format!("tail of {}", printer.id), tail.run());
}

type Verdict = (FileId, Ticket, Outcome);

struct Tail {
    logs: Arc<Logs>,
    normaliser: Normaliser,
    context: IntakeContext,
    files: Files,
    watch: Watch,
    verdicts: FuturesUnordered<BoxFuture<'static, Verdict>>,
    complaints: Quiet<&'static str>,
}

impl Tail {
    async fn run(mut self) {
        let stop = self.context.stop.clone();
        // What is under way needs no end: nothing is remembered, and what was not stored is read again.
        stop.run_until_cancelled(self.follow()).await;
    }

    async fn follow(&mut self) {
        loop {
            let mut changed = std::pin::pin!(self.watch.changed());
            self.look().await;
            let rescan = Instant::now() + RESCAN;
            loop {
                self.read_all().await;
                let retry = self.files.next_retry(Instant::now()).unwrap_or(rescan).min(rescan);
                tokio::select! {
                    () = changed.as_mut() => break,
                    () = tokio::time::sleep_until(rescan) => break,
                    () = tokio::time::sleep_until(retry) => {}
                    Some(verdict) = self.verdicts.next() => self.resolve(verdict),
                }
            }
        }
    }

    /// Looks at what is in the directory.
    async fn look(&mut self) {
        let logs = Arc::clone(&self.logs);
        match blocking(move || directory::scan(&logs.directory, &logs.pattern)).await {
            Ok(scan) => self.take_over(scan).await,
            Err(error) => self.complain("directory", &error),
        }
    }

    async fn take_over(&mut self, scan: Scan) {
        match self.watch.ensure(&self.logs.directory, scan.directory) {
            // What happened between the look and the watch was told by neither: look again at once.
            Ok(true) => self.watch.poke(),
            Ok(false) => {}
            Err(error) => self.complain("watch", &error),
        }
        if scan.passed_over > 0 {
            self.complain("files", &format!("{} files over the limit are not read", scan.passed_over));
        }
        self.files.keep(&scan, Instant::now());
        for found in scan.found {
            if self.files.holds(found.id) {
                continue;
            }
            let id = found.id;
            match blocking(move || directory::open(&found)).await {
                Ok(Some(file)) => {
                    if !self.files.add(id, file, &self.normaliser, &self.context.salt) {
                        self.complain("files", &"no room for a new file before an old one is stored");
                    }
                }
                // Replaced since the look: the next one finds what stands there now.
                Ok(None) => {}
                Err(error) => self.complain("file", &error),
            }
        }
    }

    /// Reads every file as far as it goes, in turns, so that one long file does not hold up the others.
    async fn read_all(&mut self) {
        loop {
            let mut more = false;
            for id in self.files.ids() {
                more |= self.read_piece(id).await;
                while let Some(Some(verdict)) = self.verdicts.next().now_or_never() {
                    self.resolve(verdict);
                }
            }
            if !more {
                return;
            }
        }
    }

    /// Reads one piece of a file. Says whether it got any further.
    async fn read_piece(&mut self, id: FileId) -> bool {
        let Some(Due { file, from }) = self.files.due(id, Instant::now()) else { return false };
        let Mark { offset, before, check } = from;
        let piece = match blocking(move || directory::read(&file, offset - before as u64)).await {
            Ok(piece) => piece,
            Err(error) => {
                self.complain("read", &error);
                // For now there is no more to be had of it.
                self.files.file(id).into_iter().for_each(|file| file.at_end = true);
                return false;
            }
        };
        match piece.split_at_checked(before) {
            Some((end, rest)) if before == 0 || self.context.salt.check(end) == check => {
                self.hand_on(id, offset, rest).await
            }
            _ => {
                tracing::info!(printer = %self.normaliser.printer(), "a log file was emptied; reading it anew");
                self.files.truncated(id, &self.normaliser);
                true
            }
        }
    }

    async fn hand_on(&mut self, id: FileId, offset: u64, piece: &[u8]) -> bool {
        let Some(file) = self.files.file(id) else { return false };
        let split = lines::split(piece, file.inside_too_long);
        file.at_end = split.used == 0;
        if file.at_end {
            return false;
        }
        file.inside_too_long = split.inside_too_long;
        let read = piece.get(..split.used).unwrap_or_default();
        let end = Mark::behind(read, offset + split.used as u64, &self.context.salt);
        let fallback_time = self.context.clock.now();
        let mut readings: Vec<Reading> = Vec::new();
        for line in &split.lines {
            let place = file.source.place(offset + line.start as u64, self.context.salt.check(line.text));
            let line = Line { text: line.text, place, fallback_time };
            self.normaliser.line(&mut file.parser, &line, &mut readings);
        }
        for _ in 0..split.too_long {
            self.normaliser.unmatched("long_line", &"longer than any log line");
        }
        let ticket = file.position.advance(end);
        let (receipt, verdict) = Receipt::group();
        self.verdicts.push(Box::pin(async move { (id, ticket, verdict.await) }));
        // Here the buffer's ceiling holds up the reading: the file keeps what there is no room for.
        self.context.buffer.put_kept(self.normaliser.printer(), readings, receipt).await;
        true
    }

    fn resolve(&mut self, (id, ticket, outcome): Verdict) {
        self.files.resolve((id, ticket), outcome, Instant::now(), &self.normaliser);
    }

    fn complain(&self, what: &'static str, why: &dyn std::fmt::Display) {
        if let Some(unsaid) = self.complaints.may_say(what) {
            let printer = self.normaliser.printer();
            tracing::warn!(%printer, what, %why, unsaid, "the log directory cannot be read as it should; trying on");
        }
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}
