//! The readings of one line that a rule has read.

use catalog::{Item, Native, Reading, Unit};

use super::Profile;
use super::groups::Found;
use super::rule::Rule;
use super::value::{Meaning, Part, Source};
use crate::limits::PROFILE_VALUES_MAX;
use crate::number::number;
use crate::record::{At, Record};
use crate::{Output, Refusal};

/// Longest number, in bytes: what is longer is refused rather than read.
const NUMBER_BYTES_MAX: usize = 40;

#[expect(clippy::cast_possible_truncation, reason = "26")]
const ALARM_INDEX: u16 = PROFILE_VALUES_MAX as u16;

/// What a rule is read with.
pub(super) struct Sheet<'a> {
    pub(super) profile: &'a Profile,
    pub(super) record: Record<'a>,
    pub(super) found: &'a Found,
    pub(super) text: &'a [u8],
    pub(super) part: Option<u8>,
    pub(super) first: u16,
}

impl Sheet<'_> {
    pub(super) fn read(&self, rule: &Rule, output: &mut Output) {
        for (offset, meaning) in (0..).zip(&rule.values) {
            self.value(meaning, self.first + offset, output);
        }
        if let Some(alarms) = &rule.alarm
            && let Some(said) = self.found.get(alarms.group.number, self.text)
        {
            // A fault without a text is a fault as well.
            let said = said.trim_ascii();
            self.record.alarm(alarms.of(said), said, At::index(self.first + ALARM_INDEX), output);
        }
    }

    /// The text of a group; none where the log says that there is no value.
    fn said(&self, group: usize) -> Option<&[u8]> {
        let said = self.found.get(group, self.text)?.trim_ascii();
        let absent = said.is_empty() || self.profile.absent.iter().any(|absent| absent.as_ref() == said);
        (!absent).then_some(said)
    }

    fn value(&self, meaning: &Meaning, index: u16, output: &mut Output) {
        let Meaning { item, source, .. } = meaning;
        let said = match source {
            Source::Constant(code) => Some(code.as_bytes()),
            Source::Number { group, .. } | Source::Code { group, .. } | Source::Hash { group } => {
                self.said(group.number)
            }
        };
        let Some(said) = said else { return };
        let part = match &meaning.part {
            Part::OfRule => self.part,
            part => part_of(part, self.found, self.text),
        };
        let Some(part) = part else {
            return output.refuse(Some(item), catalog::Refusal::NotANumber.into());
        };
        let at = At { index, part };
        let made = match source {
            Source::Constant(_) => self.record.code(item, said, at),
            Source::Number { unit, scale, .. } => match self.number(said) {
                Some(value) => self.measured(item, (value, unit), *scale, at),
                None => Err(catalog::Refusal::NotANumber.into()),
            },
            Source::Code { codes, .. } => match codes.of(said) {
                Some(code) => self.record.code(item, code, at),
                None => Err(catalog::Refusal::UnknownCode.into()),
            },
            Source::Hash { .. } => self.record.hash(item, said, at),
        };
        output.take(item, made);
    }

    /// A number as the log writes it: it is scaled, and beside the reading it stands as it was.
    fn measured(
        &self,
        item: &'static Item,
        (value, unit): (f64, &'static Unit),
        scale: f64,
        at: At,
    ) -> Result<Reading, Refusal> {
        let reading = self.record.measured(item, (scaled(value, scale), unit), at)?;
        match reading.native() {
            Some(native) if value.is_finite() => Ok(reading.with_native(Native { value, ..native })?),
            _ => Ok(reading),
        }
    }

    /// A decimal number, which must be the whole text; with an exponent too.
    fn number(&self, text: &[u8]) -> Option<f64> {
        let mut pointed = [0; NUMBER_BYTES_MAX];
        let pointed = pointed.get_mut(..text.len())?;
        pointed.copy_from_slice(text);
        if self.profile.decimal_comma {
            pointed.iter_mut().filter(|byte| **byte == b',').for_each(|byte| *byte = b'.');
        }
        match number(pointed)? {
            (value, b"") => Some(value),
            (_, [b'e' | b'E', ..]) => std::str::from_utf8(pointed).ok()?.parse().ok(),
            _ => None,
        }
    }
}

/// By a tenth is divided by ten, which is exact where the product is not: 1.2 and not 1.2000000000000002.
fn scaled(value: f64, scale: f64) -> f64 {
    let inverse = scale.recip();
    let whole = scale.abs() < 1.0 && inverse.fract() == 0.0;
    if whole { value / inverse } else { value * scale }
}

/// The part that a line says, or that is always the same.
pub(super) fn part_of(part: &Part, found: &Found, text: &[u8]) -> Option<u8> {
    match part {
        Part::OfRule => None,
        Part::Fixed(part) => Some(*part),
        Part::Group(named) => {
            let digits = found.get(named.number, text)?.trim_ascii();
            let digits = std::str::from_utf8(digits).ok()?;
            digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
        }
    }
}
