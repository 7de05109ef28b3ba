//! Lines and events a second, bytes a second and allocations of the parsers: `cargo bench -p benches --bench parsers`.

use catalog::{Salt, Timestamp};
use divan::counter::{BytesCount, ItemsCount};
use divan::{AllocProfiler, Bencher};
use parsers::beats::Event;
use parsers::{Context, Family, Line, LogParser, Output, metricbeat};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

/// What twenty printers ship in one window.
const LINES: usize = 2048;

const RECORDS: &[&str] = &[
    "laser #000000123 INFO power=512.3mW setpoint=515mW current=21.4A head=31.2Cel hours=1234.5h",
    "vat #000000124 INFO temp=27.9Cel setpoint=28Cel heater=35.5% level=0.125mm cartridge=81% pump=moving",
    "recoater #000000125 INFO position=250.5mm speed=-120mm/s load=18% recoat=9.5s elevator=42.05mm",
    "build #000000126 INFO printer=building state=printing job=\"a bracket.stl\" layer=118x layers=2400x",
    "recoater #000000127 FAULT code=4012 name=recoater_jammed state=active",
];

fn main() {
    divan::main();
}

fn lines(stamp: &str) -> Vec<String> {
    RECORDS.iter().cycle().take(LINES).map(|record| format!("{stamp} {record}")).collect()
}

fn context() -> Context {
    let zone = jiff::tz::TimeZone::get("Europe/Oslo").unwrap_or(jiff::tz::TimeZone::UTC);
    Context { salt: Salt::new([7; 16]), zone }
}

fn bytes(texts: &[String]) -> BytesCount {
    BytesCount::new(texts.iter().map(String::len).sum::<usize>())
}

/// Known lines, by how their stamps say the zone: local time asks the zone's rules.
#[divan::bench(args = ["2026-11-22T10:15:30.123Z", "2026-11-22T10:15:30.123+01:00", "2026-11-22T10:15:30.123"])]
fn projet(bencher: Bencher<'_, '_>, stamp: &str) {
    let lines = lines(stamp);
    bencher.counter(ItemsCount::new(lines.len())).counter(bytes(&lines)).bench_local(|| read(&lines));
}

/// Lines that nothing knows: a printer that talks nonsense must not cost more than one that works.
#[divan::bench]
fn projet_unmatched(bencher: Bencher<'_, '_>) {
    let lines = lines("Nov 22 10:15:30 p01 controller:");
    bencher.counter(ItemsCount::new(lines.len())).counter(bytes(&lines)).bench_local(|| read(&lines));
}

/// `Stats` lines of a printer with one controller and with three, behind the line that says both of its clocks.
#[divan::bench(args = [1, 3])]
fn klippy(bencher: Bencher<'_, '_>, controllers: usize) {
    let start = "Start printer at Sun Nov 22 10:15:30 2026 (1795342530.1 20.4)".to_owned();
    let stats = benches::klippy::stats(controllers, 2048);
    let lines: Vec<_> = [start].into_iter().chain(stats).collect();
    bencher
        .counter(ItemsCount::new(lines.len()))
        .counter(bytes(&lines))
        .bench_local(|| read_as(Family::Klippy, &lines));
}

#[divan::bench]
fn klippy_unmatched(bencher: Bencher<'_, '_>) {
    let lines = lines("Nov 22 10:15:30 p01 controller:");
    bencher
        .counter(ItemsCount::new(lines.len()))
        .counter(bytes(&lines))
        .bench_local(|| read_as(Family::Klippy, &lines));
}

/// Lines of the format that only a profile reads: a status of twelve columns, a pattern with groups, a line that is known
/// and not read, and one that nothing knows. Of each alone, and of all in turn.
#[divan::bench(args = ["columns", "pattern", "ignored", "unmatched", "mixed"])]
fn profile(bencher: Bencher<'_, '_>, kind: &str) {
    let text = include_str!("../../parsers/profiles/jetting.toml");
    let Ok(profile) = parsers::profile::Profile::parse(text).map(std::sync::Arc::new) else { return };
    let records =
        JETTING.iter().filter(|(name, _)| kind == "mixed" || kind == *name).map(|(_, record)| *record);
    let lines: Vec<_> =
        records.collect::<Vec<_>>().iter().cycle().take(LINES).map(ToString::to_string).collect();
    bencher
        .counter(ItemsCount::new(lines.len()))
        .counter(bytes(&lines))
        .bench_local(|| read_by(LogParser::of_profile(std::sync::Arc::clone(&profile), context()), &lines));
}

const JETTING: &[(&str, &str)] = &[
    ("columns", "2026-11-22 10:15:30;STATUS;PRINTING;118;2400;45,2;45,0;44,9;-;52,1;-385;97;1240;31"),
    ("pattern", "2026-11-22 10:15:30;CARTRIDGE;12;812"),
    ("ignored", "2026-11-22 10:15:30;OPERATOR;anna;logged in from the terminal beside the machine"),
    ("unmatched", "2026-11-22 10:15:30;NOVELTY;12;something that nobody has written a rule for"),
];

