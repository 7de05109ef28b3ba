//! The forms of a stamp that a profile can name.

use catalog::Timestamp;
use jiff::civil::{DateTime, Time};
use jiff::tz::{Offset, TimeZone};

use crate::moment::Moment;
use crate::number::number;
use crate::stamp::{civil, date, offset, time};

/// How a stamp is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `2026-11-22 10:15:30`, with `T`, a fraction, `Z` or an offset, or without them.
    Iso,
    /// `22.11.2026 10:15:30`, with `/` or `-` as well: the day first.
    DayFirst,
    /// `11/22/2026 10:15:30 AM`, with `.` or `-` as well: the month first, and twelve hours or twenty-four.
    MonthFirst,
    /// `1795342530.25`: seconds since 1970.
    UnixSeconds,
    /// `1795342530250`: milliseconds since 1970.
    UnixMilliseconds,
    /// `81.4`: seconds since a moment that a line of the log says.
    SecondsSinceAnchor,
    /// No line says when it was written.
    None,
}

/// The last second of the year 9999: what the civil forms can say at most.
const UNIX_SECONDS_MAX: f64 = 253_402_300_799.0;

impl Form {
    /// Every form, by its name in a profile.
    pub(super) const ALL: &[(&str, Self)] = &[
        ("iso", Self::Iso),
        ("day_first", Self::DayFirst),
        ("month_first", Self::MonthFirst),
        ("unix_seconds", Self::UnixSeconds),
        ("unix_milliseconds", Self::UnixMilliseconds),
        ("seconds_since_anchor", Self::SecondsSinceAnchor),
        ("none", Self::None),
    ];

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, form)| *form)
    }

    /// The moment that a stamp says; the whole text must be the stamp. `anchor` is the moment of second 0.
    pub(super) fn moment(self, text: &[u8], zone: &TimeZone, anchor: Option<Moment>) -> Option<Moment> {
        let text = text.trim_ascii();
        match self {
            Self::Iso => iso(text, zone),
            Self::DayFirst => slashed(text, zone, |day, month| (day, month)),
            Self::MonthFirst => slashed(text, zone, |month, day| (day, month)),
            Self::UnixSeconds => unix(text, 1000.0),
            Self::UnixMilliseconds => unix(text, 1.0),
            Self::SecondsSinceAnchor => {
                let anchor = anchor?;
                let since = seconds(text)?;
                Some(Moment { time: Timestamp(anchor.time.0.checked_add(since)?), ..anchor })
            }
            Self::None => None,
        }
    }
}

fn iso(text: &[u8], zone: &TimeZone) -> Option<Moment> {
    match civil(text)? {
        (civil, b"") => Moment::local(civil, zone),
        (civil, b"Z") => fixed(civil, Offset::UTC),
        (civil, [sign @ (b'+' | b'-'), h0, h1, b':', m0, m1]) => {
            let two = |tens: &u8, ones: &u8| {
                (tens.is_ascii_digit() && ones.is_ascii_digit())
                    .then(|| i32::from(tens - b'0') * 10 + i32::from(ones - b'0'))
            };
            fixed(civil, offset(*sign == b'-', two(h0, h1)?, two(m0, m1)?)?)
        }
        _ => None,
    }
}

fn fixed(civil: DateTime, offset: Offset) -> Option<Moment> {
    let time = Timestamp(offset.to_timestamp(civil).ok()?.as_millisecond());
    Some(Moment { time, doubtful: false })
}

/// Milliseconds in a number of seconds, of at most a century: an anchor is not further away.
pub(super) fn seconds(text: &[u8]) -> Option<i64> {
    let (value, rest) = number(text)?;
    (rest.is_empty() && (0.0..3.2e9).contains(&value)).then(|| whole(value * 1000.0))
}

fn unix(text: &[u8], factor: f64) -> Option<Moment> {
    let (value, rest) = number(text)?;
    let milliseconds = value * factor;
    let sane = rest.is_empty() && (0.0..=UNIX_SECONDS_MAX * 1000.0).contains(&milliseconds);
    sane.then(|| Moment { time: Timestamp(whole(milliseconds)), doubtful: false })
}

#[expect(clippy::cast_possible_truncation, reason = "every caller has bounded the value below 2^53")]
fn whole(milliseconds: f64) -> i64 {
    milliseconds.round() as i64
}

/// Two small numbers, which of them is the day says `order`, a year of four digits, a time of day.
fn slashed(text: &[u8], zone: &TimeZone, order: impl Fn(i8, i8) -> (i8, i8)) -> Option<Moment> {
    let (first, rest) = small(text)?;
    let (second, rest) = small(separated(rest, b"/.-")?)?;
    let (year, rest) = separated(rest, b"/.-")?.split_at_checked(4)?;
    let year = year
        .iter()
        .try_fold(0i16, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i16::from(digit - b'0')))?;
    let (day, month) = order(first, second);
    let date = date(year, month, day)?;
    let rest = rest.strip_prefix(b",").unwrap_or(rest);
    let time = time_of_day(rest.strip_prefix(b" ").or_else(|| rest.strip_prefix(b"T"))?.trim_ascii_start())?;
    Moment::local(date.to_datetime(time), zone)
}

