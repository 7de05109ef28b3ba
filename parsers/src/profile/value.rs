//! One value of a rule: which item it is of, and how its text is read. Everything that can be wrong with that is found
//! when the profile is read, so that a line can only be refused for what it holds.

use catalog::{Item, Kind, SaidBy, Unit, items};

use super::codes::{Codes, codes, word};
use super::problem::{Problems, Span, advice, one_of};
use super::section::{Either, Section};
use crate::limits::PROFILE_VALUES_MAX;

/// The keys of a value.
const KEYS: &[&str] = &["item", "group", "part", "unit", "scale", "codes", "otherwise", "code"];

/// One value of a rule.
#[derive(Debug)]
pub(super) struct Meaning {
    pub(super) item: &'static Item,
    pub(super) part: Part,
    pub(super) source: Source,
    /// Where its group or its part stands in the profile, for what the rule finds wrong with them.
    pub(super) spans: Spans,
}

/// Places of what can only be judged with the rule's pattern beside it.
#[derive(Debug)]
pub(super) struct Spans {
    pub(super) whole: Span,
    pub(super) group: Span,
    pub(super) part: Span,
}

/// Which of several things the value is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// What the rule says, or the record above.
    OfRule,
    /// Always this one.
    Fixed(u8),
    /// The number in this group.
    Group(Named),
}

/// A group by its name; its number is filled in once the pattern is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) number: usize,
}

