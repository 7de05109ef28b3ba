use std::collections::BTreeSet;
use std::time::Duration;

use catalog::{Salt, Value, items};
use parsers::{Context, Family, Line, LogParser, Output};

use super::*;
use crate::faults::FaultKind;
use crate::noise::Noise;
use crate::printer::Printer;
use crate::scribe::Pace;

const TICK: Duration = Duration::from_millis(100);

/// Runs a printer for some ticks and writes what it says; the faults come one after the other.
fn write_ticks(writer: &mut LogWriter, ticks: i64) -> Written {
    let mut printer = Printer::new(Noise::split(7, "p01"));
    let mut pace = Pace::new(20.0);
    let mut total = Written::default();
    for tick in 0..ticks {
        match tick {
            50 => FaultKind::RecoaterJam.apply(&mut printer, true),
            100 => FaultKind::RecoaterJam.apply(&mut printer, false),
            150 => FaultKind::VatOverheat.apply(&mut printer, true),
            160 => FaultKind::LaserDrift.apply(&mut printer, true),
            _ => {}
        }
        let happened = printer.step(TICK);
        let records = pace.records(TICK, &happened, 0, &printer);
        let written = writer.write(Timestamp(1_763_806_530_000 + tick * 100), &records).unwrap();
        total.records += written.records;
        total.continuations += written.continuations;
        total.rotations += written.rotations;
    }
    total
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn the_parser_knows_every_line_and_every_number_comes_once() {
    let directory = tempfile::tempdir().unwrap();
    let mut writer = LogWriter::open(directory.path(), 1 << 20, None).unwrap();
    let written = write_ticks(&mut writer, 400);
    assert!(written.continuations >= 8);

    let context = Context { salt: Salt::new([1; 16]), zone: jiff::tz::TimeZone::UTC };
    let mut output = Output::default();
    for (index, path) in files(directory.path()).iter().enumerate() {
        let mut parser = LogParser::new(Family::Projet, context.clone());
        let source = context.salt.source(&[&index.to_be_bytes()]);
        for (number, text) in fs::read_to_string(path).unwrap().lines().enumerate() {
            let place = source.place(number as u64, 0);
            parser.line(&Line { text: text.as_bytes(), place, fallback_time: Timestamp(0) }, &mut output);
        }
    }
    assert!(
        output.unmatched.is_empty() && output.refused.is_empty(),
        "{:?} {:?}",
        output.unmatched,
        output.refused
    );
    let of = |item| output.readings.iter().filter(move |reading| reading.item() == item);
    let numbers: Vec<String> = of(&items::LOG_RECORD)
        .map(|reading| match reading.value() {
            Value::Number(number) => number.to_string(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(numbers.len() as u64, written.records);
    let expected: BTreeSet<String> = (1..=written.records).map(|number| number.to_string()).collect();
    assert_eq!(numbers.into_iter().collect::<BTreeSet<_>>(), expected);
    let jams: Vec<_> = of(&items::RECOATER_FAULT).map(|reading| reading.value().clone()).collect();
    assert_eq!(jams, [Value::Code("jammed"), Value::Code("none")]);
    for fault in [&items::VAT_FAULT, &items::LASER_FAULT] {
        assert_eq!(of(fault).count(), 1, "{}", fault.id());
    }
}

#[test]
fn the_log_is_full_of_words_that_must_never_leave() {
    let directory = tempfile::tempdir().unwrap();
    let mut writer = LogWriter::open(directory.path(), 1 << 20, None).unwrap();
    write_ticks(&mut writer, 100);
    let text: String = files(directory.path()).iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    for word in ["job=\"", "user=\"", ".stl", "operator \""] {
        assert!(text.contains(word), "{word}");
    }
}

#[test]
fn a_full_file_is_renamed_and_the_oldest_goes() {
    let directory = tempfile::tempdir().unwrap();
    let mut writer = LogWriter::open(directory.path(), 1_024, None).unwrap();
    let written = write_ticks(&mut writer, 600);
    assert!(written.rotations > 4);
    let names: Vec<_> =
        files(directory.path()).iter().map(|path| path.file_name().unwrap().to_owned()).collect();
    assert!(names.iter().any(|name| name == "laser.log.3"));
    assert!(!names.iter().any(|name| name == "laser.log.4"));
    for path in files(directory.path()) {
        assert!(fs::read_to_string(path).unwrap().ends_with('\n'), "a line is never split over two files");
    }
}

#[test]
fn what_was_not_shipped_is_not_deleted() {
    let directory = tempfile::tempdir().unwrap();
    let retention = Retention::default();
    let mut writer = LogWriter::open(directory.path(), 1_024, Some(retention.clone())).unwrap();
    let records = || -> u64 {
        let text: String =
            files(directory.path()).iter().map(|path| fs::read_to_string(path).unwrap()).collect();
        text.lines().filter(|line| !line.starts_with([' ', '\t'])).count() as u64
    };
    let written = write_ticks(&mut writer, 600);
    assert_eq!(records(), written.records);
    // Once all of it has arrived, rotation goes on and the oldest files go.
    for path in files(directory.path()) {
        let file = fs::metadata(path).unwrap();
        retention.shipped(file.ino(), file.len());
    }
    let more = write_ticks(&mut writer, 600);
    assert!(records() < written.records + more.records);
}

#[test]
fn the_logs_of_an_earlier_run_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("laser.log"), "x").unwrap();
    let refused = LogWriter::open(directory.path(), 1_024, None);
    assert!(matches!(refused, Err(LogError::NotEmpty { .. })));
}
