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

/// (the printer's own code, the catalogue's of the fault item, and what the alarm is about).
type Row = (u32, &'static str, Alarm);

const fn row(
    native: u32,
    code: &'static str,
    class: &'static str,
    subsystem: &'static str,
    qualifier: &'static str,
) -> Row {
    (native, code, Alarm { class, subsystem, qualifier })
}

static LASER: &[Row] = &[
    row(1011, "power_low", "optics", "laser", "low"),
    row(1012, "power_high", "optics", "laser", "high"),
    row(1021, "over_temperature", "thermal", "laser", "high"),
    row(1022, "over_temperature", "thermal", "scanner", "high"),
    row(1031, "interlock_open", "safety", "laser", "open"),
];

static VAT: &[Row] = &[
    row(2011, "over_temperature", "thermal", "vat", "high"),
    row(2012, "under_temperature", "thermal", "vat", "low"),
    row(2021, "heater_failed", "thermal", "vat", "failed"),
    row(2022, "heater_failed", "thermal", "vat", "failed"),
    row(2031, "level_low", "material", "vat", "low"),
    row(2032, "level_high", "material", "vat", "high"),
];

static RECOATER: &[Row] = &[
    row(4012, "jammed", "motion", "recoater", "failed"),
    row(4013, "stalled", "motion", "recoater", "stalled"),
    row(4021, "position_lost", "motion", "recoater", "lost"),
];

static CHAMBER: &[Row] = &[
    row(5011, "over_temperature", "thermal", "chamber", "high"),
    row(5021, "door_open", "safety", "door", "open"),
];

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

/// Adds what a fault record says: the alarm, and where the subsystem has a fault item one reading of it, with index 1.
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
        let known = subsystem.known.zip(native);
        let known = known.and_then(|((_, rows), native)| rows.iter().find(|(code, ..)| *code == native));
        if let Some((item, _)) = subsystem.known {
            output.take(item, self.reading(record, item, known));
        } else if native.is_none() {
            output.refuse(Some(&items::ALARM_NATIVE_CODE), catalog::Refusal::UnknownCode.into());
        }
        if self.active {
            let unmapped = Alarm { subsystem: subsystem.alarm, ..Alarm::UNMAPPED };
            record.alarm(known.map_or(unmapped, |(.., alarm)| *alarm), self.code, at, output);
        } else {
            record.no_alarm(at, output);
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
            (true, Some((_, code, _))) => code,
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
                assert!(rows.iter().any(|(_, mapped, _)| mapped == code), "{} {code}", item.id());
            }
            for (native, code, Alarm { class, subsystem, qualifier }) in rows {
                assert!(item.codes().contains(code), "{} {code}", item.id());
                let end = format!("| `{code}` | `{class}` `{subsystem}` `{qualifier}` |");
                let native = format!("| {native} |");
                let documented = |line: &str| line.contains(&native) && line.ends_with(&end);
                assert!(document.lines().any(documented), "{native} {end}");
            }
        }
    }

    #[test]
    fn every_alarm_is_in_the_catalogues_words_and_every_subsystem_in_the_document() {
        let document = include_str!("../../../docs/projet-log.md");
        for Subsystem { name, part, alarm, known } in SUBSYSTEMS {
            assert!(items::ALARM_SUBSYSTEM.codes().contains(alarm), "{alarm}");
            let line = format!("| `{}` | {part} | `{alarm}` |", name.escape_ascii());
            assert!(document.lines().any(|documented| documented == line), "{line}");
            for (_, _, alarm) in known.iter().flat_map(|(_, rows)| rows.iter()) {
                assert!(items::ALARM_CLASS.codes().contains(&alarm.class), "{alarm:?}");
                assert!(items::ALARM_SUBSYSTEM.codes().contains(&alarm.subsystem), "{alarm:?}");
                assert!(items::ALARM_QUALIFIER.codes().contains(&alarm.qualifier), "{alarm:?}");
            }
        }
    }
}
