//! Tests both ways: the cases of `fixtures/link/`, limits, and in the file beside this one properties.

mod properties;

use data_encoding::HEXLOWER;
use serde_json::{Value, json};

use catalog::{Quality, Reading, Value as Measured, items};

use super::*;
use crate::{fixtures, limits};

/// What the uplink makes of a stream's beginning, in the form of `expected.json`.
fn batch_outcome(input: &[u8]) -> Value {
    match decode_batch(input) {
        Ok(Decoded::Incomplete) => json!({}),
        Ok(Decoded::Complete { value: batch, used }) => {
            assert_eq!(used, input.len());
            assert_eq!(encode_batch(batch.slot, &batch.thing, &batch.readings), input);
            let readings: Vec<_> = batch.readings.iter().map(described).collect();
            json!({ "slot": batch.slot, "thing": batch.thing, "readings": readings })
        }
        Err(error) => json!({ "error": error.name() }),
    }
}

/// The same of the intake and an answer.
fn answer_outcome(input: &[u8]) -> Value {
    match decode_answer(input) {
        Ok(Decoded::Incomplete) => json!({}),
        Ok(Decoded::Complete { value: (slot, answer), used }) => {
            assert_eq!(encode_answer(slot, answer), input[..used]);
            json!({ "slot": slot, "answer": format!("{answer:?}") })
        }
        Err(error) => json!({ "error": error.name() }),
    }
}

fn described(reading: &Reading) -> Value {
    let mut out = json!({
        "item": reading.item().id(),
        "part": reading.part(),
        "time": reading.time().0,
        "quality": match reading.quality() {
            Quality::Good => "good",
            Quality::Uncertain => "uncertain",
            Quality::Bad => "bad",
        },
        "origin": HEXLOWER.encode(&reading.origin().to_bytes()),
        "value": match reading.value() {
            Measured::Number(number) => json!(number),
            Measured::Code(code) => json!(code),
            Measured::Hash(hash) => json!(hash.to_string()),
            Measured::Identity(identity) => json!(identity.as_str()),
        },
    });
    if let Some(native) = reading.native() {
        out["native"] = native.text().into();
    }
    out
}

#[test]
fn every_case_comes_out_as_expected() {
    for (topic, outcome) in
        [("link/batch", batch_outcome as fn(&[u8]) -> Value), ("link/answer", answer_outcome)]
    {
        for case in fixtures::cases(topic) {
            assert_eq!(outcome(&case.input()), case.expected, "{topic}/{}", case.name);
            fuzz_body(&case.input());
            // As a payload in a frame of the fuzzer's.
            fuzz_body(case.input().get(HEAD_BYTES - 1..).unwrap_or_default());
        }
    }
}

#[test]
fn every_beginning_needs_more_or_says_what_the_whole_says() {
    for case in fixtures::cases("link/batch") {
        let input = case.input();
        let whole = decode_batch(&input);
        for cut in fixtures::cuts(input.len()) {
            let begun = decode_batch(&input[..cut]);
            assert!(begun == Ok(Decoded::Incomplete) || begun == whole, "{} cut at {cut}", case.name);
        }
    }
    for case in fixtures::cases("link/answer") {
        let input = case.input();
        for cut in 0..input.len().min(ANSWER_BYTES) {
            assert_eq!(decode_answer(&input[..cut]), Ok(Decoded::Incomplete), "{} cut at {cut}", case.name);
        }
    }
}

#[test]
fn the_fuzz_body_holds_for_the_corpus() {
    for input in fixtures::corpus("link") {
        fuzz_body(&input);
    }
}

#[test]
fn every_answer_but_the_three_is_refused() {
    for code in 0..=u8::MAX {
        let decoded = decode_answer(&[0, code, 0, 0, 0, 0]);
        assert_eq!(decoded.is_ok(), code <= 4, "{code}: {decoded:?}");
    }
}

#[test]
fn every_name_of_the_catalogue_fits() {
    let units = catalog::Unit::all().map(catalog::Unit::ucum);
    let names = items::all().flat_map(|item| item.codes().iter().copied().chain([item.id()]));
    let longest = names.chain(units).map(str::len).max();
    assert!(longest.is_some_and(|length| length <= limits::LINK_NAME_BYTES_MAX), "{longest:?}");
}

#[test]
fn the_longest_batch_fits_and_a_longer_one_is_refused_at_its_head() {
    let head = |length: usize| [b"OWL1\0".as_slice(), &u32::try_from(length).unwrap().to_be_bytes()].concat();
    assert_eq!(decode_batch(&head(limits::LINK_PAYLOAD_BYTES_MAX)), Ok(Decoded::Incomplete));
    let over = limits::LINK_PAYLOAD_BYTES_MAX + 1;
    assert_eq!(decode_batch(&head(over)), Err(Error::TooLarge(u32::try_from(over).unwrap())));
}

#[test]
fn no_error_says_anything_of_what_was_sent() {
    for case in fixtures::cases("link/batch") {
        if let Err(error) = decode_batch(&case.input()) {
            let said = format!("{error} {error:?}");
            for secret in ["secret", "anna", "free text"] {
                assert!(!said.contains(secret), "{}: {said}", case.name);
            }
        }
    }
}
