//! The one thread that writes. It takes what waits, runs it in one transaction and syncs the disk once for
//! all of it, so twenty printers that post at the same time share one sync.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::StoreError;

/// Jobs that may wait; a caller beyond that waits for room, which is the back-pressure on requests.
const WAITING_MAX: usize = 256;

/// Jobs of one transaction: bounds how long the first of a group waits for the last.
const GROUP_MAX: usize = 64;

/// Runs in the transaction; what it returns is called when the fate of the commit is known.
type Job = Box<dyn FnOnce(&Connection) -> Done + Send>;

struct Done {
    /// Whether its savepoint is kept.
    keep: bool,
    /// Answers the caller: `Ok` after the commit, else why there was none.
    answer: Answer,
}

type Answer = Box<dyn FnOnce(Result<(), &StoreError>)>;

#[derive(Clone)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
    changes: watch::Receiver<u64>,
    ended: CancellationToken,
}

impl Writer {
    /// Starts the thread. It ends, after what waits is done, when the last handle is dropped.
    pub(super) fn start(connection: Connection) -> Result<Self, StoreError> {
        let (jobs, waiting) = mpsc::channel(WAITING_MAX);
        let (tick, changes) = watch::channel(0);
        let ended = CancellationToken::new();
        let guard = ended.clone().drop_guard();
        let body = move || {
            let _guard = guard;
            write_until_closed(&connection, waiting, &tick);
        };
        thread::Builder::new()
            .name("store-writer".into())
            .spawn(body)
            .map_err(|error| StoreError::Commit(format!("its thread did not start: {error}")))?;
        Ok(Self { jobs, changes, ended })
    }

    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.jobs.send(job(work, answer)).await.map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }

    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.clone()
    }

    pub(super) fn ended(&self) -> CancellationToken {
        self.ended.clone()
    }
}

fn job<T: Send + 'static>(
    work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    answer: oneshot::Sender<Result<T, StoreError>>,
) -> Job {
    Box::new(move |connection| {
        // A panic must not take the writer, and with it every other adapter's data, along.
        let result = catch_unwind(AssertUnwindSafe(|| work(connection))).unwrap_or(Err(StoreError::Panicked));
        Done {
            keep: result.is_ok(),
            answer: Box::new(move |commit| {
                let result = match commit {
                    Ok(()) => result,
                    Err(error) => result.and(Err(StoreError::Commit(error.to_string()))),
                };
                // The caller may have given up waiting; the data is stored all the same.
                let _ = answer.send(result);
            }),
        }
    })
}

fn write_until_closed(connection: &Connection, mut waiting: mpsc::Receiver<Job>, tick: &watch::Sender<u64>) {
    while let Some(first) = waiting.blocking_recv() {
        let before = connection.total_changes();
        let mut group = vec![first];
        while group.len() < GROUP_MAX
            && let Ok(job) = waiting.try_recv()
        {
            group.push(job);
        }
        write_group(connection, group);
        if connection.total_changes() != before {
            tick.send_modify(|count| *count += 1);
        }
    }
}

fn write_group(connection: &Connection, group: Vec<Job>) {
    let mut done = Vec::with_capacity(group.len());
    let outcome = transact(connection, group, &mut done);
    if let Err(error) = &outcome {
        tracing::error!(%error, jobs = done.len(), "a group of writes was not stored");
        if !connection.is_autocommit() {
            let _ = connection.execute_batch("ROLLBACK");
        }
    }
    for answer in done {
        answer(outcome.as_ref().copied());
    }
}

/// One transaction. Jobs that are not reached are dropped, and their callers hear `Closed`.
fn transact(connection: &Connection, group: Vec<Job>, done: &mut Vec<Answer>) -> Result<(), StoreError> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    for job in group {
        connection.execute_batch("SAVEPOINT job")?;
        let Done { keep, answer } = job(connection);
        done.push(answer);
        // SQLite itself rolls everything back on a full disk or a failed read; then there is no savepoint.
        let end = if keep { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" };
        connection.execute_batch(end)?;
    }
    Ok(connection.execute_batch("COMMIT")?)
}
