//! A rule's alarm: which texts are which faults. The text itself never leaves.

use catalog::items;

use super::codes::word;
use super::problem::Problems;
use super::section::Section;
use super::value::Named;
use crate::alarm::Alarm;
use crate::limits::PROFILE_ROWS_MAX;

const KEYS: &[&str] = &["group", "rows"];
const ROW_KEYS: &[&str] = &["begins", "class", "subsystem", "qualifier"];

/// A rule's alarm.
#[derive(Debug)]
pub(super) struct Alarms {
    pub(super) group: Named,
    pub(super) span: super::problem::Span,
    /// The longest beginnings first: a special case may stand anywhere in the profile.
    rows: Vec<(Box<[u8]>, Alarm)>,
}

impl Alarms {
    pub(super) fn read(rule: &Section<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let section = rule.table("alarm", KEYS, problems)?;
        let group = section.must_text("group", "the name of the group that holds the alarm's text", problems);
        let listed = section.tables("rows", ROW_KEYS, problems);
        if listed.len() > PROFILE_ROWS_MAX {
            problems.add(&section.span_of("rows"), format!("an alarm has at most {PROFILE_ROWS_MAX} rows"));
            return None;
        }
        let mut rows: Vec<(Box<[u8]>, Alarm)> = Vec::new();
        for section in &listed {
            let Some((begins, alarm)) = row(section, problems) else { continue };
            if rows.iter().any(|(known, _)| *known == begins) {
                problems
                    .add(&section.span_of("begins"), "an earlier row begins the same; leave one of them out");
            }
            rows.push((begins, alarm));
        }
        rows.sort_by_key(|(begins, _)| std::cmp::Reverse(begins.len()));
        let group = group?;
        Some(Self { group: Named { name: group.value.to_owned(), number: 0 }, span: group.span, rows })
    }

    /// What a text is about.
    pub(super) fn of(&self, text: &[u8]) -> Alarm {
        let found = self.rows.iter().find(|(begins, _)| text.starts_with(begins));
        found.map_or(Alarm::UNMAPPED, |(_, alarm)| *alarm)
    }
}

fn row(section: &Section<'_>, problems: &mut Problems<'_>) -> Option<(Box<[u8]>, Alarm)> {
    let begins = section.must_text("begins", "how the alarm's text begins", problems);
    if let Some(empty) = begins.as_ref().filter(|begins| begins.value.is_empty()) {
        problems.add(
            &empty.span,
            "every text begins with nothing: what no row knows is an unmapped alarm by itself",
        );
        return None;
    }
    let mut code = |key, item| {
        let code = section.must_text(key, "what the alarm is about, in the catalogue's words", problems)?;
        word(item, code.value, &code.span, problems)
    };
    let class = code("class", &items::ALARM_CLASS);
    let subsystem = code("subsystem", &items::ALARM_SUBSYSTEM);
    let qualifier = code("qualifier", &items::ALARM_QUALIFIER);
    let alarm = Alarm { class: class?, subsystem: subsystem?, qualifier: qualifier? };
    Some((Box::from(begins?.value.as_bytes()), alarm))
}
