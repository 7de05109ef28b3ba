//! What a record begins with, and how it says the time.

use super::pattern::{Extent, Pattern};
use super::problem::{Problems, advice};
use super::section::Section;
use super::stamp::Form;

const STAMP_KEYS: &[&str] = &["format", "group", "anchor"];
const ANCHOR_KEYS: &[&str] = &["pattern", "format"];
/// The group of a stamp, where the profile gives it no other name.
const TIME: &str = "time";
/// The group that says how many seconds an anchor's moment is after second 0.
const SINCE: &str = "since";

/// What a record's first line begins with.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) pattern: Pattern,
    pub(super) time: Option<usize>,
}

/// The line that says the moment of second 0, or of a later one.
#[derive(Debug)]
pub(super) struct Anchor {
    pub(super) pattern: Pattern,
    pub(super) form: Form,
    pub(super) time: usize,
    pub(super) since: Option<usize>,
}

pub(super) fn counts(record: &Section<'_>, problems: &mut Problems<'_>) -> bool {
    let Some(text) = record.text("continuations", problems) else { return false };
    if !matches!(text.value, "swallow" | "count") {
        let text_of = "`continuations` is `swallow` (lines below that no rule reads are known) or `count` (they are counted as unmatched)";
        problems.add(&text.span, text_of);
    }
    text.value == "count"
}

/// How lines are stamped.
pub(super) struct Stamp {
    pub(super) form: Form,
    /// The group of the stamp; none where lines have no stamp.
    pub(super) group: Option<String>,
    pub(super) anchor: Option<Anchor>,
}

impl Stamp {
    pub(super) fn read(top: &Section<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        if !top.has("stamp") {
            problems.add(
                &top.span,
                "[stamp] is missing: how the log writes the time; `format = \"none\"` where it does not",
            );
        }
        let section = top.table("stamp", STAMP_KEYS, problems)?;
        let form = form(&section, problems);
        let group = section.text("group", problems).map_or(TIME, |group| group.value).to_owned();
        let anchor = Anchor::read(&section, problems);
        let form = form?;
        if form == Form::SecondsSinceAnchor && !section.has("anchor") {
            let text = "seconds since an anchor need the `anchor`: the pattern of the line that says the time, and its format";
            problems.add(&section.span_of("format"), text);
        }
        if form != Form::SecondsSinceAnchor && section.has("anchor") {
            let text = "an `anchor` goes with `format = \"seconds_since_anchor\"`; leave it out";
            problems.add(&section.span_of("anchor"), text);
        }
        Some(Self { form, group: (form != Form::None).then_some(group), anchor })
    }
}

fn form(section: &Section<'_>, problems: &mut Problems<'_>) -> Option<Form> {
    let text = section.must_text("format", "how a stamp is written", problems)?;
    let form = Form::named(text.value);
    if form.is_none() {
        let near = advice(text.value, Form::ALL.iter().map(|(name, _)| *name));
        problems.add(&text.span, format!("`{}` is no format of a stamp; {near}", text.value));
    }
    form
}

impl Anchor {
    pub(super) fn read(stamp: &Section<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let section = stamp.table("anchor", ANCHOR_KEYS, problems)?;
        let form = form(&section, problems);
        if let Some(Form::SecondsSinceAnchor | Form::None) = form {
            problems.add(&section.span_of("format"), "an anchor's own stamp says the time by itself; write `iso` or another format of a full stamp");
        }
        let text = section.must_text("pattern", "the line that says the time", problems)?;
        let pattern = Pattern::compile(&text, Extent::Whole, problems)?;
        for name in pattern.names().filter(|name| ![TIME, SINCE].contains(name) && !name.starts_with('_')) {
            problems.add(&text.span, format!("nothing reads the group `{name}`; an anchor has `{TIME}` and, where it says its own second too, `{SINCE}`"));
        }
        let time = pattern.group(TIME);
        if time.is_none() {
            problems.add(
                &text.span,
                format!("an anchor's pattern needs a group `{TIME}`, the stamp that it says"),
            );
        }
        let since = pattern.group(SINCE);
        Some(Self { form: form?, time: time?, since, pattern })
    }
}

impl Head {
    pub(super) fn read(
        record: &Section<'_>,
        stamp: Option<&Stamp>,
        problems: &mut Problems<'_>,
    ) -> Option<Self> {
        let text = record.text("begins", problems)?;
        let pattern = Pattern::compile(&text, Extent::Head, problems)?;
        let group = stamp.and_then(|stamp| stamp.group.as_deref());
        let time = group.and_then(|group| pattern.group(group));
        for name in pattern.names().filter(|name| Some(*name) != group && !name.starts_with('_')) {
            if stamp.is_some() {
                problems.add(&text.span, format!("nothing reads the group `{name}`: of a record's head only the stamp is read; begin its name with `_`"));
            }
        }
        Some(Self { pattern, time })
    }
}
