//! The civil time at the beginning of a line: `2026-11-22 10:15:30`, with `T` or a space, with a fraction or without.

use jiff::civil::DateTime;

use crate::civil;

/// The civil time that the text begins with, and what follows it.
pub(crate) fn civil(text: &[u8]) -> Option<(DateTime, &[u8])> {
    let (head, rest) = text.split_first_chunk()?;
    let mut head = *head;
    if head[10] == b' ' {
        head[10] = b'T';
    }
    let (nanosecond, rest) = fraction(rest);
    Some((civil::civil(&head, nanosecond)?, rest))
}

/// The fraction of a second in nanoseconds, after a point or a comma; zero and the same text where there is none.
fn fraction(text: &[u8]) -> (i32, &[u8]) {
    let Some((b'.' | b',', digits)) = text.split_first() else { return (0, text) };
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 || length > 9 {
        return (0, text);
    }
    let (digits, rest) = digits.split_at(length);
    let nanoseconds =
        (0..9).fold(0, |sum, at| sum * 10 + digits.get(at).map_or(0, |digit| i32::from(digit - b'0')));
    (nanoseconds, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_and_what_follows() {
        for (text, expected) in [
            ("2026-11-22 10:15:30,123 - x", Some(("2026-11-22T10:15:30.123", " - x"))),
            ("2026-11-22T10:15:30.5", Some(("2026-11-22T10:15:30.5", ""))),
            ("2026-11-22 10:15:30 [x]", Some(("2026-11-22T10:15:30", " [x]"))),
            ("2026-11-22 10:15:30. ", Some(("2026-11-22T10:15:30", ". "))),
            ("2026-12-31 23:59:60 x", Some(("2026-12-31T23:59:59", " x"))),
            ("2026-13-22 10:15:30", None),
            ("2026-11-22 24:15:30", None),
            ("2026-11-22 10:15:61", None),
            ("2026-11-22 10:15", None),
            ("x026-11-22 10:15:30", None),
        ] {
            let found = civil(text.as_bytes())
                .map(|(time, rest)| (time.to_string(), std::str::from_utf8(rest).unwrap()));
            let found = found.as_ref().map(|(time, rest)| (time.as_str(), *rest));
            assert_eq!(found, expected, "{text}");
        }
    }
}
