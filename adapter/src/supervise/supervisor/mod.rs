//! The supervisor at work: again and again it looks at what is there, makes of it what is described, and shows that it is
//! separated. It remembers little: killed and started again, it finds everything in the engine and goes on.

mod archives;
mod decide;
mod made;
mod running;
mod shown;
mod switched;
mod told;
mod trouble;

use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use futures::{FutureExt as _, Stream, StreamExt as _};
use ring::rand::SystemRandom;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::account::Separation;
use super::control::{Images, Order};
use super::engine::{Engine, EngineError, Found};
use super::half::Half;
use super::limits::{BREACH_BASE, BREACH_CEILING, ENGINE_BASE, ENGINE_CEILING, PASS_INTERVAL};
use super::output::Followed;
use super::state::State;
use super::topology::{Places, Topology};
use super::unverified::Unverified;
use super::verify::Around;
use crate::uplink::{Backoff, random};
use archives::InVain;
use decide::Consequence;
use trouble::Trouble;

type Changes = Pin<Box<dyn Stream<Item = Result<(), EngineError>> + Send>>;

/// What it is given.
pub(crate) struct Plan {
    /// The engine's socket.
    pub(crate) engine: PathBuf,
    /// What there is to be.
    pub(crate) topology: Topology,
    /// What it runs.
    pub(crate) images: Images,
    /// Who is around.
    pub(crate) around: Around,
    /// Where images are that the engine may not have.
    pub(crate) archives: Vec<PathBuf>,
    /// Where the account goes, and what was handed over is.
    pub(crate) places: Places,
}

/// What was verified: these very starts of these containers, on these networks.
type Fingerprint = Vec<String>;

pub(crate) struct Supervisor {
    plan: Plan,
    state: State,
    engine: Option<(Engine, Changes)>,
    /// In the order of their start: uplink, intake; so are the topology's containers.
    halves: [Half; 2],
    followed: [Option<Followed>; 2],
    /// Whether the networks were found good, by these containers or by others in their place.
    approved: bool,
    verified: Option<(Fingerprint, Instant)>,
    unverified: Unverified,
    looks_failed: u32,
    backoff: Backoff,
    breach_backoff: Backoff,
    /// After a breach nothing is tried before this: somebody has to mend something first.
    rests_until: Instant,
    random: SystemRandom,
    said: Option<Instant>,
    sequence: u64,
    begun: bool,
    in_vain: InVain,
}

impl Supervisor {
    /// `state` is what it tells whoever looks on; `unverified` counts already.
    pub(crate) fn new(plan: Plan, state: State, unverified: Unverified) -> Self {
        Self {
            plan,
            state,
            engine: None,
            halves: [Half::new(), Half::new()],
            followed: [None, None],
            approved: false,
            verified: None,
            unverified,
            looks_failed: 0,
            backoff: Backoff::new(ENGINE_BASE, ENGINE_CEILING),
            breach_backoff: Backoff::new(BREACH_BASE, BREACH_CEILING),
            rests_until: Instant::now(),
            random: SystemRandom::new(),
            said: None,
            sequence: 0,
            begun: false,
            in_vain: InVain::default(),
        }
    }

    pub(super) fn topology(&self) -> &Topology {
        &self.plan.topology
    }

