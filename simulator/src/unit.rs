//! One printer of the fleet: the model, its controller's memory, and what the wires show of both.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use catalog::Timestamp;
use tokio::sync::watch;

use crate::counts::Counts;
use crate::faults::{FaultKind, Manner};
use crate::noise::Noise;
use crate::printer::{CHANNELS, Entered, EventLog, Happening, Printer, Readout};

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
    /// Lines that it was told to write besides those of its rate.
    more: AtomicU64,
    /// The last sequence of the event log.
    logged: watch::Sender<u64>,
    /// How often the controller has started again with the power on.
    restarts: watch::Sender<u64>,
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
    /// What happened in this instance.
    pub log: EventLog,
    /// Whose subscription stands: it lives as long as the connection.
    pub subscriber: Weak<()>,
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
        Self {
            printer,
            instance,
            booted: now,
            measured: now,
            observed,
            log: EventLog::default(),
            subscriber: Weak::new(),
            fault: None,
            noise,
        }
    }

    /// Advances the model and measures everything.
    pub fn step(&mut self, time: Duration, now: Timestamp) -> Vec<Happening> {
        let active = self.printer.active_faults().to_vec();
        let happened = self.printer.step(time);
        self.measured = now;
        let mono_ms = self.mono_ms();
        for (place, (channel, observed)) in CHANNELS.iter().zip(&mut self.observed).enumerate() {
            let readout = (channel.read)(&self.printer);
            if readout != observed.readout {
                *observed = Observed { readout, sequence: observed.sequence + 1 };
                self.log.changed(place, readout, now, mono_ms);
            }
        }
        for happening in &happened {
            let since = |fault| {
                active.iter().find(|(it, _)| *it == fault).map_or(0, |(_, since)| milliseconds(*since))
            };
            match happening {
                Happening::Raised(fault) => self.log.enter(Entered::Raised(fault), now, mono_ms),
                Happening::Cleared(fault) => {
                    self.log.enter(Entered::Cleared(fault, since(*fault)), now, mono_ms)
                }
                Happening::Phase(_) | Happening::Layer => {}
            }
        }
        happened
    }

    /// The controller's monotonic clock, in ms since it started.
    pub fn mono_ms(&self) -> u64 {
        milliseconds(self.printer.uptime)
    }

    fn boot(&mut self, now: Timestamp) {
        self.printer.boot();
        self.instance = instance(&mut self.noise, now);
        (self.booted, self.measured) = (now, now);
        self.log = self.log.anew();
        for observed in &mut self.observed {
            observed.sequence = 1;
        }
    }
}

/// Whole milliseconds of so many seconds.
pub fn milliseconds(seconds: f64) -> u64 {
    Duration::try_from_secs_f64(seconds).map_or(0, |time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
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
            more: AtomicU64::default(),
            logged: watch::Sender::default(),
            restarts: watch::Sender::default(),
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
        match fault {
            Some(FaultKind::EventsLost) => controller.log.overrun(),
            Some(FaultKind::Restart) => {
                controller.boot(now);
                self.restarts.send_modify(|times| *times += 1);
            }
            _ => {}
        }
        self.manner.send_replace(fault.map_or(Manner::Answers, FaultKind::manner));
    }

    /// What the printer's own clock shows at this moment.
    pub fn shows(&self, now: Timestamp) -> Timestamp {
        let ahead = self.fault().map_or(0, FaultKind::ahead_ms);
        Timestamp(now.0.saturating_add(ahead))
    }

    /// The fault that there is.
    pub fn fault(&self) -> Option<FaultKind> {
        self.controller().fault
    }

    /// How the wires behave, now and in future.
    pub fn manner(&self) -> watch::Receiver<Manner> {
        self.manner.subscribe()
    }

    /// Has it write so many lines besides those of its rate.
    pub fn write_more(&self, lines: u32) {
        self.more.fetch_add(u64::from(lines), Ordering::Relaxed);
    }

    /// Takes up to `most` of the lines that it was told to write.
    pub fn take_more(&self, most: u32) -> u32 {
        // Only one takes, so what is there does not become less in between.
        let taken = u32::try_from(self.more.load(Ordering::Relaxed)).map_or(most, |more| more.min(most));
        self.more.fetch_sub(u64::from(taken), Ordering::Relaxed);
        taken
    }

    /// Tells the shipper that there are lines on the disk.
    pub fn lines_written(&self) {
        self.written.send_modify(|times| *times += 1);
    }

    /// Tells the connections how far the event log has come.
    pub fn logged_up_to(&self, sequence: u64) {
        self.logged.send_if_modified(|last| std::mem::replace(last, sequence) != sequence);
    }

    /// Changes with each [`Unit::logged_up_to`] that says something new.
    pub fn logged(&self) -> watch::Receiver<u64> {
        self.logged.subscribe()
    }

    /// Changes whenever the controller starts again with the power on: no connection outlives it.
    pub fn restarts(&self) -> watch::Receiver<u64> {
        self.restarts.subscribe()
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
    fn a_restart_is_a_new_instance_with_an_empty_log() {
        let unit = unit();
        unit.set_fault(Some(FaultKind::RecoaterJam), Timestamp(1_500));
        unit.controller().step(Duration::from_millis(100), Timestamp(1_600));
        let before = unit.controller().clone();
        assert!(before.log.last() > 0);
        unit.set_fault(Some(FaultKind::Restart), Timestamp(2_000));
        let after = unit.controller().clone();
        assert_ne!(after.instance, before.instance);
        assert_eq!((after.log.first(), after.log.last(), after.mono_ms()), (1, 0, 0));
        assert_eq!((*unit.manner().borrow(), *unit.restarts().borrow()), (Manner::Answers, 1));
    }

    #[test]
    fn what_happens_is_in_the_log_with_the_fault_that_it_was() {
        let unit = unit();
        let step = |ms| unit.controller().step(Duration::from_millis(100), Timestamp(ms));
        step(1_100);
        unit.set_fault(Some(FaultKind::RecoaterJam), Timestamp(1_100));
        step(1_200);
        unit.set_fault(None, Timestamp(1_200));
        step(1_300);
        let controller = unit.controller();
        let faults = controller.log.from(1).filter_map(|entry| match entry.what {
            Entered::Raised(fault) => Some((entry.mono_ms, fault.code, None)),
            Entered::Cleared(fault, since) => Some((entry.mono_ms, fault.code, Some(since))),
            Entered::Value(..) => None,
        });
        assert_eq!(faults.collect::<Vec<_>>(), [(200, 4012, None), (300, 4012, Some(200))]);
        let sequences: Vec<u64> = controller.log.from(1).map(|entry| entry.sequence).collect();
        assert_eq!(sequences, (1..=controller.log.last()).collect::<Vec<_>>());
    }

    #[test]
    fn lines_that_it_is_told_to_write_are_taken_piece_by_piece() {
        let unit = unit();
        unit.write_more(500);
        unit.write_more(u32::MAX);
        assert_eq!(unit.take_more(200), 200);
        assert_eq!(unit.take_more(u32::MAX), u32::MAX);
        assert_eq!([unit.take_more(200), unit.take_more(200), unit.take_more(200)], [200, 100, 0]);
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
