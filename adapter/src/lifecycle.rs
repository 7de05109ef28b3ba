//! Start and stop of the whole program, in one place. In the manner of matrix-authentication-service's
//! `lifecycle.rs`: a soft stop that lets work finish, a hard stop that does not, and a tracker that knows
//! what still runs.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The two tokens and the fault flag. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Lifecycle {
    /// Stop taking, finish what is under way.
    pub soft: CancellationToken,
    /// Stop now.
    pub hard: CancellationToken,
    fault: Arc<AtomicBool>,
}

/// A group of tasks that stops together.
#[derive(Clone, Debug)]
pub struct Tasks {
    tracker: TaskTracker,
    stop: CancellationToken,
    lifecycle: Lifecycle,
}

/// SIGTERM and SIGINT.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Lifecycle {
    /// A program that has not been told to stop.
    pub fn new() -> Self {
        let hard = CancellationToken::new();
        Self { soft: hard.child_token(), hard, fault: Arc::default() }
    }

    /// A group of tasks that runs until `stop`.
    pub fn tasks(&self, stop: CancellationToken) -> Tasks {
        Tasks { tracker: TaskTracker::new(), stop, lifecycle: self.clone() }
    }

    /// Something broke: the program stops in order and its exit code says so.
    pub fn fail(&self) {
        self.fault.store(true, Ordering::Relaxed);
        self.soft.cancel();
    }

    /// Whether something broke.
    pub fn failed(&self) -> bool {
        self.fault.load(Ordering::Relaxed)
    }

    /// Waits for signals: the first is the soft stop, the second the hard one.
    pub async fn watch(self, mut signals: Signals) {
        let signal = signals.next().await;
        tracing::info!(signal, "stopping; a second signal stops at once");
        self.soft.cancel();
        let signal = signals.next().await;
        tracing::warn!(signal, "stopping at once");
        self.hard.cancel();
    }
}

impl Default for Lifecycle {
    fn default() -> Self {
        Self::new()
    }
}

impl Tasks {
    /// Starts a task that must run until the group is told to stop. When it ends or panics before, that is a
    /// fault: it is logged by its name, the program stops and exits with 1.
    pub fn spawn(&self, name: impl Into<String>, task: impl Future<Output = ()> + Send + 'static) {
        let guard = Guard { name: name.into(), stop: self.stop.clone(), lifecycle: self.lifecycle.clone() };
        self.tracker.spawn(async move {
            let _guard = guard;
            task.await;
        });
    }

    /// Starts a task that may end at any time.
    pub fn spawn_short(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tracker.spawn(task);
    }

    /// Waits until all tasks of the group have ended. No new ones should be started by then.
    pub async fn ended(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }
}

// Its drop runs on every way out of the task, a panic as well.
struct Guard {
    name: String,
    stop: CancellationToken,
    lifecycle: Lifecycle,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.stop.is_cancelled() && !self.lifecycle.hard.is_cancelled() {
            tracing::error!(task = self.name, "a task ended by itself; stopping");
            self.lifecycle.fail();
        }
    }
}

impl Signals {
    /// Takes the signals over from their default, which is to end the process.
    pub fn listen() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_ends_by_itself_is_a_fault() {
        let lifecycle = Lifecycle::new();
        let tasks = lifecycle.tasks(lifecycle.soft.clone());
        tasks.spawn("short-lived", async {});
        lifecycle.soft.cancelled().await;
        assert!(lifecycle.failed());
    }

    #[tokio::test]
    async fn a_panic_is_a_fault() {
        let lifecycle = Lifecycle::new();
        let tasks = lifecycle.tasks(lifecycle.soft.clone());
        tasks.spawn("broken", async { panic!("broken on purpose") });
        lifecycle.soft.cancelled().await;
        assert!(lifecycle.failed());
    }

    #[tokio::test]
    async fn a_task_that_was_told_to_stop_is_none_and_a_short_one_never() {
        let lifecycle = Lifecycle::new();
        let tasks = lifecycle.tasks(lifecycle.soft.clone());
        let stop = lifecycle.soft.clone();
        tasks.spawn("long", async move { stop.cancelled().await });
        tasks.spawn_short(async {});
        lifecycle.soft.cancel();
        tasks.ended().await;
        assert!(!lifecycle.failed());
    }
}
