//! The cases of `fixtures/mtconnect/`, the limits, and properties.

mod described;
mod follow;
mod limits;

use proptest::collection::vec;
use proptest::prelude::*;

use super::fuzz::read;
use super::*;
use crate::fixtures;

#[test]
fn every_case_comes_out_as_expected() {
    for case in fixtures::cases("mtconnect") {
        let outcome = described::outcome(&read([&case.file("input.xml")[..]]));
        assert_eq!(outcome, case.expected, "{}: {outcome:#}", case.name);
    }
}

#[test]
fn a_document_may_come_in_any_two_pieces_and_byte_by_byte() {
    for case in fixtures::cases("mtconnect") {
        let document = case.file("input.xml");
        let whole = read([&document[..]]);
        assert_eq!(read(document.chunks(1)), whole, "{} byte by byte", case.name);
        for cut in 0..=document.len() {
            let (first, second) = document.split_at(cut);
            assert_eq!(read([first, second]), whole, "{} at {cut}", case.name);
        }
    }
}

#[test]
fn no_beginning_of_a_document_is_whole() {
    for case in fixtures::cases("mtconnect").into_iter().filter(|case| case.expected.get("error").is_none()) {
        let document = case.file("input.xml");
        let end = document.windows(3).rposition(|tail| tail == b"</M" || tail == b"</m").unwrap();
        for cut in 0..end {
            let (_, finished) = read([&document[..cut]]);
            assert_eq!(
                finished.map_err(|error| error.wrong),
                Err(Wrong::Unfinished),
                "{} at {cut}",
                case.name
            );
        }
    }
}

#[test]
fn an_error_stays_and_says_where_without_the_agents_words() {
    for case in fixtures::cases("mtconnect") {
        let document = case.file("input.xml");
        let mut reader = Reader::new();
        let mut input = &document[..];
        while let Ok(Some(_)) = reader.next_event(&mut input) {}
        let Err(error) = reader.next_event(&mut &b"<"[..]) else { continue };
        assert_eq!(reader.next_event(&mut &b"x"[..]), Err(error));
        assert_eq!(reader.finish(), Err(error));
        let text = error.to_string();
        assert!(text.starts_with(&format!("line {} of the agent's answer: ", error.line)), "{text}");
        for private in ["passwd", "10.0.0", "lol", "Anna", "header>"] {
            assert!(!text.contains(private), "{text}");
        }
    }
}

#[test]
fn no_debug_form_shows_what_the_agent_wrote() {
    for case in fixtures::cases("mtconnect") {
        let document = case.file("input.xml");
        let (events, _) = read([&document[..]]);
        let mut reader = Reader::new();
        let _ = reader.next_event(&mut &document[..document.len() / 2]);
        let debug = format!("{events:?}");
        for private in ["Anna", "jobs", "10.0.0", "Melter", "EA-000117", "Old"] {
            assert!(!debug.contains(private), "{private} in {debug}");
        }
    }
}

#[test]
fn any_bytes_of_the_corpus_and_of_the_cases_do_no_harm() {
    for input in fixtures::corpus("mtconnect") {
        fuzz_body(&input);
    }
    for case in fixtures::cases("mtconnect") {
        for size in [0, 6, 255] {
            fuzz_body(&[&[size], &case.file("input.xml")[..]].concat());
        }
    }
}

/// A piece of a document, right or nearly.
fn markup() -> impl Strategy<Value = String> {
    let names = prop_oneof![
        Just("MTConnectStreams"),
        Just("Header instanceId='1' nextSequence='2'"),
        Just("Streams"),
        Just("DeviceStream"),
        Just("m:ComponentStream"),
        Just("Events"),
        Just("Condition"),
        Just("Normal dataItemId='c' sequence='1'"),
        Just("Program dataItemId=\"p\" sequence=\"1\""),
    ];
    let tag = (names, 0..4).prop_map(|(name, form)| match form {
        0 => format!("<{name}>"),
        1 => format!("<{name}/>"),
        _ => format!("</{}>", name.split(' ').next().unwrap_or(name)),
    });
    let text = "[ \n\r<>&;\\[\\]!?'\"a-c0-9=/-]{0,12}";
    prop_oneof![4 => tag, 1 => text, 1 => text.prop_map(|t| format!("<![CDATA[{t}]]>")), 1 => text.prop_map(|t| format!("<!--{t}-->"))]
}

proptest! {
    #[test]
    fn no_bytes_do_harm(bytes in vec(any::<u8>(), 0..200)) {
        fuzz_body(&bytes);
    }

    #[test]
    fn nothing_that_is_nearly_right_does_harm(size in any::<u8>(), markup in vec(markup(), 0..24)) {
        fuzz_body(&[&[size], markup.concat().as_bytes()].concat());
    }

    #[test]
    fn a_document_comes_out_the_same_however_it_is_cut(sizes in vec(1..64_usize, 1..8)) {
        for name in ["current", "devices-prefixed"] {
            let case = fixtures::cases("mtconnect").into_iter().find(|case| case.name == name).unwrap();
            let document = case.file("input.xml");
            let mut rest = &document[..];
            let mut pieces = Vec::new();
            for size in sizes.iter().cycle() {
                let Some((piece, more)) = rest.split_at_checked(*size) else { break };
                pieces.push(piece);
                rest = more;
            }
            pieces.push(rest);
            prop_assert_eq!(read(pieces), read([&document[..]]));
        }
    }

    #[test]
    fn any_text_of_an_observation_arrives(text in "\\PC{0,40}") {
        let escaped = quick_xml::escape::escape(text.as_str()).into_owned();
        let document = format!(
            "<MTConnectStreams><Header/><Streams><DeviceStream><ComponentStream><Events>\
             <Message dataItemId='m' sequence='1'>{escaped}</Message>\
             </Events></ComponentStream></DeviceStream></Streams></MTConnectStreams>"
        );
        let (events, finished) = read([document.as_bytes()]);
        prop_assert_eq!(finished, Ok(()));
        let Some(Event::Observation(observation)) = events.last() else { panic!("{events:?}") };
        let arrived = match &observation.value {
            Value::Text(text) => text.as_str(),
            Value::Unavailable => "UNAVAILABLE",
            _ => "",
        };
        prop_assert_eq!(arrived, text.trim());
    }
}
