//! What can be said of a printer. Four silences are four different things: nobody hears the adapter, the
//! adapter cannot reach the printer, the printer is off, and the printer has failed. None of them is data that comes, and comes late.

use std::collections::HashMap;

use catalog::Timestamp;

use super::words::{self, Age};
use crate::store::pages::Latest;
use crate::store::pages::fleet::Printer;

/// An adapter reports about itself every ten seconds; after six missed reports it counts as gone.
pub(super) const ADAPTER_GONE_MS: i64 = 60_000;

/// A printer that is said to be reachable and gives no value for this long is silent.
const PRINTER_SILENT_MS: i64 = 120_000;

/// A value this much older than now looks old.
pub(super) const VALUE_OLD_MS: i64 = 120_000;

/// The items from which a condition is told.
pub(super) const ITEMS: [&str; 2] = ["printer.reachability", "printer.state"];

/// What can be said of a printer now.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    /// Its adapter is not heard, so nothing can be said.
    Unknown { since: Timestamp },
    /// The adapter says why it cannot talk to the printer.
    Unreached { code: String, since: Timestamp },
    /// Reachable, and still no value.
    Silent { since: Timestamp },
    /// Its values come, and were measured long before: what held them up has ended, or its clock is slow.
    Late { by_ms: i64, error: bool },
    /// What the printer says that it does.
    State { code: String, since: Timestamp },
    /// It has not said what it does.
    Unstated,
    /// Not a printer but an adapter, which is heard.
    Reporting,
}

impl Condition {
    /// Tells the condition from the printer's latest values.
    pub(super) fn of(printer: &Printer, now: Timestamp) -> Self {
        let seen = printer.adapter_seen.unwrap_or(printer.first_seen);
        if now.0 - seen.0 > ADAPTER_GONE_MS {
            return Self::Unknown { since: seen };
        }
        if printer.is_adapter {
            return Self::Reporting;
        }
        if let Some((code, since)) = code(&printer.values, "printer.reachability")
            && !matches!(code.as_str(), "available" | "starting")
        {
            return Self::Unreached { code, since };
        }
        let data = printer.data.unwrap_or(printer.first_seen);
        let stored = printer.stored.unwrap_or(printer.first_seen);
        if now.0 - stored.0 > PRINTER_SILENT_MS {
            return Self::Silent { since: data };
        }
        let state = code(&printer.values, "printer.state");
        let by_ms = stored.0 - data.0;
        if by_ms > PRINTER_SILENT_MS {
            return Self::Late { by_ms, error: state.is_some_and(|(code, _)| code == "error") };
        }
        state.map_or(Self::Unstated, |(code, since)| Self::State { code, since })
    }

    /// The word for it.
    pub(super) fn word(&self) -> String {
        match self {
            Self::Unknown { .. } => "Unknown".into(),
            Self::Silent { .. } => "Silent".into(),
            Self::Late { .. } => "Late data".into(),
            Self::Unstated => "No state".into(),
            Self::Reporting => "Reporting".into(),
            Self::State { code, .. } => words::capital(&words::code(code)),
            Self::Unreached { code, .. } => match code.as_str() {
                "printer_off" => "Switched off",
                "printer_failed" => "Failed",
                "network_unreachable" => "No network",
                "refused" => "Refuses adapter",
                "nonsense" => "Talks nonsense",
                other => return words::capital(&words::code(other)),
            }
            .into(),
        }
    }

    /// For how long, or how late, as the page says it.
    pub(super) fn detail(&self, now: Timestamp) -> String {
        match self {
            Self::Unknown { since }
            | Self::Silent { since }
            | Self::Unreached { since, .. }
            | Self::State { since, .. } => format!("for {}", words::duration(Age { at: *since, now }.ms())),
            Self::Late { by_ms, .. } => format!("by {}", words::duration(*by_ms)),
            Self::Unstated | Self::Reporting => String::new(),
        }
    }

    /// Whether the printer's values say nothing of the present.
    pub(super) fn unsure(&self) -> bool {
        matches!(
            self,
            Self::Unknown { .. } | Self::Silent { .. } | Self::Late { .. } | Self::Unreached { .. }
        )
    }

    /// Whether somebody should look, apart from any alarm.
    pub(super) fn wrong(&self) -> bool {
        match self {
            Self::Unreached { code, .. } => code != "printer_off",
            Self::Silent { .. } => true,
            Self::State { code, .. } => code == "error",
            Self::Late { error, .. } => *error,
            Self::Unknown { .. } | Self::Unstated | Self::Reporting => false,
        }
    }

