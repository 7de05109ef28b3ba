//! Fault records.

use catalog::{Item, Reading, items};

use super::pairs::{Pairs, Token, Value};
use crate::record::{At, Record};
use crate::{Output, Refusal};

/// A subsystem's fault item, and the catalogue's code for each of the printer's own.
struct Subsystem {
    item: &'static Item,
    codes: &'static [(&'static [u8; 4], &'static str)],
}

static LASER: Subsystem = Subsystem {
    item: &items::LASER_FAULT,
    codes: &[
        (b"1011", "power_low"),
        (b"1012", "power_high"),
        (b"1021", "over_temperature"),
        (b"1022", "over_temperature"),
        (b"1031", "interlock_open"),
    ],
};

static VAT: Subsystem = Subsystem {
    item: &items::VAT_FAULT,
    codes: &[
        (b"2011", "over_temperature"),
        (b"2012", "under_temperature"),
        (b"2021", "heater_failed"),
        (b"2022", "heater_failed"),
        (b"2031", "level_low"),
        (b"2032", "level_high"),
    ],
};

static RECOATER: Subsystem = Subsystem {
    item: &items::RECOATER_FAULT,
    codes: &[(b"4012", "jammed"), (b"4013", "stalled"), (b"4021", "position_lost")],
};

static CHAMBER: Subsystem = Subsystem {
    item: &items::CHAMBER_FAULT,
    codes: &[(b"5011", "over_temperature"), (b"5021", "door_open")],
};

/// What the pairs of a fault record say.
#[derive(Default)]
struct Said<'a> {
    code: Option<Value<'a>>,
    state: Option<Value<'a>>,
}

/// Adds what a fault record says: one reading of the subsystem's fault item, with index 1.
pub(super) fn read(record: &Record<'_>, subsystem: &[u8], pairs: &[u8], output: &mut Output) {
    let subsystem = match subsystem {
        b"laser" => &LASER,
        b"vat" => &VAT,
        b"recoater" => &RECOATER,
        b"chamber" => &CHAMBER,
        _ => return output.unmatch(subsystem),
    };
    let said = Said::from_pairs(pairs, subsystem.item, output);
    output.take(subsystem.item, said.reading(record, subsystem));
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

    fn reading(&self, record: &Record<'_>, subsystem: &Subsystem) -> Result<Reading, Refusal> {
        let (Some(Value::Bare(code)), Some(Value::Bare(state))) = (self.code, self.state) else {
            return Err(Refusal::Unfinished);
        };
        let well_formed = code.len() == 4 && code.iter().all(u8::is_ascii_digit);
        let code = match state {
            _ if !well_formed => return Err(catalog::Refusal::UnknownCode.into()),
            b"active" => subsystem
                .codes
                .iter()
                .find(|(native, _)| native.as_slice() == code)
                .map_or("unmapped", |(_, c)| c),
            b"cleared" => "none",
            _ => return Err(catalog::Refusal::UnknownCode.into()),
        };
        record.code(subsystem.item, code.as_bytes(), At::index(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_catalogue_has_a_native_one_in_the_table_and_in_the_document() {
        let document = include_str!("../../../docs/projet-log.md");
        for Subsystem { item, codes } in [&LASER, &VAT, &RECOATER, &CHAMBER] {
            for code in item.codes().iter().filter(|code| !["none", "unmapped"].contains(code)) {
                assert!(codes.iter().any(|(_, mapped)| mapped == code), "{} {code}", item.id());
            }
            for (native, code) in *codes {
                assert!(item.codes().contains(code), "{} {code}", item.id());
                let (native, code) = (native.escape_ascii().to_string(), format!("`{code}` |"));
                assert!(
                    document.lines().any(|line| line.contains(&native) && line.ends_with(&code)),
                    "{native}"
                );
            }
        }
    }
}
