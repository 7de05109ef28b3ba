//! That what runs is separated: tried by stand-ins before, and from within what runs.

use tokio::time::Instant;

use super::super::engine::{Engine, Found};
use super::super::half::Half;
use super::super::judge::Breach;
use super::super::limits::{STOP_MAX, VERIFY_INTERVAL};
use super::super::topology::Container;
use super::super::verify::LookError;
use super::made::make;
use super::{Fingerprint, Supervisor, Trouble};

impl Supervisor {
    /// Before anything of ours runs on networks that were never tried: containers like ours, in which nothing runs but what
    /// waits, are tried in their place.
    pub(super) async fn stand_ins(&mut self, engine: &Engine) -> Result<(), Trouble> {
        // One that runs already would hold the address; and it runs on something that was not tried.
        for container in self.plan.topology.containers.iter().rev() {
            engine.stop(&container.name, STOP_MAX).await?;
        }
        self.halves.iter_mut().for_each(Half::stopped);
        self.unverified.stopped();
        let stand_ins: Vec<Container> =
            self.plan.topology.containers.iter().map(Container::stand_in).collect();
        let tried = self.try_stand_ins(engine, &stand_ins).await;
        for stand_in in &stand_ins {
            engine.remove(&stand_in.name).await?;
        }
        let breaches = tried?;
        self.state.lock().verifications += 1;
        if !breaches.is_empty() {
            return Err(Trouble::Breach(breaches));
        }
        self.approved = true;
        Ok(())
    }

    async fn try_stand_ins(&self, engine: &Engine, stand_ins: &[Container]) -> Result<Vec<Breach>, Trouble> {
        for stand_in in stand_ins {
            engine.remove(&stand_in.name).await?;
            make(engine, stand_in).await?;
            engine.start(&stand_in.name).await?;
        }
        let [uplink, intake] = stand_ins else { return Ok(Vec::new()) };
        Ok(self.plan.around.verify(engine, &self.plan.topology.networks, [uplink, intake]).await?)
    }

    /// Shows that what runs now is separated, unless it was shown of the same a short while ago.
    pub(super) async fn verified_now(&mut self, engine: &Engine) -> Result<(), Trouble> {
        let fingerprint = self.fingerprint(engine).await?;
        let fresh = |(of, at): &(Fingerprint, Instant)| *of == fingerprint && at.elapsed() < VERIFY_INTERVAL;
        if self.verified.as_ref().is_some_and(fresh) {
            return Ok(());
        }
        let [uplink, intake] = &self.plan.topology.containers[..] else { return Ok(()) };
        let networks = &self.plan.topology.networks;
        let looked = self.plan.around.verify(engine, networks, [uplink, intake]).await;
        let breaches = match looked {
            Ok(breaches) => breaches,
            // One that has ended, or ended meanwhile and took the look with it, says nothing of the networks.
            Err(LookError::Gone(_)) => {
                self.verified = None;
                return Ok(());
            }
            Err(_) if self.fingerprint(engine).await? != fingerprint => {
                self.verified = None;
                return Ok(());
            }
            Err(error) => {
                self.looks_failed += 1;
                return Err(error.into());
            }
        };
        self.looks_failed = 0;
        self.state.lock().verifications += 1;
        if !breaches.is_empty() {
            return Err(Trouble::Breach(breaches));
        }
        // One that was started anew meanwhile was not tried, or not all the while.
        if self.fingerprint(engine).await? == fingerprint {
            if self.verified.is_none() {
                tracing::info!("both halves run, and were tried from within: they are separated");
            }
            self.verified = Some((fingerprint, Instant::now()));
            self.breach_backoff.succeeded();
            self.approved = true;
        } else {
            self.verified = None;
        }
        Ok(())
    }

    pub(super) async fn fingerprint(&self, engine: &Engine) -> Result<Fingerprint, Trouble> {
        let mut all = Vec::new();
        for container in &self.plan.topology.containers {
            let found = engine.container(&container.name).await?;
            let of = |found: &Found| format!("{} {} {}", found.id(), found.started_at(), found.runs());
            all.extend(found.iter().map(of));
        }
        for network in &self.plan.topology.networks {
            let found = engine.network(&network.name).await?;
            // Somebody else on it is another network.
            all.extend(found.iter().map(|found| format!("{} {}", found.id(), found.ends().join(" "))));
        }
        Ok(all)
    }
}
