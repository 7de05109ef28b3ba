//! The vat: resin that a heater warms and the room cools, first order.

use crate::noise::Noise;

/// Working temperature, °C.
const WORKING: f64 = 28.0;
/// Temperature kept between builds, °C.
const STANDBY: f64 = 26.5;
/// How slowly the resin follows the room, in seconds: some 40 kg of it.
const ROOM_SECONDS: f64 = 900.0;
/// What the heater at full duty adds, in °C a second.
const HEATER: f64 = 0.03;
/// Duty for each degree below the setpoint.
const GAIN: f64 = 0.8;
/// Where a heater that never opens would take the resin, °C, and how fast, in seconds. A real vat takes many
/// minutes; a demonstration has seconds, so this is the one place where time is squeezed.
const RUNAWAY: (f64, f64) = (48.0, 25.0);
/// How fast it comes back afterwards, in seconds, squeezed alike.
const RECOVERY_SECONDS: f64 = 20.0;

/// Resin, heater and level.
#[derive(Clone, Debug)]
pub struct Vat {
    /// Resin temperature, °C.
    pub temperature: f64,
    /// What the controller asks for, °C.
    pub setpoint: f64,
    /// Heater duty, 0 to 1.
    pub duty: f64,
    /// Resin surface above the build plane, mm.
    pub level: f64,
    runaway: bool,
    recovering: bool,
}

impl Vat {
    /// A vat that has been under control for hours.
    pub fn new(warm: bool, noise: &mut Noise) -> Self {
        let setpoint = if warm { WORKING } else { STANDBY };
        let temperature = setpoint + noise.around_zero(0.05);
        Self {
            temperature,
            setpoint,
            duty: 0.2,
            level: noise.around_zero(0.02),
            runaway: false,
            recovering: false,
        }
    }

    /// Lets the heater run away, or takes it back under control.
    pub fn run_away(&mut self, on: bool) {
        self.recovering = self.runaway && !on;
        self.runaway = on;
    }

    /// Advances by `seconds` in a room of `room` °C.
    pub fn step(&mut self, seconds: f64, warm: bool, room: f64, noise: &mut Noise) {
        self.setpoint = if warm { WORKING } else { STANDBY };
        if self.runaway {
            self.duty = 1.0;
            self.approach(RUNAWAY.0, RUNAWAY.1, seconds);
        } else if self.recovering {
            self.duty = 0.0;
            self.approach(self.setpoint - 0.5, RECOVERY_SECONDS, seconds);
            self.recovering = self.temperature > self.setpoint + 0.2;
        } else {
            let holding = (self.setpoint - room) / ROOM_SECONDS / HEATER;
            self.duty = (holding + GAIN * (self.setpoint - self.temperature)).clamp(0.0, 1.0);
            self.temperature += (HEATER * self.duty + (room - self.temperature) / ROOM_SECONDS) * seconds;
        }
        // The leveller pulls the surface back to the plane; exposure and recoating disturb it.
        self.level += (-self.level * 0.05 + noise.around_zero(0.002)) * seconds.min(1.0);
    }

    fn approach(&mut self, target: f64, constant: f64, seconds: f64) {
        self.temperature += (target - self.temperature) * (1.0 - (-seconds / constant).exp());
    }
}
