//! What the operator of `adapter tap` is told of each kind of record, and that nobody else pays for it.

use parsers::Family;
use serde_json::{Value as Json, json};

use super::super::testing::{self, Bench};
use super::super::{Normaliser, Way};
use super::*;
use crate::config::Printer;

struct Case {
    held_back: HeldBack,
    normaliser: Normaliser,
    bench: Bench,
}

impl Case {
    fn new(with_text: bool) -> Self {
        Self::of(&testing::printer(), with_text)
    }

    fn of(printer: &Printer, with_text: bool) -> Self {
        let (mut bench, held_back) = (testing::bench(), HeldBack::new(with_text));
        bench.context.held_back = Some(held_back.clone());
        let normaliser = Normaliser::new(printer, Way::Beats, &bench.context);
        Self { held_back, normaliser, bench }
    }

    fn event(&self, json: &str) -> Vec<Reading> {
        let mut batch = self.normaliser.batch();
        batch.event(json.as_bytes());
        batch.finish().concat()
    }

    fn line(&self, message: &str) -> Vec<Reading> {
        self.event(
            &json!({
                "@timestamp": "2026-11-22T10:15:31.000Z",
                "@metadata": {"beat": "filebeat"},
                "agent": {"id": "a-1", "type": "filebeat"},
                "log": {"offset": 0, "file": {"inode": "7", "device_id": "1"}},
                "message": message,
            })
            .to_string(),
        )
    }

    /// What was told since, without what every row has: the printer and the way.
    fn told(&self) -> Vec<Json> {
        let inner = |row: &String| {
            let mut row: Json = serde_json::from_str::<Json>(row).unwrap()["held_back"].take();
            if let Some(fields) = row.as_object_mut().filter(|fields| fields.contains_key("printer")) {
                assert_eq!(fields.remove("printer"), Some("p01".into()));
                assert_eq!(fields.remove("source"), Some("beats".into()));
            }
            row
        };
        self.held_back.take().iter().map(inner).collect()
    }
}

#[test]
fn each_kind_of_what_is_held_back_says_why() {
    let case = Case::new(false);
    let stamp = "2026-11-22T10:15:30.123Z";
    let told = |line: String| {
        let bytes = line.len();
        case.line(&line);
        let mut rows = case.told();
        for row in &mut rows {
            let fields = row.as_object_mut().unwrap();
            assert_eq!(fields.remove("bytes"), Some(bytes.into()));
            assert_eq!(fields.remove("family"), Some("projet".into()));
        }
        rows
    };
    assert_eq!(told(format!("{stamp} laser #000000123 INFO power=512.3mW")), [] as [Json; 0]);
    let rows = told(format!("{stamp} laser #000000124 INFO power=lots setpoint=515mW"));
    assert_eq!(rows, [json!({"reason": "refused", "item": "laser.power", "why": "not_a_number"})]);
    let rows = told(format!("{stamp} recoater #000000125 FAULT code=9999 name=x state=active"));
    let shape = rows[0]["hash"].as_str().unwrap();
    let fault = |item| json!({"reason": "unmapped_fault", "item": item, "hash": shape});
    assert_eq!(rows, [fault("recoater.fault")]);
    let rows = told(format!("{stamp} build #000000126 INFO job=\"bracket\" layer=118x"));
    let hash = rows[0]["hash"].as_str().unwrap();
    assert!(hash.len() == 34 && hash.starts_with("h:"), "{hash}");
    assert_eq!(rows, [json!({"reason": "hashed", "item": "build.id", "hash": hash})]);
    assert_eq!(told("    operator \"anna\" was told".to_owned()), [json!({"reason": "not_collected"})]);
    let shapes = ["anna opened bracket.stl", "bert opened hinge.stl", "anna? bracket!"].map(|line| {
        let rows = told(line.to_owned());
        assert_eq!((rows.len(), &rows[0]["reason"]), (1, &"unmatched".into()));
        rows[0]["shape"].clone()
    });
    assert!(shapes[0] == shapes[1] && shapes[0] != shapes[2], "{shapes:?}");
}

