//! One build: its layers, and the private words that real logs are full of.

use crate::noise::Noise;

/// How long the blade needs for one layer, in seconds.
const RECOAT_SECONDS: f64 = 5.0;
/// Thickness of a layer, mm.
const LAYER_MM: f64 = 0.1;

const JOBS: &[&str] =
    &["turbine_cover", "anna crown upper left", "NDA-4711 bracket", "impeller v12", "hearing aid batch 88"];
const USERS: &[&str] = &["anna.larsen", "t.okafor", "ws-admin", "m.fischer", "pilar"];
const FOLDERS: &[&str] = &["/home/anna/parts", "C:\\Users\\Fischer\\Desktop", "\\\\fs01\\customers\\Acme"];

/// A build on the machine.
#[derive(Clone, Debug)]
pub struct Build {
    /// Counts the printer's builds; part of the build's identity.
    pub number: u32,
    /// Layers in all.
    pub layers: u32,
    /// Layers that are done.
    pub layer: u32,
    /// Seconds since the first layer began.
    pub elapsed: f64,
    /// How long this layer is exposed, in seconds.
    pub exposure: f64,
    /// How long the last recoating took, in seconds.
    pub recoat: f64,
    /// The job's name. It must never leave the site: the log has it so that a test can look for it.
    pub job: String,
    /// Who sent it. Must never leave either.
    pub user: String,
    /// The path of its file. Must never leave either.
    pub file: String,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    Exposing { left: f64 },
    Recoating { left: f64 },
}

/// What a step of a build came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The same layer goes on.
    Same,
    /// A layer is done and the next begins.
    Layer,
    /// The last layer is done.
    Ended,
}

impl Build {
    /// A job as somebody sends it.
    pub fn new(number: u32, noise: &mut Noise) -> Self {
        let job = noise.pick(JOBS).copied().unwrap_or("job").to_owned();
        let user = noise.pick(USERS).copied().unwrap_or("user").to_owned();
        let folder = noise.pick(FOLDERS).copied().unwrap_or("/srv");
        let exposure = noise.between(7.0, 14.0);
        Self {
            number,
            layers: noise.whole(400, 3_000),
            layer: 0,
            elapsed: 0.0,
            exposure,
            recoat: RECOAT_SECONDS,
            file: format!("{folder}/{job}.stl"),
            job,
            user,
            stage: Stage::Exposing { left: exposure },
        }
    }

    /// Puts a fresh build somewhere in its middle, or close to its end, for a fleet that has been running.
    pub fn advance(&mut self, noise: &mut Noise) {
        let near_end = noise.unit() < 0.2;
        let low = if near_end { self.layers.saturating_sub(3) } else { 1 };
        self.layer = noise.whole(low, self.layers);
        self.elapsed = f64::from(self.layer) * self.layer_seconds();
        self.stage = Stage::Exposing { left: noise.between(0.5, self.exposure) };
    }

    /// Whether the laser draws a layer now.
    pub fn is_exposing(&self) -> bool {
        matches!(self.stage, Stage::Exposing { .. })
    }

    /// Seconds that the build still needs.
    pub fn remaining(&self) -> f64 {
        f64::from(self.layers - self.layer) * self.layer_seconds()
    }

    /// Share that is done, %.
    pub fn progress(&self) -> f64 {
        100.0 * f64::from(self.layer) / f64::from(self.layers)
    }

    /// How deep the platform stands below the surface, mm.
    pub fn depth(&self) -> f64 {
        f64::from(self.layer) * LAYER_MM
    }

    /// Advances by `seconds`.
    pub fn step(&mut self, seconds: f64, noise: &mut Noise) -> Progress {
        self.elapsed += seconds;
        match self.stage {
            Stage::Exposing { left } if left > seconds => {
                self.stage = Stage::Exposing { left: left - seconds }
            }
            Stage::Exposing { .. } => {
                self.recoat = RECOAT_SECONDS + noise.around_zero(0.1);
                self.stage = Stage::Recoating { left: self.recoat };
            }
            Stage::Recoating { left } if left > seconds => {
                self.stage = Stage::Recoating { left: left - seconds }
            }
            Stage::Recoating { .. } => return self.next_layer(noise),
        }
        Progress::Same
    }

    fn next_layer(&mut self, noise: &mut Noise) -> Progress {
        self.layer += 1;
        if self.layer >= self.layers {
            return Progress::Ended;
        }
        self.exposure = (self.exposure + noise.around_zero(0.4)).clamp(6.0, 16.0);
        self.stage = Stage::Exposing { left: self.exposure };
        Progress::Layer
    }

    fn layer_seconds(&self) -> f64 {
        self.exposure + RECOAT_SECONDS
    }
}
