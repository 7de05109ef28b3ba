//! The temperature report of Marlin and of what answers like it: `T:214.41 /215.00 B:65.00 /65.00 C:38.2 @:93 B@:54`.

use std::sync::LazyLock;

use catalog::{Item, Refusal as Catalogue, Unit, items};

use crate::number::number;
use crate::record::{At, Record};
use crate::{Output, Refusal};

/// What a heater's duty is written in: 127 where it is on all the time, since Marlin's software PWM counts to that.
static DUTY: LazyLock<&'static Unit> =
    LazyLock::new(|| Unit::by_ucum("1/127").unwrap_or(items::EXTRUDER_DUTY.unit()));

/// How many tools a digit can tell apart.
const TOOLS: usize = 10;

/// One heater's items: temperature, what is asked for, duty.
struct Heater {
    /// Its number in the report's grammar: it makes the origins.
    number: u8,
    temperature: &'static Item,
    setpoint: Option<&'static Item>,
    duty: Option<&'static Item>,
}

static EXTRUDER: Heater = Heater {
    number: 0,
    temperature: &items::EXTRUDER_TEMPERATURE,
    setpoint: Some(&items::EXTRUDER_TEMPERATURE_SETPOINT),
    duty: Some(&items::EXTRUDER_DUTY),
};
static BED: Heater = Heater {
    number: 1,
    temperature: &items::HEATED_BED_TEMPERATURE,
    setpoint: Some(&items::HEATED_BED_TEMPERATURE_SETPOINT),
    duty: Some(&items::HEATED_BED_DUTY),
};
static CHAMBER: Heater = Heater {
    number: 2,
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
    let mut rest = after_ok(text);
    let numbered = has_numbered(rest);
    let mut seen = Seen::default();
    while let Some((field, after)) = Field::next(rest) {
        rest = after;
        if !(numbered && field.is_active_tool()) {
            field.read(record, &mut seen, output);
        }
    }
}

fn after_ok(text: &[u8]) -> &[u8] {
    let text = text.trim_ascii_start();
    text.strip_prefix(b"ok").unwrap_or(text).trim_ascii_start()
}

fn has_numbered(text: &[u8]) -> bool {
    let tool = |text: &[u8]| matches!(text, [b'T', digit, b':', ..] if digit.is_ascii_digit());
    tool(text) || text.windows(4).any(|window| window[0] == b' ' && tool(&window[1..]))
}

/// `NAME:value`, with ` /target` where there is one.
struct Field<'a> {
    name: &'a [u8],
    value: Result<f64, Refusal>,
    target: Option<Result<f64, Refusal>>,
}

impl<'a> Field<'a> {
    /// The next field of the report, and what follows it. A word without a colon is passed over.
    fn next(text: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let mut rest = text;
        loop {
            rest = rest.trim_ascii_start();
            let end = rest.iter().position(|byte| *byte == b' ' || *byte == b':')?;
            let (name, after) = rest.split_at(end);
            let Some(said) = after.strip_prefix(b":") else {
                rest = after;
                continue;
            };
            let (value, after) = value(said);
            let (target, after) = match after.trim_ascii_start().strip_prefix(b"/") {
                Some(said) if value.is_ok() => {
                    let (target, after) = self::value(said);
                    (Some(target), after)
                }
                _ => (None, after),
            };
            return Some((Self { name, value, target }, after));
        }
    }

    fn is_active_tool(&self) -> bool {
        matches!(self.name, b"T" | b"@")
    }

    fn read(self, record: &Record<'_>, seen: &mut Seen, output: &mut Output) {
        let Some(about) = About::of(self.name) else { return };
        let mut take = |what: u8, item: Option<&'static Item>, value: Result<f64, Refusal>| {
            let Some(item) = item else { return };
            let unit = if about.is_duty { *DUTY } else { item.unit() };
            let made = match value {
                _ if seen.again(about.part, about.heater.number * 4 + what) => Err(Refusal::Duplicate),
                value => value.and_then(|value| record.measured(item, (value, unit), about.at(what))),
            };
            output.take(item, made);
        };
        if about.is_duty {
            return take(2, about.heater.duty, self.value);
        }
        take(0, Some(about.heater.temperature), self.value);
        if let Some(target) = self.target {
            take(1, about.heater.setpoint, target);
        }
    }
}

/// The number that a text begins with, which must end where a word or a field does, and what follows it.
fn value(said: &[u8]) -> (Result<f64, Refusal>, &[u8]) {
    let said = said.trim_ascii_start();
    match number(said) {
        Some((value, rest)) if matches!(rest, [] | [b' ' | b'/', ..]) => (Ok(value), rest),
        _ => (Err(Catalogue::NotANumber.into()), said),
    }
}

/// What a field is about.
struct About {
    heater: &'static Heater,
    part: u8,
    is_duty: bool,
}

impl About {
    /// By the field's name. Others (`P` a probe, `W` a wait, `E` a tool's number) say nothing of the catalogue's.
    fn of(name: &[u8]) -> Option<Self> {
        let digit = |digit: &u8| digit.is_ascii_digit().then(|| digit - b'0');
        let (heater, part, is_duty) = match name {
            b"T" => (&EXTRUDER, 0, false),
            [b'T', tool] => (&EXTRUDER, digit(tool)?, false),
            b"@" => (&EXTRUDER, 0, true),
            [b'@', tool] => (&EXTRUDER, digit(tool)?, true),
            b"B" => (&BED, 0, false),
            b"B@" => (&BED, 0, true),
            b"C" => (&CHAMBER, 0, false),
            _ => return None,
        };
        Some(Self { heater, part, is_duty })
    }

    /// The heater and what is said of it, numbered as the report's grammar does: the same in every version.
    fn at(&self, what: u8) -> At {
        At { index: u16::from(self.part) * 16 + u16::from(self.heater.number * 4 + what), part: self.part }
    }
}

/// What a report has said, as bits for each tool: a second value would have the first one's origin.
#[derive(Default)]
struct Seen([u16; TOOLS]);

impl Seen {
    fn again(&mut self, part: u8, what: u8) -> bool {
        let Some(seen) = self.0.get_mut(usize::from(part)) else { return false };
        let bit = 1 << what;
        let again = *seen & bit != 0;
        *seen |= bit;
        again
    }
}
