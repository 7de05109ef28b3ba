//! What is described, made of what is there: images, networks, the volume, and containers that do not run yet.

use super::super::engine::{Engine, EngineError, Found};
use super::super::half::Half;
use super::super::limits::{STOP_CHANGED_MAX, STOP_MAX};
use super::super::topology::Container;
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

    pub(super) async fn images(&self, engine: &Engine) -> Result<(), Trouble> {
        for container in &self.plan.topology.containers {
            let mut archives = self.plan.archives.iter();
            while !engine.has_image(&container.image).await? {
                let archive = archives.next().ok_or_else(|| Trouble::NoImage(container.image.clone()))?;
                tracing::info!(archive = %archive.display(), "the images are loaded");
                engine.load(archive).await?;
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
        differ: Option<Vec<String>>,
    ) -> Result<(), Trouble> {
        self.approved = false;
        if let Some(differ) = differ {
            tracing::warn!(
                name,
                differs = differ.join(", "),
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
            let Some((differ, _)) = found.as_ref().filter(|(differ, _)| !differ.is_empty()) else { continue };
            let differs = differ.join(", ");
            tracing::warn!(name = container.name, differs, "it is not as it was described, and is made anew");
            // What was changed behind our back is not waited for as long as one of which another image is wanted.
            let image = differ == &["image"];
            engine.stop(&container.name, if image { STOP_MAX } else { STOP_CHANGED_MAX }).await?;
            half.stopped();
            if !image && half.is_new(Instant::now()) {
                // Somebody changes each new one at once: made anew without a wait, it would be so for ever.
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

fn as_described(name: &str, differ: &[String]) -> Result<(), Trouble> {
    if differ.is_empty() {
        Ok(())
    } else {
        Err(Trouble::Otherwise { name: name.into(), what: differ.join(", ") })
    }
}
