//! Other images in the place of those that run, or those again.

use tokio::time::{Instant, sleep};

use super::super::control::Order;
use super::super::engine::Health;
use super::super::limits::{PASS_INTERVAL, SWITCH_MAX};
use super::Supervisor;

impl Supervisor {
    /// Runs other images, or goes back to those that ran.
    pub(super) async fn obey(&mut self, order: Order) {
        let Order::Switch(images, answer) = order;
        images.put(&mut self.plan.topology);
        let outcome = self.until_well().await;
        match &outcome {
            Ok(()) => self.plan.images = images,
            Err(why) => {
                tracing::error!(why, "the new images are not well; the old ones come back");
                self.plan.images.put(&mut self.plan.topology);
            }
        }
        // Who asked may have gone; what was done stays done.
        let _ = answer.send(outcome);
    }

    async fn until_well(&mut self) -> Result<(), String> {
        let deadline = self.rests_until.max(Instant::now()) + SWITCH_MAX;
        let mut why = String::from("they were not healthy in time");
        while Instant::now() < deadline {
            let wait = match self.pass_in_time().await {
                Ok(_) if self.verified.is_some() && self.healthy().await => return Ok(()),
                Ok(wait) => wait,
                Err(trouble) => {
                    why = trouble.to_string();
                    let wait = self.troubled(&trouble).await;
                    if trouble.is_definite() {
                        break;
                    }
                    wait
                }
            };
            let wait = wait.min(self.not_unverified_for_long().await);
            self.tell_in_time().await;
            sleep(wait.min(PASS_INTERVAL)).await;
        }
        Err(why)
    }

    async fn healthy(&self) -> bool {
        let Some((engine, _)) = &self.engine else { return false };
        let engine = engine.clone();
        for container in &self.plan.topology.containers {
            let found = engine.container(&container.name).await.ok().flatten();
            if found.is_none_or(|found| found.health() != Health::Healthy) {
                return false;
            }
        }
        true
    }
}
