//! One limit over one series, as a pure state machine in event time.

use std::time::Duration;

use catalog::Timestamp;

/// When an alarm opens and closes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bounds {
    /// What is compared.
    pub(crate) side: Side,
    /// How long the condition must hold before an alarm opens.
    pub(crate) delay_on: Duration,
    /// How long it must be gone before the alarm closes.
    pub(crate) delay_off: Duration,
}

/// What is compared.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Side {
    /// Above the bound; gone at or below bound − deadband.
    High { bound: f64, deadband: f64 },
    /// Below the bound; gone at or above bound + deadband.
    Low { bound: f64, deadband: f64 },
    /// The state is this code.
    Code(String),
    /// The state is anything but `none`.
    AnyFault,
}

/// A value as it is judged.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Sample {
    /// A number of a gauge or counter.
    Number(f64),
    /// A code of a state or event.
    Code(String),
}

/// Where one limit stands over one series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    /// Whether an alarm is open.
    pub(crate) active: bool,
    /// Since when the value asks for the other state, while its delay runs.
    pub(crate) pending: Option<Timestamp>,
}

/// What a step did. Its time is when the condition began, not when the delay was over: people ask since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// An alarm opened.
    Opened(Timestamp),
    /// The alarm closed.
    Closed(Timestamp),
}

impl Bounds {
    /// The longer of the two delays: how far back a judgement can depend on the past.
    pub(crate) fn memory(&self) -> Duration {
        self.delay_on.max(self.delay_off)
    }

    /// Whether the value asks for the state that the limit is not in. Between the bound and the deadband's
    /// end it asks for neither.
    fn turns(&self, active: bool, sample: &Sample) -> bool {
        match (&self.side, sample) {
            (Side::High { bound, .. }, Sample::Number(value)) if !active => value > bound,
            (Side::High { bound, deadband }, Sample::Number(value)) => *value <= bound - deadband,
            (Side::Low { bound, .. }, Sample::Number(value)) if !active => value < bound,
            (Side::Low { bound, deadband }, Sample::Number(value)) => *value >= bound + deadband,
            (Side::Code(code), Sample::Code(value)) => (value == code) != active,
            (Side::AnyFault, Sample::Code(value)) => (value != "none") != active,
            // A limit on a number says nothing of a code, nor the other way round.
            _ => false,
        }
    }

    /// Lets time pass up to the next value: a state holds until then, while of a number nothing is known.
    pub(crate) fn hold(&self, state: State, until: Timestamp) -> (State, Option<Change>) {
        match self.side {
            Side::Code(_) | Side::AnyFault => self.wait(state, until),
            Side::High { .. } | Side::Low { .. } => (state, None),
        }
    }

    /// Takes the next value of the series; times go back only where a clock was set right.
    pub(crate) fn step(&self, state: State, time: Timestamp, sample: &Sample) -> (State, Option<Change>) {
        if !self.turns(state.active, sample) {
            return (State { pending: None, ..state }, None);
        }
        let since = state.pending.map_or(time, |since| since.min(time));
        self.wait(State { pending: Some(since), ..state }, time)
    }

    /// Lets time pass while the last value holds: for states, of which the next value comes with the next
    /// change and not sooner.
    pub(crate) fn wait(&self, state: State, time: Timestamp) -> (State, Option<Change>) {
        let Some(since) = state.pending else { return (state, None) };
        let delay = if state.active { self.delay_off } else { self.delay_on };
        if i128::from(time.0) - i128::from(since.0) < i128::try_from(delay.as_millis()).unwrap_or(i128::MAX) {
            return (state, None);
        }
        let change = if state.active { Change::Closed(since) } else { Change::Opened(since) };
        (State { active: !state.active, pending: None }, Some(change))
    }
}
