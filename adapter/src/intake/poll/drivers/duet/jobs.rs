//! Which job is a build, and how the last one ended, by what was seen while there was one.

use super::model::Build;
use super::state;

/// What was seen of jobs.
#[derive(Default)]
pub(super) struct Jobs {
    /// The file that was printed, and the state that was said last meanwhile.
    printed: Option<(String, String)>,
    /// The file that was simulated. A simulation that is paused says `paused`, and one that is over says nothing.
    simulated: Option<String>,
    /// Something is printed or simulated.
    is_running: bool,
}

impl Jobs {
    /// Takes in what there is of jobs, and the state that was said with it.
    pub(super) fn follow(&mut self, build: &Build, word: Option<&str>) {
        let was_running = std::mem::replace(&mut self.is_running, build.printing.is_some());
        let Some(file) = build.printing.as_ref().map(|printing| &printing.file) else { return };
        if word == Some("simulating") {
            (self.simulated, self.printed) = (Some(file.clone()), None);
        } else if !was_running || word == Some("processing") || self.simulated.as_ref() != Some(file) {
            self.simulated = None;
        }
        if self.simulated.is_none() {
            self.printed = word.map(|word| (file.clone(), word.to_owned()));
        }
    }

    /// Whether the job is gone through to tell how long it takes, or was: then nothing is built.
    pub(super) fn is_simulation(&self, build: &Build) -> bool {
        match (&build.printing, build.last_simulated) {
            (Some(printing), _) => self.simulated.as_ref() == Some(&printing.file),
            (None, Some(true)) => true,
            // It is not said of a simulation that was stopped.
            (None, Some(false)) if build.last_aborted != Some(true) => false,
            (None, _) => build.last.is_some() && self.simulated == build.last,
        }
    }

    /// How the last job ended: by the Duet's own word, else by the state that it was last seen in.
    pub(super) fn ended(&self, build: &Build) -> Option<&'static str> {
        let aborted = match (build.last_aborted, &self.printed) {
            (Some(aborted), _) => aborted,
            (None, Some((file, word))) if build.last.as_ref() == Some(file) => state::ends_early(word),
            (None, _) => return None,
        };
        Some(if aborted { "aborted" } else { "completed" })
    }
}