#[test]
fn the_hash_of_a_text_in_no_table_is_the_one_that_leaves() {
    let klippy = Printer { format: Some(Family::Klippy.into()), ..testing::printer() };
    let case = Case::of(&klippy, false);
    let readings = case.line("Transition to shutdown state: The cat of anna sat on the heater");
    let shape = readings.iter().find(|reading| *reading.item() == items::ALARM_SHAPE).and_then(hash);
    assert!(shape.is_some());
    let told = case.told();
    let expected =
        json!({"reason": "unmapped_fault", "item": "alarm.class", "hash": shape, "family": "klippy"});
    let row = told.iter().find(|row| row["reason"] == "unmapped_fault").unwrap();
    assert!(expected.as_object().unwrap().iter().all(|(key, value)| row[key] == *value), "{row}");
}

#[test]
fn events_that_no_parser_could_be_given() {
    let case = Case::new(false);
    let bare = "{\"@timestamp\":\"2026-11-22T10:15:31Z\",\"agent\":{\"id\":\"a\"}}";
    for (event, reason) in [("{anna", "not_json"), ("[]", "no_event"), (bare, "no_line")] {
        case.event(event);
        assert_eq!(case.told(), [json!({"reason": reason, "bytes": event.len()})]);
    }
    let open = Case::of(&Printer { format: None, ..testing::printer() }, false);
    open.line("of anna");
    assert_eq!(open.told(), [json!({"reason": "unknown_format", "bytes": 7})]);
}

#[test]
fn the_text_is_there_where_it_was_asked_for_and_cut_where_it_is_long() {
    let line = "novelty of anna ".repeat(1000);
    for with_text in [false, true] {
        let case = Case::new(with_text);
        case.line(&line);
        let told = case.told();
        let expected = if with_text { line[..TEXT_BYTES_MAX].into() } else { Json::Null };
        assert_eq!((&told[0]["text"], &told[0]["bytes"]), (&expected, &16_000.into()));
    }
}

#[test]
fn a_printer_that_answers_is_told_of_without_a_text() {
    let case = Case::new(true);
    case.normaliser.refused(Some(&items::LASER_POWER), "other_unit", &"the printer has it in another unit");
    case.normaliser.passed_by("too_many_files", 44);
    let expected = [
        json!({"reason": "refused", "item": "laser.power", "why": "other_unit"}),
        json!({"reason": "too_many_files", "number": 44}),
    ];
    assert_eq!(case.told(), expected);
}

#[test]
fn what_nobody_prints_takes_bounded_memory_and_is_counted() {
    let case = Case::new(true);
    let line = "x".repeat(TEXT_BYTES_MAX);
    let number = ROWS_BYTES_MAX / TEXT_BYTES_MAX + 10;
    for _ in 0..number {
        case.line(&line);
    }
    let told = case.told();
    let lost = told.last().unwrap()["number"].as_u64().unwrap();
    assert_eq!(told.last().unwrap()["reason"], "not_shown");
    assert_eq!(told.len() as u64 - 1 + lost, number as u64);
    assert_eq!(case.told(), [] as [Json; 0]);
}

#[test]
fn it_changes_nothing_of_what_leaves_and_of_what_is_counted() {
    let (seen, unseen) = (Case::new(true), testing::bench());
    let other = Normaliser::new(&testing::printer(), Way::Beats, &unseen.context);
    let lines = ["2026-11-22T10:15:30Z laser #000000123 INFO power=lots setpoint=5mW", "novelty of anna", ""];
    for line in lines {
        let json = json!({"@timestamp": "2026-11-22T10:15:31Z", "agent": {"id": "a"}, "message": line});
        let mut batch = other.batch();
        batch.event(json.to_string().as_bytes());
        assert_eq!(seen.event(&json.to_string()), batch.finish().concat());
    }
    assert_eq!(seen.bench.context.counters.snapshot(), unseen.context.counters.snapshot());
    assert_eq!(seen.bench.context.counters.readings_refused.now(), 1);
}