    /// What to do about it.
    pub(super) fn advice(&self, adapter: &str) -> String {
        match self {
            Self::Unknown { .. } => format!(
                "Adapter {adapter} is not heard, so nothing can be said of this printer: everything below is the \
                 last that was known. See to the adapter's power and network first."
            ),
            Self::Silent { .. } => "The adapter is heard, but this printer gives no values: everything below is the \
                 last that was known. See to its log shipping and its interface."
                .into(),
            Self::Late { .. } => "The adapter is heard, and this printer's values come long after they were measured: everything \
                 below is of then. After an outage that passes by itself; if it stays, the printer's clock or the adapter's is slow: set it."
                .into(),
            Self::Unreached { code, .. } => match code.as_str() {
                "printer_off" => "The printer's computer does not answer, and others on its network do.",
                "printer_failed" => "The printer is on the network, but its controller does not answer as it should: it hangs, or it has failed.",
                "network_unreachable" => "The adapter cannot reach the printer's network: see to switch and cable.",
                "refused" => "The printer does not accept the adapter: see to certificates and access.",
                "nonsense" => "The printer's answers make no sense: see to its interface and version.",
                _ => "The adapter cannot talk to the printer.",
            }
            .into(),
            Self::State { .. } | Self::Unstated | Self::Reporting => String::new(),
        }
    }
}

fn code(values: &HashMap<String, Latest>, item: &str) -> Option<(String, Timestamp)> {
    let latest = values.get(item)?;
    Some((latest.value.text.clone()?, latest.since))
}

#[cfg(test)]
mod tests {
    use catalog::Quality;

    use super::*;
    use crate::store::pages::Stored;

    const NOW: Timestamp = Timestamp(10_000_000);

    fn printer(adapter_age: i64, data_age: i64, codes: &[(&str, &str)]) -> Printer {
        let latest = |(item, code): &(&str, &str)| {
            let value = Stored { number: None, text: Some((*code).into()) };
            let (item, time) = ((*item).to_owned(), Timestamp(5_000_000));
            (
                item.clone(),
                Latest { item, part: 0, time, since: time, value, quality: Quality::Good, native: None },
            )
        };
        Printer {
            id: 1,
            thing: "oslo-1.p01".into(),
            is_adapter: false,
            model: None,
            serial: None,
            firmware: None,
            adapter: "oslo-1".into(),
            site: "Oslo".into(),
            adapter_seen: Some(Timestamp(NOW.0 - adapter_age)),
            first_seen: Timestamp(0),
            data: Some(Timestamp(NOW.0 - data_age)),
            stored: Some(Timestamp(NOW.0 - data_age)),
            retired: None,
            values: codes.iter().map(latest).collect(),
        }
    }

    #[test]
    fn four_silences_are_four_words() {
        let cases = [
            (printer(61_000, 0, &[("printer.state", "building")]), "Unknown"),
            (printer(0, 500_000, &[("printer.reachability", "printer_off")]), "Switched off"),
            (printer(0, 500_000, &[("printer.reachability", "printer_failed")]), "Failed"),
            (printer(0, 500_000, &[("printer.reachability", "network_unreachable")]), "No network"),
            (printer(0, 121_000, &[("printer.reachability", "available")]), "Silent"),
            (printer(0, 0, &[("printer.state", "building")]), "Building"),
            (printer(0, 0, &[]), "No state"),
        ];
        for (printer, word) in cases {
            assert_eq!(Condition::of(&printer, NOW).word(), word);
        }
    }

    #[test]
    fn data_that_comes_late_is_no_silence() {
        let stored = |age: i64, data_age: i64| Printer {
            stored: Some(Timestamp(NOW.0 - age)),
            ..printer(0, data_age, &[("printer.reachability", "available"), ("printer.state", "building")])
        };
        let of = |printer: &Printer| {
            let condition = Condition::of(printer, NOW);
            format!("{} {}", condition.word(), condition.detail(NOW))
        };
        assert_eq!(of(&stored(1_000, 601_000)), "Late data by 10 min");
        assert_eq!(of(&stored(121_000, 721_000)), "Silent for 12 min");
        // What is a little late, and has ended.
        for (age, data_age) in [(1_000, 120_000), (115_000, 121_000), (30_000, 150_000)] {
            assert!(of(&stored(age, data_age)).starts_with("Building "), "{age} {data_age}");
        }
        assert!(!Condition::of(&stored(1_000, 601_000), NOW).wrong());
        let error = printer(0, 601_000, &[("printer.state", "error")]);
        assert!(Condition::of(&Printer { stored: Some(NOW), ..error }, NOW).wrong());
    }
}
