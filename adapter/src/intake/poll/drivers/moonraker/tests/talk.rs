//! Conversations that are written down: `fixtures/moonraker-api/<case>/input.json` says what Moonraker answers to each
//! question and what it tells in between, `expected.txt` what is asked, what is found and what that shows.

use std::fmt::Write as _;
use std::path::Path as FilePath;
use std::time::Duration;

use bytes::Bytes;
use catalog::Salt;
use serde::Deserialize;
use serde_json::{Value, json};

use super::*;
use crate::intake::poll::Now;
use crate::intake::poll::memory::Memory;
use crate::intake::poll::tests::conversation::{self, say, shows};
use crate::intake::poll::tests::later;
use crate::normalise::testing;

#[derive(Deserialize)]
struct Input {
    /// Between two rounds, in seconds.
    interval_s: u64,
    steps: Vec<Step>,
}

/// What happens next: an answer to the next question, or one of the others.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Step {
    /// The path or the method that must be asked for.
    ask: String,
    result: Option<Value>,
    /// What Moonraker says in place of a result; its `code` is the status of HTTP, too.
    error: Option<Value>,
    /// The status where it is not Moonraker who answers.
    status: Option<u16>,
    /// Bytes in the place of an answer.
    text: Option<String>,
    /// The answer is that no WebSocket is to be had.
    no_socket: bool,
    /// A message that nobody asked for.
    told: Option<Value>,
    /// The connection is lost, and made anew.
    lost: bool,
    /// So long goes by before the next question.
    pass_s: u64,
}

#[test]
fn each_conversation_comes_to_what_it_says() {
    conversation::each("moonraker-api", converse);
}

/// A conversation as it comes.
struct Talk {
    driver: Moonraker,
    memory: Memory,
    now: Now,
    out: String,
}

fn converse(input: &Input, case: &FilePath) -> String {
    let interval = Duration::from_secs(input.interval_s);
    let memory = Memory::new(Moonraker::NAME, testing::printer_id(), Salt::new([7; 16]), interval);
    let mut talk = Talk { driver: Moonraker::default(), memory, now: beginning(), out: String::new() };
    talk.driver.begin(talk.now);
    for step in &input.steps {
        talk.step(step, case);
    }
    talk.out
}

impl Talk {
    fn step(&mut self, step: &Step, case: &FilePath) {
        if step.pass_s > 0 {
            self.now = later(self.now, Duration::from_secs(step.pass_s));
            let _ = writeln!(self.out, "{} s later", step.pass_s);
            say(&mut self.out, &Words { readings: self.memory.expire(self.now), refused: Vec::new() });
        }
        if step.lost {
            self.driver.begin(self.now);
            self.out.push_str("connected anew\n");
        }
        if let Some(told) = &step.told {
            let _ = writeln!(self.out, "told {}", told["method"].as_str().unwrap_or("something"));
            self.take(Answer::Said(told.to_string().into()), Words::default());
        }
        if step.ask.is_empty() {
            return;
        }
        let mut words = Words::default();
        let query = loop {
            match self.driver.next(self.now) {
                Next::Ask(query) => break query,
                Next::Tell(_) => panic!("there are no acknowledgements"),
                Next::Rest => {
                    self.driver.round(self.now, &mut Found::new(&mut self.memory, self.now, &mut words));
                }
            }
        };
        let answer = match query {
            Query::Get(get) => {
                let _ = writeln!(self.out, "GET {}", get.target("", None));
                assert_eq!(get.path().as_str(), step.ask, "{}: {}", case.display(), self.out);
                Answer::Got(step.got(get.path()))
            }
            Query::Call(call) => {
                let _ = writeln!(self.out, "call {}", call.json());
                assert_eq!(call.method().as_str(), step.ask, "{}: {}", case.display(), self.out);
                let asked: Value = serde_json::from_str(&call.json()).unwrap();
                step.said(&asked["id"])
            }
        };
        self.take(answer, words);
    }

    fn take(&mut self, answer: Answer, mut words: Words) {
        let mut found = Found::new(&mut self.memory, self.now, &mut words);
        let verdict = self.driver.answer(answer, self.now, &mut found);
        say(&mut self.out, &words);
        let _ = writeln!(self.out, "  {}", shows(&verdict));
    }
}

impl Step {
    fn got(&self, path: &'static crate::intake::poll::transport::http::Path) -> Got {
        let code = self.error.as_ref().and_then(|error| error["code"].as_u64());
        let status = self.status.or(code.map(|code| code.try_into().unwrap())).unwrap_or(200);
        let body = match (&self.text, &self.error) {
            (Some(text), _) => text.clone(),
            (None, Some(error)) => json!({"error": error}).to_string(),
            (None, None) => json!({"result": self.result}).to_string(),
        };
        Got { path, status, retry_after: None, date: None, body: Bytes::from(body) }
    }

    fn said(&self, id: &Value) -> Answer {
        if self.no_socket {
            return Answer::NoSocket;
        }
        let body = match (&self.text, &self.error) {
            (Some(text), _) => text.clone(),
            (None, Some(error)) => json!({"jsonrpc": "2.0", "error": error, "id": id}).to_string(),
            (None, None) => json!({"jsonrpc": "2.0", "result": self.result, "id": id}).to_string(),
        };
        Answer::Said(Bytes::from(body))
    }
}
