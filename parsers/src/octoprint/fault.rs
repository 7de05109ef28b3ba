//! What OctoPrint says has gone wrong: in the printer, by its firmware's own word, or on the line to it.

use crate::Output;
use crate::alarm::{Alarm, Table, known, row};
use crate::record::{At, Record};
use crate::{klippy, marlin};

/// What stands before the firmware's own words. Behind them a second error may follow, which says only that the first
/// one has halted the printer.
const BY_FIRMWARE: &[u8] = b"Received an error from the printer's firmware: ";

/// The beginnings of messages after which OctoPrint gives the connection up (`util/comm.py` of 1.11).
static CONNECTION: Table = &[
    row(b"No response from printer after", "communication", "controller", "lost"),
    row(b"Unexpected error while reading from serial port", "communication", "controller", "lost"),
    row(b"Unexpected error while writing to serial port", "communication", "controller", "lost"),
    row(b"Could not write anything to the serial port", "communication", "controller", "lost"),
    row(b"Unexpected error while connecting to serial port", "communication", "controller", "failed"),
    row(b"Printer keeps requesting line", "communication", "controller", "failed"),
];

/// Adds the alarm that a message is; whether it is one.
pub(super) fn read(record: &Record<'_>, message: &[u8], output: &mut Output) -> bool {
    if let Some(text) = message.strip_prefix(BY_FIRMWARE) {
        by_firmware(record, text, output);
        return true;
    }
    let alarm = known(CONNECTION, message);
    alarm.inspect(|alarm| record.alarm(*alarm, message, At::index(marlin::ALARM_INDEX), output)).is_some()
}

/// Adds the alarm that the firmware's words are, be it Marlin's or Klipper's.
pub(super) fn by_firmware(record: &Record<'_>, text: &[u8], output: &mut Output) {
    let text = text.trim_ascii();
    let alarm: Alarm = marlin::named(text).unwrap_or_else(|| klippy::named(text));
    record.alarm(alarm, text, At::index(marlin::ALARM_INDEX), output);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alarm::is_catalogued;

    #[test]
    fn every_word_is_the_catalogues() {
        assert!(is_catalogued(CONNECTION));
    }
}
