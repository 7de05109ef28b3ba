//! Tests of both halves: the cases of `fixtures/lumberjack/`, and properties.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::inflate::deflate;
use crate::{fixtures, limits};

/// What a decoder makes of a connection's bytes, in the form of `expected.json`.
fn outcome(pieces: &[&[u8]]) -> Value {
    let mut decoder = Decoder::new();
    let mut windows = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        loop {
            match decoder.next_window() {
                Ok(Some(window)) => windows.push(described(&window)),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(decoder.next_window(), Err(error), "an error is said for ever");
                    assert_eq!(decoder.buffered(), 0, "and nothing is kept");
                    return json!({ "windows": windows, "error": error.name() });
                }
            }
        }
    }
    json!({ "windows": windows })
}

fn described(window: &Window) -> Value {
    let text = |json: &Bytes| String::from_utf8(json.to_vec()).unwrap();
    let events =
        window.events.iter().map(|event| json!({ "sequence": event.sequence, "json": text(&event.json) }));
    json!({ "last_sequence": window.last_sequence, "events": events.collect::<Vec<_>>() })
}

fn frame(kind: u8, numbers: &[usize], body: &[u8]) -> Vec<u8> {
    let numbers = numbers.iter().flat_map(|number| u32::try_from(*number).unwrap().to_be_bytes());
    [b'2', kind].into_iter().chain(numbers).chain(body.iter().copied()).collect()
}

fn compressed(frames: &[u8]) -> Vec<u8> {
    let body = deflate(frames, 9);
    frame(b'C', &[body.len()], &body)
}

#[test]
fn every_case_comes_out_as_expected_however_it_is_cut() {
    for case in fixtures::cases("lumberjack") {
        let input = case.input();
        assert_eq!(outcome(&[&input]), case.expected, "{}", case.name);
        for cut in fixtures::cuts(input.len()) {
            let (head, tail) = input.split_at(cut);
            assert_eq!(outcome(&[head, tail]), case.expected, "{} cut at {cut}", case.name);
        }
        let bytes: Vec<&[u8]> = input.chunks(1).collect();
        assert_eq!(outcome(&bytes), case.expected, "{}, one byte a segment", case.name);
    }
}

#[test]
fn a_refusal_comes_with_the_byte_that_earns_it() {
    for (bytes, error) in [
        (&b"G"[..], Error::Text),
        (b"\x16", Error::TlsHello),
        (b"1", Error::VersionOne),
        (b"2D", Error::KeyValueFrame),
        (b"2W\xff\xff\xff\xff", Error::WindowTooLong { count: u32::MAX }),
        (b"2J\0\0\0\x01\xff\xff\xff\xff", Error::EventTooLong { length: u32::MAX }),
        (b"2C\xff\xff\xff\xff", Error::CompressedTooLong { length: u32::MAX }),
    ] {
        let (last, before) = bytes.split_last().unwrap();
        let mut decoder = Decoder::new();
        decoder.push(before);
        assert_eq!(decoder.next_window(), Ok(None), "{error}");
        decoder.push(&[*last]);
        assert_eq!(decoder.next_window(), Err(error));
    }
}

#[test]
fn the_fuzz_body_holds_for_every_case() {
    for case in fixtures::cases("lumberjack") {
        for cut in [0, 2, 255] {
            fuzz_body(&[&[cut], &case.input()[..]].concat());
        }
    }
}

#[test]
fn a_window_of_more_bytes_than_the_limit_is_refused_however_it_is_packed() {
    let event = vec![b' '; limits::EVENT_BYTES_MAX];
    let json = frame(b'J', &[1, event.len()], &event);
    let count = limits::WINDOW_BYTES_MAX / event.len() + 1;
    let mut plain = Decoder::new();
    plain.push(&frame(b'W', &[count], b""));
    let mut packed = Decoder::new();
    packed.push(&frame(b'W', &[count], b""));
    for _ in 1..count {
        plain.push(&json);
        packed.push(&compressed(&json));
        assert_eq!(plain.next_window(), Ok(None));
        assert!(plain.buffered() <= limits::DECODER_BYTES_MAX);
        // The heads of the frames within count as well, so that the packed form comes to its end a frame earlier.
        let _ = packed.next_window();
    }
    plain.push(&json);
    assert_eq!(plain.next_window(), Err(Error::WindowTooHeavy));
    assert!(matches!(packed.next_window(), Err(Error::Inflate(_))));
}

