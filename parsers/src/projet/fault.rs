//! Fault records.

use catalog::{Item, Reading, items};

use super::pairs::{Pairs, Token, Value};
use crate::alarm::Alarm;
use crate::limits::PAIRS_MAX;
use crate::record::{At, Record};
use crate::{Output, Refusal};

/// Behind the indices of pairs.
#[expect(clippy::cast_possible_truncation, reason = "64")]
const ALARM_INDEX: u16 = PAIRS_MAX as u16 + 1;

/// What is known of a subsystem's faults.
struct Subsystem {
    name: &'static [u8],
    /// Its number as a part of the printer: one subsystem's fault that is cleared says nothing of another's.
    part: u8,
    /// A code of `alarm.subsystem`.
    alarm: &'static str,
    /// Its own fault item, where it has one, and what its codes mean.
    known: Option<(&'static Item, &'static [Row])>,
}

/// (the printer's own code, the catalogue's of the fault item).
type Row = (u32, &'static str);

static LASER: &[Row] = &[
    (1011, "power_low"),
    (1012, "power_high"),
    (1021, "over_temperature"),
    (1022, "over_temperature"),
    (1031, "interlock_open"),
];

static VAT: &[Row] = &[
    (2011, "over_temperature"),
    (2012, "under_temperature"),
    (2021, "heater_failed"),
    (2022, "heater_failed"),
    (2031, "level_low"),
    (2032, "level_high"),
];

static RECOATER: &[Row] = &[(4012, "jammed"), (4013, "stalled"), (4021, "position_lost")];

static CHAMBER: &[Row] = &[(5011, "over_temperature"), (5021, "door_open")];

static SUBSYSTEMS: &[Subsystem] = &[
    Subsystem { name: b"laser", part: 1, alarm: "laser", known: Some((&items::LASER_FAULT, LASER)) },
    Subsystem { name: b"vat", part: 2, alarm: "vat", known: Some((&items::VAT_FAULT, VAT)) },
    Subsystem {
        name: b"recoater",
        part: 3,
        alarm: "recoater",
        known: Some((&items::RECOATER_FAULT, RECOATER)),
    },
    Subsystem { name: b"uv", part: 4, alarm: "other", known: None },
    Subsystem { name: b"chamber", part: 5, alarm: "chamber", known: Some((&items::CHAMBER_FAULT, CHAMBER)) },
    Subsystem { name: b"build", part: 6, alarm: "printer", known: None },
];

/// One of a later version.
static UNKNOWN: Subsystem = Subsystem { name: b"", part: 0, alarm: "other", known: None };

/// What the pairs of a fault record say.
#[derive(Default)]
struct Said<'a> {
    code: Option<Value<'a>>,
    state: Option<Value<'a>>,
}

/// Adds what a fault record says. A subsystem with a fault item says it there, with index 1; of another an alarm does: one
/// fault is never said in two ways, of which a platform would make two alarms.
pub(super) fn read(record: &Record<'_>, name: &[u8], pairs: &[u8], output: &mut Output) {
    let subsystem = SUBSYSTEMS.iter().find(|subsystem| subsystem.name == name).unwrap_or_else(|| {
        output.unmatch(name);
        &UNKNOWN
    });
    let item = subsystem.known.map_or(&items::ALARM_ACTIVE, |(item, _)| item);
    let said = Said::from_pairs(pairs, item, output);
    match said.fault() {
        Ok(fault) => fault.read(record, subsystem, output),
        Err(why) => output.refuse(Some(item), why),
    }
}

/// A fault that began or ended.
struct Fault<'a> {
    code: &'a [u8],
    active: bool,
}

