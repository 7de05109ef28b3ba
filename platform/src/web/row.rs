//! One printer in a line: its condition, its worst alarm, its build and its key values.

use std::collections::HashMap;

use catalog::{Item, Quality, Timestamp, items};

use super::alarms::severity_word;
use super::condition::{self, Condition};
use super::values;
use super::words::{self, Age};
use crate::store::pages::Latest;
use crate::store::pages::alarms::Open;
use crate::store::pages::fleet::Printer;

/// The values that stand in the fleet table, with the titles of their columns.
pub(super) static KEY_VALUES: [(&Item, &str); 3] = [
    (&items::LASER_POWER, "Laser"),
    (&items::VAT_TEMPERATURE, "Vat"),
    (&items::RESIN_CARTRIDGE_LEVEL, "Resin"),
];

const BUILD_ITEMS: [&str; 5] =
    ["build.state", "build.layer", "build.layers", "build.progress", "build.remaining"];

/// One printer of the table.
pub(super) struct Row {
    pub(super) thing: String,
    pub(super) build: Option<Build>,
    pub(super) key_values: Vec<KeyValue>,
    pub(super) data: Option<Age>,
    printer: Printer,
    pub(super) condition: Condition,
    /// Its worst open alarm and whether somebody has acknowledged that; how many there are.
    pub(super) worst: Option<(u8, bool)>,
    alarms: usize,
    now: Timestamp,
}

/// A value of the table.
pub(super) struct KeyValue {
    pub(super) title: &'static str,
    pub(super) text: String,
    pub(super) old: bool,
    pub(super) bad: bool,
}

/// How far a build is.
pub(super) struct Build {
    pub(super) percent: Option<u8>,
    layer: Option<String>,
    layers: Option<String>,
    left: Option<String>,
}

/// The items that a row is made of.
pub(super) fn items() -> Vec<&'static str> {
    let keys = KEY_VALUES.iter().map(|(item, _)| item.id());
    condition::ITEMS.into_iter().chain(BUILD_ITEMS).chain(keys).collect()
}

impl Row {
    /// A row from a printer with its latest values and all its open alarms.
    pub(super) fn of(printer: Printer, open: Open, now: Timestamp) -> Self {
        let condition = Condition::of(&printer, now);
        let worst = open.worst.map(|(severity, acknowledged)| (severity.clamp(1, 4), acknowledged));
        Self {
            thing: printer.thing.clone(),
            build: Build::of(&printer.values),
            key_values: KEY_VALUES
                .iter()
                .map(|(item, title)| key_value(item, title, &printer, now))
                .collect(),
            data: printer.data.map(|at| Age { at, now }),
            worst,
            alarms: open.number,
            condition,
            printer,
            now,
        }
    }

    /// Worst first. Of one severity, what nobody has seen comes first; what is wrong without an alarm stands
    /// behind the high ones, and what is unknown behind the medium ones: it may be anything.
    pub(super) fn rank(&self) -> u8 {
        match (self.worst, &self.condition) {
            (_, Condition::Unknown { .. }) => 35,
            (Some((severity, acknowledged)), _) => 10 * severity + u8::from(acknowledged),
            (None, condition) if condition.wrong() => 25,
            (None, condition) if condition.unsure() => 45,
            (None, _) => 50,
        }
    }

    pub(super) fn class(&self) -> String {
        match (&self.condition, self.worst) {
            (Condition::Unknown { .. }, _) => "open stale gone".into(),
            (condition, Some((severity, _))) => {
                format!("open sev-{severity}{}", if condition.unsure() { " gone" } else { "" })
            }
            (condition, None) if condition.wrong() && condition.unsure() => "open stale gone".into(),
            (condition, None) if condition.unsure() => "gone".into(),
            _ => String::new(),
        }
    }

    pub(super) fn mark(&self) -> Option<String> {
        match (&self.condition, self.worst) {
            (Condition::Unknown { .. }, _) => Some("mark-stale".into()),
            (_, Some((severity, _))) => Some(format!("mark-{severity}")),
            (condition, None) if condition.wrong() => Some("mark-stale".into()),
            (condition, None) if condition.unsure() => Some("mark-none".into()),
            _ => None,
        }
    }

