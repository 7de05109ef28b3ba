use std::collections::HashSet;

use catalog::Timestamp;

use super::testing;
use super::*;

const LINE: &str = "2026-11-22T10:15:30.123Z laser #000000123 INFO power=512.3mW";

fn normaliser() -> (Normaliser, Arc<Counters>) {
    let bench = testing::bench();
    (Normaliser::new(&testing::printer(), Way::Beats, &bench.context), Arc::clone(&bench.context.counters))
}

fn filebeat(message: &str, offset: u64) -> String {
    serde_json::json!({
        "@timestamp": "2026-11-22T10:15:31.000Z",
        "@metadata": {"beat": "filebeat"},
        "agent": {"id": "a-1", "type": "filebeat"},
        "log": {"offset": offset, "file": {"path": "/logs/laser.log", "inode": "7", "device_id": "1"}},
        "message": message,
    })
    .to_string()
}

fn of_event(normaliser: &Normaliser, json: &str) -> Vec<Reading> {
    let mut batch = normaliser.batch();
    batch.event(json.as_bytes());
    batch.finish().concat()
}

fn items(readings: &[Reading]) -> Vec<&str> {
    readings.iter().map(|reading| reading.item().id()).collect()
}

#[test]
fn a_shipped_line_becomes_readings_with_origins_that_a_resend_repeats() {
    let (normaliser, counters) = normaliser();
    let mut readings = of_event(&normaliser, &filebeat(LINE, 0));
    assert_eq!(items(&readings), ["log.record", "laser.power"]);
    readings.extend(of_event(&normaliser, &filebeat(LINE, 0)));
    readings.extend(of_event(&normaliser, &filebeat(LINE, 61)));
    let origins: HashSet<_> = readings.iter().map(Reading::origin).collect();
    assert_eq!((readings.len(), origins.len()), (6, 4));
    assert_eq!((counters.lines_read.now(), counters.lines_unmatched.now()), (3, 0));
}

#[test]
fn a_measurement_of_the_host_becomes_readings() {
    let (normaliser, _) = normaliser();
    let event = serde_json::json!({
        "@timestamp": "2026-11-22T10:15:31.000Z",
        "@metadata": {"beat": "metricbeat"},
        "agent": {"id": "m-1"},
        "event": {"dataset": "system.load"},
        "metricset": {"name": "load"},
        "system": {"load": {"1": 0.5}},
    });
    let readings = of_event(&normaliser, &event.to_string());
    assert_eq!(items(&readings), ["host.load"]);
}

#[test]
fn what_cannot_be_read_is_counted_and_nothing_of_it_comes_out() {
    let (normaliser, counters) = normaliser();
    let deep = "[".repeat(5000);
    let no_event = ["", "{", "[]", "7", "null", "{\"@timestamp\":1}", &deep, "\u{0}"];
    let mut readings = Vec::new();
    for json in no_event {
        readings.extend(of_event(&normaliser, json));
    }
    readings.extend(of_event(&normaliser, &filebeat("anna opened /home/anna/part.stl", 0)));
    assert_eq!(readings, []);
    assert_eq!(counters.lines_unmatched.now(), no_event.len() as u64 + 1);
}

#[test]
fn a_value_that_the_catalogue_refuses_is_counted_and_the_others_of_its_line_stay() {
    let (normaliser, counters) = normaliser();
    let line = "2026-11-22T10:15:30.123Z laser #000000124 INFO power=lots setpoint=515mW";
    let readings = of_event(&normaliser, &filebeat(line, 0));
    assert_eq!(items(&readings), ["log.record", "laser.power_setpoint"]);
    assert_eq!(counters.readings_refused.now(), 1);
    let by_item = counters.printer(&testing::printer_id()).readings_refused.greatest_first();
    assert_eq!(by_item, [((Some("laser.power"), "not_a_number"), 1)]);
}

#[test]
fn a_line_without_a_stamp_gets_the_shippers_time() {
    let (normaliser, _) = normaliser();
    let readings = of_event(&normaliser, &filebeat("- laser #000000125 INFO power=512.3mW", 0));
    let expected: jiff::Timestamp = "2026-11-22T10:15:31Z".parse().unwrap();
    assert!(readings.iter().all(|reading| reading.time() == Timestamp(expected.as_millisecond())));
}

#[test]
fn files_without_end_take_bounded_memory() {
    let (normaliser, _) = normaliser();
    for inode in 0..1000 {
        let event = filebeat(LINE, 0).replace("\"7\"", &format!("\"{inode}\""));
        of_event(&normaliser, &event);
    }
    assert!(normaliser.shipped.lock().unwrap().len() <= 256);
}

#[test]
fn what_is_sent_again_has_the_quality_that_it_had() {
    let (normaliser, _) = normaliser();
    let send = |second: u64| {
        let message = format!("2026-11-22T10:15:{second}Z laser #000000123 INFO power=512.3mW");
        of_event(&normaliser, &filebeat(&message, second * 61))
    };
    let first: Vec<_> = (10..20).map(send).collect();
    // The connection broke before the acknowledgement.
    let again: Vec<_> = (10..20).map(send).collect();
    assert_eq!(again, first);
    assert!(first.iter().flatten().all(|reading| reading.quality() == catalog::Quality::Good));
}

#[test]
fn texts_that_leave_as_a_hash_and_known_lines_of_which_nothing_is_collected_are_counted() {
    let (normaliser, counters) = normaliser();
    let stamp = "2026-11-22T10:15:30.123Z";
    for (line, redacted) in [
        (LINE.to_owned(), 0),
        (format!("{stamp} build #000000126 INFO job=\"bracket\" layer=118"), 1),
        (format!("{stamp} recoater #000000125 FAULT code=9999 name=x state=active"), 1),
        (format!("{stamp} laser #000000124 INFO power=lots"), 0),
        ("    operator \"anna\" was told".to_owned(), 1),
        ("anna opened bracket.stl".to_owned(), 0),
        (" \t".to_owned(), 0),
    ] {
        let before = counters.texts_redacted.now();
        of_event(&normaliser, &filebeat(&line, 0));
        assert_eq!(counters.texts_redacted.now() - before, redacted, "{line}");
    }
    assert_eq!(counters.printer(&testing::printer_id()).texts_redacted.now(), 3);
}
