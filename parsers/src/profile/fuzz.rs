//! What the fuzz targets run.

use std::sync::Arc;

use catalog::{Salt, Timestamp, Value};
use jiff::tz::TimeZone;

use super::{Parser, Profile};
use crate::{Context, Line, Output};

/// No text makes the reading of a profile panic, and every mistake stands inside the text.
#[doc(hidden)]
pub fn fuzz_profile(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Profile::parse(text) {
        Ok(profile) => run(Arc::new(profile), data),
        Err(problems) => {
            let lines = text.matches('\n').count() + 1;
            assert!(
                !problems.is_empty() && problems.iter().all(|problem| (1..=lines).contains(&problem.line))
            );
        }
    }
}

/// No log makes the parser of this profile panic or give a number that is not finite.
#[doc(hidden)]
pub fn fuzz_log(profile: &Arc<Profile>, data: &[u8]) {
    run(Arc::clone(profile), data);
}

fn run(profile: Arc<Profile>, data: &[u8]) {
    let salt = Salt::new([7; 16]);
    let zone = TimeZone::get("Europe/Oslo").unwrap_or(TimeZone::UTC);
    let mut parser = Parser::new(profile, Context { salt: salt.clone(), zone });
    let mut output = Output::default();
    let source = salt.source(&[b"fuzz"]);
    for (position, text) in (0u64..).zip(data.split(|byte| *byte == b'\n')) {
        let place = source.place(position, salt.check(text));
        parser.line(&Line { text, place, fallback_time: Timestamp(0) }, &mut output);
    }
    // The same bytes as one message that a shipper joined.
    let line = Line { text: data, place: source.place(0, 1), fallback_time: Timestamp(0) };
    parser.line(&line, &mut output);
    for reading in &output.readings {
        assert!(!matches!(reading.value(), Value::Number(number) if !number.is_finite()));
    }
}
