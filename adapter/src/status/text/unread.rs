//! What of a printer's log directory is not read, as a technician reads it.

use super::words::{counted, grouped, times};
use crate::status::document::UnreadPart;

/// Names of reasons of which there is one at a time, and what they mean while they last.
const ONE: [(&str, &str); 3] = [
    ("directory", "the directory cannot be read"),
    ("watch", "the kernel does not tell of changes; looking every second"),
    ("too_many_entries", "the directory has too many entries; the rest is not looked at"),
];

/// Names of reasons that files have, and what is wrong with so many of them.
const FILES: [(&str, &str); 6] = [
    ("file", "cannot be opened"),
    ("read", "cannot be read on"),
    ("held", "must wait until older ones are stored"),
    ("too_many_files", "over the limit, not read"),
    ("packed_files", "packed, passed by"),
    ("old_files", "older than the look-back, passed by"),
];

/// One of them in words.
pub(super) fn words(part: &UnreadPart) -> String {
    let UnreadPart { reason, now, times: begun } = part;
    if reason == "old_readings" {
        return format!("{} older than the look-back, passed by", counted(*begun, "reading"));
    }
    let meaning = |table: &[(&str, &'static str)]| {
        table.iter().find(|(name, _)| name == reason).map(|(_, meaning)| *meaning)
    };
    let said = match (meaning(&FILES), meaning(&ONE)) {
        (Some(meaning), _) if *now > 0 => format!("{} {meaning}", grouped(*now)),
        (Some(meaning), _) => format!("some {meaning}"),
        (None, Some(meaning)) => meaning.to_owned(),
        (None, None) => reason.replace('_', " "),
    };
    if *now > 0 { said } else { format!("{said}: {} since the start, not now", times(*begun)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lasts_and_what_is_over() {
        let cases = [
            ("directory", 1, 1, "the directory cannot be read"),
            ("directory", 0, 3, "the directory cannot be read: 3 times since the start, not now"),
            ("too_many_files", 44, 1, "44 over the limit, not read"),
            ("file", 0, 1, "some cannot be opened: once since the start, not now"),
            ("old_readings", 0, 1_200, "1,200 readings older than the look-back, passed by"),
        ];
        for (reason, now, times, expected) in cases {
            assert_eq!(words(&UnreadPart { reason: reason.into(), now, times }), expected);
        }
    }
}
