use catalog::Value;
use protocol::pip::{Alarm, Description, Occurrence, Sample, SampleValue, Text};

use super::*;
use crate::normalise::testing;
use crate::testing::{hello_ack, item};

const NOW: Timestamp = Timestamp(1_795_000_000_000);

fn text(text: &str) -> Text {
    Text::new(text).unwrap()
}

fn teller(instance: &str, mono_ms: Option<u64>) -> Teller {
    let hello = HelloAck { mono_ms, ..hello_ack(instance) };
    let mut teller = Teller::new(testing::printer_id(), Salt::new([7; 16]), None, &hello, NOW);
    let offers =
        [("laser.power", "gauge", "mW"), ("printer.state", "state", "1"), ("maker.secret", "gauge", "1")];
    let items = offers.map(|(id, kind, unit)| item(id, kind, unit)).into();
    teller.described(Offers::of(&Description { items }, |refused| panic!("{refused:?}")));
    teller
}

fn changed(sequence: u64, id: &str, value: SampleValue) -> Event {
    let what = Occurrence::Changed { id: text(id), part: 0, value, quality: Quality::Good };
    Event { sequence, time: NOW, mono_ms: 5_000, what }
}

fn alarm(code: &str, class: &str) -> Alarm {
    let subsystem = text("recoater");
    Alarm { code: text(code), class: text(class), subsystem, part: 0, qualifier: None, since: NOW }
}

fn event(sequence: u64, what: Occurrence) -> Event {
    Event { sequence, time: NOW, mono_ms: 5_000, what }
}

fn said(words: &Words) -> Vec<(&'static str, String)> {
    let text = |value: &Value| match value {
        Value::Number(number) => number.to_string(),
        Value::Code(code) => (*code).to_owned(),
        other => panic!("{other:?}"),
    };
    words.readings.iter().map(|reading| (reading.item().id(), text(reading.value()))).collect()
}

#[test]
fn only_what_the_catalogue_has_is_taken_and_nothing_of_what_is_the_adapters_own() {
    let number = || SampleValue::Number(512.3);
    let words = teller("i-1", None).events(
        &[
            changed(1, "laser.power", number()),
            changed(2, "maker.secret", number()),
            changed(3, "printer.state", SampleValue::Code(text("building"))),
            changed(4, "printer.state", SampleValue::Code(text("bracket_v7.stl"))),
            changed(5, "interface.lost", number()),
            changed(6, "printer.reachability", SampleValue::Code(text("available"))),
            event(7, Occurrence::Other),
        ],
        NOW,
    );
    assert_eq!(said(&words), [("laser.power", "512.3".to_owned()), ("printer.state", "building".to_owned())]);
    assert_eq!(words.refused.len(), 1);
    assert!(!format!("{:?}", words.refused).contains("bracket"));
}

#[test]
fn an_event_has_the_same_origin_however_often_it_comes_and_another_in_another_instance() {
    let origin = |instance, sequence| {
        let event = changed(sequence, "laser.power", SampleValue::Number(1.0));
        teller(instance, None).events(&[event], Timestamp(NOW.0 + 999)).readings[0].origin()
    };
    assert_eq!(origin("i-1", 7), origin("i-1", 7));
    assert_ne!(origin("i-1", 7), origin("i-1", 8));
    assert_ne!(origin("i-1", 7), origin("i-2", 7));
}

#[test]
fn another_event_of_the_same_sequence_has_another_origin() {
    let at = |time| Event { time, ..changed(7, "laser.power", SampleValue::Number(1.0)) };
    let origin = |time| teller("i-1", None).events(&[at(time)], NOW).readings[0].origin();
    assert_ne!(origin(NOW), origin(Timestamp(NOW.0 + 1)));
}

