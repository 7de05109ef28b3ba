//! Lines and events a second, bytes a second and allocations of the parsers: `cargo bench -p benches --bench parsers`.

use benches::logs;
use catalog::{Salt, Timestamp};
use divan::counter::{BytesCount, ItemsCount};
use divan::{AllocProfiler, Bencher};
use parsers::beats::Event;
use parsers::{Context, Family, Format, Line, LogParser, Output, metricbeat};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

/// What twenty printers ship in one window.
const LINES: u32 = 2048;

fn main() {
    divan::main();
}

fn context() -> Context {
    let zone = jiff::tz::TimeZone::get("Europe/Oslo").unwrap_or(jiff::tz::TimeZone::UTC);
    Context { salt: Salt::new([7; 16]), zone }
}

fn bytes(texts: &[String]) -> BytesCount {
    BytesCount::new(texts.iter().map(String::len).sum::<usize>())
}

/// A log of every format, in the mixture in which it is written: from a line and its place to readings.
#[divan::bench(args = logs::NAMES)]
fn log(bencher: Bencher<'_, '_>, name: &str) {
    let Ok(log) = logs::log(name) else { return };
    run(bencher, &log.format, &log.lines(LINES));
}

/// Lines of `projet` whose stamps say the zone, or leave it to its rules.
#[divan::bench(args = ["Z", "+01:00", ""])]
fn projet_by_zone(bencher: Bencher<'_, '_>, zone: &str) {
    let Ok(log) = logs::log("projet") else { return };
    let lines: Vec<_> =
        log.lines(LINES).iter().map(|line| line.replacen("Z ", &format!("{zone} "), 1)).collect();
    run(bencher, &log.format, &lines);
}

/// Lines that nothing knows: a printer that talks nonsense must not cost more than one that works.
#[divan::bench(args = Family::ALL.iter().map(|family| family.name()))]
fn unmatched(bencher: Bencher<'_, '_>, name: &str) {
    let Ok(family) = name.parse::<Family>() else { return };
    let line = |n| {
        format!(
            "Nov 22 10:15:{:02} p01 controller: something {n} that nobody has written a parser for",
            n % 60
        )
    };
    run(bencher, &family.into(), &(0..LINES).map(line).collect::<Vec<_>>());
}

/// A table, a pattern with groups, a line that is known and not read, and one that nothing knows, each alone.
#[divan::bench(args = ["columns", "pattern", "ignored", "unmatched"])]
fn profile(bencher: Bencher<'_, '_>, kind: &str) {
    let Ok(log) = logs::log("profile jetting") else { return };
    let record = match kind {
        "columns" => "STATUS;PRINTING;118;2400;45,2;45,0;44,9;-;52,1;-385;97;1240;31",
        "pattern" => "CARTRIDGE;12;812",
        "ignored" => "OPERATOR;anna;logged in from the terminal beside the machine",
        _ => "NOVELTY;12;something that nobody has written a rule for",
    };
    let lines = vec![format!("2026-11-22 10:15:30;{record}"); LINES as usize];
    run(bencher, &log.format, &lines);
}

/// The parser and its output are kept: a file is read by one of each for as long as it is there.
fn run(bencher: Bencher<'_, '_>, format: &Format, lines: &[String]) {
    let mut parser = format.parser(context());
    let mut output = Output::default();
    read(&mut parser, &mut output, lines);
    bencher
        .counter(ItemsCount::new(lines.len()))
        .counter(bytes(lines))
        .bench_local(|| read(&mut parser, &mut output, lines));
}

/// The line that costs most of a profile that costs most: what `docs/profiles.md` says of the worst.
#[divan::bench]
fn profile_worst(bencher: Bencher<'_, '_>) {
    let ways = "x*".repeat(WAYS);
    let ignored: String = (0..64).map(|n| format!("'x*i{n}',")).collect();
    let rule = |n, pattern: &str| {
        format!(
            "[[rule]]\nname = \"r{n}\"\npattern = '{pattern}'\nvalues = [{{ item = \"log.event\", code = \"started\" }}]\n"
        )
    };
    let rules: String = (0..63).map(|n| rule(n, &format!("x*r{n}"))).collect();
    let last = rule(63, &format!("(?:{ways}(?<_a>b)|x+)"));
    let text = format!(
        "name = \"worst\"\nignore = [{ignored}]\n[record]\nbegins = '(?:{ways}(?<_a>b)|)'\n[stamp]\nformat = \"none\"\n{rules}{last}"
    );
    let Ok(profile) = parsers::profile::Profile::parse(&text).map(std::sync::Arc::new) else { return };
    let lines = ["x".repeat(parsers::limits::PROFILE_LINE_BYTES_MAX)];
    run(bencher, &Format::Profile(profile), &lines);
}

/// As many repetitions as a pattern may have that fits in several ways.
const WAYS: usize = 58;

fn read(parser: &mut LogParser, output: &mut Output, lines: &[String]) -> usize {
    let salt = context().salt;
    let source = salt.source(&[b"file"]);
    let mut made = 0;
    for (position, text) in (0..).zip(lines) {
        let text = text.as_bytes();
        let place = source.place(position, salt.check(text));
        parser.line(&Line { text, place, fallback_time: Timestamp(0) }, output);
        made += output.readings.len() + output.unmatched.len();
        // What is made must really be made: nothing reads it here.
        divan::black_box(&*output);
        output.clear();
    }
    made
}

/// Events as Filebeat ships them, each with a line of `projet`.
fn filebeat() -> Vec<String> {
    let lines = logs::log("projet").map(|log| log.lines(LINES)).unwrap_or_default();
    lines.iter().map(|line| envelope(line)).collect()
}

/// Filebeat's envelope, with the place of its line.
#[divan::bench]
fn filebeat_events(bencher: Bencher<'_, '_>) {
    let events = filebeat();
    let salt = Salt::new([7; 16]);
    bencher.counter(ItemsCount::new(events.len())).counter(bytes(&events)).bench_local(|| {
        let parsed = events.iter().filter_map(|json| Event::parse(json.as_bytes()).ok());
        parsed.for_each(|event| divan::black_box_drop(event.place(&salt)));
    });
}

/// The whole of what an event passes through: envelope, place, and the readings of its line.
#[divan::bench]
fn filebeat_events_to_readings(bencher: Bencher<'_, '_>) {
    let events = filebeat();
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
    let events = benches::metricbeat::events(LINES);
    let mut output = Output::default();
    bencher.counter(ItemsCount::new(events.len())).counter(bytes(&events)).bench_local(|| {
        let mut made = 0;
        for event in events.iter().filter_map(|json| Event::parse(json.as_bytes()).ok()) {
            metricbeat::readings(&event, event.place(&context.salt), &context, &mut output);
            made += output.readings.len();
            output.clear();
        }
        made
    });
}

/// An event with the fields and the size that Filebeat 8 gives it.
fn envelope(line: &str) -> String {
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
