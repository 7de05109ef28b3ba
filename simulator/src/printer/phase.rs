//! What a printer is doing, and how long each of it takes.

use crate::noise::Noise;

/// The states of the machine in their order. A jam holds whatever phase it meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nobody has sent a job.
    Idle,
    /// A job was sent: the platform moves to its start, resin is topped up.
    Preparing,
    /// The resin is brought to temperature.
    Warming,
    /// Layer after layer.
    Building,
    /// The part drains and the resin returns to standby.
    Cooling,
    /// Waits for somebody to take the part out.
    Finished,
}

/// Every phase, in order.
pub(super) const PHASES: [Phase; 6] =
    [Phase::Idle, Phase::Preparing, Phase::Warming, Phase::Building, Phase::Cooling, Phase::Finished];

impl Phase {
    /// The catalogue's code of `printer.state`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Preparing => "preparing",
            Self::Warming => "warming",
            Self::Building => "building",
            Self::Cooling => "cooling",
            Self::Finished => "finished",
        }
    }

    /// The catalogue's code of `build.state`.
    pub fn build_code(self) -> &'static str {
        match self {
            Self::Idle | Self::Preparing | Self::Warming => "pending",
            Self::Building => "printing",
            Self::Cooling | Self::Finished => "completed",
        }
    }

    /// The phase after this one.
    pub fn next(self) -> Self {
        match self {
            Self::Idle => Self::Preparing,
            Self::Preparing => Self::Warming,
            Self::Warming => Self::Building,
            Self::Building => Self::Cooling,
            Self::Cooling => Self::Finished,
            Self::Finished => Self::Idle,
        }
    }

    /// How long it lasts, in seconds. A build has no length of its own: its layers decide.
    pub fn seconds(self, noise: &mut Noise) -> f64 {
        match self {
            Self::Idle => noise.between(90.0, 900.0),
            Self::Preparing => noise.between(20.0, 60.0),
            Self::Warming => noise.between(60.0, 180.0),
            Self::Building => f64::INFINITY,
            Self::Cooling => noise.between(120.0, 300.0),
            Self::Finished => noise.between(60.0, 600.0),
        }
    }

    /// Whether the resin is kept at its working temperature.
    pub fn is_warm(self) -> bool {
        matches!(self, Self::Warming | Self::Building)
    }
}
