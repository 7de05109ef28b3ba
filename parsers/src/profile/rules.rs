//! All the rules of a profile: what can be wrong with one only because of another.

use super::problem::{Problems, advice};
use super::rule::{self, Around, Rule};
use super::section::Section;
use crate::limits::PROFILE_RULES_MAX;

/// The rules of a profile, in the order of the file.
pub(super) fn all(top: &Section<'_>, around: &Around<'_>, problems: &mut Problems<'_>) -> Vec<Rule> {
    let sections = top.tables("rule", rule::KEYS, problems);
    if sections.is_empty() && !top.has("rule") {
        problems.add(&(0..0), "the profile has no rule, so it makes nothing; write at least one [[rule]]");
    }
    if let Some(over) = sections.get(PROFILE_RULES_MAX) {
        problems.add(&over.span, format!("a profile has at most {PROFILE_RULES_MAX} rules"));
        return Vec::new();
    }
    let names: Vec<&str> = sections
        .iter()
        .map(|section| section.text("name", &mut Problems::new("")).map_or("", |name| name.value))
        .collect();
    let mut parents = vec![false; sections.len()];
    let mut rules = Vec::new();
    for (number, section) in sections.iter().enumerate() {
        let under = under(section, (&names, &sections), around, problems);
        if let Some(parent) = under.and_then(|parent| parents.get_mut(parent)) {
            *parent = true;
        }
        repeated(number, &sections, &names, problems);
        rules.push(Rule::read(section, under, around, problems));
    }
    for (section, is_parent) in sections.iter().zip(parents) {
        let reads = section.has("pattern") || section.has("columns");
        if reads && !is_parent && !section.has("values") && !section.has("alarm") && !section.misspelt {
            let text =
                "the rule makes nothing; give it `values` or an `alarm`, or put its pattern under `ignore`";
            problems.add(&section.span, text);
        }
    }
    // With a rule missing the numbers of the others would be wrong, but then there is a problem, and no profile.
    rules.into_iter().flatten().collect()
}

fn under(
    section: &Section<'_>,
    (names, sections): (&[&str], &[Section<'_>]),
    around: &Around<'_>,
    problems: &mut Problems<'_>,
) -> Option<usize> {
    let under = section.text("under", problems)?;
    if !around.has_continuations {
        problems.add(&under.span, "`under` reads the lines below a record's first one, and here every line begins a record; write `begins` in [record]");
    }
    let found = names.iter().position(|name| *name == under.value);
    match found {
        None => problems.add(
            &under.span,
            format!("there is no rule `{}`; {}", under.value, advice(under.value, names.iter().copied())),
        ),
        Some(parent) if sections.get(parent).is_some_and(|parent| parent.has("under")) => {
            let text = format!(
                "`{}` reads lines below a first one itself; write the name of the rule that reads the record's first line",
                under.value
            );
            problems.add(&under.span, text);
        }
        Some(_) => {}
    }
    found
}

/// Says if an earlier rule has the same name, or reads the same lines.
fn repeated(number: usize, sections: &[Section<'_>], names: &[&str], problems: &mut Problems<'_>) {
    let (Some(section), Some(earlier)) = (sections.get(number), sections.get(..number)) else { return };
    let quiet = &mut Problems::new("");
    if let Some(name) =
        section.text("name", quiet).filter(|name| names.iter().take(number).any(|n| *n == name.value))
    {
        problems.add(
            &name.span,
            format!("`{}` is the name of an earlier rule; give this one another", name.value),
        );
    }
    let mut reads = |section: &Section<'_>| {
        let pattern = section.text("pattern", quiet).map(|text| text.value.to_owned())?;
        Some((pattern, section.text("under", quiet).map(|text| text.value.to_owned())))
    };
    let Some(own) = reads(section) else { return };
    if earlier.iter().any(|other| reads(other).as_ref() == Some(&own)) {
        problems.add(
            &section.span_of("pattern"),
            "an earlier rule reads the same lines, so this one never would; put its values there",
        );
    }
}
