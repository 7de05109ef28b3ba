//! The side that faces the printers: it takes in and asks, and has no word for telling them anything else.

use std::future::Future;
use std::sync::Arc;

use catalog::Salt;
use tokio_util::sync::CancellationToken;

use crate::buffer::Buffer;
use crate::clock::Clock;
use crate::counters::Counters;
use crate::lifecycle::Tasks;
use crate::normalise::HeldBack;
use poll::neighbours::Neighbours;

pub mod beats;
mod clock;
mod limits;
pub mod listener;
mod pip;
pub mod poll;
pub mod push;
pub mod tail;

/// What every intake is given.
#[derive(Clone)]
pub struct IntakeContext {
    /// Where readings go.
    pub buffer: Arc<Buffer>,
    /// Where refusals are counted.
    pub counters: Arc<Counters>,
    /// Who is shown what does not leave: the operator of `adapter tap`, and nobody in any other run.
    pub held_back: Option<HeldBack>,
    /// The adapter's secret for origins and hashes.
    pub salt: Salt,
    /// The wall clock.
    pub clock: Clock,
    /// Who answers in which network.
    pub neighbours: Arc<Neighbours>,
    /// Cancelled when the intake must stop taking. What has been taken may still wait for its receipts: the
    /// uplink runs on for as long as `app.rs` lets it.
    pub stop: CancellationToken,
    /// Where tasks are started.
    pub tasks: Tasks,
}

impl IntakeContext {
    /// Starts a task that must run until `stop`: ending earlier is a fault that ends the program.
    pub fn spawn(&self, name: impl Into<String>, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(name, task);
    }

    /// Starts a task that may end at any time, such as one connection; the stop waits for it.
    pub fn spawn_short(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn_short(task);
    }
}
