//! What the printer is doing.

/// (RepRapFirmware's word, `printer.state`).
static STATES: &[(&str, &str)] = &[
    ("idle", "idle"),
    // It runs a macro, or moves by hand.
    ("busy", "preparing"),
    ("changingTool", "preparing"),
    // A file is gone through to tell how long it takes: nothing moves.
    ("simulating", "preparing"),
    ("starting", "preparing"),
    ("processing", "building"),
    ("resuming", "building"),
    ("pausing", "paused"),
    ("paused", "paused"),
    ("cancelling", "stopped"),
    ("halted", "error"),
    ("updating", "maintenance"),
    // The controller has power and nothing else has.
    ("off", "offline"),
    ("disconnected", "offline"),
];

/// A code of `printer.state`; none for a word that nobody listed.
pub(super) fn of(word: &str) -> Option<&'static str> {
    STATES.iter().find(|(known, _)| *known == word).map(|(_, code)| *code)
}

/// Whether a job that is gone after this state was stopped: one can only be cancelled while it is paused.
pub(super) fn ends_early(word: &str) -> bool {
    matches!(word, "pausing" | "paused" | "cancelling" | "halted")
}

#[cfg(test)]
mod tests {
    use catalog::items;

    use super::*;

    #[test]
    fn every_code_is_the_catalogues() {
        for (word, code) in STATES {
            assert!(items::PRINTER_STATE.codes().contains(code), "{word}");
        }
        assert_eq!(of("Processing"), None);
    }
}
