//! The stamp: `11/22/2026 10:15:30 AM (09:15:30 UTC)`, the local time and beside it the time of day in UTC.

use catalog::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while_m_n};
use nom::character::complete::{char, space1};
use nom::combinator::{map_opt, opt, value};
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser as _};

use crate::moment::Moment;
use crate::stamp;

const DAY_MS: i64 = 86_400_000;

/// The moment of a line, and the message behind its stamp.
///
/// The time of day in UTC stands in the stamp, so the zone only tells the day: even an hour that the clocks have twice
/// is one moment, and a zone that is set wrongly does no harm.
pub(super) fn stamped<'a>(text: &'a [u8], zone: &TimeZone) -> Option<(Moment, &'a [u8])> {
    let (message, (civil, utc)) = written(text).ok()?;
    let near = Moment::local(civil, zone)?;
    let Some(utc) = utc else { return Some((near, message)) };
    let day = civil.date().to_datetime(utc);
    let that_day = Offset::UTC.to_timestamp(day).ok()?.as_millisecond();
    let days = (near.time.0 - that_day + DAY_MS / 2).div_euclid(DAY_MS);
    Some((Moment { time: Timestamp(that_day + days * DAY_MS), doubtful: false }, message))
}

fn written(input: &[u8]) -> IResult<&[u8], (DateTime, Option<Time>)> {
    let utc = delimited((char(' '), char('(')), time_of_day, tag(" UTC)"));
    let civil = (terminated(date, char(' ')), local_time);
    let civil = nom::combinator::map(civil, |(date, time)| date.to_datetime(time));
    terminated((civil, opt(utc)), space1).parse(input)
}

fn date(input: &[u8]) -> IResult<&[u8], Date> {
    let numbers = (small, preceded(char('/'), small), preceded(char('/'), four));
    map_opt(numbers, |(month, day, year)| stamp::date(year, month, day)).parse(input)
}

fn local_time(input: &[u8]) -> IResult<&[u8], Time> {
    let half = alt((value(0, tag(" AM")), value(12, tag(" PM"))));
    map_opt((time_of_day, opt(half)), |(time, half)| {
        let Some(half) = half else { return Some(time) };
        // Twelve is the hour before one, in both halves of the day.
        let hour = (1..=12).contains(&time.hour()).then(|| time.hour() % 12 + half)?;
        stamp::time(hour, time.minute(), time.second(), 0)
    })
    .parse(input)
}

fn time_of_day(input: &[u8]) -> IResult<&[u8], Time> {
    let numbers = (small, preceded(char(':'), small), preceded(char(':'), small));
    map_opt(numbers, |(hour, minute, second)| stamp::time(hour, minute, second, 0)).parse(input)
}

fn small(input: &[u8]) -> IResult<&[u8], i8> {
    map_opt(take_while_m_n(1, 2, |byte: u8| byte.is_ascii_digit()), |digits: &[u8]| {
        std::str::from_utf8(digits).ok()?.parse().ok()
    })
    .parse(input)
}

fn four(input: &[u8]) -> IResult<&[u8], i16> {
    map_opt(take_while_m_n(4, 4, |byte: u8| byte.is_ascii_digit()), |digits: &[u8]| {
        std::str::from_utf8(digits).ok()?.parse().ok()
    })
    .parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str, zone: &str) -> Option<String> {
        let zone = TimeZone::get(zone).unwrap();
        let (moment, rest) = stamped(text.as_bytes(), &zone)?;
        assert_eq!(rest, b"x");
        Some(jiff::Timestamp::from_millisecond(moment.time.0).unwrap().to_string())
    }

    #[test]
    fn stamps() {
        let oslo = "Europe/Oslo";
        for (text, zone, expected) in [
            ("11/22/2026 10:15:30 AM (09:15:30 UTC)     x", oslo, Some("2026-11-22T09:15:30Z")),
            ("11/22/2026 12:15:30 AM (23:15:30 UTC)     x", oslo, Some("2026-11-21T23:15:30Z")),
            ("11/22/2026 12:15:30 PM (11:15:30 UTC)     x", oslo, Some("2026-11-22T11:15:30Z")),
            ("1/2/2026 9:05:00 PM (05:05:00 UTC)     x", "America/Los_Angeles", Some("2026-01-03T05:05:00Z")),
            // The hour that is there twice, both times.
            ("10/25/2026 2:30:00 AM (00:30:00 UTC)     x", oslo, Some("2026-10-25T00:30:00Z")),
            ("10/25/2026 2:30:00 AM (01:30:00 UTC)     x", oslo, Some("2026-10-25T01:30:00Z")),
            // A machine whose zone nobody set in the configuration.
            ("11/22/2026 10:15:30 PM (02:15:30 UTC)     x", "UTC", Some("2026-11-23T02:15:30Z")),
            ("11/22/2026 10:15:30 AM     x", oslo, Some("2026-11-22T09:15:30Z")),
            ("12/31/2026 11:59:60 PM (22:59:60 UTC)     x", oslo, Some("2026-12-31T22:59:59Z")),
            ("11/22/2026 10:15:75 AM (09:15:30 UTC)     x", oslo, None),
            ("11/22/2026 13:15:30 PM (11:15:30 UTC)     x", oslo, None),
            ("13/22/2026 10:15:30 AM (11:15:30 UTC)     x", oslo, None),
            ("11/22/2026 10:15:30 AM (11:15:30 UTC)x", oslo, None),
        ] {
            assert_eq!(moment(text, zone).as_deref(), expected, "{text}");
        }
    }
}
