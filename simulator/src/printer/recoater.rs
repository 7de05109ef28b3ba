//! The recoater: a blade that crosses the vat once after each layer.

use crate::noise::Noise;

/// The blade's way across the vat, mm.
pub(super) const TRAVEL: f64 = 640.0;
/// Load of a blade that has met something solid, % of the motor's rating.
const JAM_LOAD: f64 = 250.0;

/// Position, speed and motor load.
#[derive(Clone, Debug, Default)]
pub struct Recoater {
    /// Blade position, mm.
    pub position: f64,
    /// Blade speed with its direction, mm/s.
    pub speed: f64,
    /// Motor load, % of its rating.
    pub load: f64,
    towards_far_side: bool,
    jammed: bool,
}

impl Recoater {
    /// Stops the blade against something solid, or frees it.
    pub fn jam(&mut self, on: bool, noise: &mut Noise) {
        self.jammed = on;
        if on {
            (self.speed, self.load) = (0.0, JAM_LOAD + noise.around_zero(4.0));
        }
    }

    /// Whether the blade is stuck.
    pub fn is_jammed(&self) -> bool {
        self.jammed
    }

    /// Turns the blade round at the end of its way.
    pub fn turn(&mut self) {
        self.towards_far_side = !self.towards_far_side;
    }

    /// Advances by `seconds`; `speed` in mm/s while a layer is recoated, else `None`.
    pub fn step(&mut self, seconds: f64, speed: Option<f64>, noise: &mut Noise) {
        if self.jammed {
            (self.speed, self.load) = (0.0, JAM_LOAD + noise.around_zero(4.0));
            return;
        }
        let direction = if self.towards_far_side { 1.0 } else { -1.0 };
        self.speed = speed.map_or(0.0, |speed| direction * speed);
        self.position = (self.position + self.speed * seconds).clamp(0.0, TRAVEL);
        let rest = if speed.is_some() { 38.0 } else { 6.0 };
        self.load = (rest + noise.around_zero(1.5)).max(0.0);
    }
}
