//! What OctoPrint answers, as far as it is read. Whatever else stands there, such as ports, paths and the serial log, is
//! passed over and not kept.

use std::fmt;

use catalog::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

/// OctoPrint numbers hot ends from 0, and profiles have a handful.
const TOOLS_MAX: usize = 16;

/// `/api/version`.
#[derive(Deserialize)]
pub(super) struct Version {
    pub(super) server: String,
}

/// `/api/printer`.
#[derive(Deserialize)]
pub(super) struct Printer {
    #[serde(default)]
    pub(super) temperature: Temperatures,
    pub(super) state: State,
}

/// The state, of which the text is in English and the flags are what counts.
#[derive(Deserialize)]
pub(super) struct State {
    #[serde(default)]
    pub(super) text: String,
    #[serde(default)]
    pub(super) flags: Flags,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Flags {
    pub(super) operational: bool,
    pub(super) printing: bool,
    pub(super) cancelling: bool,
    pub(super) pausing: bool,
    pub(super) paused: bool,
    pub(super) resuming: bool,
    pub(super) finishing: bool,
    pub(super) ready: bool,
    pub(super) error: bool,
    pub(super) closed_or_error: bool,
}

/// `/api/job`.
#[derive(Deserialize)]
pub(super) struct Job {
    #[serde(default)]
    pub(super) job: Target,
    #[serde(default)]
    pub(super) progress: Progress,
    #[serde(default)]
    pub(super) state: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Target {
    pub(super) file: File,
}

/// The file is known by its path, of which only a salted hash leaves.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct File {
    pub(super) path: Option<String>,
    pub(super) name: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Progress {
    /// In per cent.
    pub(super) completion: Option<f64>,
    /// In seconds.
    pub(super) print_time: Option<f64>,
    pub(super) print_time_left: Option<f64>,
}

/// `/api/printer/error`. The error's text is looked up and forgotten.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Fault {
    pub(super) error: Option<String>,
    pub(super) reason: Option<String>,
}

/// What is now, and what was.
#[derive(Default)]
pub(super) struct Temperatures {
    pub(super) now: Temperature,
    /// In the order of time.
    pub(super) history: Vec<Temperature>,
}

/// The heaters at one moment.
#[derive(Default)]
pub(super) struct Temperature {
    pub(super) time: Option<Timestamp>,
    pub(super) tools: Vec<(u8, Heater)>,
    pub(super) bed: Heater,
    pub(super) chamber: Heater,
}

/// In °C; without a target, no heater is there or OctoPrint does not know it.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub(super) struct Heater {
    pub(super) actual: Option<f64>,
    pub(super) target: Option<f64>,
}

impl<'de> Deserialize<'de> for Temperatures {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Heaters { with_history: true })
    }
}

impl<'de> Deserialize<'de> for Temperature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Heaters { with_history: false }).map(|temperatures| temperatures.now)
    }
}

/// Reads a map in which some keys are heaters, and others anything: plugins add their own.
struct Heaters {
    with_history: bool,
}

impl<'de> Visitor<'de> for Heaters {
    type Value = Temperatures;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("temperatures")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Temperatures, A::Error> {
        let mut found = Temperatures::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "history" if self.with_history => found.history = map.next_value()?,
                "time" => found.now.time = map.next_value::<Option<f64>>()?.and_then(timestamp),
                "bed" => found.now.bed = map.next_value::<Option<Heater>>()?.unwrap_or_default(),
                "chamber" => found.now.chamber = map.next_value::<Option<Heater>>()?.unwrap_or_default(),
                other => match tool(other).filter(|_| found.now.tools.len() < TOOLS_MAX) {
                    Some(tool) => {
                        let heater = map.next_value::<Option<Heater>>()?.unwrap_or_default();
                        found.now.tools.push((tool, heater));
                    }
                    None => {
                        map.next_value::<IgnoredAny>()?;
                    }
                },
            }
        }
        Ok(found)
    }
}

/// `tool0`.
fn tool(key: &str) -> Option<u8> {
    key.strip_prefix("tool")?.parse().ok()
}

/// Seconds since 1970.
#[expect(clippy::cast_possible_truncation, reason = "within the years that the check lets pass")]
fn timestamp(seconds: f64) -> Option<Timestamp> {
    (0.0..4_102_444_800.0).contains(&seconds).then_some(Timestamp((seconds * 1000.0) as i64))
}
