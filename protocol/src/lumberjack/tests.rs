//! Tests of both halves: the cases of `fixtures/lumberjack/`, and properties.

use std::sync::LazyLock;

use data_encoding::HEXLOWER;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::inflate::deflate;
use crate::{fixtures, limits};

/// What a decoder makes of a connection's bytes, in the form of `expected.json`.
fn outcome(pieces: &[&[u8]]) -> Value {
    let mut decoder = Windows::new();
    let mut windows = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        loop {
            match decoder.next_window() {
                Ok(Some(window)) => windows.push(described(&window)),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(decoder.next_window(), Err(error), "an error is said for ever");
                    assert_eq!(decoder.decoder().room(), 0, "and nothing is kept");
                    return expected_form(&windows, Some(error));
                }
            }
        }
    }
    expected_form(&windows, None)
}

fn expected_form(windows: &[Value], error: Option<Error>) -> Value {
    let acknowledge: Vec<&Value> = windows.iter().map(|window| &window["last_sequence"]).collect();
    let mut form = json!({ "windows": windows, "acknowledge": acknowledge });
    if let Some(error) = error {
        form["error"] = error.name().into();
    }
    form
}

fn described(window: &Window) -> Value {
    let event = |event: &Event| match str::from_utf8(&event.json) {
        Ok(text) => json!({ "sequence": event.sequence, "json": text }),
        Err(_) => json!({ "sequence": event.sequence, "hex": HEXLOWER.encode(&event.json) }),
    };
    let events: Vec<Value> = window.events.iter().map(event).collect();
    json!({ "last_sequence": window.last_sequence, "events": events })
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
    for (case, input) in CASES.iter() {
        assert_eq!(outcome(&[input]), case.expected, "{}", case.name);
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
        (b"2Z", Error::UnknownFrame(b'Z')),
        (b"2W\xff\xff\xff\xff", Error::WindowTooLong { count: u32::MAX }),
        (b"2J\0\0\0\x01\xff\xff\xff\xff", Error::EventTooLong { length: u32::MAX }),
        (b"2D\0\0\0\x01\xff\xff\xff\xff", Error::TooManyPairs { count: u32::MAX }),
        (b"2D\0\0\0\x01\0\0\0\x01\xff\xff\xff\xff", Error::PairTooLong { length: u32::MAX }),
        (b"2C\xff\xff\xff\xff", Error::CompressedTooLong { length: u32::MAX }),
    ] {
        let (last, before) = bytes.split_last().unwrap();
        let mut decoder = Decoder::new();
        decoder.push(before);
        assert_eq!(decoder.next_step(), Ok(None), "{error}");
        decoder.push(&[*last]);
        assert_eq!(decoder.next_step(), Err(error));
    }
}

#[test]
fn a_window_takes_the_memory_of_one_event_however_it_is_packed() {
    let event = vec![b' '; limits::EVENT_BYTES_MAX];
    let json = frame(b'J', &[1, event.len()], &event);
    let count = 100;
    let mut plain = frame(b'W', &[count], b"");
    plain.extend(json.repeat(count));
    for stream in [compressed(&plain), plain] {
        let (mut decoder, mut events, mut ends) = (Decoder::new(), 0, 0);
        for piece in stream.chunks(1 << 14) {
            decoder.push(piece);
            while let Some(step) = decoder.next_step().unwrap() {
                match step {
                    Step::Event { json, .. } => events += usize::from(json == event),
                    Step::End { .. } => ends += 1,
                }
            }
            assert!(decoder.room() <= limits::DECODER_BYTES_MAX, "{}", decoder.room());
        }
        assert_eq!((events, ends, decoder.is_idle()), (count, 1, true));
        assert!(decoder.room() <= limits::IDLE_BYTES_MAX, "room for a large frame is given back");
    }
}

#[test]
fn events_come_before_their_window_is_whole() {
    let mut decoder = Decoder::new();
    let packed = encode_window(7, &[b"{}"; 2], None);
    let (last, before) = packed.split_last().unwrap();
    decoder.push(before);
    assert_eq!(decoder.next_step(), Ok(Some(Step::Event { sequence: 7, json: b"{}" })));
    assert_eq!(decoder.next_step(), Ok(None));
    decoder.push(&[*last]);
    assert_eq!(decoder.next_step(), Ok(Some(Step::Event { sequence: 8, json: b"{}" })));
    assert_eq!(decoder.next_step(), Ok(Some(Step::End { last_sequence: 8 })));
    assert_eq!(decoder.next_step(), Ok(None));
}

