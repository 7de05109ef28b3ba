mod agent;
mod live;
mod printers;
mod talk;

use catalog::{Reading, Value};
use tokio::time::Duration;

use super::*;
use crate::intake::poll::found::Words;
use crate::intake::poll::memory::Memory;
use crate::intake::poll::tests::{beginning, later, memory};
use crate::intake::poll::transport::http::Body as _;

/// A conversation without a network.
struct Talk {
    driver: MtConnect,
    memory: Memory,
    now: Now,
}

impl Talk {
    fn new() -> Self {
        let mut driver = MtConnect::default();
        let now = beginning();
        driver.begin(now);
        Self { driver, memory: memory(Duration::from_secs(1)), now }
    }

    /// Answers what is asked next with this document; says what was asked, what it shows and what was found.
    fn answer(&mut self, status: u16, document: &str) -> (Ask, Verdict, Words) {
        let mut words = Words::default();
        let query = match self.driver.next(self.now) {
            Next::Ask(query) => query,
            _ => {
                self.now = later(self.now, Duration::from_secs(1));
                self.driver.round(self.now, &mut Found::new(&mut self.memory, self.now, &mut words));
                let Next::Ask(query) = self.driver.next(self.now) else { panic!("nothing to ask") };
                query
            }
        };
        let asked = self.driver.asked.unwrap();
        let mut body = query.body();
        for piece in document.as_bytes().chunks(7) {
            if !body.take(piece) {
                break;
            }
        }
        let got = Got { path: &PATHS[0], status, retry_after: None, date: None, body: body.done() };
        let mut found = Found::new(&mut self.memory, self.now, &mut words);
        let verdict = self.driver.answer(got, self.now, &mut found);
        (asked, verdict, words)
    }
}

fn text(reading: &Reading) -> String {
    let value = match reading.value() {
        Value::Number(number) => number.to_string(),
        Value::Code(code) => (*code).to_owned(),
        Value::Hash(_) => "a hash".to_owned(),
        Value::Identity(identity) => identity.as_str().to_owned(),
    };
    let native = reading.native().map(|native| format!(" ({})", native.text())).unwrap_or_default();
    format!("{} {} = {value}{native} {:?}", reading.item().id(), reading.part(), reading.quality())
}
