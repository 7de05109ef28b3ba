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
}

/// Every fault with the word that configuration and commands know it by.
pub const FAULTS: [(&str, FaultKind); 8] = [
    ("laser_drift", FaultKind::LaserDrift),
    ("vat_overheat", FaultKind::VatOverheat),
    ("recoater_jam", FaultKind::RecoaterJam),
    ("silent", FaultKind::Silent),
    ("off", FaultKind::Off),
    ("nonsense", FaultKind::Nonsense),
    ("events_lost", FaultKind::EventsLost),
    ("restart", FaultKind::Restart),
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
            Self::LaserDrift | Self::VatOverheat | Self::RecoaterJam | Self::EventsLost | Self::Restart => {
                Manner::Answers
            }
        }
    }

    /// Begins or ends the fault in the model.
    pub fn apply(self, printer: &mut Printer, on: bool) {
        match self {
            Self::LaserDrift => printer.laser.drift(on),
            Self::VatOverheat => printer.vat.run_away(on),
            Self::RecoaterJam => printer.jam(on),
            // Of the wires and of the controller's memory (`unit.rs`), not of the model.
            Self::Silent | Self::Off | Self::Nonsense | Self::EventsLost | Self::Restart => {}
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
