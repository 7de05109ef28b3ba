//! What of a printer's events is in the catalogue: translation only.

use catalog::{Item, Quality, Timestamp};
use protocol::pip::{ActiveAlarms, Event, HelloAck, Occurrence, Sample, SampleValue};

use super::Offers;
use super::faults::{Fault, Faults, UNKNOWN_SUBSYSTEM};
use crate::intake::clock::off_ms;

/// Understands what a printer tells.
#[derive(Debug, Default)]
pub(in crate::intake) struct Interpreter {
    /// Our time and the printer's monotonic one at the same moment, where it says its own.
    met: Option<(Timestamp, u64)>,
    faults: Faults,
}

/// What an event says, in the catalogue's words.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::intake) struct Told<'e> {
    pub(in crate::intake) item: &'static Item,
    pub(in crate::intake) part: u8,
    pub(in crate::intake) said: Said<'e>,
    /// By the printer's clock.
    pub(in crate::intake) time: Timestamp,
    /// What to add to it where that clock is off, in milliseconds.
    pub(in crate::intake) off_ms: Option<i64>,
    pub(in crate::intake) quality: Quality,
}

/// A value as an event gives it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::intake) enum Said<'e> {
    Number(f64),
    Code(&'e str),
}

impl<'e> Said<'e> {
    fn of(value: &'e SampleValue) -> Self {
        match value {
            SampleValue::Number(number) => Self::Number(*number),
            SampleValue::Code(code) => Self::Code(code.as_str()),
        }
    }
}

impl Interpreter {
    /// The printer has introduced itself.
    pub(in crate::intake) fn meet(&mut self, hello: &HelloAck, now: Timestamp) {
        self.met = hello.mono_ms.map(|mono_ms| (now, mono_ms));
    }

    /// What an event says; nothing where it is not for the catalogue, and the reason where it is wrong. What DESCRIBED does
    /// not offer, or not as the catalogue has it, is left out.
    pub(in crate::intake) fn tell<'e>(
        &mut self,
        event: &'e Event,
        offers: &Offers,
        now: Timestamp,
    ) -> Result<Option<Told<'e>>, &'static str> {
        let (item, part, said, quality) = match &event.what {
            Occurrence::Changed { id, part, value, quality } => {
                let Some(offered) = offers.find(id.as_str()) else { return Ok(None) };
                (offered.item, *part, Said::of(value), *quality)
            }
            Occurrence::Raised(alarm) | Occurrence::Cleared(alarm) => {
                let raised = matches!(event.what, Occurrence::Raised(_));
                let fault = self.faults.change(alarm, raised);
                let Fault { item, part, code } = fault.ok_or(UNKNOWN_SUBSYSTEM)?;
                (item, part, Said::Code(code), Quality::Good)
            }
            // Of a later version: it has its place in the sequence.
            Occurrence::Other => return Ok(None),
        };
        let off_ms = off_ms(event.time, self.ours(event.time, event.mono_ms, now));
        Ok(Some(Told { item, part, said, time: event.time, off_ms, quality }))
    }

    /// What VALUES says of one item as it stands; nothing where that was not offered.
    pub(in crate::intake) fn read<'s>(
        &self,
        sample: &'s Sample,
        offers: &Offers,
        now: Timestamp,
    ) -> Option<Told<'s>> {
        let (item, said) = (offers.find(sample.id.as_str())?.item, Said::of(&sample.value));
        let off_ms = off_ms(sample.time, self.ours(sample.time, sample.mono_ms, now));
        Some(Told { item, part: sample.part, said, time: sample.time, off_ms, quality: sample.quality })
    }

    /// The fault of each subsystem by what ALARMS says now: `none` where it says nothing.
    pub(in crate::intake) fn alarms(
        &mut self,
        alarms: &ActiveAlarms,
        offers: &Offers,
        refuse: impl FnMut(&'static str),
    ) -> Vec<Fault> {
        self.faults.are(alarms, offers, refuse)
    }

    /// When it happened by our clock: the printer's monotonic one says how long ago it was.
    fn ours(&self, time: Timestamp, mono_ms: u64, now: Timestamp) -> Timestamp {
        // Without a monotonic clock an old event cannot be told from a clock that is slow: only the future is wrong. So it is
        // with one that the printer kept over a boot, whose time since then is none.
        let Some((met, met_mono_ms)) = self.met.filter(|_| mono_ms > 0) else {
            return Timestamp(time.0.min(now.0));
        };
        let since = i128::from(mono_ms) - i128::from(met_mono_ms);
        Timestamp(i64::try_from(i128::from(met.0) + since).unwrap_or(now.0))
    }
}
