//! What the programs in the containers say, into the supervisor's own log: the engine keeps none of it, since what it kept
//! would be on its disk. What is said while no supervisor runs is gone.

use futures::StreamExt as _;
use tokio::task::AbortHandle;

use super::engine::{Engine, Found};
use super::limits::LINE_CHARS_MAX;
use super::topology::Role;

/// A container that is listened to.
#[derive(Debug)]
pub(super) struct Followed {
    /// Which start of which container.
    of: String,
    task: AbortHandle,
}

impl Drop for Followed {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Followed {
    /// Listens to a container that runs, if nobody does yet.
    pub(super) async fn follow(place: &mut Option<Self>, engine: &Engine, role: Role, found: &Found) {
        let of = format!("{} {}", found.id(), found.started_at());
        let heard = place.as_ref().is_some_and(|followed| followed.of == of && !followed.task.is_finished());
        if !found.runs() || heard {
            return;
        }
        let lines = match engine.follow(found.id()).await {
            Ok(lines) => lines,
            Err(error) => return tracing::debug!("{error}"),
        };
        let task = tokio::spawn(lines.for_each(move |line| {
            // The container ends, or the engine does: the next look tells.
            line.into_iter().for_each(|line| pass_on(role, &line));
            std::future::ready(())
        }));
        *place = Some(Self { of, task: task.abort_handle() });
    }
}

// It may be anything, from whoever has taken a container over.
fn pass_on(role: Role, line: &str) {
    let plain = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let said: String = line.trim_end().chars().take(LINE_CHARS_MAX).map(plain).collect();
    tracing::info!(target: "container", "{}: {said}", role.name());
}