    pub(super) fn mark_class(&self) -> String {
        match (&self.condition, self.worst) {
            (Condition::Unknown { .. }, _) => "m-stale".into(),
            (_, Some((severity, acknowledged))) => {
                format!("m-{severity}{}", if acknowledged { " hollow" } else { "" })
            }
            (condition, None) if condition.wrong() => "m-stale".into(),
            _ => "m-none".into(),
        }
    }

    pub(super) fn condition_word(&self) -> String {
        self.condition.word()
    }

    /// `Critical · building`, or what it does.
    pub(super) fn word(&self) -> String {
        match (self.worst, &self.condition) {
            (_, Condition::Unknown { .. }) | (None, _) => self.condition.word(),
            (Some((severity, _)), condition) => {
                format!("{} · {}", severity_word(severity), condition.word().to_lowercase())
            }
        }
    }

    pub(super) fn condition_detail(&self) -> String {
        self.condition.detail(self.now)
    }

    pub(super) fn detail(&self) -> String {
        let mut parts = Vec::new();
        if self.alarms > 0 {
            let alarms = words::count(self.alarms, "alarm", "alarms");
            let last_known = if self.unsure() { ", last known" } else { "" };
            parts.push(format!("{alarms}{last_known}"));
        }
        parts.push(self.condition_detail());
        parts.retain(|part| !part.is_empty());
        parts.join(" · ")
    }

    pub(super) fn unsure(&self) -> bool {
        self.condition.unsure()
    }

    pub(super) fn name(&self) -> &str {
        words::printer(&self.thing)
    }

    pub(super) fn place(&self) -> String {
        let site = &self.printer.site;
        self.printer.model.as_ref().map_or_else(|| site.clone(), |model| format!("{site} · {model}"))
    }

    /// What the find field looks through.
    pub(super) fn words(&self) -> String {
        format!("{} {} {}", self.thing, self.place(), self.word()).to_lowercase()
    }
}

fn key_value(item: &'static Item, title: &'static str, printer: &Printer, now: Timestamp) -> KeyValue {
    let latest = printer.values.get(item.id());
    KeyValue {
        title,
        text: latest.map_or_else(String::new, |latest| values::text(item, &latest.value)),
        old: latest.is_some_and(|latest| now.0 - latest.time.0 > condition::VALUE_OLD_MS),
        bad: latest.is_some_and(|latest| latest.quality == Quality::Bad),
    }
}

impl Build {
    /// The build that is on the machine; `None` when none is, or none has been told of.
    pub(super) fn of(values: &HashMap<String, Latest>) -> Option<Self> {
        let state = values.get("build.state").and_then(|latest| latest.value.text.as_deref());
        if state.is_some_and(|state| matches!(state, "completed" | "aborted")) {
            return None;
        }
        let number = |item: &str| values.get(item).and_then(|latest| latest.value.number);
        let (layer, layers) = (number("build.layer"), number("build.layers"));
        let percent =
            number("build.progress").or_else(|| Some(layer? / layers? * 100.0)).filter(|p| p.is_finite());
        if layer.is_none() && percent.is_none() {
            return None;
        }
        Some(Self {
            percent: percent.map(whole_percent),
            layer: layer.map(words::integer),
            layers: layers.map(words::integer),
            left: number("build.remaining").map(|seconds| words::quantity(&items::BUILD_REMAINING, seconds)),
        })
    }

    pub(super) fn layers(&self) -> String {
        match (&self.layer, &self.layers) {
            (Some(layer), Some(layers)) => format!("Layer {layer} of {layers}"),
            (Some(layer), None) => format!("Layer {layer}"),
            (None, _) => self.percent.map_or_else(String::new, |percent| format!("{percent}\u{a0}%")),
        }
    }

    pub(super) fn rest(&self) -> String {
        let percent = self.percent.map(|percent| format!("{percent}\u{a0}%"));
        let left = self.left.as_ref().map(|left| format!("{left} left"));
        [percent, left].into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }

    pub(super) fn words(&self) -> String {
        let (layers, rest) = (self.layers(), self.rest());
        if self.layer.is_none() || rest.is_empty() { rest } else { format!("{layers} · {rest}") }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0 to 100 before")]
fn whole_percent(percent: f64) -> u8 {
    percent.clamp(0.0, 100.0) as u8
}
