//! The parser of a file whose format a profile describes.

use std::sync::Arc;

use catalog::{Quality, Timestamp};

use super::groups::Found;
use super::sheet::{Sheet, part_of};
use super::stamp::seconds;
use super::value::Part;
use super::{Anchor, Head, Profile};
use crate::clock::Clock;
use crate::limits::{
    LINE_BYTES_MAX, PROFILE_INDICES, PROFILE_LINE_BYTES_MAX, PROFILE_LINES_MAX, PROFILE_RULES_MAX,
    PROFILE_VALUES_MAX,
};
use crate::moment::Moment;
use crate::record::Record;
use crate::text::{is_blank, lines, trimmed};
use crate::{Context, Line, Output, Refusal};

/// The parser of one file of one printer.
#[derive(Debug)]
pub struct Parser {
    profile: Arc<Profile>,
    context: Context,
    clock: Clock,
    /// The moment of second 0, once a line has said it.
    anchor: Option<Moment>,
    above: Above,
    found: Found,
}

/// What is remembered of the record's first line.
#[derive(Debug)]
struct Above {
    time: Option<(Timestamp, Quality)>,
    part: u8,
    by: Made,
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// The line is blank.
    Blank,
    /// The rule with this number, from 0, has read it.
    Rule(usize),
    /// It says the moment that the stamps of others count from.
    Anchor,
    /// It is known, and says nothing that may leave.
    Ignored,
    /// It goes on with a record whose first line is known, and no rule reads it.
    Continuation,
    /// Nothing knows it.
    Unmatched,
    /// It is over the limit.
    TooLong,
}

impl Parser {
    /// A parser for one file, from its beginning or from any line on.
    pub fn new(profile: Arc<Profile>, context: Context) -> Self {
        // Above the first line that is read stands nobody knows what: what goes on with it is not counted.
        let above = Above { time: None, part: 0, by: Made::Ignored };
        Self { profile, context, clock: Clock::default(), anchor: None, above, found: Found::default() }
    }

    /// The profile that it reads by.
    pub fn profile(&self) -> &Arc<Profile> {
        &self.profile
    }

    /// Adds what the next line of the file says, and tells what became of it. Of a message that a shipper joined from
    /// several lines it tells what became of the first.
    pub fn line(&mut self, line: &Line<'_>, output: &mut Output) -> Made {
        if line.text.len() > LINE_BYTES_MAX {
            output.refuse(None, Refusal::TooLong);
            return Made::TooLong;
        }
        let mut made = Made::Blank;
        for (below, text) in (0..).zip(lines(line.text)) {
            // The lines below have the place of the first, and no more indices than these.
            if below == PROFILE_LINES_MAX {
                output.refuse(None, Refusal::TooLong);
                break;
            }
            let this = self.physical(trimmed(text), below, line, output);
            if below == 0 {
                made = this;
            }
        }
        made
    }

    fn physical(&mut self, text: &[u8], below: u16, line: &Line<'_>, output: &mut Output) -> Made {
        if is_blank(text) {
            return Made::Blank;
        }
        if text.len() > PROFILE_LINE_BYTES_MAX {
            output.refuse(None, Refusal::TooLong);
            return Made::TooLong;
        }
        if self.takes_anchor(text) {
            self.above = Above { time: None, part: 0, by: Made::Anchor };
            return Made::Anchor;
        }
        let Some((stamp, rest)) = self.begun(text) else { return self.continued(text, below, line, output) };
        let made = match self.rule_of(rest, None) {
            Some(number) => {
                self.read(number, (stamp, rest), below, line, output);
                return Made::Rule(number);
            }
            None if self.profile.ignored.iter().any(|pattern| pattern.fits(rest)) => Made::Ignored,
            None => {
                output.unmatch(text);
                Made::Unmatched
            }
        };
        self.above = Above { time: None, part: 0, by: made };
        made
    }

