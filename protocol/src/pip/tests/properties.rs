//! What holds for whatever comes.

use catalog::{Quality, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;

use super::super::*;
use super::{raw, text};
use crate::limits;

fn arbitrary_text() -> impl Strategy<Value = Text> {
    "\\PC{0,40}".prop_map(|content| text(&content))
}

fn arbitrary_value() -> impl Strategy<Value = SampleValue> {
    prop_oneof![
        prop::num::f64::NORMAL.prop_map(SampleValue::Number),
        arbitrary_text().prop_map(SampleValue::Code),
    ]
}

fn arbitrary_quality() -> impl Strategy<Value = Quality> {
    prop_oneof![Just(Quality::Good), Just(Quality::Uncertain), Just(Quality::Bad)]
}

fn arbitrary_time() -> impl Strategy<Value = Timestamp> {
    (0i64..4_102_444_800_000).prop_map(Timestamp)
}

prop_compose! {
    fn arbitrary_sample()(
        id in arbitrary_text(),
        part in any::<u8>(),
        value in arbitrary_value(),
        time in arbitrary_time(),
        mono_ms in any::<u64>(),
        quality in arbitrary_quality(),
        sequence in any::<u64>(),
    ) -> Sample {
        Sample { id, part, value, time, mono_ms, quality, sequence }
    }
}

prop_compose! {
    fn arbitrary_alarm()(
        code in arbitrary_text(),
        class in arbitrary_text(),
        subsystem in arbitrary_text(),
        part in any::<u8>(),
        qualifier in prop::option::of(prop_oneof![Just(Qualifier::Low), Just(Qualifier::High)]),
        since in arbitrary_time(),
    ) -> Alarm {
        Alarm { code, class, subsystem, part, qualifier, since }
    }
}

fn arbitrary_occurrence() -> impl Strategy<Value = Occurrence> {
    let changed = (arbitrary_text(), any::<u8>(), arbitrary_value(), arbitrary_quality())
        .prop_map(|(id, part, value, quality)| Occurrence::Changed { id, part, value, quality });
    prop_oneof![
        changed,
        arbitrary_alarm().prop_map(Occurrence::Raised),
        arbitrary_alarm().prop_map(Occurrence::Cleared),
        Just(Occurrence::Other),
    ]
}

prop_compose! {
    /// A stretch of a log, with older and newer events that the printer holds around it.
    fn arbitrary_list()(
        said in vec((arbitrary_time(), any::<u64>(), arbitrary_occurrence()), 0..8),
        first in 1u64..1 << 40,
        older in 0u64..4,
        newer in 0u64..4,
    ) -> EventList {
        let events: Vec<_> = (first + older..).zip(said).map(|(sequence, (time, mono_ms, what))| Event { sequence, time, mono_ms, what }).collect();
        let last = first + older + events.len() as u64 + newer - 1;
        EventList::new(Held::new(first, last).unwrap(), events).unwrap()
    }
}

fn arbitrary_reply() -> impl Strategy<Value = Reply> {
    let subscribed = (1u64..1 << 40, 0u64..99, 0u64..99).prop_map(|(first, held, acknowledged)| {
        let held = Held::new(first, first - 1 + held).unwrap();
        Reply::Subscribed(Subscribed::new(held, acknowledged.min(held.last())).unwrap())
    });
    prop_oneof![
        vec(arbitrary_sample(), 0..8).prop_map(|values| Reply::Values(Values { values })),
        vec(arbitrary_alarm(), 0..8).prop_map(|alarms| Reply::Alarms(ActiveAlarms { alarms })),
        arbitrary_list().prop_map(Reply::HeldEvents),
        arbitrary_list()
            .prop_filter("none of NOTIFY", |list| !list.events().is_empty())
            .prop_map(Reply::Notify),
        subscribed,
        any::<u32>().prop_map(|retry_after_ms| Reply::Busy { retry_after_ms }),
    ]
}

fn arbitrary_request() -> impl Strategy<Value = Request> {
    let credits = || (0..=limits::PIP_CREDITS_MAX).prop_map(|credits| Credits::new(credits).unwrap());
    let from = || prop::option::of(any::<u64>());
    prop_oneof![
        (any::<u8>(), any::<u8>(), arbitrary_text(), 8_192u32..).prop_map(
            |(version_min, version_max, client, payload_bytes_max)| Request::Hello(Hello {
                version_min,
                version_max,
                client,
                payload_bytes_max
            })
        ),
        vec(arbitrary_text(), 0..8).prop_map(|ids| Request::Read(Read::Ids(ids))),
        arbitrary_text().prop_map(|group| Request::Read(Read::Group(group))),
        (from(), prop::option::of(any::<u16>()))
            .prop_map(|(from, events_max)| Request::Events(EventsFrom { from, events_max })),
        (from(), credits(), any::<u32>()).prop_map(|(from, credits, interval_ms)| Request::Subscribe(
            Subscribe { from, credits, interval_ms }
        )),
        (any::<u64>(), credits())
            .prop_map(|(sequence, credits)| Request::NotifyAck(NotifyAck { sequence, credits })),
        prop_oneof![Just(Request::Describe), Just(Request::Alarms), Just(Request::Ping)],
    ]
}

proptest! {
    #[test]
    fn requests_survive_the_wire(request in arbitrary_request(), id in any::<u32>()) {
        let bytes = request.encode(id);
        let Ok(Decoded::Complete { frame, used }) = frame::decode(&bytes, usize::MAX) else {
            return Err(TestCaseError::fail("no frame"));
        };
        prop_assert_eq!((used, frame.id(), frame.kind()), (bytes.len(), id, request.kind()));
        prop_assert_eq!(Request::parse(&frame), Ok(request));
        // What a reader sends is nothing that a printer would.
        prop_assert!(matches!(Reply::parse(&frame), Err(Error::Unsupported(_))));
    }

    #[test]
    fn whatever_of_a_log_comes_a_reader_has_it_once_in_order_or_knows_of_the_gap(
        lists in vec(arbitrary_list(), 1..6),
        had in 0u64..1 << 40,
    ) {
        let mut cursor = Cursor::after(had);
        for list in lists {
            let wanted = cursor.next().unwrap();
            let taken = cursor.take(list);
            let first = taken.events.first().map_or(cursor.next().unwrap(), |event| event.sequence);
            match taken.gap {
                None => prop_assert_eq!(first, wanted),
                Some(Gap::Lost { first: lost, last }) => prop_assert_eq!((lost, last + 1), (wanted, first)),
                Some(Gap::WentBack) => prop_assert!(first < wanted),
            }
        }
    }

    #[test]
    fn replies_survive_the_wire(reply in arbitrary_reply(), id in any::<u32>()) {
        let bytes = reply.encode(id);
        let Ok(Decoded::Complete { frame, used }) = frame::decode(&bytes, usize::MAX) else {
            return Err(TestCaseError::fail("no frame"));
        };
        prop_assert_eq!((used, frame.id()), (bytes.len(), id));
        prop_assert_eq!(Reply::parse(&frame), Ok(reply));
        prop_assert!(matches!(Request::parse(&frame), Err(Error::Unsupported(_))));
    }

    #[test]
    fn one_bit_is_enough_to_be_noticed(payload in vec(any::<u8>(), 0..40), at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let mut bytes = raw(FrameType::VALUES.0, &payload).encode();
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