fn read(lines: &[String]) -> usize {
    read_as(Family::Projet, lines)
}

fn read_as(family: Family, lines: &[String]) -> usize {
    read_by(LogParser::new(family, context()), lines)
}

fn read_by(mut parser: LogParser, lines: &[String]) -> usize {
    let salt = context().salt;
    let source = salt.source(&[b"file"]);
    let mut output = Output::default();
    let mut made = 0;
    for (position, text) in (0..).zip(lines) {
        let text = text.as_bytes();
        let place = source.place(position, salt.check(text));
        parser.line(&Line { text, place, fallback_time: Timestamp(0) }, &mut output);
        made += output.readings.len() + output.unmatched.len();
        // What is made must really be made: nothing reads it here.
        divan::black_box(&output);
        output.clear();
    }
    made
}

/// Filebeat's envelope, with the place of its line.
#[divan::bench]
fn filebeat_events(bencher: Bencher<'_, '_>) {
    let events: Vec<_> = lines("2026-11-22T10:15:30.123Z").iter().map(|line| filebeat(line)).collect();
    let salt = Salt::new([7; 16]);
    bencher.counter(ItemsCount::new(events.len())).counter(bytes(&events)).bench_local(|| {
        let parsed = events.iter().filter_map(|json| Event::parse(json.as_bytes()).ok());
        parsed.for_each(|event| divan::black_box_drop(event.place(&salt)));
    });
}

/// The whole of what an event passes through: envelope, place, and the readings of its line.
#[divan::bench]
fn filebeat_events_to_readings(bencher: Bencher<'_, '_>) {
    let events: Vec<_> = lines("2026-11-22T10:15:30.123Z").iter().map(|line| filebeat(line)).collect();
    let context = context();
    let salt = context.salt.clone();
    let mut parser = LogParser::new(Family::Projet, context);
    let mut output = Output::default();
    bencher.counter(ItemsCount::new(events.len())).counter(bytes(&events)).bench_local(|| {
        let mut made = 0;
        for event in events.iter().filter_map(|json| Event::parse(json.as_bytes()).ok()) {
            let text = event.message.as_deref().unwrap_or_default();
            let line = Line { text, place: event.place(&salt), fallback_time: Timestamp(0) };
            parser.line(&line, &mut output);
            made += output.readings.len();
            output.clear();
        }
        made
    });
}

#[divan::bench]
fn metricbeat_events(bencher: Bencher<'_, '_>) {
    let context = context();
    let events = vec![METRIC.to_owned(); LINES];
    bencher.counter(ItemsCount::new(events.len())).counter(bytes(&events)).bench_local(|| {
        let mut output = Output::default();
        for event in events.iter().filter_map(|json| Event::parse(json.as_bytes()).ok()) {
            output.clear();
            metricbeat::readings(&event, event.place(&context.salt), &context, &mut output);
        }
        output.readings.len()
    });
}

/// An event with the fields and the size that Filebeat 8 gives it.
fn filebeat(line: &str) -> String {
    serde_json::json!({
        "@timestamp": "2026-11-22T10:15:31.000Z",
        "@metadata": { "beat": "filebeat", "type": "_doc", "version": "8.1.3" },
        "log": { "offset": 123_456, "file": { "path": "/var/log/projet/laser.log" } },
        "message": line,
        "input": { "type": "filestream" },
        "ecs": { "version": "8.0.0" },
        "host": { "hostname": "p01", "architecture": "x86_64", "name": "p01", "containerized": false,
            "os": { "type": "linux", "platform": "debian", "version": "12", "family": "debian", "kernel": "6.1.0" },
            "id": "0123456789abcdef0123456789abcdef", "ip": ["10.0.0.7", "fe80::1"], "mac": ["00:00:00:00:00:01"] },
        "agent": { "id": "4f9c1f0e-0000-4000-8000-000000000001", "ephemeral_id": "4f9c1f0e-0000-4000-8000-000000000002",
            "name": "p01", "type": "filebeat", "version": "8.1.3" },
    })
    .to_string()
}

const METRIC: &str = r#"{"@timestamp":"2026-11-22T10:15:40.000Z","@metadata":{"beat":"metricbeat","type":"_doc","version":"8.1.3"},"event":{"dataset":"system.memory","module":"system","duration":125000},"metricset":{"name":"memory","period":10000},"service":{"type":"system"},"agent":{"id":"m-1","ephemeral_id":"e-1","type":"metricbeat"},"host":{"name":"p01"},"system":{"memory":{"total":8589934592,"free":1000,"used":{"bytes":1,"pct":0.9},"actual":{"free":1,"used":{"bytes":1,"pct":0.25}},"swap":{"total":0}}}}"#;
