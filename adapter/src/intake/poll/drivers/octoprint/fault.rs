//! What OctoPrint's last error was about, in the catalogue's words and never in its own.

use catalog::items;
use parsers::Alarm;

use super::api::Fault;
use crate::intake::poll::found::Found;

const LINE_LOST: Alarm = Alarm { class: "communication", subsystem: "controller", qualifier: "lost" };
const LINE_BAD: Alarm = Alarm { class: "communication", subsystem: "controller", qualifier: "failed" };
const START: Alarm = Alarm { class: "software", subsystem: "controller", qualifier: "failed" };

/// The alarm of the last error, if there was one.
pub(super) fn of(fault: &Fault) -> Option<Alarm> {
    let text = fault.error.as_deref().unwrap_or_default().trim();
    let reason = fault.reason.as_deref().unwrap_or_default();
    if text.is_empty() && reason.is_empty() {
        return None;
    }
    Some(match reason {
        "connection" | "autodetect" | "timeout" => LINE_LOST,
        "resend" | "resend_loop" => LINE_BAD,
        "start_print" => START,
        // The firmware's own words, with or without its prefix.
        _ => parsers::marlin_alarm(text.trim_start_matches("Error:").as_bytes()),
    })
}

/// Says the alarm; of one that no table knows, its shape, so that the maker can be asked for it.
pub(super) fn say(alarm: Alarm, fault: &Fault, found: &mut Found<'_>) {
    found.of(&items::ALARM_ACTIVE).code("yes");
    found.of(&items::ALARM_CLASS).code(alarm.class);
    found.of(&items::ALARM_SUBSYSTEM).code(alarm.subsystem);
    found.of(&items::ALARM_QUALIFIER).code(alarm.qualifier);
    if alarm == Alarm::UNMAPPED {
        let text = fault.error.as_deref().unwrap_or_default();
        found.of(&items::ALARM_SHAPE).hashed(&parsers::alarm_shape(text.as_bytes()));
    }
}
