//! An alarm of a printer as readings of the catalogue: what it is about by table, never by its text.

use catalog::items;

use crate::Output;
use crate::record::{At, Record};
use crate::shape::shape;

/// What the catalogue says of a kind of alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// A code of `alarm.class`.
    pub class: &'static str,
    /// A code of `alarm.subsystem`.
    pub subsystem: &'static str,
    /// A code of `alarm.qualifier`.
    pub qualifier: &'static str,
}

impl Alarm {
    /// An alarm of a text that no table knows.
    pub const UNMAPPED: Self = Self { class: "unmapped", subsystem: "printer", qualifier: "unmapped" };
}

/// The shape of an alarm's text that no table knows, from which nothing can be read: see the item `alarm.shape`.
pub fn alarm_shape(text: &[u8]) -> [u8; 8] {
    shape(text).to_be_bytes()
}

impl Record<'_> {
    /// Adds the readings of an alarm, with the indices from that of `at` on. `text` is what the printer wrote: of an
    /// alarm that no table knows its shape leaves, so that the maker can be asked for it.
    pub(crate) fn alarm(&self, alarm: Alarm, text: &[u8], at: At, output: &mut Output) {
        let at = |offset| At { index: at.index.saturating_add(offset), ..at };
        let codes = [
            (&items::ALARM_ACTIVE, "yes"),
            (&items::ALARM_CLASS, alarm.class),
            (&items::ALARM_SUBSYSTEM, alarm.subsystem),
            (&items::ALARM_QUALIFIER, alarm.qualifier),
        ];
        for (offset, (item, code)) in (0..).zip(codes) {
            output.take(item, self.code(item, code.as_bytes(), at(offset)));
        }
        if alarm.class == Alarm::UNMAPPED.class {
            self.alarm_shape(text, at(0), output);
        }
    }

    /// Adds the shape of what no table knows, behind what else is said of it. `at` is that of the alarm.
    pub(crate) fn alarm_shape(&self, text: &[u8], at: At, output: &mut Output) {
        let at = At { index: at.index.saturating_add(4), ..at };
        output.take(&items::ALARM_SHAPE, self.hash(&items::ALARM_SHAPE, &alarm_shape(text), at));
    }

    /// Adds that no alarm is active: the printer works again, by its own word. `at` is that of its alarms.
    pub(crate) fn no_alarm(&self, at: At, output: &mut Output) {
        output.take(&items::ALARM_ACTIVE, self.code(&items::ALARM_ACTIVE, b"no", at));
    }

    /// Adds the maker's own number of an alarm, behind what else is said of it. `at` is that of the alarm.
    pub(crate) fn alarm_code(&self, code: u32, at: At, output: &mut Output) {
        let at = At { index: at.index.saturating_add(5), ..at };
        let code = self.number(&items::ALARM_NATIVE_CODE, f64::from(code), at);
        output.take(&items::ALARM_NATIVE_CODE, code);
    }
}

/// A table from the beginning of a text to what it is about.
pub(crate) type Table = &'static [(&'static [u8], Alarm)];

/// The alarm whose text begins so; of several the longest, so that a special case may stand anywhere in the table.
pub(crate) fn known(table: Table, text: &[u8]) -> Option<Alarm> {
    let found = table.iter().filter(|(begin, _)| text.starts_with(begin));
    found.max_by_key(|(begin, _)| begin.len()).map(|(_, alarm)| *alarm)
}

/// A row of a table.
pub(crate) const fn row(
    begin: &'static [u8],
    class: &'static str,
    subsystem: &'static str,
    qualifier: &'static str,
) -> (&'static [u8], Alarm) {
    (begin, Alarm { class, subsystem, qualifier })
}

/// Whether every code of a table is one of the catalogue's.
#[cfg(test)]
pub(crate) fn is_catalogued(table: Table) -> bool {
    table.iter().all(|(_, alarm)| {
        items::ALARM_CLASS.codes().contains(&alarm.class)
            && items::ALARM_SUBSYSTEM.codes().contains(&alarm.subsystem)
            && items::ALARM_QUALIFIER.codes().contains(&alarm.qualifier)
    })
}