#[test]
fn a_window_ends_only_when_its_compressed_frame_is_known_to_be_good() {
    let mut good = encode_window(1, &[b"{}"; 3], Some(3));
    let last = good.len() - 1;
    let (mut decoder, mut damaged) = (Windows::new(), good.clone());
    damaged[last] ^= 1;
    decoder.push(&damaged);
    assert_eq!(decoder.next_window(), Err(Error::Inflate(crate::inflate::InflateError::Corrupt)));
    let end = good.split_off(last);
    let mut decoder = Windows::new();
    decoder.push(&good);
    assert_eq!(decoder.next_window(), Ok(None), "the checksum is not there yet");
    decoder.push(&end);
    assert_eq!(decoder.next_window().unwrap().unwrap().last_sequence, 3);
}

#[test]
fn it_is_idle_only_between_windows() {
    let mut decoder = Windows::new();
    for byte in encode_window(1, &[b"{}"; 2], None).split_last().map(|(_, before)| before).unwrap() {
        decoder.push(&[*byte]);
        assert_eq!(decoder.next_window(), Ok(None));
        assert!(!decoder.decoder().is_idle());
    }
    decoder.push(b"}");
    assert!(decoder.next_window().unwrap().is_some());
    assert!(decoder.decoder().is_idle());
}

/// Two hundred connections that each sent one and then nothing would hold forty megabytes.
#[test]
fn what_was_made_of_a_key_value_frame_is_not_kept() {
    let value = vec![0; limits::PAIRS_BYTES_MAX];
    let length = u32::try_from(value.len()).unwrap().to_be_bytes();
    let pair = [&0u32.to_be_bytes()[..], &length, &value].concat();
    let mut decoder = Decoder::new();
    decoder.push(&[frame(b'W', &[2], b""), frame(b'D', &[1, 1], &pair)].concat());
    assert!(matches!(decoder.next_step(), Ok(Some(Step::Event { json, .. })) if json.len() > 50_000));
    assert_eq!(decoder.next_step(), Ok(None));
    assert!(decoder.room() <= limits::IDLE_BYTES_MAX, "{}", decoder.room());
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

/// All cases with their inputs, read once.
static CASES: LazyLock<Vec<(fixtures::Case, Vec<u8>)>> = LazyLock::new(|| {
    let cases = fixtures::cases("lumberjack").into_iter();
    cases.map(|case| (case.input(), case)).map(|(input, case)| (case, input)).collect()
});

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
            let events = sequences.zip(events).map(|(sequence, json)| Event { sequence, json: json.clone() });
            let events: Vec<Event> = events.collect();
            let last_sequence = events.last().map_or(0, |event| event.sequence);
            expected.push((events, last_sequence));
        }
        let mut decoder = Windows::new();
        let mut found = Vec::new();
        for piece in stream.chunks(size) {
            decoder.push(piece);
            while let Some(window) = decoder.next_window().unwrap() {
                found.push((window.events, window.last_sequence));
            }
        }
        prop_assert_eq!(found, expected);
        prop_assert!(decoder.decoder().is_idle());
    }

    #[test]
    fn every_case_comes_out_as_expected_in_any_pieces(
        case in any::<prop::sample::Index>(), sizes in vec(1usize..50, 1..8),
    ) {
        let (case, input) = case.get(&CASES);
        let mut rest = &input[..];
        let mut pieces = Vec::new();
        for size in sizes.iter().cycle() {
            let Some((piece, behind)) = rest.split_at_checked(*size) else { break };
            pieces.push(piece);
            rest = behind;
        }
        pieces.push(rest);
        prop_assert_eq!(&outcome(&pieces), &case.expected, "{}", case.name);
    }

    #[test]
    fn nothing_that_is_nearly_right_harms_the_decoder(cut in any::<u8>(), bytes in nearly_frames()) {
        fuzz_frames(&[&[1, cut], &bytes[..]].concat());
    }
}
