//! One printer of the fleet: the model, its controller's memory, and what the wires show of both.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use catalog::Timestamp;
use tokio::sync::watch;

use crate::counts::Counts;
use crate::faults::{FaultKind, Manner};
use crate::noise::Noise;
use crate::printer::{CHANNELS, Happening, Printer, Readout};

/// Who a printer says it is.
#[derive(Clone, Debug)]
pub struct Nameplate {
    /// Its id in the fleet.
    pub id: String,
    /// Its model.
    pub model: String,
    /// Its serial number.
    pub serial: String,
}

/// One printer. The log writer steps it, the printer interface reads it, commands break it.
#[derive(Debug)]
pub struct Unit {
    /// Who it is.
    pub nameplate: Nameplate,
    /// What it has done.
    pub counts: Arc<Counts>,
    controller: Mutex<Controller>,
    manner: watch::Sender<Manner>,
    written: watch::Sender<u64>,
}

/// What the printer's controller holds.
#[derive(Clone, Debug)]
pub struct Controller {
    /// The physical model.
    pub printer: Printer,
    /// New at each start.
    pub instance: String,
    /// When the controller started.
    pub booted: Timestamp,
    /// When the values were measured.
    pub measured: Timestamp,
    /// The values as measured, in the order of [`CHANNELS`].
    pub observed: Vec<Observed>,
    fault: Option<FaultKind>,
    noise: Noise,
}

/// One value and how often it has changed since the start.
#[derive(Clone, Copy, Debug)]
pub struct Observed {
    /// The value.
    pub readout: Readout,
    /// Counts the changes.
    pub sequence: u64,
}

impl Controller {
    fn new(mut noise: Noise, now: Timestamp) -> Self {
        let printer = Printer::new(Noise::new(noise.bits()));
        let observed =
            CHANNELS.iter().map(|it| Observed { readout: (it.read)(&printer), sequence: 1 }).collect();
        let instance = instance(&mut noise, now);
        Self { printer, instance, booted: now, measured: now, observed, fault: None, noise }
    }

    /// Advances the model and measures everything.
    pub fn step(&mut self, time: Duration, now: Timestamp) -> Vec<Happening> {
        let happened = self.printer.step(time);
        self.measured = now;
        for (channel, observed) in CHANNELS.iter().zip(&mut self.observed) {
            let readout = (channel.read)(&self.printer);
            if readout != observed.readout {
                *observed = Observed { readout, sequence: observed.sequence + 1 };
            }
        }
        happened
    }

    fn boot(&mut self, now: Timestamp) {
        self.printer.boot();
        self.instance = instance(&mut self.noise, now);
        (self.booted, self.measured) = (now, now);
        for observed in &mut self.observed {
            observed.sequence = 1;
        }
    }
}

// The time goes in as well: a simulator that was started again with its seed is another instance.
fn instance(noise: &mut Noise, now: Timestamp) -> String {
    Noise::split(noise.bits(), &now.0.to_string()).uuid()
}

impl Unit {
    /// A printer that is switched on at `now`.
    pub fn new(nameplate: Nameplate, noise: Noise, now: Timestamp) -> Self {
        Self {
            nameplate,
            counts: Arc::default(),
            controller: Mutex::new(Controller::new(noise, now)),
            manner: watch::Sender::default(),
            written: watch::Sender::default(),
        }
    }

    /// The controller, for as short as possible.
    pub fn controller(&self) -> MutexGuard<'_, Controller> {
        self.controller.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the fault that there is and begins another, or none. Power that comes back is a boot.
    pub fn set_fault(&self, fault: Option<FaultKind>, now: Timestamp) {
        let mut controller = self.controller();
        let before = std::mem::replace(&mut controller.fault, fault);
        if before == fault {
            return;
        }
        if let Some(before) = before {
            before.apply(&mut controller.printer, false);
        }
        if before == Some(FaultKind::Off) {
            controller.boot(now);
        }
        if let Some(fault) = fault {
            fault.apply(&mut controller.printer, true);
        }
        self.manner.send_replace(fault.map_or(Manner::Answers, FaultKind::manner));
    }

    /// The fault that there is.
    pub fn fault(&self) -> Option<FaultKind> {
        self.controller().fault
    }

    /// How the wires behave, now and in future.
    pub fn manner(&self) -> watch::Receiver<Manner> {
        self.manner.subscribe()
    }

    /// Tells the shipper that there are lines on the disk.
    pub fn lines_written(&self) {
        self.written.send_modify(|times| *times += 1);
    }

    /// Changes with each [`Unit::lines_written`].
    pub fn written(&self) -> watch::Receiver<u64> {
        self.written.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit() -> Unit {
        let text = |text: &str| text.to_owned();
        let nameplate = Nameplate { id: text("p01"), model: text("ProJet 7000 HD"), serial: text("SIM-1") };
        Unit::new(nameplate, Noise::new(1), Timestamp(1_000))
    }

    #[test]
    fn power_that_comes_back_is_a_new_instance_and_a_boot() {
        let unit = unit();
        let before = unit.controller().clone();
        unit.set_fault(Some(FaultKind::Off), Timestamp(2_000));
        assert_eq!(*unit.manner().borrow(), Manner::Off);
        unit.set_fault(None, Timestamp(3_000));
        assert_eq!(*unit.manner().borrow(), Manner::Answers);
        assert_ne!(unit.controller().instance, before.instance);
        assert_eq!(unit.controller().printer.boots, before.printer.boots + 1);
        assert_eq!(unit.controller().booted, Timestamp(3_000));
    }

    #[test]
    fn a_second_fault_takes_the_place_of_the_first() {
        let unit = unit();
        unit.set_fault(Some(FaultKind::RecoaterJam), Timestamp(0));
        unit.set_fault(Some(FaultKind::Nonsense), Timestamp(0));
        assert!(!unit.controller().printer.recoater.is_jammed());
        assert_eq!(unit.fault(), Some(FaultKind::Nonsense));
    }

    #[test]
    fn a_sequence_counts_the_changes_of_its_value() {
        let unit = unit();
        let mut controller = unit.controller();
        let before: Vec<Observed> = controller.observed.clone();
        controller.step(Duration::from_millis(100), Timestamp(1_100));
        for (before, after) in before.iter().zip(&controller.observed) {
            let changed = u64::from(before.readout != after.readout);
            assert_eq!(after.sequence, before.sequence + changed);
        }
    }
}
