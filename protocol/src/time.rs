//! Times on the wires: RFC 3339 in UTC, to the millisecond.

use catalog::Timestamp;
use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::Serializer;

/// The time as text, such as `2026-11-22T10:15:30.123Z`. What no calendar has becomes the nearest that it has.
pub(crate) fn format(time: Timestamp) -> String {
    let nearest = if time.0 < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
    format!("{:.3}", jiff::Timestamp::from_millisecond(time.0).unwrap_or(nearest))
}

/// The time behind an RFC 3339 text; any offset is taken, and parts of a millisecond are cut off downwards.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let time: jiff::Timestamp = text.parse().ok()?;
    let milliseconds = time.as_nanosecond().div_euclid(1_000_000);
    Some(Timestamp(i64::try_from(milliseconds).ok()?))
}

/// For `#[serde(with = "crate::time")]`.
pub(crate) fn serialize<S: Serializer>(time: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&format(*time))
}

/// For `#[serde(with = "crate::time")]`.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
    let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
    parse(&text).ok_or_else(|| D::Error::custom("a time is RFC 3339, such as 2026-11-22T10:15:30.123Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways() {
        for (text, milliseconds) in [
            ("1970-01-01T00:00:00.000Z", 0),
            ("2026-11-22T10:15:30.123Z", 1_795_342_530_123),
            ("1969-12-31T23:59:59.999Z", -1),
        ] {
            assert_eq!(parse(text), Some(Timestamp(milliseconds)), "{text}");
            assert_eq!(format(Timestamp(milliseconds)), text);
        }
    }

    #[test]
    fn other_spellings_and_no_times() {
        assert_eq!(parse("2026-11-22T12:15:30.1239+02:00"), Some(Timestamp(1_795_342_530_123)));
        assert_eq!(parse("1969-12-31T23:59:59.9999Z"), Some(Timestamp(-1)));
        for text in ["", "now", "2026-11-22", "2026-11-22T10:15:30", "2026-13-22T10:15:30Z"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(format(Timestamp(i64::MAX)), "9999-12-30T22:00:00.999Z");
    }
}
