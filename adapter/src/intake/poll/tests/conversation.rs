//! A driver over HTTP against a conversation that is written down: `fixtures/<family>/<case>/input.json` says what the
//! printer answers to each question, `expected.txt` what is asked, what is found and what that shows.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path as FilePath, PathBuf};

use bytes::Bytes;
use catalog::{Reading, Value};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::super::driver::{Driver, Next, Verdict};
use super::super::found::{Found, Words};
use super::super::transport::http::{Get, Got, Path};
use super::*;

#[derive(Deserialize)]
struct Input {
    /// Between two rounds, in seconds.
    interval_s: u64,
    steps: Vec<Step>,
}

/// What happens next: an answer to the next question, or one of the other two.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Step {
    /// The path that must be asked for.
    ask: String,
    status: Option<u16>,
    retry_after_s: Option<u64>,
    /// What the printer's clock shows, in seconds since 1970; without it, it sends no `Date`.
    date: Option<i64>,
    /// JSON, or any text in a string.
    body: Option<serde_json::Value>,
    text: String,
    /// The connection is lost, and made anew.
    lost: bool,
    /// So long goes by before the next question.
    pass_s: u64,
    /// The next question is a sign of life.
    life: bool,
}

/// Every case of a family comes to what it says, with a driver that only asks and is answered.
pub(in crate::intake::poll) fn each_case<D: Driver<Query = Get, Answer = Got>>(
    family: &str,
    driver: impl Fn() -> D,
) {
    each(family, |input: &Input, _| converse(driver(), input));
}

/// Every case of a family comes to what it says, whatever its `input.json` is made of.
pub(in crate::intake::poll) fn each<I: DeserializeOwned>(
    family: &str,
    converse: impl Fn(&I, &FilePath) -> String,
) {
    let family = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures").join(family);
    let mut cases: Vec<PathBuf> = fs::read_dir(family).unwrap().map(|case| case.unwrap().path()).collect();
    cases.sort();
    assert!(!cases.is_empty());
    for case in cases {
        let input = serde_json::from_slice(&fs::read(case.join("input.json")).unwrap()).unwrap();
        let found = converse(&input, &case);
        if std::env::var_os("ONEWAY_FIXTURES_WRITE").is_some() {
            fs::write(case.join("expected.txt"), &found).unwrap();
        }
        assert_eq!(found, fs::read_to_string(case.join("expected.txt")).unwrap(), "{}", case.display());
    }
}

fn converse<D: Driver<Query = Get, Answer = Got>>(mut driver: D, input: &Input) -> String {
    let interval = Duration::from_secs(input.interval_s);
    let memory = &mut Memory::new(D::NAME, testing::printer_id(), Salt::new([7; 16]), interval);
    let (mut now, mut out) = (beginning(), String::new());
    driver.begin(now);
    for step in &input.steps {
        if step.pass_s > 0 {
            now = later(now, Duration::from_secs(step.pass_s));
            let _ = writeln!(out, "{} s later", step.pass_s);
            say(&mut out, &Words { readings: memory.expire(now), refused: Vec::new() });
        }
        if step.lost {
            driver.begin(now);
            out.push_str("connected anew\n");
        }
        if step.ask.is_empty() {
            continue;
        }
        let mut words = Words::default();
        let life = if step.life { driver.sign_of_life(false) } else { None };
        assert_eq!(life.is_some(), step.life, "{out}");
        let get = loop {
            if let Some(get) = life {
                break get;
            }
            match driver.next(now) {
                Next::Ask(get) => break get,
                Next::Tell(_) => panic!("HTTP has no acknowledgements"),
                Next::Rest => driver.round(now, &mut Found::new(memory, now, &mut words)),
            }
        };
        let _ = writeln!(out, "GET {}", get.target("", None));
        assert_eq!(get.path().as_str(), step.ask, "{out}");
        let got = step.got(get.path());
        let verdict = driver.answer(got, now, &mut Found::new(memory, now, &mut words));
        say(&mut out, &words);
        let _ = writeln!(out, "  {}", shows(&verdict));
    }
    out
}

impl Step {
    fn got(&self, path: &'static Path) -> Got {
        let body = self.body.as_ref().map_or_else(|| self.text.clone(), ToString::to_string);
        Got {
            path,
            status: self.status.unwrap_or(200),
            retry_after: self.retry_after_s.map(Duration::from_secs),
            date: self.date.map(|seconds| Timestamp(seconds * 1000)),
            body: Bytes::from(body),
        }
    }
}

pub(in crate::intake::poll) fn say(out: &mut String, words: &Words) {
    let begin = beginning().wall.0;
    let line = |reading: &Reading| {
        let value = match reading.value() {
            Value::Number(number) => number.to_string(),
            Value::Code(code) => (*code).to_owned(),
            Value::Identity(identity) => identity.as_str().to_owned(),
            Value::Hash(_) => "(hashed)".to_owned(),
        };
        let quality = format!("{:?}", reading.quality()).to_lowercase();
        let time = (reading.time().0 - begin) as f64 / 1000.0;
        format!("  {} {} {value} at {time} s, {quality}\n", reading.item().id(), reading.part())
    };
    let mut lines: Vec<String> = words.readings.iter().map(line).collect();
    // What grows stale together has no order.
    lines.sort();
    out.extend(lines);
    for (item, why) in &words.refused {
        let _ = writeln!(out, "  refused: {}: {why}", item.map_or("-", catalog::Item::id));
    }
}

pub(in crate::intake::poll) fn shows(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Works => "works".to_owned(),
        Verdict::Alive => "is alive".to_owned(),
        Verdict::Pushed => "tells by itself".to_owned(),
        Verdict::Noted => "is noted".to_owned(),
        Verdict::Shows(trouble) => format!("{}: {trouble}", trouble.code()),
        Verdict::Wait(pause) => format!("wants a pause of {} s", pause.as_secs()),
        Verdict::Cannot(trouble, wait) => {
            format!("cannot, {}: {trouble}; not before {} s", trouble.code(), wait.as_secs())
        }
        Verdict::Close(trouble, _) => match trouble {
            Some(trouble) => format!("closed, {}: {trouble}", trouble.code()),
            None => "closed".to_owned(),
        },
    }
}

/// Asks and is answered with these, each a path's number, a status and a body, whatever was asked: the driver asks on, and
/// all that it finds is of the catalogue.
pub(in crate::intake::poll) fn takes_any<D: Driver<Query = Get, Answer = Got>>(
    mut driver: D,
    paths: &'static [Path],
    answers: Vec<(usize, u16, Vec<u8>)>,
) {
    let (mut memory, now, mut words) = (memory(Duration::from_secs(5)), beginning(), Words::default());
    driver.begin(now);
    for (path, status, body) in answers {
        let status = if status < 400 { 200 } else { status };
        let mut found = Found::new(&mut memory, now, &mut words);
        if !matches!(driver.next(now), Next::Ask(_)) {
            driver.round(now, &mut found);
            assert!(matches!(driver.next(now), Next::Ask(_)));
        }
        let body = Bytes::from(body);
        driver.answer(
            Got { path: &paths[path], status, retry_after: None, date: None, body },
            now,
            &mut found,
        );
    }
}
