//! What the simulator itself did: counted here and nowhere derived, so that the other end can be held to it.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use serde::Serialize;
use serde_json::{Value, json};

/// A number that only goes up.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// Adds to it.
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Relaxed);
    }

    /// What it stands at.
    pub fn value(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// One printer's counts.
#[derive(Debug, Default)]
pub struct Counts {
    /// Numbered log records written to the disk: the highest `#`.
    pub lines_written: Count,
    /// Continuation lines of fault records written; they have no number of their own.
    pub continuations_written: Count,
    /// Numbered log records that the Beats server acknowledged.
    pub lines_acknowledged: Count,
    /// Log events acknowledged: numbered records and continuations.
    pub events_acknowledged: Count,
    /// Windows of log events sent for the first time.
    pub windows_sent: Count,
    /// Windows of log events sent again after a lost connection.
    pub windows_resent: Count,
    /// Host metric events acknowledged.
    pub metric_events_acknowledged: Count,
    /// Host metric events given up after three tries, as Metricbeat does.
    pub metric_events_dropped: Count,
    /// Requests of the printer interface answered.
    pub pip_requests_answered: Count,
    /// Requests of the printer interface refused: unknown types, the write range, unknown items.
    pub pip_requests_refused: Count,
    /// READs answered with values.
    pub pip_reads: Count,
    /// NOTIFYs sent.
    pub pip_notifies_sent: Count,
    /// Calls to the adapter whose connection stood.
    pub pip_calls: Count,
    /// Files renamed because they were full.
    pub rotations: Count,
}

/// The counts at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "each field is the count of the same name in `Counts`")]
pub struct Totals {
    pub lines_written: u64,
    pub continuations_written: u64,
    pub lines_acknowledged: u64,
    pub events_acknowledged: u64,
    pub windows_sent: u64,
    pub windows_resent: u64,
    pub metric_events_acknowledged: u64,
    pub metric_events_dropped: u64,
    pub pip_requests_answered: u64,
    pub pip_requests_refused: u64,
    pub pip_reads: u64,
    pub pip_notifies_sent: u64,
    pub pip_calls: u64,
    pub rotations: u64,
}

impl Counts {
    /// The counts now.
    pub fn totals(&self) -> Totals {
        Totals {
            lines_written: self.lines_written.value(),
            continuations_written: self.continuations_written.value(),
            lines_acknowledged: self.lines_acknowledged.value(),
            events_acknowledged: self.events_acknowledged.value(),
            windows_sent: self.windows_sent.value(),
            windows_resent: self.windows_resent.value(),
            metric_events_acknowledged: self.metric_events_acknowledged.value(),
            metric_events_dropped: self.metric_events_dropped.value(),
            pip_requests_answered: self.pip_requests_answered.value(),
            pip_requests_refused: self.pip_requests_refused.value(),
            pip_reads: self.pip_reads.value(),
            pip_notifies_sent: self.pip_notifies_sent.value(),
            pip_calls: self.pip_calls.value(),
            rotations: self.rotations.value(),
        }
    }

    /// Whether everything that was written has been acknowledged.
    pub fn all_acknowledged(&self) -> bool {
        let written = self.lines_written.value() + self.continuations_written.value();
        self.events_acknowledged.value() >= written
    }
}

impl Totals {
    fn plus(self, other: Self) -> Self {
        Self {
            lines_written: self.lines_written + other.lines_written,
            continuations_written: self.continuations_written + other.continuations_written,
            lines_acknowledged: self.lines_acknowledged + other.lines_acknowledged,
            events_acknowledged: self.events_acknowledged + other.events_acknowledged,
            windows_sent: self.windows_sent + other.windows_sent,
            windows_resent: self.windows_resent + other.windows_resent,
            metric_events_acknowledged: self.metric_events_acknowledged + other.metric_events_acknowledged,
            metric_events_dropped: self.metric_events_dropped + other.metric_events_dropped,
            pip_requests_answered: self.pip_requests_answered + other.pip_requests_answered,
            pip_requests_refused: self.pip_requests_refused + other.pip_requests_refused,
            pip_reads: self.pip_reads + other.pip_reads,
            pip_notifies_sent: self.pip_notifies_sent + other.pip_notifies_sent,
            pip_calls: self.pip_calls + other.pip_calls,
            rotations: self.rotations + other.rotations,
        }
    }
}

/// The last line of the program's output: `{"event":"stopped","total":{…},"printers":[{"id":"p01",…},…]}`.
pub fn stopped_line<'a>(printers: impl Iterator<Item = (&'a str, Totals)>) -> String {
    let mut total = Totals::default();
    let mut listed = Vec::new();
    for (id, totals) in printers {
        total = total.plus(totals);
        let mut entry = json!(totals);
        entry["id"] = Value::from(id);
        listed.push(entry);
    }
    let mut line = json!(total);
    line["event"] = Value::from("stopped");
    line["total"] = json!(total);
    line["printers"] = Value::from(listed);
    line.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stopped_line_has_each_printer_and_their_sum() {
        let [one, two] = [Counts::default(), Counts::default()];
        one.lines_written.add(3);
        two.lines_written.add(4);
        two.pip_requests_refused.add(1);
        let line = stopped_line([("p01", one.totals()), ("p02", two.totals())].into_iter());
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line["event"], "stopped");
        assert_eq!(line["lines_written"], 7);
        assert_eq!(line["total"]["pip_requests_refused"], 1);
        assert_eq!(line["printers"][0]["id"], "p01");
        assert_eq!(line["printers"][1]["lines_written"], 4);
    }
}
