//! What of a printer's events is in the catalogue, as readings: translation only.

use catalog::{Identity, Item, Mark, Place, Quality, Reading, Refusal, Salt, Timestamp, items};
use protocol::pip::{ActiveAlarms, Event, Gap, HelloAck, Values};

use crate::config::PrinterId;
use crate::intake::pip::{Fault, Interpreter, Offers, Said, Told};

/// Makes readings of what one instance of a printer tells.
#[derive(Debug)]
pub(super) struct Teller {
    salt: Salt,
    printer: PrinterId,
    /// What the configuration names comes before the printer's own word.
    model: Option<Identity>,
    instance: String,
    interpreter: Interpreter,
    offers: Offers,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Words {
    pub(super) readings: Vec<Reading>,
    /// What was not taken, and why.
    pub(super) refused: Vec<(Option<&'static Item>, &'static str)>,
}

impl Teller {
    /// For the instance that HELLO-ACK names.
    pub(super) fn new(
        printer: PrinterId,
        salt: Salt,
        model: Option<Identity>,
        hello: &HelloAck,
        now: Timestamp,
    ) -> Self {
        let instance = hello.instance.as_str().to_owned();
        let (mut interpreter, offers) = (Interpreter::default(), Offers::default());
        interpreter.meet(hello, now);
        Self { salt, printer, model, instance, interpreter, offers }
    }

    /// What the printer offers: its events are of that.
    pub(super) fn described(&mut self, offers: Offers) {
        self.offers = offers;
    }

    /// Who the printer is, and whether its log began anew.
    pub(super) fn met(&self, hello: &HelloAck, new_instance: bool, now: Timestamp) -> Words {
        let mut words = Words::default();
        let model = self.model.clone().ok_or(()).or_else(|()| Identity::from_interface(hello.model.as_str()));
        let serial = Identity::from_interface(hello.serial.as_str());
        let firmware = Identity::from_interface(hello.firmware.as_str());
        for (index, (item, identity)) in (0..).zip([
            (&items::IDENTITY_MODEL, model),
            (&items::IDENTITY_SERIAL, serial),
            (&items::IDENTITY_FIRMWARE, firmware),
        ]) {
            match identity {
                Ok(identity) => words.take(item, item.identity(identity, self.own_mark(b"met", index, now))),
                Err(_) => words.refused.push((Some(item), "no text that an identity can be")),
            }
        }
        if new_instance {
            let item = &items::INTERFACE_EVENT;
            words.take(item, item.code("restarted", self.own_mark(b"met", 3, now)));
        }
        words
    }

    /// That events are missing, with how many have been in all.
    pub(super) fn missed(&self, gap: Gap, lost_in_all: u64, now: Timestamp) -> Words {
        let mut words = Words::default();
        let (code, about) = match gap {
            Gap::Lost { first, .. } => ("gap", first.to_string()),
            Gap::WentBack => ("backwards", String::new()),
        };
        let mark = |index| self.own_mark(about.as_bytes(), index, now);
        words.take(&items::INTERFACE_EVENT, items::INTERFACE_EVENT.code(code, mark(0)));
        words.take(&items::INTERFACE_LOST, items::INTERFACE_LOST.number(lost_in_all as f64, mark(1)));
        words
    }

    /// What happened.
    pub(super) fn events(&mut self, events: &[Event], now: Timestamp) -> Words {
        let mut words = Words::default();
        for event in events {
            match self.interpreter.tell(event, &self.offers, now) {
                Ok(Some(told)) => words.take(told.item, made(&told, self.mark(event, &told))),
                Ok(None) => {}
                Err(why) => words.refused.push((None, why)),
            }
        }
        words
    }

    /// How things stand.
    pub(super) fn values(&self, values: &Values, now: Timestamp) -> Words {
        let mut words = Words::default();
        for sample in &values.values {
            match self.interpreter.read(sample, &self.offers, now) {
                Some(told) => words.take(told.item, made(&told, self.read_mark(&told))),
                None => words.refused.push((None, "a value of an item that was not asked for")),
            }
        }
        words
    }

    /// Which alarms are active, and so which faults there are.
    pub(super) fn alarms(&mut self, alarms: &ActiveAlarms, now: Timestamp) -> Words {
        let mut words = Words::default();
        let faults = self.interpreter.alarms(alarms, &self.offers, |why| words.refused.push((None, why)));
        for (index, Fault { item, part, code }) in (0..).zip(faults) {
            let mark = Mark { part, ..self.own_mark(item.id().as_bytes(), index, now) };
            words.take(item, item.code(code, mark));
        }
        words
    }

    /// The origin of an event is printer, instance and sequence: it is the same however often it comes. The printer's time
    /// is the check of it: a log that went back gives the same sequences to other events.
    fn mark(&self, event: &Event, told: &Told<'_>) -> Mark {
        let fields = [b"push".as_slice(), self.printer.as_str().as_bytes(), self.instance.as_bytes()];
        let check = self.salt.check(&told.time.0.to_be_bytes());
        marked(told, self.salt.source(&fields).place(event.sequence, check))
    }

    /// The origin of a value that was asked for is printer, item, part and time, as of any that is polled.
    fn read_mark(&self, told: &Told<'_>) -> Mark {
        let printer = self.printer.as_str().as_bytes();
        let source = self.salt.source(&[b"push value", printer, told.item.id().as_bytes(), &[told.part]]);
        let said = match told.said {
            Said::Number(number) => self.salt.check(&number.to_be_bytes()),
            Said::Code(code) => self.salt.check(code.as_bytes()),
        };
        marked(told, source.place(told.time.0.unsigned_abs(), said))
    }

    /// Of what the adapter notices itself.
    fn own_mark(&self, about: &[u8], index: u16, now: Timestamp) -> Mark {
        let fields = [b"push log".as_slice(), self.printer.as_str().as_bytes(), self.instance.as_bytes()];
        let place = self.salt.source(&fields).place(now.0.unsigned_abs(), self.salt.check(about));
        Mark { part: 0, time: now, quality: Quality::Good, origin: place.origin(index) }
    }
}

impl Words {
    fn take(&mut self, item: &'static Item, made: Result<Reading, Refusal>) {
        match made {
            Ok(reading) => self.readings.push(reading),
            Err(why) => self.refused.push((Some(item), why.name())),
        }
    }
}

/// With the printer's time, put right where its clock is off.
fn marked(told: &Told<'_>, place: Place) -> Mark {
    let time = Timestamp(told.time.0.saturating_add(told.off_ms.unwrap_or_default()));
    let moved = told.off_ms.is_some() && told.quality == Quality::Good;
    let quality = if moved { Quality::Uncertain } else { told.quality };
    Mark { part: told.part, time, quality, origin: place.origin(0) }
}

fn made(told: &Told<'_>, mark: Mark) -> Result<Reading, Refusal> {
    match told.said {
        Said::Number(number) => told.item.number(number, mark),
        Said::Code(code) => told.item.code(code, mark),
    }
}

#[cfg(test)]
mod tests;
