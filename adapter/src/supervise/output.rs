//! What the programs in the containers say, into the supervisor's own log: the engine keeps none of it, since what it kept
//! would be on its disk. What is said while no supervisor runs is gone.

use futures::StreamExt as _;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::engine::{Engine, Found};
use super::limits::{LINE_CHARS_MAX, LINE_EVERY, LINES_AT_ONCE};
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
        let mut said = Lines::new(Instant::now());
        let task = tokio::spawn(lines.for_each(move |part| {
            // The container ends, or the engine does: the next look tells.
            for line in part.into_iter().flat_map(|part| said.take(&part, Instant::now())) {
                tracing::info!(target: "container", "{}: {line}", role.name());
            }
            std::future::ready(())
        }));
        *place = Some(Self { of, task: task.abort_handle() });
    }
}

/// What one container says, line by line, and no faster than a log can bear: it may be anything, from whoever has taken the container
/// over.
#[derive(Debug)]
struct Lines {
    /// Of the line that has not ended.
    open: String,
    /// Until when what was said is paid for, by so much time for each line.
    paid: Instant,
    left_out: u64,
}

impl Lines {
    fn new(now: Instant) -> Self {
        Self { open: String::new(), paid: now, left_out: 0 }
    }

    /// The lines that end in this part, as far as they are passed on.
    fn take(&mut self, part: &str, now: Instant) -> Vec<String> {
        let mut lines = Vec::new();
        for piece in part.split_inclusive('\n') {
            let room = LINE_CHARS_MAX.saturating_sub(self.open.chars().count());
            self.open.extend(piece.chars().filter(|c| *c != '\n').take(room));
            if piece.ends_with('\n') {
                let line = std::mem::take(&mut self.open);
                lines.extend(self.pass_on(&line, now));
            }
        }
        lines
    }

    fn pass_on(&mut self, line: &str, now: Instant) -> Vec<String> {
        self.paid = self.paid.max(now);
        if self.paid.duration_since(now) >= LINE_EVERY * LINES_AT_ONCE {
            self.left_out += 1;
            return Vec::new();
        }
        self.paid += LINE_EVERY;
        let plain = |c: char| if c.is_control() { '\u{fffd}' } else { c };
        let line = line.trim_end().chars().map(plain).collect();
        let left_out = std::mem::take(&mut self.left_out);
        let said = (left_out > 0)
            .then(|| format!("{left_out} lines were left out: it says more than a log can bear"));
        said.into_iter().chain([line]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn lines_are_whole_plain_and_bounded() {
        let mut lines = Lines::new(Instant::now());
        let mut take = |part: &str| lines.take(part, Instant::now());
        assert!(take("one").is_empty());
        assert_eq!(take(" line\ntwo\r\nthr"), ["one line", "two"]);
        assert_eq!(take("ee\u{1b}[2J\n\n"), ["three\u{fffd}[2J", ""]);
        assert!(take(&"x".repeat(3 * LINE_CHARS_MAX)).is_empty());
        assert_eq!(take("y\n"), ["x".repeat(LINE_CHARS_MAX)]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_is_left_out_and_counted() {
        let mut lines = Lines::new(Instant::now());
        let flood = "x\n".repeat(1000);
        let at_once = usize::try_from(LINES_AT_ONCE).unwrap();
        assert_eq!(lines.take(&flood, Instant::now()).len(), at_once);
        assert!(lines.take("y\n", Instant::now()).is_empty());
        tokio::time::advance(LINE_EVERY).await;
        let said = lines.take("z\n", Instant::now());
        let left_out = 1000 - at_once + 1;
        assert_eq!(
            said,
            [format!("{left_out} lines were left out: it says more than a log can bear"), "z".into()]
        );
        tokio::time::advance(LINE_EVERY * LINES_AT_ONCE).await;
        assert_eq!(lines.take(&flood, Instant::now()).len(), at_once);
    }
}
