//! What holds for whatever is sent.

use std::time::Duration;

use catalog::{Identity, Item, Kind, Mark, Origin, Quality, Reading, Salt, Timestamp, Unit, items};
use proptest::array::uniform22;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::super::*;
use crate::limits;

/// A reading of any item, from a number that chooses its value and a unit that it may have been measured in.
fn reading_of(item: &'static Item, choice: f64, unit: &'static Unit, mark: Mark) -> Reading {
    let made = match item.kind() {
        Kind::Gauge(_) | Kind::Counter(_) => {
            item.measured(choice, unit, mark).or_else(|_| item.number(choice, mark))
        }
        Kind::State(codes) | Kind::Event(codes) => {
            item.code(codes[usize::from(mark.part) % codes.len()], mark)
        }
        Kind::Hash => item.hash(Salt::new([1; 16]).hash(&choice.to_be_bytes()), mark),
        Kind::Identity => {
            item.identity(Identity::from_interface(&format!("SN-{}", mark.part)).unwrap(), mark)
        }
    };
    made.unwrap()
}

prop_compose! {
    fn arbitrary_reading()(
        item in select(items::all().collect::<Vec<_>>()),
        unit in select(Unit::all().collect::<Vec<_>>()),
        choice in prop_oneof![
            prop::num::f64::NORMAL | prop::num::f64::ZERO | prop::num::f64::INFINITE,
            -1e6..1e6,
        ],
        part in any::<u8>(),
        time in any::<i64>(),
        quality in select(vec![Quality::Good, Quality::Uncertain, Quality::Bad]),
        origin in uniform22(any::<u8>()),
    ) -> Reading {
        let mark = Mark { part, time: Timestamp(time), quality, origin: Origin::from_bytes(origin) };
        reading_of(item, choice, unit, mark)
    }
}

fn arbitrary_thing() -> impl Strategy<Value = String> {
    "[a-z0-9-]{1,32}(\\.[a-z0-9-]{1,32})?"
}

fn arbitrary_answer() -> impl Strategy<Value = Answer> {
    let wait = (0..=u64::from(limits::LINK_WAIT_MS_MAX)).prop_map(Duration::from_millis);
    prop_oneof![
        Just(Answer::Accepted),
        select(vec![Rejection::UnknownThing, Rejection::Malformed, Rejection::TooLarge])
            .prop_map(Answer::Rejected),
        wait.prop_map(|retry_after| Answer::Busy { retry_after }),
    ]
}

proptest! {
    #[test]
    fn what_is_sent_arrives(
        slot in 0..limits::LINK_SLOTS_MAX,
        thing in arbitrary_thing(),
        readings in vec(arbitrary_reading(), 1..20),
    ) {
        let bytes = encode_batch(slot, &thing, &readings);
        let value = Batch { slot, thing, readings };
        prop_assert_eq!(decode_batch(&bytes), Ok(Decoded::Complete { value, used: bytes.len() }));
    }

    #[test]
    fn batches_come_out_the_same_wherever_the_stream_is_cut(
        batches in vec((arbitrary_thing(), vec(arbitrary_reading(), 1..4)), 1..4),
        sizes in vec(1usize..300, 1..40),
    ) {
        let stream: Vec<u8> =
            batches.iter().flat_map(|(thing, readings)| encode_batch(0, thing, readings)).collect();
        let (mut held, mut found, mut rest) = (Vec::new(), Vec::new(), stream.as_slice());
        for size in sizes.iter().cycle() {
            let (piece, others) = rest.split_at((*size).min(rest.len()));
            held.extend_from_slice(piece);
            rest = others;
            while let Decoded::Complete { value, used } = decode_batch(&held).unwrap() {
                found.push((value.thing, value.readings));
                held.drain(..used);
            }
            if rest.is_empty() {
                break;
            }
        }
        prop_assert!(held.is_empty());
        prop_assert_eq!(found, batches);
    }

    #[test]
    fn a_batch_with_one_byte_changed_is_itself_refused_or_another_whole_one(
        thing in arbitrary_thing(),
        readings in vec(arbitrary_reading(), 1..4),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = encode_batch(0, &thing, &readings);
        let place = place.index(bytes.len());
        bytes[place] = byte;
        // It holds what is taken to being the bytes that our own would be.
        fuzz_body(&bytes);
    }

    #[test]
    fn every_answer_arrives(slot in 0..limits::LINK_SLOTS_MAX, answer in arbitrary_answer()) {
        let bytes = encode_answer(slot, answer);
        let value = (slot, answer);
        prop_assert_eq!(decode_answer(&bytes), Ok(Decoded::Complete { value, used: ANSWER_BYTES }));
    }

    #[test]
    fn whatever_comes_is_one_of_the_answers_or_refused(bytes in vec(any::<u8>(), 0..12)) {
        fuzz_body(&bytes);
    }
}

#[test]
fn a_wait_that_no_answer_may_ask_for_is_cut() {
    let bytes = encode_answer(0, Answer::Busy { retry_after: Duration::MAX });
    let longest = Duration::from_millis(u64::from(limits::LINK_WAIT_MS_MAX));
    let value = (0, Answer::Busy { retry_after: longest });
    assert_eq!(decode_answer(&bytes), Ok(Decoded::Complete { value, used: ANSWER_BYTES }));
}