fn time_of_day(text: &[u8]) -> Option<Time> {
    let (hour, rest) = small(text)?;
    let (minute, rest) = small(separated(rest, b":")?)?;
    let (second, rest) = separated(rest, b":").and_then(small).unwrap_or((0, rest));
    let (millisecond, rest) = fraction(rest);
    let hour = match rest.trim_ascii() {
        b"" => hour,
        // Twelve is the hour before one, in both halves of the day.
        half if half.eq_ignore_ascii_case(b"am") => (1..=12).contains(&hour).then_some(hour % 12)?,
        half if half.eq_ignore_ascii_case(b"pm") => (1..=12).contains(&hour).then_some(hour % 12 + 12)?,
        _ => return None,
    };
    time(hour, minute, second, millisecond * 1_000_000)
}

/// Milliseconds of a fraction; further digits are passed over.
fn fraction(text: &[u8]) -> (i32, &[u8]) {
    let Some((b'.' | b',', digits)) = text.split_first() else { return (0, text) };
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let digit = |at: usize| digits.get(at).filter(|_| at < length).map_or(0, |digit| i32::from(digit - b'0'));
    (digit(0) * 100 + digit(1) * 10 + digit(2), digits.get(length..).unwrap_or_default())
}

fn separated<'a>(text: &'a [u8], separators: &[u8]) -> Option<&'a [u8]> {
    text.split_first().filter(|(first, _)| separators.contains(first)).map(|(_, rest)| rest)
}

/// A number of one or two digits.
fn small(text: &[u8]) -> Option<(i8, &[u8])> {
    let digit =
        |at: usize| text.get(at).filter(|byte| byte.is_ascii_digit()).map(|byte| (byte - b'0').cast_signed());
    let tens = digit(0)?;
    match digit(1) {
        Some(ones) => Some((tens * 10 + ones, text.get(2..)?)),
        None => Some((tens, text.get(1..)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(form: &str, text: &str) -> Option<String> {
        let zone = TimeZone::get("Europe/Oslo").unwrap();
        let anchor = Moment { time: Timestamp(1_795_342_530_000), doubtful: false };
        let moment = Form::named(form).unwrap().moment(text.as_bytes(), &zone, Some(anchor))?;
        Some(jiff::Timestamp::from_millisecond(moment.time.0).unwrap().to_string())
    }

    #[test]
    fn every_form() {
        for (form, text, expected) in [
            ("iso", "2026-11-22 10:15:30", Some("2026-11-22T09:15:30Z")),
            ("iso", "2026-11-22T10:15:30.25Z", Some("2026-11-22T10:15:30.25Z")),
            ("iso", "2026-11-22 10:15:30,5-08:00", Some("2026-11-22T18:15:30.5Z")),
            ("iso", "2026-11-22 10:15:30 x", None),
            ("iso", "2026-11-22 10:15:30+0x:00", None),
            ("iso", "2026-11-22 10:15:30+01:60", None),
            ("day_first", "22.11.2026 10:15:30", Some("2026-11-22T09:15:30Z")),
            ("day_first", "2/11/2026 9:05", Some("2026-11-02T08:05:00Z")),
            ("day_first", "11/22/2026 10:15:30", None),
            ("month_first", "11/22/2026 10:15:30 AM", Some("2026-11-22T09:15:30Z")),
            ("month_first", "11/22/2026, 12:15:30 am", Some("2026-11-21T23:15:30Z")),
            ("month_first", "11/22/2026 12:15:30.250PM", Some("2026-11-22T11:15:30.25Z")),
            ("month_first", "11/22/2026 13:15:30", Some("2026-11-22T12:15:30Z")),
            ("month_first", "11/22/2026 13:15:30 PM", None),
            ("month_first", "11/22/26 10:15:30", None),
            ("unix_seconds", "1795342530.25", Some("2026-11-22T10:15:30.25Z")),
            ("unix_seconds", "1e9", None),
            ("unix_seconds", "-5", None),
            ("unix_seconds", "99999999999999999999", None),
            ("unix_milliseconds", "1795342530250", Some("2026-11-22T10:15:30.25Z")),
            ("seconds_since_anchor", "81.5", Some("2026-11-22T10:16:51.5Z")),
            ("seconds_since_anchor", "99999999999", None),
            ("none", "2026-11-22 10:15:30", None),
        ] {
            assert_eq!(said(form, text).as_deref(), expected, "{form} {text}");
        }
    }
}
