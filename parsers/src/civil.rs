//! The one shape in which beats and controllers write a date and a time of day.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// `2026-11-22T10:15:30`, and the nanoseconds that stand behind it. No civil time has a second 60; a leap second
/// belongs to the one before it.
pub(crate) fn civil(text: &[u8; 19], nanosecond: i32) -> Option<DateTime> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', i1, i2, b':', s1, s2] = *text else {
        return None;
    };
    let (year, month, day) = (two(y1, y2)?, two(m1, m2)?, two(d1, d2)?);
    let (hour, minute, second) = (two(h1, h2)?, two(i1, i2)?, two(s1, s2)?);
    let year = i16::from(year) * 100 + i16::from(two(y3, y4)?);
    let second = if second == 60 { 59 } else { second };
    DateTime::new(year, month, day, hour, minute, second, nanosecond).ok()
}

/// `2026-11-22T10:15:30.123Z`, as beats write it; nothing for any other shape.
pub(crate) fn instant(text: &[u8]) -> Option<Timestamp> {
    let (seconds, [b'.', tenths, hundredths, thousandths, b'Z']) = text.split_first_chunk()? else {
        return None;
    };
    let millisecond = i32::from(two(*tenths, *hundredths)?) * 10 + i32::from(two(b'0', *thousandths)?);
    Offset::UTC.to_timestamp(civil(seconds, millisecond * 1_000_000)?).ok()
}

fn two(tens: u8, ones: u8) -> Option<i8> {
    let digit = |byte: u8| Some(byte.wrapping_sub(b'0')).filter(|digit| *digit < 10);
    i8::try_from(digit(tens)? * 10 + digit(ones)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

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
