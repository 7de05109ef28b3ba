//! The chamber's air, the room around it and the filter that the air leaves by.

use crate::noise::Noise;

/// Temperatures in °C, humidities in %, hours.
#[derive(Clone, Debug)]
pub struct Chamber {
    /// Air in the chamber, °C.
    pub temperature: f64,
    /// Relative humidity in the chamber, %.
    pub humidity: f64,
    /// Air in the room, °C.
    pub room: f64,
    /// Relative humidity in the room, %.
    pub room_humidity: f64,
    /// Hours on the exhaust filter.
    pub filter_hours: f64,
}

impl Chamber {
    /// A chamber in an air-conditioned hall.
    pub fn new(noise: &mut Noise) -> Self {
        let room = noise.between(21.0, 23.0);
        Self {
            temperature: room + 3.0,
            humidity: noise.between(34.0, 42.0),
            room,
            room_humidity: noise.between(35.0, 48.0),
            filter_hours: noise.between(5.0, 900.0),
        }
    }

    /// Advances by `seconds`: the air follows the resin below it and the room around it.
    pub fn step(&mut self, seconds: f64, resin: f64, noise: &mut Noise) {
        let target = 0.6 * resin + 0.4 * self.room;
        self.temperature += (target - self.temperature) * (1.0 - (-seconds / 300.0).exp());
        let walk = seconds.min(1.0);
        self.humidity = (self.humidity + noise.around_zero(0.02) * walk).clamp(25.0, 55.0);
        self.room = (self.room + noise.around_zero(0.005) * walk).clamp(20.0, 24.0);
        self.room_humidity = (self.room_humidity + noise.around_zero(0.02) * walk).clamp(25.0, 60.0);
        self.filter_hours += seconds / 3_600.0;
    }
}