/// Where the value comes from.
#[derive(Debug)]
pub(super) enum Source {
    /// The same whenever the rule fits.
    Constant(&'static str),
    /// A number in a group, in a unit.
    Number { group: Named, unit: &'static Unit, scale: f64 },
    /// A word in a group.
    Code { group: Named, codes: Codes },
    /// A name in a group, of which only the salted hash leaves.
    Hash { group: Named },
}

impl Meaning {
    /// The values of a rule.
    pub(super) fn all(rule: &Section<'_>, problems: &mut Problems<'_>) -> Vec<Self> {
        let values = rule.tables("values", KEYS, problems);
        if let Some(over) = values.get(PROFILE_VALUES_MAX) {
            problems.add(&over.span, format!("a rule has at most {PROFILE_VALUES_MAX} values"));
            return Vec::new();
        }
        values.iter().filter_map(|value| Self::read(value, problems)).collect()
    }

    fn read(section: &Section<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let item = item(section, problems);
        let part = part(section, problems);
        let spans = Spans {
            whole: section.span.clone(),
            group: section.span_of("group"),
            part: section.span_of("part"),
        };
        let (item, part) = (item?, part?);
        let source = source(item, section, problems)?;
        Some(Self { item, part, source, spans })
    }

    /// The groups that it reads, to be numbered.
    pub(super) fn groups(&mut self) -> impl Iterator<Item = (&mut Named, Span)> {
        let part = match &mut self.part {
            Part::Group(named) => Some((named, self.spans.part.clone())),
            Part::OfRule | Part::Fixed(_) => None,
        };
        let source = match &mut self.source {
            Source::Constant(_) => None,
            Source::Number { group, .. } | Source::Code { group, .. } | Source::Hash { group } => {
                Some((group, self.spans.group.clone()))
            }
        };
        part.into_iter().chain(source)
    }
}

fn item(section: &Section<'_>, problems: &mut Problems<'_>) -> Option<&'static Item> {
    let id = section.must_text("item", "the id of an item of docs/collected-data.md", problems)?;
    let Some(item) = items::by_id(id.value) else {
        let near = advice(id.value, items::all().map(Item::id));
        // The whole catalogue would not help.
        let near =
            if near.starts_with("did") { near } else { "docs/collected-data.md lists them".to_owned() };
        problems.add(&id.span, format!("`{}` is not in the catalogue; {near}", id.value));
        return None;
    };
    let refused = if item.kind() == Kind::Identity {
        Some("is identity, which never comes from a log line: write it in the adapter's configuration")
    } else if item.said_by() == SaidBy::Adapter {
        Some("is what the adapter says of its own work: no log can say it")
    } else if *item == items::ALARM_SHAPE {
        Some("is made by the rule's `alarm` of a text that its rows do not know: write an `alarm` instead")
    } else {
        None
    };
    match refused {
        Some(why) => {
            problems.add(&id.span, format!("`{}` {why}", id.value));
            None
        }
        None => Some(item),
    }
}

/// Which of several: shared with the rules, which may say it once for all their values.
pub(super) fn part(section: &Section<'_>, problems: &mut Problems<'_>) -> Option<Part> {
    if !section.has("part") {
        return Some(Part::OfRule);
    }
    let part = section.number_or_name("part", problems)?;
    match part.value {
        Either::Name(name) => Some(Part::Group(Named { name: name.to_owned(), number: 0 })),
        Either::Number(number) => {
            let part = u8::try_from(number).ok();
            if part.is_none() {
                problems.add(
                    &part_span(section),
                    format!("{number} is no part; write 0 where there is only one, or 1 to 255"),
                );
            }
            Some(Part::Fixed(part?))
        }
    }
}

fn part_span(section: &Section<'_>) -> Span {
    section.span_of("part")
}

fn source(item: &'static Item, section: &Section<'_>, problems: &mut Problems<'_>) -> Option<Source> {
    let kind = item.kind();
    let fits: &[&str] = match kind {
        Kind::Gauge(_) | Kind::Counter(_) => &["unit", "scale"],
        Kind::State(_) | Kind::Event(_) => &["codes", "otherwise", "code"],
        Kind::Identity | Kind::Hash => &[],
    };
    let others = ["unit", "scale", "codes", "otherwise", "code"];
    let mut good = true;
    for key in others.into_iter().filter(|key| section.has(key) && !fits.contains(key)) {
        let text =
            format!("`{key}` does not go with `{}`, which is a {}; leave it out", item.id(), kind.name());
        problems.add(&section.span_of(key), text);
        good = false;
    }
    if !good {
        return None;
    }
    if section.has("code") {
        for key in ["group", "codes", "otherwise"].into_iter().filter(|key| section.has(key)) {
            let text = format!(
                "`code` is the same for every line, so `{key}` has no meaning; leave one of them out"
            );
            problems.add(&section.span_of(key), text);
            good = false;
        }
        let code = section.text("code", problems)?;
        let code = word(item, code.value, &code.span, problems)?;
        return good.then_some(Source::Constant(code));
    }
    let what = "the name of the pattern's group that holds the value";
    let group = section.must_text("group", what, problems);
    let group = group.map(|group| Named { name: group.value.to_owned(), number: 0 });
    let source = match kind {
        Kind::Gauge(_) | Kind::Counter(_) => {
            let (unit, scale) = (unit(item, section, problems), scale(section, problems));
            Source::Number { group: group?, unit: unit?, scale: scale? }
        }
        Kind::State(_) | Kind::Event(_) => {
            let codes = codes(item, section, problems);
            Source::Code { group: group?, codes: codes? }
        }
        Kind::Identity | Kind::Hash => Source::Hash { group: group? },
    };
    good.then_some(source)
}

fn unit(item: &'static Item, section: &Section<'_>, problems: &mut Problems<'_>) -> Option<&'static Unit> {
    let own = item.unit();
    let fitting = || Unit::all().filter(move |unit| unit.dimension() == own.dimension()).map(Unit::ucum);
    if !section.has("unit") {
        // A count of layers or builds is written in nothing else.
        if own.ucum() == "1" || own.ucum().starts_with('{') {
            return Some(own);
        }
        let text = format!(
            "`unit` is missing: in which unit the log writes `{}`; write {}",
            item.id(),
            one_of(fitting())
        );
        problems.add(&section.span, text);
        return None;
    }
    let code = section.text("unit", problems)?;
    let unit = Unit::by_ucum(code.value);
    let fits = unit.filter(|unit| unit.dimension() == own.dimension());
    if fits.is_none() {
        let what = match unit {
            Some(unit) => format!(
                "`{}` measures {}, and `{}` is {}",
                code.value,
                unit.dimension(),
                item.id(),
                own.dimension()
            ),
            None => format!("`{}` is no unit of the catalogue", code.value),
        };
        problems.add(&code.span, format!("{what}; write {}", one_of(fitting())));
    }
    fits
}

fn scale(section: &Section<'_>, problems: &mut Problems<'_>) -> Option<f64> {
    if !section.has("scale") {
        return Some(1.0);
    }
    let scale = section.number("scale", problems)?;
    let good = scale.value.is_finite() && scale.value != 0.0;
    if !good {
        problems.add(&scale.span, "a scale is a number other than 0, such as 0.1 for tenths");
    }
    good.then_some(scale.value)
}
