//! The whole of it against an agent on a real socket, with the faults of issue 5.

use std::collections::BTreeSet;

use super::agent::{Agent, Manner};
use super::*;
use crate::config::{HostPort, HttpTarget, Interface, Printer, PrinterId};
use crate::normalise::testing::{self, Bench};

fn printer(id: &str, agent: &Agent, interval: Duration) -> Printer {
    let address = HostPort::parse(&format!("127.0.0.1:{}", agent.port)).unwrap();
    let target = HttpTarget { address, tls: None, prefix: String::new(), key_file: None, interval };
    let interface = Some(Interface::MtConnect(target));
    Printer { id: PrinterId::parse(id).unwrap(), interface, ..testing::printer() }
}

fn poll(bench: &Bench, printers: &[Printer]) {
    crate::intake::poll::start(printers, None, &bench.context).unwrap();
}

async fn started(agent: &Agent) -> Bench {
    let bench = testing::bench();
    poll(&bench, &[printer("p01", agent, Duration::from_millis(50))]);
    bench
}

/// Waits until an item has this value.
async fn until(bench: &Bench, id: &str, value: &str) {
    loop {
        for reading in bench.store(1, |reading| reading.item().id() == id).await {
            if text(&reading).split(' ').nth(3) == Some(value) {
                return;
            }
        }
    }
}

/// Waits for so many different temperatures, as bits.
async fn temperatures(bench: &Bench, count: usize) -> BTreeSet<u64> {
    let mut seen = BTreeSet::new();
    while seen.len() < count {
        for reading in bench.store(1, |reading| reading.item().id() == "plate.temperature").await {
            let Value::Number(number) = reading.value() else { panic!("{reading:?}") };
            seen.insert(number.to_bits());
        }
    }
    seen
}

fn bits(values: std::ops::Range<u8>) -> BTreeSet<u64> {
    values.map(|value| f64::from(value).to_bits()).collect()
}

#[tokio::test]
async fn a_buffer_that_wrapped_is_a_gap_of_exactly_what_was_lost_and_the_rest_is_read() {
    let agent = Agent::start().await;
    agent.observe([20.0]);
    let bench = started(&agent).await;
    until(&bench, "plate.temperature", "20").await;
    // 150 at once into a ring of 100: numbers 2 to 51 are lost.
    agent.observe((0..150_u8).map(f64::from));
    let (mut seen, mut lost) = (BTreeSet::new(), None);
    while seen.len() < 100 || lost.is_none() {
        for reading in bench.store(1, |_| true).await {
            match (reading.item().id(), reading.value()) {
                ("plate.temperature", Value::Number(number)) => drop(seen.insert(number.to_bits())),
                ("interface.lost", Value::Number(number)) if *number > 0.0 => lost = Some(*number),
                _ => {}
            }
        }
    }
    assert_eq!(lost, Some(50.0));
    assert_eq!(seen, bits(50..150));
}

#[tokio::test]
async fn an_agent_that_started_anew_is_said_and_all_that_it_has_is_read() {
    let agent = Agent::start().await;
    agent.observe((0..10_u8).map(f64::from));
    let bench = started(&agent).await;
    until(&bench, "plate.temperature", "9").await;
    agent.with(|ring| ring.size = 50);
    agent.restart();
    agent.observe((100..130_u8).map(f64::from));
    until(&bench, "interface.event", "restarted").await;
    assert_eq!(temperatures(&bench, 30).await, bits(100..130));
}

#[tokio::test]
async fn fifty_megabytes_are_cut_off_told_and_got_over() {
    let agent = Agent::start().await;
    agent.observe([20.0]);
    agent.with(|ring| ring.manner = Manner::FiftyMegabytes);
    let bench = started(&agent).await;
    until(&bench, "printer.reachability", "nonsense").await;
    agent.with(|ring| ring.manner = Manner::Well);
    until(&bench, "printer.reachability", "available").await;
    let written = agent.with(|ring| std::mem::take(&mut ring.written));
    assert!(written > 0);
    // And while it is followed.
    agent.with(|ring| ring.manner = Manner::FiftyMegabytes);
    until(&bench, "printer.reachability", "nonsense").await;
    agent.with(|ring| ring.manner = Manner::Well);
    agent.observe([33.0]);
    until(&bench, "plate.temperature", "33").await;
}

#[tokio::test(start_paused = true)]
async fn a_byte_a_second_is_cut_off_by_the_time_limit_and_harms_no_other() {
    let (slow, well) = (Agent::start().await, Agent::start().await);
    slow.observe([20.0]);
    well.observe([30.0]);
    slow.with(|ring| ring.manner = Manner::Slowly);
    let ids = ["p01", "p02"].map(|id| PrinterId::parse(id).unwrap());
    let bench = testing::bench_of(&ids);
    let every = Duration::from_secs(5);
    poll(&bench, &[printer("p01", &slow, every), printer("p02", &well, every)]);
    let begun = tokio::time::Instant::now();
    until(&bench, "printer.reachability", "printer_failed").await;
    let took = begun.elapsed();
    assert!((ANSWER_MAX..ANSWER_MAX + Duration::from_secs(10)).contains(&took), "{took:?}");
    // The other was asked on, at six of its intervals. The clock jumps while nobody is ready, which on a busy machine may
    // be while an answer is on its way through the kernel: then that one comes late by the clock.
    let asked = well.with(|ring| ring.asked.iter().filter(|line| line.contains("/sample")).count());
    assert!((3..=8).contains(&asked), "{asked}");
    slow.with(|ring| ring.manner = Manner::Well);
    until(&bench, "plate.temperature", "20").await;
}

#[tokio::test]
async fn nothing_but_the_three_questions_reaches_the_agent() {
    let agent = Agent::start().await;
    agent.observe([20.0]);
    let bench = started(&agent).await;
    until(&bench, "plate.temperature", "20").await;
    agent.restart();
    until(&bench, "interface.event", "restarted").await;
    for line in agent.with(|ring| ring.asked.clone()) {
        let path = line.strip_prefix("GET ").and_then(|line| line.strip_suffix(" HTTP/1.1")).unwrap();
        let path = path.split('?').next().unwrap();
        assert!(["/probe", "/current", "/sample"].contains(&path), "{line}");
    }
}
