//! What the printer is doing, and how far its job has come.

/// (PrusaLink's word, `printer.state`, `build.state` of its job).
static STATES: &[(&str, &str, &str)] = &[
    ("IDLE", "idle", "pending"),
    ("READY", "ready", "pending"),
    // It heats, homes, parks, or somebody uses its menu.
    ("BUSY", "preparing", "printing"),
    ("PRINTING", "building", "printing"),
    ("PAUSED", "paused", "printing"),
    // It waits for somebody, in a job or without one.
    ("ATTENTION", "paused", "printing"),
    ("FINISHED", "finished", "completed"),
    ("STOPPED", "stopped", "aborted"),
    ("ERROR", "error", "aborted"),
];

/// The codes of `printer.state` and of `build.state`; none for a word that nobody listed.
pub(super) fn of(word: &str) -> Option<(&'static str, &'static str)> {
    STATES.iter().find(|(known, ..)| *known == word).map(|(_, printer, build)| (*printer, *build))
}

#[cfg(test)]
mod tests {
    use catalog::items;

    use super::*;

    #[test]
    fn every_code_is_the_catalogues() {
        for (word, printer, build) in STATES {
            assert!(items::PRINTER_STATE.codes().contains(printer), "{word}");
            assert!(items::BUILD_STATE.codes().contains(build), "{word}");
        }
        assert_eq!(of("Printing"), None);
    }
}