impl Fault<'_> {
    /// That something is wrong is said whatever the code is: one of another form is refused beside it.
    fn read(&self, record: &Record<'_>, subsystem: &Subsystem, output: &mut Output) {
        let (native, at) = (self.native(), At { index: ALARM_INDEX, part: subsystem.part });
        match subsystem.known {
            Some((item, rows)) => {
                let known = rows.iter().find(|(code, _)| native == Some(*code));
                output.take(item, self.reading(record, item, known));
                if self.active && known.is_none() {
                    record.alarm_shape(self.code, at, output);
                }
            }
            None => {
                if native.is_none() {
                    output.refuse(Some(&items::ALARM_NATIVE_CODE), catalog::Refusal::UnknownCode.into());
                }
                if self.active {
                    let alarm = Alarm { subsystem: subsystem.alarm, ..Alarm::UNMAPPED };
                    record.alarm(alarm, self.code, at, output);
                } else {
                    record.no_alarm(at, output);
                }
            }
        }
        if let Some(native) = native {
            record.alarm_code(native, at, output);
        }
    }

    fn reading(
        &self,
        record: &Record<'_>,
        item: &'static Item,
        known: Option<&Row>,
    ) -> Result<Reading, Refusal> {
        let code = match (self.active, known) {
            _ if self.native().is_none() => return Err(catalog::Refusal::UnknownCode.into()),
            (true, Some((_, code))) => code,
            (true, None) => "unmapped",
            (false, _) => "none",
        };
        record.code(item, code.as_bytes(), At::index(1))
    }

    /// The code's number: a code has four digits.
    fn native(&self) -> Option<u32> {
        let well_formed = self.code.len() == 4 && self.code.iter().all(u8::is_ascii_digit);
        well_formed.then(|| std::str::from_utf8(self.code).ok()?.parse().ok())?
    }
}

impl<'a> Said<'a> {
    fn from_pairs(pairs: &'a [u8], item: &'static Item, output: &mut Output) -> Self {
        let mut said = Self::default();
        for token in Pairs::new(pairs) {
            let (key, value) = match token {
                Token::Pair { key, value, .. } => (key, value),
                Token::Junk(text) => {
                    output.unmatch(text);
                    break;
                }
                Token::TooMany => {
                    output.refuse(None, Refusal::TooLong);
                    break;
                }
            };
            match key {
                b"code" if said.code.is_none() => said.code = Some(value),
                b"state" if said.state.is_none() => said.state = Some(value),
                b"code" | b"state" => output.refuse(Some(item), Refusal::Duplicate),
                b"name" | b"user" | b"file" | b"host" | b"note" => {}
                unknown => output.unmatch(unknown),
            }
        }
        said
    }

    fn fault(&self) -> Result<Fault<'a>, Refusal> {
        let (Some(Value::Bare(code)), Some(Value::Bare(state))) = (self.code, self.state) else {
            return Err(Refusal::Unfinished);
        };
        match state {
            b"active" => Ok(Fault { code, active: true }),
            b"cleared" => Ok(Fault { code, active: false }),
            _ => Err(catalog::Refusal::UnknownCode.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_catalogue_has_a_native_one_in_the_table_and_in_the_document() {
        let document = include_str!("../../../docs/projet-log.md");
        for (item, rows) in SUBSYSTEMS.iter().filter_map(|subsystem| subsystem.known) {
            for code in item.codes().iter().filter(|code| !["none", "unmapped"].contains(code)) {
                assert!(rows.iter().any(|(_, mapped)| mapped == code), "{} {code}", item.id());
            }
            for (native, code) in rows {
                assert!(item.codes().contains(code), "{} {code}", item.id());
                let end = format!("| `{code}` |");
                let native = format!("| {native} |");
                let documented = |line: &str| line.contains(&native) && line.ends_with(&end);
                assert!(document.lines().any(documented), "{native} {end}");
            }
        }
    }

    #[test]
    fn every_subsystem_is_in_the_document() {
        let document = include_str!("../../../docs/projet-log.md");
        for Subsystem { name, part, alarm, known } in SUBSYSTEMS {
            assert!(items::ALARM_SUBSYSTEM.codes().contains(alarm), "{alarm}");
            let said =
                known.map_or(format!("`alarm.*` of `{alarm}`"), |(item, _)| format!("`{}`", item.id()));
            let line = format!("| `{}` | {part} | {said} |", name.escape_ascii());
            assert!(document.lines().any(|documented| documented == line), "{line}");
        }
    }
}
