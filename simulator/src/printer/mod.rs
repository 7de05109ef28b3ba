//! One printer as a physical model: seeded, stepped by time, and without any input or output.
//!
//! `step` advances it and says what happened; the same seed and steps give the same printer.

mod build;
mod chamber;
mod fault;
mod laser;
mod log;
mod phase;
mod readout;
mod recoater;
mod vat;

pub use build::Build;
pub use chamber::Chamber;
pub use fault::{NativeFault, Side};
pub use laser::Laser;
pub use log::{Entered, Entry, EventLog, NUMBER_MS_MIN};
pub use phase::Phase;
pub use readout::{CHANNELS, Channel, Readout};
pub use recoater::Recoater;
pub use vat::Vat;

use std::time::Duration;

use crate::noise::Noise;
use build::Progress;

/// Share of power lost at which the controller reports a laser fault, and at which it takes it back.
const LASER_LOST: (f64, f64) = (0.20, 0.10);
/// Resin temperature at which the controller reports a vat fault, and at which it takes it back, °C.
const VAT_HOT: (f64, f64) = (35.0, 33.0);
/// What is left in a cartridge when it is changed, %.
const CARTRIDGE_LOW: f64 = 12.0;
/// Depth of the platform when nothing is built, mm above the surface.
const PLATFORM_HOME: f64 = 20.0;

