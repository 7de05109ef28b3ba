//! Tests of both halves: the cases of `fixtures/pip/`, the example of `docs/pip.md`, and properties.

use bytes::Bytes;
use catalog::{Quality, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::{fixtures, limits};

/// What a reader and a printer make of a stream's beginning, in the form of `expected.json`.
fn outcome(input: &[u8]) -> Value {
    let frame = match frame::decode(input, limits::PIP_PAYLOAD_BYTES_START) {
        Ok(Decoded::Complete { frame, .. }) => frame,
        Ok(Decoded::Incomplete) => return json!({}),
        Err(error) => {
            assert!(error.closes(), "{error}");
            return json!({ "error": error.name() });
        }
    };
    match again(&frame) {
        Ok(again) => described(&again),
        Err(error) => {
            assert!(!error.closes(), "{error}");
            json!({ "error": error.name() })
        }
    }
}

/// The frame that the parsed request or reply makes.
fn again(frame: &Frame) -> Result<Frame, Error> {
    match Request::parse(frame) {
        Err(Error::Unsupported(_)) => Reply::parse(frame).map(|reply| reply.frame(frame.id)),
        request => request.map(|request| request.frame(frame.id)),
    }
}

fn described(frame: &Frame) -> Value {
    let mut out = Map::new();
    out.insert("type".into(), frame.kind.to_string().into());
    out.insert("id".into(), frame.id.into());
    if !frame.payload.is_empty() {
        out.insert("payload".into(), serde_json::from_slice(&frame.payload).unwrap());
    }
    out.into()
}

fn text(text: &str) -> Text {
    Text::new(text).unwrap()
}

#[test]
fn every_case_comes_out_as_expected() {
    for case in fixtures::cases("pip") {
        assert_eq!(outcome(&case.input()), case.expected, "{}", case.name);
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
fn the_example_of_the_specification_is_right() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/pip.md")).unwrap();
    let example = page.split("```hex\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let frame = Request::Read(Read::Group(text("laser"))).frame(4);
    assert_eq!(fixtures::hex(example), frame.encode());
}

#[test]
fn the_specification_names_every_type_and_code() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/pip.md")).unwrap();
    for code in 0..=u8::MAX {
        let name = FrameType(code).to_string();
        if !name.starts_with("0x") {
            assert!(page.contains(&format!("| 0x{code:02X} | {name} |")), "{name}");
        }
    }
    for code in 1..=6 {
        assert!(page.contains(&format!("| {code} | {} |", ErrorCode(code))), "{}", ErrorCode(code));
    }
}

#[test]
fn no_request_is_of_a_type_that_writes() {
    let hello = Hello { version_min: 1, version_max: 1, client: text("test"), payload_bytes_max: 65_536 };
    let read = Read::Ids(vec![text("laser.power")]);
    for request in
        [Request::Hello(hello), Request::Describe, Request::Read(read), Request::Alarms, Request::Ping]
    {
        let frame = request.frame(1);
        assert!(frame.kind.0 < 0x40, "{}", frame.kind);
        assert_eq!(Request::parse(&frame), Ok(request));
    }
}

#[test]
fn every_type_that_is_no_request_is_refused_and_named() {
    for code in 0..=u8::MAX {
        let frame = Frame { kind: FrameType(code), flags: 0, id: 1, payload: Bytes::new() };
        if ![0x01, 0x02, 0x03, 0x04, 0x10].contains(&code) {
            let error = Request::parse(&frame).unwrap_err();
            assert_eq!(error, Error::Unsupported(frame.kind));
            assert_eq!(error.code(), ErrorCode::UNSUPPORTED);
            assert_eq!(
                error.to_string().contains("reserved for writes"),
                (0x80..=0xBF).contains(&code),
                "{error}"
            );
        }
    }
}

#[test]
fn the_agreed_length_holds_and_the_highest_is_one_mebibyte() {
    let frame_of = |length: usize| {
        Frame { kind: FrameType::VALUES, flags: 0, id: 1, payload: vec![b' '; length].into() }.encode()
    };
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
    let frame = Frame { kind: FrameType::VALUES, flags: 0, id: 1, payload: payload.into() };
    assert!(Reply::parse(&frame).unwrap_err().to_string().len() < 300);
}

#[test]
fn a_text_is_bounded() {
    let longest = "x".repeat(limits::PIP_TEXT_BYTES_MAX);
    assert_eq!(text(&longest).as_str(), longest);
    assert!(Text::new(&format!("{longest}y")).is_err());
    assert_eq!(Text::cut(&format!("{longest}y")), text(&longest));
}

fn arbitrary_text() -> impl Strategy<Value = Text> {
    "\\PC{0,40}".prop_map(|content| text(&content))
}

prop_compose! {
    fn arbitrary_sample()(
        id in arbitrary_text(),
        part in any::<u8>(),
        value in prop_oneof![
            prop::num::f64::NORMAL.prop_map(SampleValue::Number),
            arbitrary_text().prop_map(SampleValue::Code),
        ],
        time in 0i64..4_102_444_800_000,
        mono_ms in any::<u64>(),
        quality in prop_oneof![Just(Quality::Good), Just(Quality::Uncertain), Just(Quality::Bad)],
        sequence in any::<u64>(),
    ) -> Sample {
        Sample { id, part, value, time: Timestamp(time), mono_ms, quality, sequence }
    }
}

proptest! {
    #[test]
    fn values_survive_the_wire(values in vec(arbitrary_sample(), 0..8), id in any::<u32>()) {
        let reply = Reply::Values(Values { values });
        let bytes = reply.frame(id).encode();
        let Ok(Decoded::Complete { frame, used }) = frame::decode(&bytes, usize::MAX) else {
            return Err(TestCaseError::fail("no frame"));
        };
        prop_assert_eq!((used, frame.id), (bytes.len(), id));
        prop_assert_eq!(Reply::parse(&frame), Ok(reply));
    }

    #[test]
    fn one_bit_is_enough_to_be_noticed(payload in vec(any::<u8>(), 0..40), at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let frame = Frame { kind: FrameType::VALUES, flags: 0, id: 9, payload: payload.into() };
        let mut bytes = frame.encode();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let complete = matches!(frame::decode(&bytes, usize::MAX), Ok(Decoded::Complete { .. }));
        prop_assert!(!complete);
    }

    #[test]
    fn no_bytes_harm_the_decoder(bytes in vec(any::<u8>(), 0..200)) {
        fuzz_body(&bytes);
    }

    #[test]
    fn nothing_that_is_nearly_right_harms_the_parsers(kind in any::<u8>(), json in "[\\[\\]{}\":,0-9a-z]{0,60}") {
        fuzz_body(&[&[kind], json.as_bytes()].concat());
    }
}
