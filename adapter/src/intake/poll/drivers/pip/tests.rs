//! From a printer's answers into the catalogue.

use std::time::Duration;

use catalog::{Quality, Reading, Timestamp, Value};
use protocol::pip::{ActiveAlarms, Description, HelloAck, SampleValue, Values};

use super::translate::{Translator, who};
use crate::intake::pip::Offered;
use crate::intake::poll::Now;
use crate::intake::poll::found::{Found, Words};
use crate::intake::poll::memory::Memory;
use crate::intake::poll::tests::{
    alarm, beginning, description, hello_ack, item, later, memory, sample, text,
};

fn codes(readings: &[Reading]) -> Vec<(&str, String)> {
    let code = |reading: &Reading| match reading.value() {
        Value::Code(code) => (*code).to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Identity(identity) => identity.as_str().to_owned(),
        Value::Hash(hash) => hash.to_string(),
    };
    let mut codes: Vec<_> = readings.iter().map(|reading| (reading.item().id(), code(reading))).collect();
    codes.sort_unstable();
    codes
}

/// A translator with its printer's memory.
struct Told {
    translator: Translator,
    memory: Memory,
}

impl Told {
    fn new() -> Self {
        Self { translator: Translator::default(), memory: memory(Duration::from_secs(1)) }
    }

    fn find<T>(&mut self, now: Now, of: impl FnOnce(&mut Translator, &mut Found<'_>) -> T) -> (T, Words) {
        let mut words = Words::default();
        let found = of(&mut self.translator, &mut Found::new(&mut self.memory, now, &mut words));
        (found, words)
    }

    fn described(&mut self, description: &Description, alarms: bool) -> (Vec<Offered>, Words) {
        self.find(beginning(), |translator, found| translator.described(description, alarms, found))
    }

    fn values(&mut self, values: &Values, now: Now) -> Words {
        self.find(now, |translator, found| translator.values(values, Duration::ZERO, found)).1
    }

    fn alarms(&mut self, alarms: &ActiveAlarms, now: Now) -> Words {
        self.find(now, |translator, found| translator.alarms(alarms, Duration::ZERO, found)).1
    }
}

fn told() -> Told {
    let mut told = Told::new();
    told.described(&description(), true);
    told
}

#[test]
fn who_the_printer_is_but_for_a_model_that_the_configuration_names() {
    let words = Told::new().find(beginning(), |_, found| who(&hello_ack(), found)).1;
    let expected = [
        ("identity.firmware", "2.4.1"),
        ("identity.model", "ProJet 7000 HD"),
        ("identity.serial", "SIM-0001"),
    ];
    assert_eq!(codes(&words.readings), expected.map(|(id, text)| (id, text.to_owned())));
    let mut told = Told::new();
    told.memory.know_model();
    let hello = HelloAck { serial: text("a@b.c/d"), ..hello_ack() };
    let words = told.find(beginning(), |_, found| who(&hello, found)).1;
    assert_eq!(codes(&words.readings), [("identity.firmware", "2.4.1".to_owned())]);
    assert_eq!(words.refused.len(), 1);
}

#[test]
fn only_what_the_catalogue_has_with_its_kind_and_unit_is_asked_for() {
    let items = vec![
        item("laser.power", "gauge", "mW"),
        item("laser.power", "gauge", "mW"),
        item("vat.temperature", "gauge", "K"),
        item("door.state", "gauge", "1"),
        item("recoater.fault", "state", "1"),
        item("maker.secret", "gauge", "1"),
        item("adapter.uptime", "counter", "s"),
        item("printer.reachability", "state", "1"),
        item("log.record", "counter", "{record}"),
    ];
    let (offered, words) = Told::new().described(&Description { items: items.clone() }, true);
    assert_eq!(offered.iter().map(|offered| offered.item.id()).collect::<Vec<_>>(), ["laser.power"]);
    assert_eq!(words.refused.len(), 2);
    // Without ALARMS, faults are read as any state.
    let (offered, _) = Told::new().described(&Description { items }, false);
    assert_eq!(offered.len(), 2);
}

#[test]
fn a_value_whose_time_has_not_moved_is_not_said_again() {
    let (mut translator, now) = (told(), beginning());
    let values = Values { values: vec![sample("laser.power", SampleValue::Number(512.0), now.wall)] };
    let first = translator.values(&values, now);
    assert_eq!(codes(&first.readings), [("laser.power", "512".to_owned())]);
    assert_eq!(translator.values(&values, later(now, Duration::from_secs(1))).readings, []);
    let next =
        Values { values: vec![sample("laser.power", SampleValue::Number(512.0), Timestamp(now.wall.0 + 1))] };
    let second = translator.values(&next, now);
    assert_ne!(second.readings[0].origin(), first.readings[0].origin());
    // Another adapter process makes the same origin of the same value.
    assert_eq!(told().values(&values, now).readings, first.readings);
}

#[test]
fn what_was_not_asked_for_or_does_not_fit_is_refused() {
    let (mut translator, now) = (told(), beginning());
    let values = vec![
        sample("maker.secret", SampleValue::Number(1.0), now.wall),
        sample("log.record", SampleValue::Number(1.0), now.wall),
        sample("door.state", SampleValue::Code(text("/home/anna")), now.wall),
        sample("laser.power", SampleValue::Code(text("bracket.stl")), now.wall),
    ];
    let words = translator.values(&Values { values }, now);
    assert_eq!((words.readings.len(), words.refused.len()), (0, 4));
    assert!(words.refused.iter().all(|(_, why)| !why.contains("anna") && !why.contains("bracket")));
}

#[test]
fn a_clock_that_is_off_is_not_believed() {
    let (mut translator, now) = (told(), beginning());
    let time = Timestamp(now.wall.0 - 3_600_000);
    let words = translator
        .values(&Values { values: vec![sample("laser.power", SampleValue::Number(1.0), time)] }, now);
    assert_eq!((words.readings[0].time(), words.readings[0].quality()), (now.wall, Quality::Uncertain));
}

#[test]
fn faults_come_from_the_alarms_and_go_only_when_the_printer_says_so() {
    let (mut translator, now) = (told(), beginning());
    let none = ActiveAlarms::default();
    let jammed =
        ActiveAlarms { alarms: vec![alarm("recoater", "jammed"), alarm("pope", "x"), alarm("vat", "odd")] };
    let subsystems = [("laser.fault", "none"), ("recoater.fault", "none"), ("vat.fault", "none")];
    let expected = |codes: &[(&'static str, &str)]| {
        codes.iter().map(|(id, code)| (*id, (*code).to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(codes(&translator.alarms(&none, now).readings), expected(&subsystems));
    assert_eq!(translator.alarms(&none, later(now, Duration::from_secs(5))).readings, []);
    let now = later(now, Duration::from_secs(10));
    let words = translator.alarms(&jammed, now);
    assert_eq!(codes(&words.readings), expected(&[("recoater.fault", "jammed"), ("vat.fault", "unmapped")]));
    assert_eq!(words.refused.len(), 1);
    let now = later(now, Duration::from_secs(10));
    assert_eq!(
        codes(&translator.alarms(&none, now).readings),
        expected(&[("recoater.fault", "none"), ("vat.fault", "none")])
    );
    // As before, and said again all the same.
    let now = later(now, Duration::from_secs(60));
    assert_eq!(codes(&translator.alarms(&none, now).readings), expected(&subsystems));
}
