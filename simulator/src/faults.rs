//! What can go wrong on demand, and what each fault changes in the model and on the wires.

use serde::Deserialize;

use crate::printer::Printer;

/// A fault that a person or the configuration asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The laser loses power and its current climbs.
    LaserDrift,
    /// The vat's heater never opens.
    VatOverheat,
    /// The blade is stuck.
    RecoaterJam,
    /// The controller hangs: connections stand, nothing is said on any of them, nothing is written.
    Silent,
    /// The power is off: no listener, no connection, nothing is written.
    Off,
    /// The printer interface answers with bytes that are no frames.
    Nonsense,
    /// More has happened than the event log has room for: nothing that was not asked for yet is left. Once.
    EventsLost,
    /// The controller starts again with the power on: its connections end, and it is another instance. Once.
    Restart,
    /// The printer interface sends one byte a second.
    Drip,
    /// Each answer to READ is a frame of a megabyte, full of items that nobody asked for.
    Flood,
    /// The clock is an hour ahead: in values, in the event log and in the log files.
    ClockAhead,
    /// Each connection of the printer interface is reset after a second.
    Resets,
}

/// By how much the clock is ahead then, ms.
const AHEAD_MS: i64 = 3_600_000;

/// Every fault with the word that configuration and commands know it by.
pub const FAULTS: [(&str, FaultKind); 12] = [
    ("laser_drift", FaultKind::LaserDrift),
    ("vat_overheat", FaultKind::VatOverheat),
    ("recoater_jam", FaultKind::RecoaterJam),
    ("silent", FaultKind::Silent),
    ("off", FaultKind::Off),
    ("nonsense", FaultKind::Nonsense),
    ("events_lost", FaultKind::EventsLost),
    ("restart", FaultKind::Restart),
    ("drip", FaultKind::Drip),
    ("flood", FaultKind::Flood),
    ("clock_ahead", FaultKind::ClockAhead),
    ("resets", FaultKind::Resets),
];

/// How a printer behaves on its wires.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// It answers.
    #[default]
    Answers,
    /// It takes connections and says nothing.
    Silent,
    /// It cannot be reached.
    Off,
    /// It answers with garbage.
    Nonsense,
    /// It answers, one byte a second.
    Drips,
    /// It answers with more than it was asked for.
    Floods,
    /// It answers, and resets each connection after a second.
    Resets,
}

impl FaultKind {
    /// The fault behind a word such as `vat_overheat`.
    pub fn parse(word: &str) -> Option<Self> {
        FAULTS.iter().find(|(name, _)| *name == word).map(|(_, kind)| *kind)
    }

    /// What the wires show.
    pub fn manner(self) -> Manner {
        match self {
            Self::Silent => Manner::Silent,
            Self::Off => Manner::Off,
            Self::Nonsense => Manner::Nonsense,
            Self::Drip => Manner::Drips,
            Self::Flood => Manner::Floods,
            Self::Resets => Manner::Resets,
            Self::LaserDrift
            | Self::VatOverheat
            | Self::RecoaterJam
            | Self::EventsLost
            | Self::Restart
            | Self::ClockAhead => Manner::Answers,
        }
    }

    /// By how much it sets the printer's clock forward, ms.
    pub fn ahead_ms(self) -> i64 {
        if self == Self::ClockAhead { AHEAD_MS } else { 0 }
    }

    /// Begins or ends the fault in the model.
    pub fn apply(self, printer: &mut Printer, on: bool) {
        match self {
            Self::LaserDrift => printer.laser.drift(on),
            Self::VatOverheat => printer.vat.run_away(on),
            Self::RecoaterJam => printer.jam(on),
            // Of the wires and of the controller's memory (`unit.rs`), not of the model.
            Self::Silent
            | Self::Off
            | Self::Nonsense
            | Self::EventsLost
            | Self::Restart
            | Self::Drip
            | Self::Flood
            | Self::ClockAhead
            | Self::Resets => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_commands_and_of_the_configuration_are_the_same() {
        for (word, kind) in FAULTS {
            assert_eq!(FaultKind::parse(word), Some(kind));
            let quoted = serde_json::from_str::<FaultKind>(&format!("\"{word}\""));
            assert_eq!(quoted.ok(), Some(kind), "{word}");
        }
        assert_eq!(FaultKind::parse("explode"), None);
    }
}