    /// Works until `stop`, and then stops the containers: an adapter that nobody watches does not run. `ready` is called once,
    /// when both halves run and are shown to be separated.
    pub(crate) async fn run(
        mut self,
        mut orders: mpsc::Receiver<Order>,
        stop: CancellationToken,
        ready: impl FnOnce() + Send,
    ) {
        let mut ready = Some(ready);
        loop {
            // Told to stop, it lets go of whatever it is at: what is half made is stopped as well, and mended by the next one.
            let passed = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                passed = self.pass_in_time() => passed,
            };
            let (wait, hears) = match passed {
                Ok(wait) => {
                    self.well();
                    (wait, true)
                }
                Err(trouble) => (self.troubled(&trouble).await, false),
            };
            let wait = wait.min(self.not_unverified_for_long().await);
            self.tell_in_time().await;
            if self.verified.is_some() {
                ready.take().into_iter().for_each(|ready| ready());
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = sleep(wait) => {}
                () = changed(&mut self.engine), if hears => {}
                Some(order) = orders.recv() => tokio::select! {
                    biased;
                    () = stop.cancelled() => break,
                    () = self.obey(order) => {}
                },
            }
        }
        self.end().await;
    }

    /// Whatever the trouble is: what runs is shown to be separated in a while, or is stopped. Gives the time until this has
    /// to be looked at again.
    async fn not_unverified_for_long(&mut self) -> Duration {
        let proof = self.verified.as_ref().map(|(_, at)| *at);
        let left = self.unverified.left(proof, Instant::now());
        if !left.is_zero() {
            return left;
        }
        if self.any_runs().await == Some(false)
            || self.stop_all("they were not shown to be separated in time").await
        {
            self.unverified.stopped();
            self.approved = false;
            return Duration::MAX;
        }
        self.state.cannot_stop("the engine did not do it, or does not say so");
        PASS_INTERVAL
    }

    /// A pass, which is left where it takes so long that what runs has to be stopped before it is done.
    async fn pass_in_time(&mut self) -> Result<Duration, Trouble> {
        let overdue = self.overdue();
        tokio::select! {
            biased;
            passed = self.pass() => passed,
            () = overdue => Err(Trouble::Late),
        }
    }

    /// The same of what is told.
    async fn tell_in_time(&mut self) {
        let overdue = self.overdue();
        tokio::select! {
            biased;
            () = self.tell() => {}
            () = overdue => {}
        }
    }

    /// Makes of what is there what is described, and shows it to be separated. Gives the time until the next look.
    async fn pass(&mut self) -> Result<Duration, Trouble> {
        // Whoever asks: an order does not end the wait either.
        sleep_until(self.rests_until).await;
        let engine = self.engine().await?;
        self.images(&engine).await?;
        self.networks(&engine).await?;
        let found = self.containers(&engine).await?;
        if !self.approved && !found.iter().all(Found::runs) {
            self.stand_ins(&engine).await?;
        }
        let wait = self.started(&engine, &found).await?;
        if wait.is_zero() {
            self.verified_now(&engine).await?;
            return Ok(PASS_INTERVAL);
        }
        self.verified = None;
        Ok(wait.min(PASS_INTERVAL))
    }

    async fn engine(&mut self) -> Result<Engine, Trouble> {
        if let Some((engine, _)) = &self.engine {
            return Ok(engine.clone());
        }
        let engine = Engine::connect(&self.plan.engine).await?;
        if self.begun {
            self.state.lock().engine_lost += 1;
            self.in_vain.clear();
        } else {
            self.tidy(&engine).await?;
            self.begun = true;
        }
        self.engine = Some((engine.clone(), Box::pin(engine.changes())));
        Ok(engine)
    }

    fn well(&mut self) {
        self.backoff.succeeded();
        let mut state = self.state.lock();
        state.trouble.clear();
        state.separation =
            if self.verified.is_some() { Separation::Verified } else { Separation::Unverified };
    }

    /// Gives how long to wait.
    async fn troubled(&mut self, trouble: &Trouble) -> Duration {
        self.verified = None;
        let random = random(&self.random);
        let Consequence { stops, breach, engine_gone } = Consequence::of(trouble, self.looks_failed);
        if engine_gone {
            self.engine = None;
            self.approved = false;
        }
        let wait = if stops {
            BREACH_BASE + self.breach_backoff.failed(random, None)
        } else {
            self.backoff.failed(random, None)
        };
        if stops {
            if self.stop_all("they are not shown to be separated").await {
                self.rests_until = Instant::now() + wait;
            } else {
                self.unverified.is_due();
            }
            self.approved = false;
            self.looks_failed = 0;
        }
        {
            let mut state = self.state.lock();
            state.separation = if stops { Separation::Broken } else { Separation::Unverified };
            state.breaches += u64::from(breach);
            let why = trouble.to_string();
            // Again and again the same is said once.
            if state.trouble.first() != Some(&why) {
                if engine_gone {
                    tracing::warn!("{why}");
                } else {
                    tracing::error!("{why}");
                }
                state.trouble = vec![why];
            }
        }
        wait
    }
}

/// Until something has changed, or the engine has gone, which the next look finds.
async fn changed(engine: &mut Option<(Engine, Changes)>) {
    let Some((_, changes)) = engine else { return std::future::pending().await };
    match changes.next().await {
        // What has changed meanwhile is looked at together.
        Some(Ok(())) => while let Some(Some(Ok(()))) = changes.next().now_or_never() {},
        _ => *engine = None,
    }
}

#[cfg(test)]
mod tests;
