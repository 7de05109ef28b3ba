//! A rule: which lines it reads, and what it makes of them.

use catalog::items;

use super::alarms::Alarms;
use super::fields::Matcher;
use super::problem::{Problems, Span};
use super::section::Section;
use super::value::{Meaning, Named, Part, part};

pub(super) const KEYS: &[&str] =
    &["name", "pattern", "separator", "columns", "under", "part", "values", "alarm"];
/// Longest name of a rule or a profile.
const NAME_BYTES_MAX: usize = 32;

/// A rule.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) matcher: Matcher,
    /// The rule that read the first line of the record: this one reads lines below it.
    pub(super) under: Option<usize>,
    /// What its values are about, where they do not say so themselves.
    pub(super) part: Part,
    /// The group of its stamp.
    pub(super) time: Option<usize>,
    pub(super) values: Vec<Meaning>,
    pub(super) alarm: Option<Alarms>,
}

/// What the rest of the profile says that matters to a rule.
pub(super) struct Around<'a> {
    /// The name of the group that holds a stamp, where lines have stamps.
    pub(super) time: Option<&'a str>,
    /// Whether the stamp is read with the record's head already.
    pub(super) head_has_time: bool,
    /// Whether a line can be a continuation at all.
    pub(super) has_continuations: bool,
}

/// A name of a rule or a profile.
pub(super) fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(plain)
}

impl Rule {
    /// A rule of the file; `under` is the number of the one that it is under.
    pub(super) fn read(
        section: &Section<'_>,
        under: Option<usize>,
        around: &Around<'_>,
        problems: &mut Problems<'_>,
    ) -> Option<Self> {
        let name = section.must_text("name", "what `adapter parse` calls the rule", problems);
        if let Some(name) = name.as_ref().filter(|name| !is_name(name.value)) {
            problems.add(&name.span, "a rule's name is 1 to 32 of a-z, 0-9, - and _");
        }
        let matcher = Matcher::read(section, problems);
        let before = problems.count();
        let mut part = part(section, problems);
        let mut values = Meaning::all(section, problems);
        let mut alarm = if section.has("alarm") { Alarms::read(section, problems) } else { None };
        twice(&values, alarm.is_some(), problems);
        let matcher = matcher?;
        let mut used: Vec<String> = Vec::new();
        let mut number = |named: &mut Named, span: &Span| {
            match matcher.group(&named.name) {
                Some(group) => named.number = group,
                None => problems.add(span, matcher.advice(&named.name)),
            }
            used.push(named.name.clone());
        };
        if let Some(Part::Group(named)) = &mut part {
            number(named, &section.span_of("part"));
        }
        values.iter_mut().flat_map(Meaning::groups).for_each(|(named, span)| number(named, &span));
        if let Some(alarm) = &mut alarm {
            number(&mut alarm.group, &alarm.span);
        }
        let time = time(section, &matcher, under.is_some() || section.has("under"), around, problems);
        let pattern_span =
            if section.has("pattern") { section.span_of("pattern") } else { section.span_of("columns") };
        // A value that is wrong may be the one that was meant to read a group.
        let sound = problems.count() == before && !section.misspelt;
        for name in matcher.names().into_iter().filter(|_| sound) {
            let is_time = time.is_some() && around.time == Some(name);
            if !is_time && !name.starts_with('_') && !used.iter().any(|used| used == name) {
                let text = format!("nothing reads the group `{name}`; map it, or begin its name with `_`");
                problems.add(&pattern_span, text);
            }
        }
        Some(Self { name: name?.value.to_owned(), matcher, under, part: part?, time, values, alarm })
    }
}

/// Two readings of one item and part at one moment would contradict each other.
fn twice(values: &[Meaning], alarm: bool, problems: &mut Problems<'_>) {
    let of_alarm =
        [&items::ALARM_ACTIVE, &items::ALARM_CLASS, &items::ALARM_SUBSYSTEM, &items::ALARM_QUALIFIER];
    for (at, value) in values.iter().enumerate() {
        let earlier =
            values.iter().take(at).any(|other| other.item == value.item && other.part == value.part);
        if earlier {
            let text = format!(
                "an earlier value of this rule is of `{}` and the same part too; give one of them another `part`",
                value.item.id()
            );
            problems.add(&value.spans.whole, text);
        }
        if alarm && of_alarm.iter().any(|item| **item == *value.item) {
            let text = format!("the rule's `alarm` makes `{}` itself; leave this value out", value.item.id());
            problems.add(&value.spans.whole, text);
        }
    }
}

/// The group of the rule's stamp.
fn time(
    section: &Section<'_>,
    matcher: &Matcher,
    is_under: bool,
    around: &Around<'_>,
    problems: &mut Problems<'_>,
) -> Option<usize> {
    let name = around.time?;
    let group = matcher.group(name);
    if group.is_some() && around.head_has_time {
        let text = format!("the record's `begins` reads the stamp already; leave the group `{name}` out");
        problems.add(&section.span_of("pattern"), text);
    }
    if group.is_none() && !around.head_has_time && !is_under {
        let text = format!(
            "the rule reads no stamp: name a group `{name}`, or read the stamp in `begins` of [record], or write `format = \"none\"` in [stamp]"
        );
        problems.add(&section.span, text);
    }
    group
}
