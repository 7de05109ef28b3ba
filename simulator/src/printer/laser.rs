//! The laser: it holds its power by raising the pump current until it cannot.

use crate::noise::Noise;

/// Share of the setpoint that a drifting laser loses each second, and where it ends.
const DRIFT: (f64, f64) = (0.025, 0.45);

/// Power, current, temperature and hours. The laser stays lit between builds, behind its shutter, since its
/// power is only stable when it is warm: so a low power means a fault in every phase.
#[derive(Clone, Debug)]
pub struct Laser {
    /// Power at the head, mW.
    pub power: f64,
    /// What the controller asks for, mW.
    pub setpoint: f64,
    /// Pump diode current, A.
    pub current: f64,
    /// Head temperature, °C.
    pub head_temperature: f64,
    /// Hours lit.
    pub hours: f64,
    /// Current that this diode needs for its setpoint when nothing is wrong, A.
    rated_current: f64,
    /// Share of its power that the laser has lost, 0 to 1.
    lost: f64,
    drifting: bool,
}

impl Laser {
    /// A laser of some age.
    pub fn new(noise: &mut Noise) -> Self {
        let setpoint = (noise.between(95.0, 110.0)).round() * 5.0;
        let hours = noise.between(200.0, 6_000.0);
        // An older diode needs more current for the same light.
        let rated_current = 19.0 + hours / 1_500.0;
        let current = rated_current;
        Self {
            power: setpoint,
            setpoint,
            current,
            head_temperature: 31.0,
            hours,
            rated_current,
            lost: 0.0,
            drifting: false,
        }
    }

    /// Lets the power drift away, or mends it.
    pub fn drift(&mut self, on: bool) {
        self.drifting = on;
    }

    /// Share of the setpoint that is missing, 0 to 1.
    pub fn lost(&self) -> f64 {
        self.lost
    }

    /// Advances by `seconds`; `firing` while a layer is being exposed.
    pub fn step(&mut self, seconds: f64, firing: bool, noise: &mut Noise) {
        let (rate, most) = DRIFT;
        let change = if self.drifting { rate } else { -4.0 * rate };
        self.lost = (self.lost + change * seconds).clamp(0.0, most);
        self.power = self.setpoint * (1.0 - self.lost) + noise.around_zero(1.2);
        // The controller answers lost light with current, up to what the supply gives.
        let wanted = self.rated_current * (1.0 + 1.2 * self.lost);
        self.current = wanted.min(32.0) + noise.around_zero(0.04);
        let target = 31.0 + if firing { 1.5 } else { 0.0 } + 12.0 * self.lost;
        self.head_temperature += (target - self.head_temperature) * (1.0 - (-seconds / 45.0).exp());
        self.hours += seconds / 3_600.0;
    }
}
