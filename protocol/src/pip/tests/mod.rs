//! Tests of both halves: the cases of `fixtures/pip/`, limits, and in the files beside this one the examples of
//! `docs/pip.md`, every value of the type byte, a reader's place in the log, and properties.

mod cursor;
mod properties;
mod specification;
mod types;

use std::ops::RangeInclusive;

use catalog::Timestamp;
use serde_json::{Map, Value, json};

use super::*;
use crate::{fixtures, limits};

/// What a reader and a printer make of a stream's beginning, in the form of `expected.json`; where it expects that
/// an error says something, what is said is asked for as well.
fn outcome(input: &[u8], expected: &Value) -> Value {
    let frame = match frame::decode(input, limits::PIP_PAYLOAD_BYTES_START) {
        Ok(Decoded::Complete { frame, .. }) => frame,
        Ok(Decoded::Incomplete) => return json!({}),
        Err(error) => {
            assert!(error.closes(), "{error}");
            return refused(&error, expected);
        }
    };
    match again(&frame) {
        Ok(again) => described(&again),
        Err(error) => {
            assert!(!error.closes(), "{error}");
            refused(&error, expected)
        }
    }
}

fn refused(error: &Error, expected: &Value) -> Value {
    match expected["says"].as_str() {
        None => json!({ "error": error.name() }),
        Some(says) if error.to_string().contains(says) => json!({ "error": error.name(), "says": says }),
        Some(_) => json!({ "error": error.name(), "says": error.to_string() }),
    }
}

/// The frame that the parsed request or reply makes.
fn again(frame: &Frame) -> Result<Frame, Error> {
    match Request::parse(frame) {
        Err(Error::Unsupported(_)) => Reply::parse(frame).map(|reply| reply.frame(frame.id())),
        request => request.map(|request| request.frame(frame.id())),
    }
}

fn described(frame: &Frame) -> Value {
    let mut out = Map::new();
    out.insert("type".into(), frame.kind().to_string().into());
    out.insert("id".into(), frame.id().into());
    if !frame.payload().is_empty() {
        out.insert("payload".into(), serde_json::from_slice(frame.payload()).unwrap());
    }
    out.into()
}

/// A frame of any type, as a peer may send it.
fn raw(kind: u8, payload: &[u8]) -> Frame {
    Frame::with(FrameType(kind), 1, payload.to_vec().into())
}

fn text(text: &str) -> Text {
    Text::new(text).unwrap()
}

#[test]
fn every_case_comes_out_as_expected() {
    for case in fixtures::cases("pip") {
        assert_eq!(outcome(&case.input(), &case.expected), case.expected, "{}", case.name);
    }
}

#[test]
fn every_beginning_of_a_frame_needs_more_or_says_what_the_whole_says() {
    for case in fixtures::cases("pip") {
        let input = case.input();
        let whole = frame::decode(&input, limits::PIP_PAYLOAD_BYTES_START);
        for cut in fixtures::cuts(input.len()) {
            let begun = frame::decode(&input[..cut], limits::PIP_PAYLOAD_BYTES_START);
            assert!(begun == Ok(Decoded::Incomplete) || begun == whole, "{} cut at {cut}", case.name);
        }
    }
}

#[test]
fn the_fuzz_body_holds_for_the_corpus() {
    for input in fixtures::corpus("pip") {
        fuzz_body(&input);
    }
}

#[test]
fn the_fuzz_body_holds_for_every_case() {
    for case in fixtures::cases("pip") {
        fuzz_body(&case.input());
        // As a payload of its own type.
        if let Some(payload) = case.input().get(frame::HEAD_BYTES..) {
            fuzz_body(&[&case.input()[5..6], payload].concat());
        }
    }
}

#[test]
fn the_agreed_length_holds_and_the_highest_is_one_mebibyte() {
    let frame_of = |length: usize| raw(FrameType::VALUES.0, &vec![b' '; length]).encode();
    let over =
        |length: usize, max: usize| Err(Error::TooLarge { length: u32::try_from(length).unwrap(), max });
    assert!(frame::decode(&frame_of(100), 100).is_ok());
    assert_eq!(frame::decode(&frame_of(101), 100), over(101, 100));
    assert!(frame::decode(&frame_of(1 << 20), usize::MAX).is_ok());
    assert_eq!(frame::decode(&frame_of((1 << 20) + 1), usize::MAX), over((1 << 20) + 1, 1 << 20));
}

#[test]
fn what_a_peer_sent_is_not_repeated_at_length() {
    let payload = format!(r#"{{"values": "{}"}}"#, "x".repeat(10_000));
    assert!(Reply::parse(&raw(FrameType::VALUES.0, payload.as_bytes())).unwrap_err().to_string().len() < 300);
}

#[test]
fn a_text_is_bounded() {
    let longest = "x".repeat(limits::PIP_TEXT_BYTES_MAX);
    assert_eq!(text(&longest).as_str(), longest);
    assert!(Text::new(&format!("{longest}y")).is_err());
    assert_eq!(Text::cut(&format!("{longest}y")), text(&longest));
}

#[test]
fn the_longest_event_is_within_what_every_side_takes() {
    let longest = || text(&"\u{1}".repeat(limits::PIP_TEXT_BYTES_MAX));
    let alarm = Alarm {
        code: longest(),
        class: longest(),
        subsystem: longest(),
        part: 255,
        qualifier: Some(Qualifier::High),
        since: Timestamp(i64::MIN),
    };
    let last = limits::PIP_SEQUENCE_MAX;
    let what = Occurrence::Raised(alarm);
    let event = Event { sequence: last, time: Timestamp(i64::MIN), mono_ms: u64::MAX, what };
    let list = EventList::new(Held::new(last, last).unwrap(), vec![event]).unwrap();
    let bytes = Reply::Notify(list).frame(1).payload().len();
    assert!(bytes <= limits::PIP_PAYLOAD_BYTES_MIN, "{bytes}");
}

#[test]
fn the_highest_version_in_common_is_spoken() {
    let hello = |min, max| Hello {
        version_min: min,
        version_max: max,
        client: text("test"),
        payload_bytes_max: 65_536,
    };
    for (reader, printer, expected) in [
        ((1, 1), 1..=1, Some(1)),
        ((1, 3), 1..=1, Some(1)),
        ((1, 3), 2..=9, Some(3)),
        ((2, 3), 1..=1, None),
        ((1, 1), 2..=3, None),
        ((3, 1), 1..=1, None),
        ((1, 1), RangeInclusive::new(3, 1), None),
    ] {
        assert_eq!(
            hello(reader.0, reader.1).version_in_common(printer.clone()),
            expected,
            "{reader:?} {printer:?}"
        );
    }
}
