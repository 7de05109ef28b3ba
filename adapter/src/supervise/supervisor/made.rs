//! What is described, made of what is there: networks, the volume, and containers that do not run yet.

use super::super::engine::{Difference, Engine, EngineError, Found, in_words};
use super::super::half::Half;
use super::super::limits::STOP_MAX;
use super::super::topology::Container;
use super::decide::Fate;
use super::{Supervisor, Trouble};
use tokio::time::Instant;

impl Supervisor {
    /// What an earlier supervisor left in the middle of something goes: it is marked as ours, and is not described.
    pub(super) async fn tidy(&self, engine: &Engine) -> Result<(), Trouble> {
        for name in engine.own_containers().await? {
            if self.plan.topology.containers.iter().all(|container| container.name != name) {
                tracing::info!(name, "a container of an earlier supervisor is removed");
                engine.remove(&name).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn networks(&mut self, engine: &Engine) -> Result<(), Trouble> {
        for network in self.plan.topology.networks.clone() {
            let found = engine.network(&network.name).await?;
            if found.as_ref().is_some_and(|found| !found.is_own()) {
                return Err(EngineError::Foreign { kind: "network", name: network.name }.into());
            }
            let differ = found.map(|found| found.differences(&network));
            if differ.as_ref().is_some_and(Vec::is_empty) {
                continue;
            }
            self.unmake(engine, &network.name, differ).await?;
            engine.remove_network(&network.name).await?;
            engine.create_network(&network).await?;
            let made = engine.network(&network.name).await?.map(|made| made.differences(&network));
            as_described(&network.name, &made.unwrap_or_default())?;
        }
        let link = self.plan.topology.link.clone();
        let found = engine.volume(&link.name).await?;
        if found.as_ref().is_some_and(|found| !found.is_own()) {
            return Err(EngineError::Foreign { kind: "volume", name: link.name }.into());
        }
        let differ = found.map(|found| found.differences(&link));
        if differ.as_ref().is_none_or(|differ| !differ.is_empty()) {
            self.unmake(engine, &link.name, differ).await?;
            engine.remove_volume(&link.name).await?;
            engine.create_volume(&link).await?;
        }
        Ok(())
    }

    /// Whatever is on a network or uses a volume goes before it does. What others put there they have to take away.
    async fn unmake(
        &mut self,
        engine: &Engine,
        name: &str,
        differ: Option<Vec<Difference>>,
    ) -> Result<(), Trouble> {
        self.approved = false;
        if let Some(differ) = differ {
            tracing::warn!(
                name,
                differs = in_words(&differ),
                "it is not as it was described, and is made anew"
            );
        }
        for container in self.plan.topology.containers.iter().rev() {
            if engine.container(&container.name).await?.is_some_and(|found| found.is_own()) {
                engine.stop(&container.name, STOP_MAX).await?;
                engine.remove(&container.name).await?;
            }
        }
        self.halves.iter_mut().for_each(Half::stopped);
        Ok(())
    }

    /// The containers, exactly as they are described; whether they run is another matter.
    pub(super) async fn containers(&mut self, engine: &Engine) -> Result<Vec<Found>, Trouble> {
        let mut differing = Vec::new();
        for container in &self.plan.topology.containers {
            let found = engine.container(&container.name).await?;
            if found.as_ref().is_some_and(|found| !found.is_own()) {
                return Err(EngineError::Foreign { kind: "container", name: container.name.clone() }.into());
            }
            differing.push(found.map(|found| (found.differences(container), found)));
        }
        // First the one that data comes from, while the other still takes what it holds.
        let all = self.plan.topology.containers.iter().zip(&differing).zip(&mut self.halves).rev();
        for ((container, found), half) in all {
            let differ = found.as_ref().map_or(&[][..], |(differ, _)| differ);
            let fate = Fate::of(found.as_ref().map(|_| differ), half.is_new(Instant::now()));
            let Some(within) = fate.ends_within() else { continue };
            let differs = in_words(differ);
            tracing::warn!(name = container.name, differs, "it is not as it was described, and is made anew");
            engine.stop(&container.name, within).await?;
            half.stopped();
            if matches!(fate, Fate::Stop(_)) {
                return Err(Trouble::Changed { name: container.name.clone(), what: differs });
            }
        }
        let mut all = Vec::new();
        for ((container, found), half) in
            self.plan.topology.containers.iter().zip(differing).zip(&mut self.halves)
        {
            match found {
                Some((differ, found)) if differ.is_empty() => all.push(found),
                found => {
                    if found.is_some() {
                        engine.remove(&container.name).await?;
                    }
                    all.push(make(engine, container).await?);
                    half.made(Instant::now());
                }
            }
        }
        Ok(all)
    }
}

pub(super) async fn make(engine: &Engine, container: &Container) -> Result<Found, Trouble> {
    engine.create(container).await?;
    let made = engine.container(&container.name).await?;
    let made = made
        .ok_or_else(|| Trouble::Otherwise { name: container.name.clone(), what: "it is not there".into() })?;
    as_described(&container.name, &made.differences(container))?;
    Ok(made)
}

fn as_described(name: &str, differ: &[Difference]) -> Result<(), Trouble> {
    if differ.is_empty() {
        Ok(())
    } else {
        Err(Trouble::Otherwise { name: name.into(), what: in_words(differ) })
    }
}
