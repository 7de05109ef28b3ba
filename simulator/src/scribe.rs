//! Steps a printer and writes what it has to say: regular lines at their rate, and a line at once for what
//! happened.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::clock::Clock;
use crate::faults::Manner;
use crate::logs::{LogError, LogWriter, Record, Subsystem, body, fault_body, fault_notes};
use crate::printer::{Happening, Printer};
use crate::unit::Unit;

/// How often the model is stepped.
const TICK: Duration = Duration::from_millis(100);
/// Longest step: after a pause of the whole machine the model does not leap.
const STEP_MAX: Duration = Duration::from_secs(1);
/// Lines of one step beyond the rate, when a person asks for many: the rate that none may be above.
const MORE_MAX: u32 = 200;

/// Decides which lines are due.
#[derive(Debug)]
pub struct Pace {
    lines_per_second: f64,
    due: f64,
    next: usize,
}

impl Pace {
    /// At this rate, the subsystems in turn.
    pub fn new(lines_per_second: f64) -> Self {
        Self { lines_per_second, due: 0.0, next: 0 }
    }

    /// The records of one step: what happened first, then what is due, and some more.
    pub fn records(
        &mut self,
        time: Duration,
        happened: &[Happening],
        more: u32,
        printer: &Printer,
    ) -> Vec<Record> {
        let mut records: Vec<Record> = happened.iter().map(|it| occasion(it, printer)).collect();
        self.due += self.lines_per_second * time.as_secs_f64() + f64::from(more);
        while self.due >= 1.0 {
            self.due -= 1.0;
            let subsystem = Subsystem::ALL[self.next % Subsystem::ALL.len()];
            self.next += 1;
            records.push(regular(subsystem, printer));
        }
        records
    }
}

fn regular(subsystem: Subsystem, printer: &Printer) -> Record {
    let (name, body) = (subsystem.name(), body(subsystem, printer));
    Record { file: name, subsystem: name, level: "INFO", body, continuations: Vec::new() }
}

fn occasion(happening: &Happening, printer: &Printer) -> Record {
    let (fault, active) = match happening {
        Happening::Phase(_) | Happening::Layer => return regular(Subsystem::Build, printer),
        Happening::Raised(fault) => (fault, true),
        Happening::Cleared(fault) => (fault, false),
    };
    Record {
        file: "faults",
        subsystem: fault.subsystem,
        level: "FAULT",
        body: fault_body(fault, active),
        continuations: if active { fault_notes(fault, printer) } else { Vec::new() },
    }
}

/// Steps and writes until it is dropped, or until the disk fails.
pub async fn run(
    unit: Arc<Unit>,
    mut writer: LogWriter,
    mut pace: Pace,
    clock: Clock,
) -> Result<Infallible, LogError> {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let manner = unit.manner();
    let mut last = Instant::now();
    loop {
        let now = ticks.tick().await;
        let time = now.duration_since(last).min(STEP_MAX);
        last = now;
        // A printer without power does nothing, and a hung controller neither moves nor writes.
        if !matches!(*manner.borrow(), Manner::Off | Manner::Silent) {
            write(&unit, &mut writer, &mut pace, time, &clock)?;
        }
    }
}

fn write(
    unit: &Unit,
    writer: &mut LogWriter,
    pace: &mut Pace,
    time: Duration,
    clock: &Clock,
) -> Result<(), LogError> {
    let now = unit.shows(clock.now());
    let (records, logged) = {
        let mut controller = unit.controller();
        let happened = controller.step(time, now);
        (pace.records(time, &happened, unit.take_more(MORE_MAX), &controller.printer), controller.log.last())
    };
    unit.logged_up_to(logged);
    if records.is_empty() {
        return Ok(());
    }
    let written = writer.write(now, &records)?;
    unit.counts.lines_written.add(written.records);
    unit.counts.continuations_written.add(written.continuations);
    unit.counts.rotations.add(written.rotations);
    unit.lines_written();
    Ok(())
}
