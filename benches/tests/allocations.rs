//! A parser that has read a log once reads it again without an allocation: what the benchmarks' lines and every line of
//! `fixtures/` cost is counted, not timed.

#![expect(clippy::unwrap_used, reason = "a test may fail this way")]

use std::fs;
use std::path::Path;

use allocation_counter::measure;
use benches::logs;
use catalog::{Salt, Source, Timestamp};
use jiff::tz::TimeZone;
use parsers::beats::Event;
use parsers::{Context, Family, Format, Line, LogParser, Output, metricbeat};

/// What reads, and where its readings go: kept from line to line, as in the adapter.
struct Reader {
    source: Source,
    salt: Salt,
    parser: LogParser,
    output: Output,
}

impl Reader {
    fn new(format: &Format) -> Self {
        let salt = Salt::new([7; 16]);
        let context = Context { salt: salt.clone(), zone: TimeZone::get("Europe/Oslo").unwrap() };
        Self {
            source: salt.source(&[b"file"]),
            salt,
            parser: format.parser(context),
            output: Output::default(),
        }
    }

    /// Reads the line, and gives how many allocations that took.
    fn line(&mut self, text: &[u8]) -> u64 {
        let counted = measure(|| {
            let place = self.source.place(7, self.salt.check(text));
            self.parser.line(&Line { text, place, fallback_time: Timestamp(0) }, &mut self.output);
        });
        self.output.clear();
        counted.count_total
    }

    /// Reads the lines twice; gives those that took an allocation the second time.
    fn costly(&mut self, lines: &[&[u8]]) -> Vec<(u64, String)> {
        for line in lines {
            self.line(line);
        }
        let counts: Vec<_> =
            lines.iter().map(|line| (self.line(line), line.escape_ascii().to_string())).collect();
        counts.into_iter().filter(|(count, _)| *count > 0).collect()
    }
}

#[test]
fn an_allocation_is_counted() {
    assert_eq!(measure(|| drop(std::hint::black_box(Vec::<u8>::with_capacity(7)))).count_total, 1);
}

#[test]
fn no_line_of_any_log_costs_an_allocation() {
    for name in logs::NAMES {
        let log = logs::log(name).unwrap();
        let lines = log.lines(500);
        let lines: Vec<_> = lines.iter().map(String::as_bytes).collect();
        let costly = Reader::new(&log.format).costly(&lines);
        assert!(costly.is_empty(), "{name}: {costly:?}");
    }
}

#[test]
fn nor_does_any_line_of_the_fixtures() {
    let mut all = Vec::new();
    let profiles = ["duet", "jetting"].map(|name| logs::log(&format!("profile {name}")).unwrap().format);
    for format in Family::ALL.iter().copied().map(Format::from).chain(profiles) {
        let topic = match &format {
            Format::Family(family) => family.name().to_owned(),
            Format::Profile(profile) => format!("profiles/{}", profile.name()),
        };
        let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures").join(&topic);
        for case in fs::read_dir(cases).unwrap() {
            let case = case.unwrap().path();
            let text = fs::read(case.join("input.log")).unwrap();
            let lines: Vec<_> = text.split(|byte| *byte == b'\n').collect();
            all.extend(Reader::new(&format).costly(&lines));
        }
    }
    assert!(all.is_empty(), "{all:#?}");
}

/// One: the places of its values are boxed, so that the event of a log line, of which there are a thousand for each
/// of Metricbeat's, stays small. See `parsers/src/beats/mod.rs`.
#[test]
fn an_event_of_metricbeat_costs_one_allocation() {
    let context = Context { salt: Salt::new([7; 16]), zone: TimeZone::UTC };
    let mut output = Output::default();
    for round in 0..2 {
        for json in benches::metricbeat::events(50) {
            let counted = measure(|| {
                let event = Event::parse(json.as_bytes()).unwrap();
                metricbeat::readings(&event, event.place(&context.salt), &context, &mut output);
            });
            assert!(!output.readings.is_empty(), "{json}");
            output.clear();
            assert!(round == 0 || counted.count_total == 1, "{}: {json}", counted.count_total);
        }
    }
}
