//! Whether a line says when it was written: a date and a time of day, in any of the forms that logs have. What a
//! programme says of itself is none: `(May 15 2023 20:18:11)` is when it was compiled, and stands in every log of it.

/// The pieces of a form, in their order.
#[derive(Clone, Copy)]
enum Piece {
    /// A year of four digits, of this century.
    Year,
    /// Two digits.
    Two,
    /// One digit or two.
    Number,
    /// A month by the first three letters of its name.
    Month,
    /// What stands between the numbers of a date.
    Slash,
    /// What stands between the pieces of a date in words.
    Space,
    /// What stands between a date and its time.
    Gap,
    /// What stands between hour and minute.
    Colon,
}

use Piece::{Colon, Gap, Month, Number, Slash, Space, Two, Year};

const FORMS: [&[Piece]; 7] = [
    // 2026-11-22T10:15
    &[Year, Slash, Number, Slash, Number, Gap, Number, Colon, Two],
    // 22.11.2026 10:15, and with the month first
    &[Number, Slash, Number, Slash, Year, Gap, Number, Colon, Two],
    // 22.11.26 10:15
    &[Two, Slash, Two, Slash, Two, Gap, Two, Colon, Two],
    // 22/Nov/2026:10:15
    &[Number, Slash, Month, Slash, Year, Gap, Number, Colon, Two],
    // 22 Nov 2026 10:15
    &[Number, Space, Month, Space, Year, Gap, Number, Colon, Two],
    // Sun Nov 22 10:15:30 2026
    &[Month, Space, Number, Space, Number, Colon, Two],
    // 20261122T1015
    &[Year, Two, Two, Gap, Two, Two],
];
const MONTHS: [&[u8]; 12] =
    [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];
/// Seconds since 1970 have ten digits from 2001 to 2286, milliseconds three more.
const UNIX_DIGITS: [usize; 2] = [10, 13];

/// Whether a line says when it was written.
pub(super) fn is_dated(line: &[u8]) -> bool {
    is_unix(line)
        || (0..line.len()).any(|at| begins_a_word(line, at) && FORMS.iter().any(|form| fits(form, line, at)))
}

/// A number is no date from its middle on.
fn begins_a_word(line: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| line.get(before));
    !before.is_some_and(u8::is_ascii_alphanumeric)
}

fn fits(form: &[Piece], line: &[u8], at: usize) -> bool {
    let text = line.get(at..).unwrap_or_default();
    form.iter().try_fold(text, |text, piece| piece.take(text)).is_some()
}

/// Seconds or milliseconds since 1970, which only a line's first word can be: further on they may be a serial number.
fn is_unix(line: &[u8]) -> bool {
    let text = line.strip_prefix(b"[").or(line.strip_prefix(b"(")).unwrap_or(line).trim_ascii_start();
    let digits = digits(text);
    let ends = !text.get(digits).is_some_and(u8::is_ascii_alphanumeric);
    UNIX_DIGITS.contains(&digits) && text.starts_with(b"1") && ends
}

fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

impl Piece {
    /// What follows it.
    fn take(self, text: &[u8]) -> Option<&[u8]> {
        match self {
            Year => text.strip_prefix(b"20").and_then(|rest| Two.take(rest)),
            Two => text
                .split_at_checked(2)
                .filter(|(two, _)| two.iter().all(u8::is_ascii_digit))
                .map(|(_, rest)| rest),
            Number => match digits(text) {
                length @ 1..=2 => text.get(length..),
                _ => None,
            },
            Month => text
                .split_at_checked(3)
                .filter(|(name, _)| MONTHS.iter().any(|month| name.eq_ignore_ascii_case(month)))
                .map(|(_, rest)| rest),
            Slash => one_of(text, b"-./"),
            Space => one_of(text, b" ").map(<[u8]>::trim_ascii_start),
            Gap => one_of(text, b" T_,:").map(<[u8]>::trim_ascii_start),
            Colon => one_of(text, b":.-"),
        }
    }
}

fn one_of<'a>(text: &'a [u8], bytes: &[u8]) -> Option<&'a [u8]> {
    text.split_first().filter(|(first, _)| bytes.contains(first)).map(|(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_when_it_was_written() {
        for line in [
            "2026-11-22T10:15:30.123Z laser #000000001 INFO power=512.3mW",
            "2026-11-22 10:15:30,123 - octoprint.startup - INFO - Starting",
            "[2026/11/22 9:15:30] start",
            "Build job start: 22.11.2026 10:15:30",
            "11/22/2026, 10:15 AM start",
            "22.11.26 10:15:30 start",
            "127.0.0.1 - - [22/Nov/2026:10:15:30 +0100] start",
            "22 Nov 2026 10:15:30 start",
            "Start printer at Sun Nov 22 10:15:30 2026 (1795342530.1 81.4)",
            "======= Log rollover at Sun Nov  1 10:15:30 2026 =======",
            "Nov 22 10:15:30 host klippy[1234]: start",
            "20261122_101530 start",
            "1795342530.25 start",
            "[1795342530250] start",
        ] {
            assert!(is_dated(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn what_does_not() {
        for line in [
            "",
            "FIRMWARE_NAME:Marlin 2.1.2.1 (May 15 2023 20:18:11) SOURCE_CODE_URL:x PROTOCOL_VERSION:1.0 MACHINE_TYPE:Ender-3 UUID:cede2a2f-41a2-4748-9b12-c55c62f367ff",
            "echo: Last Updated: 2023-05-15 | Author: (none, default config)",
            "power up + 00:00:01 [info] Event logging started at level debug",
            "ok T:21.40 /0.00 B:21.30 /0.00 @:0 B@:0",
            "serial 1795342530 of 2026",
            "12345678901 start",
            "179534253012 start",
            "host 10.0.0.7 10:15:30",
            "Stats 81.4: gcodein=0 mcu: mcu_awake=0.001 bytes_write=1234567890",
            "9999-11-22 10:15:30",
        ] {
            assert!(!is_dated(line.as_bytes()), "{line}");
        }
    }
}
