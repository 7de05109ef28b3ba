//! `docs/pip.md` itself: its examples are decoded and encoded again, and its tables are those of this crate.

use serde_json::Value;

use super::super::*;
use super::again;
use crate::{fixtures, limits};

fn page() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/pip.md")).unwrap()
}

/// The blocks of this language, in their order, each with the one before it if that stands right before it.
fn blocks<'p>(page: &'p str, language: &str) -> Vec<&'p str> {
    let opening = format!("```{language}\n");
    page.split(&opening).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// Every example of the page as a frame.
fn examples(page: &str) -> Vec<Frame> {
    let frame = |block: &str| {
        let bytes = fixtures::hex(block);
        let decoded =
            frame::decode(&bytes, limits::PIP_PAYLOAD_BYTES_START).unwrap_or_else(|e| panic!("{e}: {block}"));
        let Decoded::Complete { frame, used } = decoded else { panic!("not whole: {block}") };
        assert_eq!(used, bytes.len(), "more than a frame: {block}");
        frame
    };
    blocks(page, "hex").into_iter().map(frame).collect()
}

#[test]
fn every_example_is_decoded_and_encoded_again_byte_for_byte() {
    let page = page();
    for (frame, block) in examples(&page).iter().zip(blocks(&page, "hex")) {
        if frame.kind().is_write() {
            assert!(matches!(Request::parse(frame), Err(Error::Unsupported(_))), "{block}");
            continue;
        }
        let encoded = again(frame).unwrap_or_else(|error| panic!("{error}: {block}")).encode();
        assert_eq!(encoded, fixtures::hex(block), "{block}");
    }
}

#[test]
fn each_type_has_an_example_and_a_write_is_shown_to_be_refused() {
    let examples = examples(&page());
    let shown = |kind: FrameType| examples.iter().any(|frame| frame.kind() == kind);
    for kind in (0..=u8::MAX).map(FrameType).filter(|kind| !kind.to_string().starts_with("0x")) {
        assert!(shown(kind), "{kind} has no example");
    }
    assert!(examples.iter().any(|frame| frame.kind().is_write()));
}

#[test]
fn the_text_of_an_example_is_the_payload_in_its_bytes() {
    let page = page();
    // A JSON block stands before the bytes that carry it.
    let mut rest = page.as_str();
    let mut compared = 0;
    while let Some((_, behind)) = rest.split_once("```json\n") {
        let (json, behind) = behind.split_once("```").unwrap();
        let (_, bytes) = behind.split_once("```hex\n").unwrap();
        let bytes = fixtures::hex(bytes.split("```").next().unwrap());
        let payload = &bytes[frame::HEAD_BYTES..bytes.len() - frame::CHECKSUM_BYTES];
        let parsed =
            |text: &[u8]| serde_json::from_slice::<Value>(text).unwrap_or_else(|e| panic!("{e}: {json}"));
        assert_eq!(parsed(payload), parsed(json.as_bytes()), "{json}");
        (compared, rest) = (compared + 1, behind);
    }
    assert!(compared >= 10, "{compared}");
}

#[test]
fn the_page_names_every_type_and_code() {
    let page = page();
    for code in 0..=u8::MAX {
        let name = FrameType(code).to_string();
        if !name.starts_with("0x") {
            assert!(page.contains(&format!("| 0x{code:02X} | {name} |")), "{name}");
        }
    }
    for code in 1..=7 {
        assert!(page.contains(&format!("| {code} | {} |", ErrorCode(code))), "{}", ErrorCode(code));
    }
    for name in [capability::ALARMS, capability::EVENTS, capability::SUBSCRIBE] {
        assert!(page.contains(&format!("| `{name}` |")), "{name}");
    }
}

#[test]
fn the_page_states_the_limits_of_this_crate() {
    let page = page();
    let limits_of_page = page.split("### Limits").nth(1).and_then(|rest| rest.split("\n#").next()).unwrap();
    for number in [
        limits::PIP_PAYLOAD_BYTES_MIN,
        limits::PIP_PAYLOAD_BYTES_START,
        limits::PIP_PAYLOAD_BYTES_MAX,
        limits::PIP_TEXT_BYTES_MAX,
        limits::PIP_LIST_MAX,
        limits::PIP_EVENTS_MAX,
        limits::PIP_CREDITS_MAX.into(),
    ] {
        assert!(limits_of_page.contains(&format!("| {} |", grouped(number))), "{number}");
    }
    assert!(limits_of_page.contains("| 2^53 - 1 |"));
}

/// A number with commas between its thousands.
fn grouped(number: usize) -> String {
    if number < 1_000 {
        number.to_string()
    } else {
        format!("{},{:03}", grouped(number / 1_000), number % 1_000)
    }
}