#[test]
fn what_is_no_event_counts_as_long_as_an_event_keeps_it_alive() {
    // A block of which one event is used, and 4 MiB are windows that nobody fills.
    let chaff = frame(b'W', &[2], b"").repeat((4 << 20) / 6);
    let block = compressed(&[&chaff[..], &frame(b'J', &[1, 2], b"{}")].concat());
    let mut decoder = Decoder::new();
    decoder.push(&block);
    assert_eq!(decoder.next_window(), Ok(None));
    assert!(decoder.buffered() >= 4 << 20, "{}", decoder.buffered());
    // The next window does not carry the last one's weight.
    decoder.push(&frame(b'W', &[1], b""));
    assert!(decoder.next_window().is_ok_and(|window| window.is_some()));
    assert_eq!(decoder.buffered(), 0);
    // Nor does it get lost: the window that the block's one event is in carries it away.
    let mut decoder = Decoder::new();
    decoder.push(&compressed(&[&chaff[..], &frame(b'W', &[1], b""), &frame(b'J', &[1, 2], b"{}")].concat()));
    let window = decoder.next_window().unwrap().unwrap();
    assert_eq!((window.events.len(), decoder.buffered()), (1, 0));
    assert!(window.bytes >= 4 << 20, "{}", window.bytes);
}

#[test]
fn acknowledgements_both_ways() {
    assert_eq!(ack(0x0102_0304), *b"2A\x01\x02\x03\x04");
    let mut decoder = AckDecoder::new();
    for byte in [ack(0), ack(2048), ack(u32::MAX)].concat() {
        decoder.push(&[byte]);
    }
    assert_eq!(decoder.by_ref().collect::<Vec<_>>(), [0, 2048, u32::MAX]);
    assert_eq!(decoder.refused(), None);
    decoder.push(&ack(7));
    decoder.push(b"HTTP/1.1 400 Bad Request");
    assert_eq!(decoder.next(), Some(7));
    assert_eq!(decoder.next(), None);
    assert_eq!(decoder.refused(), Some(Error::NoAck));
    decoder.push(&ack(8));
    assert_eq!(decoder.next(), None);
}

fn arbitrary_window() -> impl Strategy<Value = (u32, Vec<Vec<u8>>, Option<u32>)> {
    (any::<u32>(), vec(vec(any::<u8>(), 0..40), 0..20), prop::option::of(0u32..=9))
}

/// Bytes that look enough like frames to come past the first check.
fn nearly_frames() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        arbitrary_window().prop_map(|(first, events, level)| encode_window(first, &events, level)),
        arbitrary_window()
            .prop_map(|(first, events, level)| compressed(&encode_window(first, &events, level))),
        (0usize..4).prop_map(|count| frame(b'W', &[count], b"")),
        (any::<u32>(), any::<u32>())
            .prop_map(|(a, b)| [&b"2J"[..], &a.to_be_bytes(), &b.to_be_bytes()].concat()),
        vec(any::<u8>(), 0..8),
    ];
    vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn what_a_sender_encodes_comes_out_however_it_is_cut(
        windows in vec(arbitrary_window(), 0..4), size in 1usize..64,
    ) {
        let mut stream = Vec::new();
        let mut expected = Vec::new();
        for (first, events, level) in &windows {
            stream.extend(encode_window(*first, events, *level));
            let sequences = (0..).map(|index| first.wrapping_add(index));
            let events = sequences.zip(events).map(|(sequence, json)| Event { sequence, json: json.clone().into() });
            let events: Vec<Event> = events.collect();
            let last_sequence = events.last().map_or(0, |event| event.sequence);
            expected.push((events, last_sequence));
        }
        let mut decoder = Decoder::new();
        let mut found = Vec::new();
        for piece in stream.chunks(size) {
            decoder.push(piece);
            while let Some(window) = decoder.next_window().unwrap() {
                prop_assert!(window.bytes >= window.events.iter().map(|event| event.json.len()).sum());
                found.push((window.events, window.last_sequence));
            }
        }
        prop_assert_eq!(found, expected);
        prop_assert_eq!(decoder.buffered(), 0);
    }

    #[test]
    fn no_bytes_harm_the_decoder(cut in any::<u8>(), bytes in vec(any::<u8>(), 0..200)) {
        fuzz_body(&[&[cut], &bytes[..]].concat());
    }

    #[test]
    fn nothing_that_is_nearly_right_harms_the_decoder(cut in any::<u8>(), bytes in nearly_frames()) {
        fuzz_body(&[&[cut], &bytes[..]].concat());
    }
}