/// Something that the controller writes a line about at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// The printer went over to another phase.
    Phase(Phase),
    /// A layer is done.
    Layer,
    /// A fault became active.
    Raised(&'static NativeFault),
    /// A fault went.
    Cleared(&'static NativeFault),
}

/// The model of one printer.
#[derive(Clone, Debug)]
pub struct Printer {
    /// What it is doing.
    pub phase: Phase,
    /// The laser.
    pub laser: Laser,
    /// The vat.
    pub vat: Vat,
    /// The recoater.
    pub recoater: Recoater,
    /// Chamber and room.
    pub chamber: Chamber,
    /// The build on the machine, or the last one.
    pub build: Build,
    /// Resin in the cartridge, %.
    pub cartridge: f64,
    /// Hours powered.
    pub hours: f64,
    /// How often the controller has started.
    pub boots: u32,
    /// Builds that ended well.
    pub completed: u32,
    /// Builds that did not.
    pub failed: u32,
    /// How far the beam lands from its calibrated place, µm.
    pub scanner_drift: f64,
    /// Seconds since the controller started, by its own monotonic clock.
    pub uptime: f64,
    phase_left: f64,
    active: Vec<(&'static NativeFault, f64)>,
    noise: Noise,
}

impl Printer {
    /// A printer that has been running for a while, somewhere in its day.
    pub fn new(mut noise: Noise) -> Self {
        // Half of a busy fleet is building; the rest is spread over the other phases.
        let phases = [Phase::Building, Phase::Building, Phase::Building, Phase::Building, Phase::Building];
        let all: Vec<Phase> = phases.into_iter().chain(phase::PHASES).collect();
        let phase = noise.pick(&all).copied().unwrap_or(Phase::Idle);
        let mut build = Build::new(noise.whole(3, 400), &mut noise);
        if phase == Phase::Building {
            build.advance(&mut noise);
        }
        let phase_left = phase.seconds(&mut noise) * noise.unit();
        Self {
            phase,
            laser: Laser::new(&mut noise),
            vat: Vat::new(phase.is_warm(), &mut noise),
            recoater: Recoater::default(),
            chamber: Chamber::new(&mut noise),
            completed: build.number,
            build,
            cartridge: noise.between(15.0, 100.0),
            hours: noise.between(500.0, 20_000.0),
            boots: noise.whole(2, 60),
            failed: noise.whole(0, 9),
            scanner_drift: noise.around_zero(3.0),
            uptime: 0.0,
            phase_left,
            active: Vec::new(),
            noise,
        }
    }

    /// Advances by `time` and says what happened.
    pub fn step(&mut self, time: Duration) -> Vec<Happening> {
        let seconds = time.as_secs_f64();
        let mut happened = Vec::new();
        self.hours += seconds / 3_600.0;
        self.uptime += seconds;
        self.scanner_drift = (self.scanner_drift + self.noise.around_zero(0.01)).clamp(-12.0, 12.0);
        let working = self.phase == Phase::Building && !self.recoater.is_jammed();
        self.laser.step(seconds, working && self.build.is_exposing(), &mut self.noise);
        self.vat.step(seconds, self.phase.is_warm(), self.chamber.room, &mut self.noise);
        self.chamber.step(seconds, self.vat.temperature, &mut self.noise);
        let blade = (working && !self.build.is_exposing()).then(|| recoater::TRAVEL / self.build.recoat);
        self.recoater.step(seconds, blade, &mut self.noise);
        // A jam holds the phase: nothing goes on until somebody frees the blade.
        if !self.recoater.is_jammed() {
            self.advance_phase(seconds, &mut happened);
        }
        self.watch_limits(&mut happened);
        happened
    }

    /// Stops the blade against something solid, or frees it.
    pub fn jam(&mut self, on: bool) {
        self.recoater.jam(on, &mut self.noise);
    }

    /// The controller starts again: its own clock begins at zero.
    pub fn boot(&mut self) {
        self.boots += 1;
        self.uptime = 0.0;
        for (_, since) in &mut self.active {
            *since = 0.0;
        }
    }

    /// The catalogue's code of `printer.state`: a jammed printer is in error, whatever it was doing.
    pub fn state_code(&self) -> &'static str {
        if self.recoater.is_jammed() { "error" } else { self.phase.code() }
    }

    /// What the pump does: it tops the vat up before a build.
    pub fn pump_code(&self) -> &'static str {
        if self.phase == Phase::Preparing { "moving" } else { "idle" }
    }

    /// The door is locked while the laser may draw, and open while a part is taken out.
    pub fn door_code(&self) -> &'static str {
        match self.phase {
            Phase::Warming | Phase::Building | Phase::Cooling => "locked",
            Phase::Finished if self.phase_left < 15.0 => "open",
            Phase::Idle | Phase::Preparing | Phase::Finished => "closed",
        }
    }

    /// Where the platform stands, mm: below the surface while it builds, above it otherwise.
    pub fn elevator(&self) -> f64 {
        match self.phase {
            Phase::Building | Phase::Cooling => self.build.depth(),
            Phase::Idle | Phase::Preparing | Phase::Warming | Phase::Finished => PLATFORM_HOME,
        }
    }

    /// The faults that the controller reports now, each with its time of `uptime` when it began.
    pub fn active_faults(&self) -> &[(&'static NativeFault, f64)] {
        &self.active
    }

    fn advance_phase(&mut self, seconds: f64, happened: &mut Vec<Happening>) {
        if self.phase == Phase::Building {
            return self.advance_build(seconds, happened);
        }
        self.phase_left -= seconds;
        if self.phase_left <= 0.0 {
            self.enter(self.phase.next(), happened);
        }
    }

    fn advance_build(&mut self, seconds: f64, happened: &mut Vec<Happening>) {
        match self.build.step(seconds, &mut self.noise) {
            Progress::Same => {}
            Progress::Layer => {
                self.recoater.turn();
                // An operator changes the cartridge before it runs dry.
                self.cartridge = if self.cartridge < CARTRIDGE_LOW { 100.0 } else { self.cartridge - 0.01 };
                happened.push(Happening::Layer);
            }
            Progress::Ended => {
                self.completed += 1;
                self.enter(Phase::Cooling, happened);
            }
        }
    }

    fn enter(&mut self, phase: Phase, happened: &mut Vec<Happening>) {
        if phase == Phase::Preparing {
            self.build = Build::new(self.build.number + 1, &mut self.noise);
        }
        self.phase = phase;
        self.phase_left = phase.seconds(&mut self.noise);
        happened.push(Happening::Phase(phase));
    }

    fn watch_limits(&mut self, happened: &mut Vec<Happening>) {
        let lost = self.laser.lost();
        let hot = self.vat.temperature;
        let jammed = self.recoater.is_jammed();
        self.watch(&fault::LASER_POWER_LOW, lost > LASER_LOST.0, lost < LASER_LOST.1, happened);
        self.watch(&fault::VAT_OVER_TEMPERATURE, hot > VAT_HOT.0, hot < VAT_HOT.1, happened);
        self.watch(&fault::RECOATER_JAMMED, jammed, !jammed, happened);
    }

    fn watch(&mut self, fault: &'static NativeFault, on: bool, off: bool, happened: &mut Vec<Happening>) {
        let place = self.active.iter().position(|(active, _)| *active == fault);
        match place {
            None if on => {
                self.active.push((fault, self.uptime));
                happened.push(Happening::Raised(fault));
            }
            Some(place) if off => {
                self.active.remove(place);
                happened.push(Happening::Cleared(fault));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
