//! How a line is taken apart: by a pattern with named groups, or at a separator into columns.

use super::groups::Found;
use super::pattern::{Extent, Pattern};
use super::problem::{Problems, advice};
use super::section::{At, Section};
use crate::limits::PROFILE_GROUPS_MAX;

/// What a line must look like.
#[derive(Debug)]
pub(super) enum Matcher {
    Pattern(Box<Pattern>),
    Columns { separator: u8, columns: Vec<Column> },
}

/// One column.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Column {
    /// Its value has a name.
    Named(String),
    /// It must say exactly this.
    Literal(Box<[u8]>),
}

impl Column {
    fn name(&self) -> Option<&str> {
        match self {
            Self::Named(name) => Some(name),
            Self::Literal(_) => None,
        }
    }
}

impl Matcher {
    /// The matcher of a rule: `pattern`, or `separator` and `columns`.
    pub(super) fn read(rule: &Section<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        match (rule.has("pattern"), rule.has("columns")) {
            (true, false) => {
                if rule.has("separator") {
                    problems.add(
                        &rule.span_of("separator"),
                        "`separator` goes with `columns`; a pattern writes it itself",
                    );
                }
                let text = rule.text("pattern", problems)?;
                let pattern = Pattern::compile(&text, Extent::Whole, problems)?;
                if pattern.can_be_empty {
                    problems.add(&text.span, "the pattern can match an empty line, so it says nothing of what it reads; write at least one character that must be there");
                    return None;
                }
                Some(Self::Pattern(Box::new(pattern)))
            }
            (false, true) => Self::columns(rule, problems),
            (true, true) => {
                problems.add(&rule.span_of("columns"), "write `pattern` or `columns`, not both");
                None
            }
            (false, false) if rule.misspelt => None,
            (false, false) => {
                problems.add(&rule.span, "the rule does not say which lines it reads; write `pattern`, or `separator` and `columns`");
                None
            }
        }
    }

    fn columns(rule: &Section<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let separator = rule.must_text("separator", "the character between two columns", problems);
        let separator = separator.and_then(|text| match text.value.as_bytes() {
            [byte] if byte.is_ascii() => Some(*byte),
            _ => {
                problems.add(&text.span, "a separator is one character, such as `;`");
                None
            }
        });
        let before = problems.count();
        let texts = rule.texts("columns", problems);
        if problems.count() > before {
            return None;
        }
        if texts.len() < 2 || texts.len() > PROFILE_GROUPS_MAX {
            let text = format!(
                "a line has 2 to {PROFILE_GROUPS_MAX} columns; of a line with fewer or more write the `pattern`"
            );
            problems.add(&rule.span_of("columns"), text);
            return None;
        }
        let mut columns: Vec<Column> = Vec::new();
        for At { value, span } in texts {
            let column = match value.strip_prefix('=') {
                Some(literal) => Column::Literal(Box::from(literal.as_bytes())),
                None => Column::Named(value.to_owned()),
            };
            if matches!(column, Column::Named(_)) && !value.is_empty() && columns.contains(&column) {
                problems.add(&span, format!("`{value}` is the name of an earlier column; begin it with `_` or give it another name"));
            }
            if matches!(&column, Column::Named(name) if name.is_empty()) {
                problems.add(&span, "a column without a name; write `_` and what it is, such as `_operator`, for one that nothing reads");
            }
            columns.push(column);
        }
        Some(Self::Columns { separator: separator?, columns })
    }

    /// The number of the group with this name.
    pub(super) fn group(&self, name: &str) -> Option<usize> {
        match self {
            Self::Pattern(pattern) => pattern.group(name),
            Self::Columns { columns, .. } => {
                columns.iter().position(|column| matches!(column, Column::Named(known) if known == name))
            }
        }
    }

    /// The names of its groups.
    pub(super) fn names(&self) -> Vec<&str> {
        match self {
            Self::Pattern(pattern) => pattern.names().collect(),
            Self::Columns { columns, .. } => columns.iter().filter_map(Column::name).collect(),
        }
    }

    /// What to say of a group that there is not.
    pub(super) fn advice(&self, name: &str) -> String {
        let names = self.names();
        let near = advice(name, names.iter().copied());
        format!("there is no group `{name}`; {near}")
    }

    /// Whether it fits the line; if so, `found` says where the groups stand.
    pub(super) fn fits(&self, text: &[u8], found: &mut Found) -> bool {
        match self {
            Self::Pattern(pattern) => pattern.find(text, found).is_some(),
            Self::Columns { separator, columns } => {
                found.clear();
                let mut begin = 0;
                for end in memchr::memchr_iter(*separator, text).chain([text.len()]) {
                    let fits = match columns.get(found.len()) {
                        None => false,
                        Some(Column::Named(_)) => true,
                        Some(Column::Literal(literal)) => text.get(begin..end) == Some(literal.as_ref()),
                    };
                    if !fits {
                        return false;
                    }
                    found.push(begin, end);
                    begin = end + 1;
                }
                found.len() == columns.len()
            }
        }
    }
}
