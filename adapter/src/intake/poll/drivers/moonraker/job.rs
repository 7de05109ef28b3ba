//! Klipper's job (`print_stats`): the file that is printed or was printed last.

use catalog::items;
use serde_json::Value;

use super::fault;
use super::limits::{FILE_BYTES_MAX, MESSAGE_BYTES_MAX};
use crate::intake::poll::found::Found;

/// What is known of the job.
#[derive(Default)]
pub(super) struct Job {
    state: State,
    /// Empty where there is none.
    file: String,
    /// Why it failed.
    message: String,
    /// In seconds, pauses included.
    elapsed: Option<f64>,
    layer: Option<f64>,
    layers: Option<f64>,
}

// By hand: a file's name and Klipper's words must not reach a log, not even by `{:?}`.
impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job").field("state", &self.state).finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Klipper has no such object: it prints no files.
    #[default]
    Unsaid,
    Unknown,
    Standby,
    Printing,
    Paused,
    Complete,
    Cancelled,
    Error,
}

impl Job {
    /// Takes in what has changed.
    pub(super) fn take(&mut self, fields: &Value) {
        let text = |name: &str| fields.get(name).map(|value| value.as_str().unwrap_or_default());
        if let Some(state) = text("state") {
            self.state = State::of(state);
        }
        if let Some(file) = text("filename") {
            // Longer than any: no file.
            self.file = if file.len() <= FILE_BYTES_MAX { file.to_owned() } else { String::new() };
        }
        if let Some(message) = text("message") {
            self.message = message.chars().take(MESSAGE_BYTES_MAX / char::MAX.len_utf8()).collect();
        }
        if let Some(elapsed) = fields.get("total_duration") {
            self.elapsed = elapsed.as_f64();
        }
        if let Some(info) = fields.get("info") {
            let layer = |name| info.get(name).and_then(Value::as_f64);
            (self.layer, self.layers) = (layer("current_layer"), layer("total_layer"));
        }
    }

    /// Says it, and whether there is one. Its name never leaves.
    pub(super) fn say(&self, found: &mut Found<'_>) -> bool {
        if self.file.is_empty() {
            return false;
        }
        found.of(&items::BUILD_ID).hashed(self.file.as_bytes());
        if let Some(state) = self.state.build() {
            found.of(&items::BUILD_STATE).code(state);
        }
        for (item, number) in [
            (&items::BUILD_ELAPSED, self.elapsed),
            (&items::BUILD_LAYER, self.layer),
            (&items::BUILD_LAYERS, self.layers),
        ] {
            if let Some(number) = number {
                found.of(item).number(number);
            }
        }
        true
    }

    /// What a printer whose Klipper is ready does, and whether that is a fault.
    pub(super) fn say_printer(&self, found: &mut Found<'_>) {
        match self.state.printer() {
            Some(state) => found.of(&items::PRINTER_STATE).code(state),
            None => {
                found.refuse(Some(&items::PRINTER_STATE), "a state of a job that Klipper does not have");
            }
        }
        match self.state {
            State::Error => {
                fault::say(&self.message, found);
            }
            _ => found.of(&items::ALARM_ACTIVE).code("no"),
        }
    }
}

impl State {
    fn of(word: &str) -> Self {
        match word {
            "standby" => Self::Standby,
            "printing" => Self::Printing,
            "paused" => Self::Paused,
            "complete" => Self::Complete,
            "cancelled" => Self::Cancelled,
            "error" => Self::Error,
            _ => Self::Unknown,
        }
    }

    /// Without a job, a Klipper that is ready waits for one.
    fn printer(self) -> Option<&'static str> {
        Some(match self {
            Self::Unknown => return None,
            Self::Unsaid | Self::Standby => "ready",
            Self::Printing => "building",
            Self::Paused => "paused",
            Self::Complete => "finished",
            Self::Cancelled => "stopped",
            Self::Error => "error",
        })
    }

    fn build(self) -> Option<&'static str> {
        Some(match self {
            Self::Unsaid | Self::Unknown => return None,
            Self::Standby => "pending",
            Self::Printing | Self::Paused => "printing",
            Self::Complete => "completed",
            Self::Cancelled | Self::Error => "aborted",
        })
    }
}
