//! What the fuzz targets of the logs run, and what holds for every line whatever it says.

use catalog::{Reading, Salt, Timestamp, Value};
use jiff::tz::TimeZone;

use crate::{Context, Family, Line, LogParser, Output};

/// What a family's fuzz target runs: the bytes as the lines of a file, then as one message that a shipper joined.
#[doc(hidden)]
pub fn fuzz_body(family: Family, data: &[u8]) {
    run(LogParser::new(family, context()), data);
    let _ = Family::of_line(data);
}

/// Of the parser that is fuzzed.
pub(crate) fn context() -> Context {
    let zone = TimeZone::get("Europe/Oslo").unwrap_or(TimeZone::UTC);
    Context { salt: Salt::new([7; 16]), zone }
}

/// No text makes the parser panic or break what holds for every line.
pub(crate) fn run(mut parser: LogParser, data: &[u8]) {
    let salt = context().salt;
    let source = salt.source(&[b"fuzz"]);
    let mut output = Output::default();
    let mut read = |position, text| {
        let place = source.place(position, salt.check(text));
        parser.line(&Line { text, place, fallback_time: Timestamp(0) }, &mut output);
        assert_sound(&output.readings);
        output.clear();
    };
    (0..).zip(data.split(|byte| *byte == b'\n')).for_each(|(position, text)| read(position, text));
    read(0, data);
}

/// Numbers are finite, and no two readings of a line have one origin: a platform would take them for one, sent twice.
pub(crate) fn assert_sound(readings: &[Reading]) {
    assert!(
        readings
            .iter()
            .all(|reading| !matches!(reading.value(), Value::Number(number) if !number.is_finite()))
    );
    let mut origins: Vec<_> = readings.iter().map(|reading| reading.origin().to_bytes()).collect();
    origins.sort_unstable();
    assert!(origins.is_sorted_by(|one, next| one < next), "two readings of a line have one origin");
}
