//! Where a key stands: in the file, or in a variable of the environment.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::path::Path;

use toml_edit::{Document, Item, TableLike, Value};

use super::error::Place;

/// The way to a key from the top of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct KeyPath(pub(super) Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

impl KeyPath {
    pub(super) fn root() -> Self {
        Self::default()
    }

    pub(super) fn key(&self, key: &str) -> Self {
        self.with(Step::Key(key.to_owned()))
    }

    pub(super) fn index(&self, index: usize) -> Self {
        self.with(Step::Index(index))
    }

    fn with(&self, step: Step) -> Self {
        Self(self.0.iter().cloned().chain([step]).collect())
    }

    pub(super) fn of_ignored(path: &serde_ignored::Path<'_>) -> Self {
        use serde_ignored::Path;
        match path {
            Path::Root => Self::root(),
            Path::Seq { parent, index } => Self::of_ignored(parent).index(*index),
            Path::Map { parent, key } => Self::of_ignored(parent).key(key),
            Path::Some { parent } | Path::NewtypeStruct { parent } | Path::NewtypeVariant { parent } => {
                Self::of_ignored(parent)
            }
        }
    }

    pub(super) fn of_error(path: &serde_path_to_error::Path) -> Self {
        use serde_path_to_error::Segment;
        let step = |segment: &Segment| match segment {
            Segment::Seq { index } => Some(Step::Index(*index)),
            Segment::Map { key } => Some(Step::Key(key.clone())),
            Segment::Enum { .. } | Segment::Unknown => None,
        };
        Self(path.iter().filter_map(step).collect())
    }

    /// The variable that lays itself over this key; a list has none.
    pub(super) fn variable(&self) -> Option<String> {
        let key = |step: &Step| match step {
            Step::Key(key) => Some(key.to_ascii_uppercase()),
            Step::Index(_) => None,
        };
        let keys: Vec<_> = self.0.iter().map(key).collect::<Option<_>>()?;
        Some(format!("{}{}", super::load::PREFIX, keys.join(super::load::SEPARATOR)))
    }

    pub(super) fn place(&self, file: &Path, text: &str, environment: &HashMap<String, String>) -> Place {
        let (span, whole) = self.span(text);
        match self.variable().and_then(|name| variable_of(&name, whole, environment)) {
            Some(name) => Place::Environment(name),
            None => at(file, text, span.start),
        }
    }

    // Where the deepest step that the file has stands, and whether that is the last: a missing key is shown
    // at its section.
    fn span(&self, text: &str) -> (Range<usize>, bool) {
        let Ok(document) = Document::parse(text) else { return (0..0, false) };
        let mut span = 0..0;
        let mut node = Some(Node::Table(document.as_table()));
        for step in &self.0 {
            let Some((found, next)) = node.and_then(|node| node.step(step)) else { return (span, false) };
            span = found.unwrap_or(span);
            node = next;
        }
        (span, true)
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if position == 0 => write!(f, "{key}")?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

// The variable itself, or one that makes a section which the file has not.
fn variable_of(name: &str, in_file: bool, environment: &HashMap<String, String>) -> Option<String> {
    let below = format!("{name}{}", super::load::SEPARATOR);
    let exact = environment.contains_key(name).then(|| name.to_owned());
    let first = || environment.keys().filter(|key| key.starts_with(&below)).min().cloned();
    exact.or_else(|| if in_file { None } else { first() })
}

pub(super) fn at(file: &Path, text: &str, offset: usize) -> Place {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    Place::File { file: file.to_owned(), line, column }
}

enum Node<'a> {
    Table(&'a dyn TableLike),
    Tables(&'a toml_edit::ArrayOfTables),
    Values(&'a toml_edit::Array),
}

type Found<'a> = (Option<Range<usize>>, Option<Node<'a>>);

impl<'a> Node<'a> {
    fn step(&self, step: &Step) -> Option<Found<'a>> {
        match (self, step) {
            (Self::Table(table), Step::Key(key)) => {
                let (key, item) = table.get_key_value(key)?;
                Some((key.span().or_else(|| item.span()), Self::of_item(item)))
            }
            (Self::Tables(tables), Step::Index(index)) => {
                let table = tables.get(*index)?;
                Some((table.span(), Some(Node::Table(table))))
            }
            (Self::Values(values), Step::Index(index)) => {
                let value = values.get(*index)?;
                Some((value.span(), Self::of_value(value)))
            }
            _ => None,
        }
    }

    fn of_item(item: &'a Item) -> Option<Self> {
        match item {
            Item::Table(table) => Some(Self::Table(table)),
            Item::ArrayOfTables(tables) => Some(Self::Tables(tables)),
            Item::Value(value) => Self::of_value(value),
            Item::None => None,
        }
    }

    fn of_value(value: &'a Value) -> Option<Self> {
        match value {
            Value::InlineTable(table) => Some(Self::Table(table)),
            Value::Array(values) => Some(Self::Values(values)),
            _ => None,
        }
    }
}
