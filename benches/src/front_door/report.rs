//! The figures of all rounds, for people and for programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Result;
use serde::Serialize;

use super::measure::Round;
use super::server::Peer;

/// All rounds so far, by the number of connections and the server.
#[derive(Debug, Default)]
pub(super) struct Report(BTreeMap<(u8, Peer), Vec<Round>>);

/// The rounds of one server at one number of connections.
#[derive(Debug, Serialize)]
struct Row {
    connections: u8,
    server: Peer,
    rounds: usize,
    events_per_second: Spread,
    cpu_seconds_per_million_events: Spread,
    memory_peak_megabytes: Spread,
    /// How many times the peer's events a second, medians of the same run.
    times_the_peer: Option<f64>,
    /// The same for a second of CPU time: what to compare where other programs use the machine.
    times_the_peer_by_cpu: Option<f64>,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Spread {
    min: f64,
    median: f64,
    max: f64,
}

impl Spread {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
        let last = values.len().saturating_sub(1);
        Self { min: at(0), median: f64::midpoint(at(last / 2), at(last.div_ceil(2))), max: at(last) }
    }
}

impl Report {
    pub(super) fn add(&mut self, peer: Peer, connections: u8, round: Round) {
        self.0.entry((connections, peer)).or_default().push(round);
    }

    /// The figures as JSON, one object a row.
    pub(super) fn json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(&self.rows())?)
    }

    /// The figures as a table.
    pub(super) fn table(&self) -> String {
        let mut out = String::from(concat!(
            "| connections | server | thousand events a second: median (least to most) ",
            "| CPU seconds a million events | peak RSS, MB | times the peer | by CPU time |\n",
            "|---|---|---|---|---|---|---|",
        ));
        for row in self.rows() {
            let Spread { min, median, max } = row.events_per_second;
            let times = |times: Option<f64>| times.map_or_else(String::new, |times| format!("{times:.2}"));
            // Writing to a string cannot fail.
            let _ = write!(
                out,
                "\n| {} | {:?} | {:.0} ({:.0} to {:.0}) | {:.2} | {:.1} | {} | {} |",
                row.connections,
                row.server,
                median / 1e3,
                min / 1e3,
                max / 1e3,
                row.cpu_seconds_per_million_events.median,
                row.memory_peak_megabytes.max,
                times(row.times_the_peer),
                times(row.times_the_peer_by_cpu),
            );
        }
        out
    }

    fn rows(&self) -> Vec<Row> {
        self.0.iter().map(|((connections, peer), rounds)| self.row(*connections, *peer, rounds)).collect()
    }

    fn row(&self, connections: u8, server: Peer, rounds: &[Round]) -> Row {
        let events_per_second = speed(rounds);
        let ferro = self.0.get(&(connections, Peer::Ferro)).filter(|_| server != Peer::Ferro);
        let cost_of_event = cost(rounds);
        #[expect(clippy::cast_precision_loss, reason = "bytes of one machine")]
        let memory = |round: &Round| round.used.memory_peak_bytes as f64 / 1e6;
        Row {
            connections,
            server,
            rounds: rounds.len(),
            events_per_second,
            cpu_seconds_per_million_events: cost_of_event,
            memory_peak_megabytes: Spread::of(rounds.iter().map(memory)),
            times_the_peer: ferro.map(|rounds| events_per_second.median / speed(rounds).median),
            times_the_peer_by_cpu: ferro.map(|rounds| cost(rounds).median / cost_of_event.median),
        }
    }
}

fn speed(rounds: &[Round]) -> Spread {
    Spread::of(rounds.iter().map(|round| round.events_per_second))
}

/// CPU seconds a million events.
fn cost(rounds: &[Round]) -> Spread {
    #[expect(clippy::cast_precision_loss, reason = "events of some seconds")]
    let cost = |round: &Round| round.used.cpu_seconds * 1e6 / round.used.counts.events as f64;
    Spread::of(rounds.iter().map(cost))
}