    /// The stamp of a line that begins a record, if its head has one, and what follows the head.
    fn begun<'a>(&mut self, text: &'a [u8]) -> Option<(Option<&'a [u8]>, &'a [u8])> {
        let Some(Head { pattern, time }) = &self.profile.head else { return Some((None, text)) };
        let end = pattern.find(text, &mut self.found)?;
        let stamp = time.and_then(|group| self.found.get(group, text));
        Some((stamp, text.get(end..)?))
    }

    fn continued(&mut self, text: &[u8], below: u16, line: &Line<'_>, output: &mut Output) -> Made {
        if let Made::Rule(parent) = self.above.by
            && let Some(number) = self.rule_of(text, Some(parent))
        {
            self.read(number, (None, text), below, line, output);
            return Made::Rule(number);
        }
        let counted = match self.above.by {
            Made::Unmatched => true,
            Made::Rule(_) => self.profile.counts_continuations,
            _ => false,
        };
        if counted {
            output.unmatch(text);
            return Made::Unmatched;
        }
        Made::Continuation
    }

    /// The first rule that fits; where its groups stand is in `found`.
    fn rule_of(&mut self, text: &[u8], under: Option<usize>) -> Option<usize> {
        let found = &mut self.found;
        self.profile.rules.iter().position(|rule| rule.under == under && rule.matcher.fits(text, found))
    }

    fn read(
        &mut self,
        number: usize,
        (stamp, text): (Option<&[u8]>, &[u8]),
        below: u16,
        line: &Line<'_>,
        output: &mut Output,
    ) {
        let Some(rule) = self.profile.rules.get(number) else { return };
        let found = &self.found;
        let stamp = stamp.or_else(|| rule.time.and_then(|group| found.get(group, text)));
        let (time, quality) = match (stamp, self.above.time) {
            (None, Some(above)) if rule.under.is_some() => above,
            (stamp, _) => {
                let form = self.profile.form;
                let moment = stamp.and_then(|stamp| form.moment(stamp, &self.context.zone, self.anchor));
                self.clock.judge(moment, line.fallback_time)
            }
        };
        let part = match &rule.part {
            Part::OfRule if rule.under.is_some() => Some(self.above.part),
            Part::OfRule => Some(0),
            part => part_of(part, found, text),
        };
        if rule.under.is_none() {
            self.above =
                Above { time: Some((time, quality)), part: part.unwrap_or(0), by: Made::Rule(number) };
        }
        let record = Record { context: &self.context, place: line.place, time, quality };
        Sheet { profile: &self.profile, record, found, text, part, first: first_index(below, number) }
            .read(rule, output);
    }

    /// Takes the moment that an anchor's line says.
    fn takes_anchor(&mut self, text: &[u8]) -> bool {
        let Some(anchor) = &self.profile.anchor else { return false };
        if anchor.pattern.find(text, &mut self.found).is_none() {
            return false;
        }
        // One that cannot be read must not leave the one above it in force: that belongs to another start.
        self.anchor = anchored(anchor, &self.found, text, &self.context);
        true
    }
}

fn anchored(anchor: &Anchor, found: &Found, text: &[u8], context: &Context) -> Option<Moment> {
    let group = |group: usize| found.get(group, text);
    let moment = anchor.form.moment(group(anchor.time)?, &context.zone, None)?;
    let since = match anchor.since {
        Some(since) => seconds(group(since)?.trim_ascii())?,
        None => 0,
    };
    Some(Moment { time: Timestamp(moment.time.0.checked_sub(since)?), ..moment })
}

/// The index of a rule's first value: of its own for each line of a joined message.
fn first_index(below: u16, rule: usize) -> u16 {
    // 32 lines of 64 rules of 32 indices fill it to the last bit.
    let rule = u16::try_from(rule).unwrap_or(0);
    below * PROFILE_RULES_INDICES + rule * PROFILE_INDICES
}

#[expect(clippy::cast_possible_truncation, reason = "64")]
const PROFILE_RULES_INDICES: u16 = PROFILE_RULES_MAX as u16 * PROFILE_INDICES;

// An index can hold every line, rule and value.
const _: () = assert!(PROFILE_LINES_MAX as usize * PROFILE_RULES_MAX * PROFILE_INDICES as usize <= 1 << 16);
const _: () = assert!(PROFILE_VALUES_MAX + 5 <= PROFILE_INDICES as usize);
