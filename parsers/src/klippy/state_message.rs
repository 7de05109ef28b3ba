//! Klipper's state message, which its API gives while it is not ready: a reason, and behind it what the user should do.

use super::event::{self, Event, Said};
use super::fault::named;
use crate::alarm::Alarm;

/// The first of these ends the message of a configuration that cannot be used, whatever its reason (`message_restart` of
/// `klippy.py`): the reasons themselves are as many as there are options.
const RESTART: &[u8] = b"Once the underlying issue is corrected, use the \"RESTART\"";

/// The alarm that a state message is, by the table of the log's shutdowns, and the part of the message that says so: of an
/// alarm that no table knows, its shape may leave ([`crate::alarm_shape`]).
pub fn klippy_alarm(message: &[u8]) -> (Alarm, &[u8]) {
    let message = message.trim_ascii();
    let end = message.iter().position(|byte| *byte == b'\n').unwrap_or(message.len());
    let first = message[..end].trim_ascii();
    let alarm = match event::controller(first) {
        Some(Event::Controller { what: Said::Shutdown { reason }, .. }) => return (named(reason), reason),
        Some(Event::Controller { what: Said::Lost | Said::Silent { .. }, .. }) => {
            named(b"Lost communication with MCU")
        }
        _ => named(first),
    };
    let halted = || message[end..].windows(RESTART.len()).any(|text| text == RESTART);
    if alarm == Alarm::UNMAPPED && halted() {
        return (named(b"Config error"), first);
    }
    (alarm, first)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHUTDOWN: &str = "\nOnce the underlying issue is corrected, use the\n\"FIRMWARE_RESTART\" command to reset the \
                            firmware, reload the\nconfig, and restart the host software.\nPrinter is shutdown\n";
    const HALTED: &str = "\nOnce the underlying issue is corrected, use the \"RESTART\"\ncommand to reload the config and \
                          restart the host software.\nPrinter is halted\n";

    #[test]
    fn a_message_is_what_its_reason_is() {
        let cases = [
            (
                "Heater extruder not heating at expected rate\nSee the 'verify_heater' section in docs/Config_Reference.md\nfor the parameters that control this check.\n",
                SHUTDOWN,
                "thermal extruder failed",
            ),
            ("Heater heater_bed not heating at expected rate", SHUTDOWN, "thermal bed failed"),
            (
                "MCU 'mcu' shutdown: ADC out of range\nThis generally occurs when a heater temperature exceeds\nits configured min_temp or max_temp.",
                SHUTDOWN,
                "thermal heater failed",
            ),
            (
                "Previous MCU 'tool of anna' shutdown: Timer too close",
                SHUTDOWN,
                "software controller stalled",
            ),
            ("Lost communication with MCU 'mcu'", SHUTDOWN, "communication controller lost"),
            ("mcu 'mcu': Unable to connect", SHUTDOWN, "communication controller lost"),
            (
                "MCU Protocol error\n\nThis is frequently caused by running an older version of the\nfirmware on the MCU(s).",
                HALTED,
                "communication controller failed",
            ),
            ("Shutdown due to webhooks request", SHUTDOWN, "safety printer shutdown"),
            ("Internal error during connect: no such thing", HALTED, "software printer failed"),
            ("Option 'pin of anna' in section 'fan' must be specified", HALTED, "software printer failed"),
            ("Bracket 7 is upside down", SHUTDOWN, "unmapped printer unmapped"),
            ("", "", "unmapped printer unmapped"),
        ];
        for (reason, end, expected) in cases {
            let text = format!("{reason}{end}");
            let (alarm, _) = klippy_alarm(text.as_bytes());
            let Alarm { class, subsystem, qualifier } = alarm;
            assert_eq!(format!("{class} {subsystem} {qualifier}"), expected, "{reason}");
        }
    }

    #[test]
    fn what_is_unmapped_is_the_reason_alone() {
        let text = format!("MCU 'mcu' shutdown: Bracket 7{SHUTDOWN}");
        assert_eq!(klippy_alarm(text.as_bytes()), (Alarm::UNMAPPED, b"Bracket 7".as_slice()));
        assert_eq!(klippy_alarm(b"  Bracket 7 \nand more").1, b"Bracket 7");
    }
}
