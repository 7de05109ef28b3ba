//! The temperature report of Marlin and of what answers like it: `T:214.41 /215.00 B:65.00 /65.00 C:38.2 @:93 B@:54`.

use catalog::{Item, items};

use crate::Output;
use crate::number::number;
use crate::record::{At, Record};

/// What Marlin writes for a heater that is on all the time: its software PWM counts to this.
const DUTY_FULL: f64 = 127.0;

/// One heater's items: temperature, what is asked for, duty.
struct Heater {
    temperature: &'static Item,
    setpoint: Option<&'static Item>,
    duty: Option<&'static Item>,
}

static EXTRUDER: Heater = Heater {
    temperature: &items::EXTRUDER_TEMPERATURE,
    setpoint: Some(&items::EXTRUDER_TEMPERATURE_SETPOINT),
    duty: Some(&items::EXTRUDER_DUTY),
};
static BED: Heater = Heater {
    temperature: &items::HEATED_BED_TEMPERATURE,
    setpoint: Some(&items::HEATED_BED_TEMPERATURE_SETPOINT),
    duty: Some(&items::HEATED_BED_DUTY),
};
static CHAMBER: Heater = Heater {
    temperature: &items::CHAMBER_TEMPERATURE,
    setpoint: Some(&items::CHAMBER_TEMPERATURE_SETPOINT),
    duty: None,
};

/// Whether the text, from its first word on, is a report.
pub(crate) fn is_report(text: &[u8]) -> bool {
    let text = after_ok(text);
    [&b"T:"[..], b"T0:", b"B:"].iter().any(|begin| text.starts_with(begin))
}

/// Adds what a report says. `T:` beside `T0:` is the active tool a second time: the numbered ones count.
pub(crate) fn read(record: &Record<'_>, text: &[u8], output: &mut Output) {
    let numbered = has_numbered(text);
    let mut rest = after_ok(text);
    while let Some((field, after)) = Field::next(rest) {
        rest = after;
        if !(numbered && field.is_active_tool()) {
            field.read(record, output);
        }
    }
}

fn after_ok(text: &[u8]) -> &[u8] {
    let text = text.trim_ascii_start();
    text.strip_prefix(b"ok").unwrap_or(text).trim_ascii_start()
}

fn has_numbered(text: &[u8]) -> bool {
    text.windows(4).any(|window| matches!(window, [b' ', b'T', digit, b':'] if digit.is_ascii_digit()))
}

/// `NAME:value`, with ` /target` where there is one.
struct Field<'a> {
    name: &'a [u8],
    value: f64,
    target: Option<f64>,
}

impl<'a> Field<'a> {
    /// The next field of the report, and what follows it. What is no field is passed over.
    fn next(text: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let mut rest = text;
        loop {
            rest = rest.trim_ascii_start();
            let end = rest.iter().position(|byte| *byte == b' ' || *byte == b':')?;
            let (name, after) = rest.split_at(end);
            let Some((value, after)) =
                after.strip_prefix(b":").and_then(|value| number(value.trim_ascii_start()))
            else {
                rest = after.strip_prefix(b":").unwrap_or(after);
                if after.is_empty() {
                    return None;
                }
                continue;
            };
            let target =
                after.trim_ascii_start().strip_prefix(b"/").map(<[u8]>::trim_ascii_start).and_then(number);
            let (target, after) = target.map_or((None, after), |(target, after)| (Some(target), after));
            return Some((Self { name, value, target }, after));
        }
    }

    fn is_active_tool(&self) -> bool {
        matches!(self.name, b"T" | b"@")
    }

    fn read(&self, record: &Record<'_>, output: &mut Output) {
        let Some((heater, part, is_duty)) = meaning(self.name) else { return };
        // The heater and what is said of it, numbered as the report's grammar does: the same in every version.
        let at = |what: u16| At { index: u16::from(part) * 16 + heater.1 * 4 + what, part };
        if is_duty {
            if let Some(item) = heater.0.duty {
                output.take(item, record.number(item, self.value / DUTY_FULL * 100.0, at(2)));
            }
            return;
        }
        output.take(heater.0.temperature, record.number(heater.0.temperature, self.value, at(0)));
        if let (Some(item), Some(target)) = (heater.0.setpoint, self.target) {
            output.take(item, record.number(item, target, at(1)));
        }
    }
}

/// The heater with its number in the grammar, its part, and whether the field is its duty. Others (`P` a probe, `W` a
/// wait, `E` a tool's number) say nothing of the catalogue's.
fn meaning(name: &[u8]) -> Option<((&'static Heater, u16), u8, bool)> {
    let digit = |digit: &u8| digit.is_ascii_digit().then(|| digit - b'0');
    match name {
        b"T" => Some(((&EXTRUDER, 0), 0, false)),
        [b'T', tool] => Some(((&EXTRUDER, 0), digit(tool)?, false)),
        b"@" => Some(((&EXTRUDER, 0), 0, true)),
        [b'@', tool] => Some(((&EXTRUDER, 0), digit(tool)?, true)),
        b"B" => Some(((&BED, 1), 0, false)),
        b"B@" => Some(((&BED, 1), 0, true)),
        b"C" => Some(((&CHAMBER, 2), 0, false)),
        _ => None,
    }
}
