//! The bodies of the fuzz targets of drivers, called by a unit test as well. Whatever a printer answers, the driver asks on,
//! and all that it finds is of the catalogue.

use bytes::Bytes;
use catalog::{Salt, Timestamp, Value};
use tokio::time::{Duration, Instant};

use super::Now;
use super::driver::{Driver, Next};
use super::drivers::duet::{self, Duet};
use super::drivers::moonraker::{self, Moonraker};
use super::drivers::octoprint::{self, OctoPrint};
use super::drivers::prusalink::{self, PrusaLink};
use super::found::{Found, Words};
use super::memory::Memory;
use super::transport::http::{Get, Got, NO_HEAD, Path};
use super::transport::rpc::{Answer, Query};
use crate::config::PrinterId;

/// One line of the input: what kind of answer it is, and its body.
struct Line<'d> {
    kind: u8,
    body: &'d [u8],
}

/// So much time goes by between two answers.
const STEP: Duration = Duration::from_secs(7);
/// Rounds in which a driver asks for something; the first one may only find out that there is nothing to wait for.
const ROUNDS: usize = 2;
/// When the first answer comes: any day will do.
const BEGIN: Timestamp = Timestamp(1_795_000_000_000);

/// A Duet's answers by its own HTTP interface.
#[doc(hidden)]
pub fn duet_api(data: &[u8]) {
    over_http(Duet::default(), duet::PATHS, data);
}

/// An OctoPrint's answers.
#[doc(hidden)]
pub fn octoprint_api(data: &[u8]) {
    over_http(OctoPrint::default(), octoprint::PATHS, data);
}

/// A PrusaLink's answers.
#[doc(hidden)]
pub fn prusalink_api(data: &[u8]) {
    over_http(PrusaLink::default(), prusalink::PATHS, data);
}

fn over_http<D: Driver<Query = Get, Answer = Got>>(driver: D, paths: &[Path], data: &[u8]) {
    converse(driver, data, |asked, line| {
        assert!(paths.contains(asked.path()));
        Some(got(&asked, line))
    });
}

/// A Moonraker's answers over HTTP and its WebSocket, and what it tells by itself.
#[doc(hidden)]
pub fn moonraker_api(data: &[u8]) {
    converse(Moonraker::default(), data, |asked, line| match asked {
        Query::Get(get) => {
            assert!(moonraker::PATHS.contains(get.path()));
            Some(Answer::Got(got(&get, line)))
        }
        Query::Call(_) if line.kind == b'-' => Some(Answer::NoSocket),
        Query::Call(call) => {
            assert!(moonraker::METHODS.contains(call.method()));
            let id = serde_json::from_str::<serde_json::Value>(&call.json()).ok()?["id"].to_string();
            // An answer to this call, where it is JSON at all.
            let begin = format!("{{\"id\":{id},").into_bytes();
            let body = match (status(line), line.body.strip_prefix(b"{")) {
                (200, Some(rest)) => [&begin, rest].concat(),
                (200, None) => line.body.to_vec(),
                (status, _) => [&begin, format!("\"error\":{{\"code\":{status}}}}}").as_bytes()].concat(),
            };
            Some(Answer::Said(body.into()))
        }
    });
}

fn got(asked: &Get, line: &Line<'_>) -> Got {
    let body = Bytes::copy_from_slice(line.body);
    Got { path: asked.path(), status: status(line), retry_after: None, date: None, body }
}

fn status(line: &Line<'_>) -> u16 {
    match line.kind {
        b'0' => 204,
        b'1' => 401,
        b'3' => 403,
        b'4' => 404,
        b'5' => 500,
        b'6' => 503,
        b'9' => 409,
        b'h' => NO_HEAD,
        _ => 200,
    }
}

/// A word that nobody asked for, where a driver can be told one.
trait Told: Sized {
    fn told(body: &[u8]) -> Option<Self>;
}

impl Told for Got {
    fn told(_: &[u8]) -> Option<Self> {
        None
    }
}

impl Told for Answer {
    fn told(body: &[u8]) -> Option<Self> {
        Some(Self::Said(Bytes::copy_from_slice(body)))
    }
}

/// Each line answers a question: its first byte says how, as [`status`] has it; `~` is told by itself before, and `!` is a
/// connection that is lost.
fn converse<D: Driver>(mut driver: D, data: &[u8], answer: impl Fn(D::Query, &Line<'_>) -> Option<D::Answer>)
where
    D::Answer: Told,
{
    let Some(printer) = PrinterId::parse("p01") else { return };
    let mut memory = Memory::new(D::NAME, printer, Salt::new([7; 16]), STEP);
    let (mut words, start) = (Words::default(), Instant::now());
    let mut now = Now { mono: start, wall: BEGIN };
    driver.begin(now);
    for (step, line) in (0u32..).zip(data.split(|byte| *byte == b'\n')) {
        let Some((kind, body)) = line.split_first() else { continue };
        let line = Line { kind: *kind, body };
        let passed = STEP.saturating_mul(step);
        let wall = Timestamp(BEGIN.0.saturating_add(i64::try_from(passed.as_millis()).unwrap_or(i64::MAX)));
        now = Now { mono: start + passed, wall };
        if line.kind == b'!' {
            driver.begin(now);
            continue;
        }
        let mut found = Found::new(&mut memory, now, &mut words);
        if let Some(told) = D::Answer::told(line.body).filter(|_| line.kind == b'~') {
            driver.answer(told, now, &mut found);
        }
        let question = (0..=ROUNDS).find_map(|_| match driver.next(now) {
            Next::Ask(query) => Some(query),
            Next::Tell(_) | Next::Rest => {
                driver.round(now, &mut found);
                None
            }
        });
        assert!(question.is_some(), "it asks no more");
        if let Some(answer) = question.and_then(|query| answer(query, &line)) {
            driver.answer(answer, now, &mut found);
        }
        for reading in words.readings.drain(..).chain(memory.expire(now)) {
            assert!(!matches!(reading.value(), Value::Number(number) if !number.is_finite()));
        }
        words.refused.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    fn corpus(target: &str) -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
        let files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
        assert!(!files.is_empty());
        files.iter().map(|file| fs::read(file).unwrap()).collect()
    }

    #[test]
    fn any_answers_of_the_corpus_do_no_harm() {
        corpus("duet_api").iter().for_each(|input| super::duet_api(input));
        corpus("octoprint_api").iter().for_each(|input| super::octoprint_api(input));
        corpus("prusalink_api").iter().for_each(|input| super::prusalink_api(input));
        corpus("moonraker_api").iter().for_each(|input| super::moonraker_api(input));
    }
}
