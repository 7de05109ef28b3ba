//! What of a printer's answers is in the catalogue: translation only.

use std::time::Duration;

use catalog::items;
use protocol::pip::{ActiveAlarms, Description, HelloAck, SampleValue, Values};

use crate::intake::pip::{Fault, Interpreter, Offered, Offers};
use crate::intake::poll::found::Found;

/// Translates one printer's words.
#[derive(Debug, Default)]
pub(super) struct Translator {
    /// What the printer offers.
    pub(super) offers: Offers,
    /// Understands events and alarms.
    pub(super) interpreter: Interpreter,
}

/// Who the printer is.
pub(super) fn who(hello: &HelloAck, found: &mut Found<'_>) {
    found.of(&items::IDENTITY_MODEL).identity(hello.model.as_str());
    found.of(&items::IDENTITY_SERIAL).identity(hello.serial.as_str());
    found.of(&items::IDENTITY_FIRMWARE).identity(hello.firmware.as_str());
}

impl Translator {
    /// What the printer offers that the catalogue has: that which READ is asked for. `alarms` says that the printer
    /// answers ALARMS: its faults are taken from there then.
    pub(super) fn described(
        &mut self,
        description: &Description,
        alarms: bool,
        found: &mut Found<'_>,
    ) -> Vec<Offered> {
        self.offers = Offers::of(description, |(item, why)| found.refuse(Some(item), why));
        self.offers.all().filter(|offered| !(alarms && offered.item.is_fault())).collect()
    }

    /// Values. `sweep` is the time in which each item is asked for once.
    pub(super) fn values(&self, values: &Values, sweep: Duration, found: &mut Found<'_>) {
        for sample in &values.values {
            let Some(Offered { item, every, .. }) = self.offers.find(sample.id.as_str()) else {
                found.refuse(None, "a value of an item that was not asked for");
                continue;
            };
            let seen = found.of(item).part(sample.part).at(sample.time).quality(sample.quality);
            let seen = seen.every(sweep.max(every));
            match &sample.value {
                SampleValue::Number(number) => seen.number(*number),
                SampleValue::Code(code) => seen.code(code.as_str()),
            }
        }
    }

    /// The fault of each subsystem: what the alarms say, and `none` where they say nothing. `every` is the time
    /// between two ALARMS.
    pub(super) fn alarms(&mut self, alarms: &ActiveAlarms, every: Duration, found: &mut Found<'_>) {
        let refuse = |why| found.refuse(None, why);
        for Fault { item, part, code } in self.interpreter.alarms(alarms, &self.offers, refuse) {
            found.of(item).part(part).every(every).code(code);
        }
    }
}