#[test]
fn the_events_of_an_item_that_is_offered_in_another_unit_are_left_out() {
    let mut teller = teller("i-1", None);
    let description = Description { items: vec![item("laser.power", "gauge", "W")] };
    teller.described(Offers::of(&description, |_| {}));
    let words = teller.events(&[changed(1, "laser.power", SampleValue::Number(0.5))], NOW);
    assert_eq!((words.readings.len(), words.refused.len()), (0, 0));
}

#[test]
fn a_value_that_was_asked_for_is_of_its_own_time_and_has_one_origin() {
    let sample = |id: &str, time: Timestamp, mono_ms| {
        let (value, quality) = (SampleValue::Number(512.3), Quality::Good);
        Sample { id: text(id), part: 0, value, time, mono_ms, quality, sequence: 1 }
    };
    let read = |sample: Sample, met, now| teller("i-1", met).values(&Values { values: vec![sample] }, now);
    let hour = 3_600_000;
    let old = || sample("laser.power", Timestamp(NOW.0 - hour as i64), hour);
    let words = read(old(), Some(2 * hour), NOW);
    assert_eq!(said(&words), [("laser.power", "512.3".to_owned())]);
    let reading = &words.readings[0];
    assert_eq!((reading.time(), reading.quality()), (Timestamp(NOW.0 - hour as i64), Quality::Good));
    assert_eq!(reading.origin(), read(old(), None, Timestamp(NOW.0 + 9)).readings[0].origin());
    let next = read(sample("laser.power", NOW, 2 * hour), Some(2 * hour), NOW);
    assert_ne!(reading.origin(), next.readings[0].origin());
    let words = read(sample("maker.secret", NOW, 1), None, NOW);
    assert_eq!((words.readings.len(), words.refused.len()), (0, 1));
}

#[test]
fn an_alarm_is_the_fault_of_its_subsystem() {
    let alarms = [Occurrence::Raised(alarm("4012", "jammed")), Occurrence::Cleared(alarm("4012", "jammed"))];
    let events: Vec<_> = (1..).zip(alarms).map(|(sequence, what)| event(sequence, what)).collect();
    let words = teller("i-1", None).events(&events, NOW);
    let expected = ["jammed", "none"].map(|code| ("recoater.fault", code.to_owned()));
    assert_eq!(said(&words), expected);
}

#[test]
fn a_wrong_clock_is_put_right_by_the_monotonic_one() {
    let hour = 3_600_000;
    let at = |time: i64, mono_ms| Event {
        time: Timestamp(time),
        mono_ms,
        ..changed(1, "laser.power", SampleValue::Number(1.0))
    };
    for (met, event, expected, quality) in [
        // An hour old, and the printer was away as long.
        (Some(2 * hour), at(NOW.0 - hour as i64, hour), NOW.0 - hour as i64, Quality::Good),
        // The clock is a year slow.
        (Some(2 * hour), at(NOW.0 - 365 * 24 * hour as i64, hour), NOW.0 - hour as i64, Quality::Uncertain),
        // It is from before the printer's last boot: its own time is all that is known.
        (Some(2 * hour), at(NOW.0 - 12 * hour as i64, 0), NOW.0 - 12 * hour as i64, Quality::Good),
        // Nothing says how old it is: what is past is believed, and what is to come is not.
        (None, at(NOW.0 - hour as i64, 0), NOW.0 - hour as i64, Quality::Good),
        (None, at(NOW.0 + hour as i64, 0), NOW.0, Quality::Uncertain),
    ] {
        let words = teller("i-1", met).events(&[event], NOW);
        let reading = &words.readings[0];
        assert_eq!((reading.time(), reading.quality()), (Timestamp(expected), quality));
    }
}

#[test]
fn a_gap_is_an_event_and_a_count() {
    let words = teller("i-1", None).missed(Gap::Lost { first: 5, last: 8 }, 4, NOW);
    assert_eq!(said(&words), [("interface.event", "gap".to_owned()), ("interface.lost", "4".to_owned())]);
    assert!(matches!(words.readings[0].value(), Value::Code(_)));
}
