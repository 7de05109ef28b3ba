//! What is said of it: the account for the platform, and the status.

use tokio::time::Instant;

use super::super::account::{Account, Part, ReleaseCounts};
use super::super::engine::{Found, Health, Usage};
use super::super::limits::ACCOUNT_INTERVAL;
use super::super::output::Followed;
use super::super::topology::Role;
use super::Supervisor;

impl Supervisor {
    /// Writes the account, and what `adapter status` says.
    pub(super) async fn tell(&mut self) {
        let Some((engine, _)) = self.engine.as_ref().map(|(engine, changes)| (engine.clone(), changes))
        else {
            return;
        };
        let mut parts = Vec::new();
        let due = self.said.is_none_or(|said| said.elapsed() >= ACCOUNT_INTERVAL);
        for (number, container) in self.plan.topology.containers.iter().enumerate() {
            let found = engine.container(&container.name).await.ok().flatten();
            if let (Some(found), Some(followed)) = (&found, self.followed.get_mut(number)) {
                Followed::follow(followed, &engine, container.role, found).await;
            }
            let runs = found.as_ref().is_some_and(Found::runs);
            let usage = if due && runs { engine.usage(&container.name).await.ok().flatten() } else { None };
            let restarts = self.halves.get(number).map_or(0, |half| half.restarts);
            parts.push(part(container.role, found.as_ref(), restarts, usage));
        }
        let releases = self.state.updates().as_ref().map(ReleaseCounts::from);
        let mut state = self.state.lock();
        if due {
            self.said = Some(Instant::now());
            self.sequence += 1;
            state.containers.clone_from(&parts);
            let account = Account {
                sequence: self.sequence,
                separation: state.separation,
                breaches: state.breaches,
                containers: parts,
                releases,
            };
            if let Err(error) = account.write(&self.plan.places.account) {
                tracing::warn!(%error, "the account cannot be written: the platform will not be told of the containers");
            }
        } else {
            // What is used is looked at more seldom.
            for (old, new) in state.containers.iter_mut().zip(parts) {
                *old = Part { memory_bytes: old.memory_bytes, cpu_s: old.cpu_s, ..new };
            }
        }
    }
}

fn part(role: Role, found: Option<&Found>, restarts: u64, usage: Option<Usage>) -> Part {
    Part {
        role,
        image: found.map(|found| found.image().to_owned()).unwrap_or_default(),
        health: found.map_or(Health::Stopped, Found::health),
        restarts,
        memory_bytes: usage.map(|usage| usage.memory_bytes),
        cpu_s: usage.map(|usage| usage.cpu_s),
    }
}
