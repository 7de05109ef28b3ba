//! Why Klipper stopped, in the catalogue's words and never in its own.

use catalog::items;

use crate::intake::poll::found::Found;

/// Says the alarm of a message of Klipper's; of one that no table knows, its shape, so that the maker can be asked for it.
/// Returns the alarm's class.
pub(super) fn say(message: &str, found: &mut Found<'_>) -> &'static str {
    let (alarm, reason) = parsers::klippy_alarm(message.as_bytes());
    found.of(&items::ALARM_ACTIVE).code("yes");
    found.of(&items::ALARM_CLASS).code(alarm.class);
    found.of(&items::ALARM_SUBSYSTEM).code(alarm.subsystem);
    found.of(&items::ALARM_QUALIFIER).code(alarm.qualifier);
    if alarm == parsers::Alarm::UNMAPPED {
        found.of(&items::ALARM_SHAPE).hashed(&parsers::alarm_shape(reason));
    }
    alarm.class
}
