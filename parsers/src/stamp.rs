//! The civil time at the beginning of a line: `2026-11-22 10:15:30`, with `T` or a space, with a fraction or without.

use jiff::civil::DateTime;

/// The civil time that the text begins with, and what follows it.
pub(crate) fn civil(text: &[u8]) -> Option<(DateTime, &[u8])> {
    let (head, rest) = text.split_at_checked(19)?;
    let [y0, y1, y2, y3, b'-', mo0, mo1, b'-', d0, d1, b'T' | b' ', h0, h1, b':', mi0, mi1, b':', s0, s1] =
        head
    else {
        return None;
    };
    let two = |tens: &u8, ones: &u8| Some(digit(*tens)? * 10 + digit(*ones)?);
    let year = i16::from(two(y0, y1)?) * 100 + i16::from(two(y2, y3)?);
    // No civil time has a second 60; a leap second belongs to the one before it.
    let second = two(s0, s1)?.min(if (*s0, *s1) == (b'6', b'0') { 59 } else { i8::MAX });
    let (nanosecond, rest) = fraction(rest);
    let civil =
        DateTime::new(year, two(mo0, mo1)?, two(d0, d1)?, two(h0, h1)?, two(mi0, mi1)?, second, nanosecond);
    Some((civil.ok()?, rest))
}

fn digit(byte: u8) -> Option<i8> {
    byte.is_ascii_digit().then(|| (byte - b'0').cast_signed())
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
