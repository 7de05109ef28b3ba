//! Dates and times of day as logs write them, most of them in one shape: `2026-11-22 10:15:30`, with `T` or a space, with a
//! fraction or without.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;

/// The civil time that the text begins with, and what follows it.
pub(crate) fn civil(text: &[u8]) -> Option<(DateTime, &[u8])> {
    let (head, rest) = text.split_first_chunk()?;
    let mut head = *head;
    if head[10] == b' ' {
        head[10] = b'T';
    }
    let (nanosecond, rest) = fraction(rest);
    Some((nineteen(&head, nanosecond)?, rest))
}

/// `2026-11-22T10:15:30.123Z`, as beats write it; nothing for any other shape.
pub(crate) fn instant(text: &[u8]) -> Option<Timestamp> {
    let (seconds, [b'.', tenths, hundredths, thousandths, b'Z']) = text.split_first_chunk()? else {
        return None;
    };
    let millisecond = i32::from(two(*tenths, *hundredths)?) * 10 + i32::from(two(b'0', *thousandths)?);
    Offset::UTC.to_timestamp(nineteen(seconds, millisecond * 1_000_000)?).ok()
}

/// `2026-11-22T10:15:30`, and the nanoseconds that stand behind it.
fn nineteen(text: &[u8; 19], nanosecond: i32) -> Option<DateTime> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', i1, i2, b':', s1, s2] = *text else {
        return None;
    };
    let date = date(i16::from(two(y1, y2)?) * 100 + i16::from(two(y3, y4)?), two(m1, m2)?, two(d1, d2)?)?;
    Some(date.to_datetime(time(two(h1, h2)?, two(i1, i2)?, two(s1, s2)?, nanosecond)?))
}

/// A date, if there is such a one. What is none is not shown to the library: its error is an allocation, and a controller
/// with a broken clock writes one on every line.
pub(crate) fn date(year: i16, month: i8, day: i8) -> Option<Date> {
    let first = (1..=12).contains(&month).then(|| Date::new(year, month, 1).ok()).flatten()?;
    (1..=first.days_in_month()).contains(&day).then(|| Date::new(year, month, day).ok()).flatten()
}

/// A time of day, if there is such a one. None has a second 60; a leap second belongs to the one before it.
pub(crate) fn time(hour: i8, minute: i8, second: i8, nanosecond: i32) -> Option<Time> {
    let second = if second == 60 { 59 } else { second };
    let good = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second);
    good.then(|| Time::new(hour, minute, second, nanosecond).ok()).flatten()
}

/// A zone's offset from UTC, if there can be such a one.
pub(crate) fn offset(west: bool, hours: i32, minutes: i32) -> Option<Offset> {
    let seconds = hours * 3600 + minutes * 60;
    let good = (0..24).contains(&hours) && (0..60).contains(&minutes);
    good.then(|| Offset::from_seconds(if west { -seconds } else { seconds }).ok()).flatten()
}

fn two(tens: u8, ones: u8) -> Option<i8> {
    let digit = |byte: u8| Some(byte.wrapping_sub(b'0')).filter(|digit| *digit < 10);
    i8::try_from(digit(tens)? * 10 + digit(ones)?).ok()
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

    #[test]
    fn an_instant_is_what_jiff_says_it_is() {
        for text in [
            "2026-11-22T10:15:31.000Z",
            "2026-11-22T10:15:60.999Z",
            "2024-02-29T23:59:59.001Z",
            "2026-02-29T23:59:59.001Z",
            "0000-01-01T00:00:00.000Z",
            "2026-13-01T00:00:00.000Z",
            "2026-11-22T24:00:00.000Z",
            "2026-11-22T10:60:00.000Z",
            "2026-11-22T10:15:3x.000Z",
        ] {
            assert_eq!(instant(text.as_bytes()), text.parse().ok(), "{text}");
        }
        assert_eq!(instant(b"2026-11-22T10:15:31Z"), None);
    }
}
