//! Words of MTConnect's vocabularies, by the catalogue's.

use catalog::{Item, items};

/// What an event's words are in the catalogue.
const CODES: &[(&Item, &[(&str, &str)])] = &[
    (
        &items::PRINTER_STATE,
        &[
            ("READY", "ready"),
            ("ACTIVE", "building"),
            ("WAIT", "preparing"),
            ("INTERRUPTED", "paused"),
            ("FEED_HOLD", "paused"),
            ("OPTIONAL_STOP", "paused"),
            ("PROGRAM_OPTIONAL_STOP", "paused"),
            ("PROGRAM_STOPPED", "paused"),
            ("STOPPED", "stopped"),
            ("PROGRAM_COMPLETED", "finished"),
        ],
    ),
    (&items::INTERLOCK_STATE, &[("ARMED", "closed"), ("TRIGGERED", "open")]),
    // Unlatched is closed, and can be opened.
    (&items::DOOR_STATE, &[("OPEN", "open"), ("CLOSED", "closed"), ("UNLATCHED", "closed")]),
    (&items::MAINS_STATE, &[("ON", "normal"), ("OFF", "lost")]),
];

/// The catalogue's word for an event's. Of an item that has no row, and of extensions, its own words are taken, in any
/// letters.
pub(super) fn code(item: &'static Item, word: &str) -> Option<&'static str> {
    let known = |code: &&&str| code.eq_ignore_ascii_case(word);
    match CODES.iter().find(|(of, _)| *of == item) {
        Some((_, codes)) => codes.iter().find(|(known, _)| *known == word).map(|(_, code)| *code),
        // The name of a material is the customer's or its maker's: it is a word of the list, or another one.
        None if *item == items::BUILD_MATERIAL => {
            Some(item.codes().iter().find(known).copied().unwrap_or("other"))
        }
        None => item.codes().iter().find(known).copied(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_in_the_items_vocabulary() {
        for (item, codes) in CODES {
            for (word, code) in *codes {
                assert!(item.codes().contains(code), "{word} of {}", item.id());
            }
        }
    }

    #[test]
    fn words_that_nobody_listed_are_none() {
        for (item, word, expected) in [
            (&items::PRINTER_STATE, "ACTIVE", Some("building")),
            (&items::PRINTER_STATE, "active", None),
            (&items::PRINTER_STATE, "Anna's holiday", None),
            (&items::BUILD_MATERIAL, "PA12", Some("pa12")),
            (&items::BUILD_MATERIAL, "Anna's secret powder", Some("other")),
            (&items::EXPOSURE_STATE, "EXPOSING", Some("exposing")),
            (&items::EXPOSURE_STATE, "LUNCH", None),
        ] {
            assert_eq!(code(item, word), expected, "{word}");
        }
    }
}
