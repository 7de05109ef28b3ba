//! What runs, is started again, and is stopped.

use std::time::Duration;

use tokio::time::Instant;

use super::super::engine::{Engine, Found, Health};
use super::super::half::{Due, Half};
use super::super::limits::{STOP_CHANGED_MAX, STOP_MAX};
use super::super::places;
use super::super::topology::Container;
use super::{Supervisor, Trouble};
use crate::uplink::random;

impl Supervisor {
    /// Starts what does not run, and kills what hangs. Gives nothing when both run, and else the time until the next one is
    /// to be started.
    pub(super) async fn started(&mut self, engine: &Engine, found: &[Found]) -> Result<Duration, Trouble> {
        let mut wait = Duration::ZERO;
        let now = Instant::now();
        let all = self.plan.topology.containers.iter().zip(found).zip(&mut self.halves);
        for ((container, found), half) in all {
            let name = &container.name;
            if found.runs() && !found.is_paused() && found.health() != Health::Unhealthy {
                half.runs(now);
                continue;
            }
            if found.runs() {
                tracing::error!(name, "it hangs, by its own health check, and is stopped");
                // One that is only slow gives away what it holds; one that hangs is killed at the end.
                engine.stop(name, STOP_CHANGED_MAX).await?;
            }
            match half.down(now, random(&self.random)) {
                Due::Now => {
                    self.unverified.runs(now);
                    engine.start(name).await?;
                    half.started(Instant::now());
                    tracing::info!(name, restarts = half.restarts, "started");
                    continue;
                }
                Due::Ended(due) => {
                    let why = found.ended().unwrap_or_else(|| "it was killed".into());
                    tracing::warn!(name, why, ?due, "it does not run any more; it is started again");
                    wait = wait.max(due);
                }
                Due::In(due) => wait = wait.max(due),
            }
        }
        Ok(wait)
    }

    /// Whether anything of ours runs; nothing where the engine does not say so.
    pub(super) async fn any_runs(&mut self) -> Option<bool> {
        let engine = self.engine().await.ok()?;
        any_runs(&engine, &self.plan.topology.containers).await
    }

    /// Until something runs that has to be stopped. It asks the engine by itself, beside whatever the supervisor is at.
    pub(super) fn overdue(&self) -> impl Future<Output = ()> + use<> {
        let (clock, socket) = (self.unverified.clone(), self.plan.engine.clone());
        let containers = self.plan.topology.containers.clone();
        async move {
            let runs = async || any_runs(&Engine::connect(&socket).await.ok()?, &containers).await;
            clock.overdue(runs).await;
        }
    }

    /// First the one that data comes from. Gives whether none of them runs any more: one that does not stop is killed.
    pub(super) async fn stop_all(&mut self, why: &str) -> bool {
        let Ok(engine) = self.engine().await else { return false };
        tracing::info!(why, "the containers are stopped");
        for container in self.plan.topology.containers.iter().rev() {
            if let Err(error) = engine.stop(&container.name, STOP_MAX).await {
                tracing::error!("{error}");
                if let Err(error) = engine.kill(&container.name).await {
                    tracing::error!("{error}");
                }
            }
        }
        self.halves.iter_mut().for_each(Half::stopped);
        self.any_runs().await == Some(false)
    }

    /// Stops all, and takes what was handed over out of memory.
    pub(super) async fn end(&mut self) {
        if !self.stop_all("the supervisor stops").await {
            return;
        }
        // A look may have been on its way.
        if let Some((engine, _)) = &self.engine {
            for container in &self.plan.topology.containers {
                if let Err(error) = engine.remove(&container.stand_in().name).await {
                    tracing::warn!("{error}");
                }
            }
        }
        if let Err(error) = places::forget(&self.plan.places) {
            tracing::error!(%error, "what was handed over stays in memory");
        }
    }
}

async fn any_runs(engine: &Engine, containers: &[Container]) -> Option<bool> {
    for container in containers {
        let found = engine.container(&container.name).await.ok()?;
        if found.is_some_and(|found| found.is_own() && found.runs()) {
            return Some(true);
        }
    }
    Some(false)
}
