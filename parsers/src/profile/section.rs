//! A table of the profile's text: its keys by name and kind, each mistake with its place.

use toml_edit::{Item, TableLike, Value};

use super::problem::{Problems, Span, advice};

/// A table, where it stands, and the keys that it may have.
#[derive(Clone)]
pub(super) struct Section<'a> {
    table: &'a dyn TableLike,
    pub(super) span: Span,
    /// Whether a key is misspelt: it is also a missing one, and of the two the misspelling is what helps.
    pub(super) misspelt: bool,
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) span: Span,
}

impl<'a> Section<'a> {
    /// The table; every key that is none of `known` is a mistake.
    pub(super) fn new(
        table: &'a dyn TableLike,
        span: Span,
        known: &[&str],
        problems: &mut Problems<'_>,
    ) -> Self {
        let mut misspelt = false;
        for (key, item) in table.iter().filter(|(key, _)| !known.contains(key)) {
            misspelt = true;
            if problems.is_full() {
                break;
            }
            let at = table.get_key_value(key).and_then(|(key, _)| key.span()).or_else(|| item.span());
            let text = format!("unknown key `{key}`; {}", advice(key, known.iter().copied()));
            problems.add(&at.unwrap_or_else(|| span.clone()), text);
        }
        Self { table, span, misspelt }
    }

    fn item(&self, key: &str) -> Option<At<&'a Item>> {
        let (name, item) = self.table.get_key_value(key).filter(|(_, item)| !item.is_none())?;
        let span = item.span().or_else(|| name.span()).unwrap_or_else(|| self.span.clone());
        Some(At { value: item, span })
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.item(key).is_some()
    }

    /// Where a key's value stands; where the table begins if it has no such key.
    pub(super) fn span_of(&self, key: &str) -> Span {
        self.item(key).map_or_else(|| self.span.clone(), |at| at.span)
    }

    fn value<T>(
        &self,
        key: &str,
        what: &str,
        take: impl Fn(&'a Item) -> Option<T>,
        problems: &mut Problems<'_>,
    ) -> Option<At<T>> {
        let At { value, span } = self.item(key)?;
        let taken = take(value);
        if taken.is_none() {
            problems.add(&span, format!("`{key}` is {what}, not {}", kind_of(value)));
        }
        Some(At { value: taken?, span })
    }

    pub(super) fn text(&self, key: &str, problems: &mut Problems<'_>) -> Option<At<&'a str>> {
        self.value(key, "a text in quotes", Item::as_str, problems)
    }

    /// A text that must be there.
    pub(super) fn must_text(
        &self,
        key: &str,
        what: &str,
        problems: &mut Problems<'_>,
    ) -> Option<At<&'a str>> {
        if !self.has(key) && !self.misspelt {
            problems.add(&self.span, format!("`{key}` is missing: {what}"));
        }
        self.text(key, problems)
    }

    pub(super) fn flag(&self, key: &str, problems: &mut Problems<'_>) -> bool {
        self.value(key, "`true` or `false`", Item::as_bool, problems).is_some_and(|at| at.value)
    }

    pub(super) fn number(&self, key: &str, problems: &mut Problems<'_>) -> Option<At<f64>> {
        let number = |item: &Item| item.as_float().or_else(|| item.as_integer().map(|whole| whole as f64));
        self.value(key, "a number", number, problems)
    }

    /// A whole number, or a text.
    pub(super) fn number_or_name(&self, key: &str, problems: &mut Problems<'_>) -> Option<At<Either<'a>>> {
        let either = |item: &'a Item| {
            let name = item.as_str().map(Either::Name);
            name.or_else(|| item.as_integer().map(Either::Number))
        };
        self.value(key, "a whole number or a group's name", either, problems)
    }

    pub(super) fn texts(&self, key: &str, problems: &mut Problems<'_>) -> Vec<At<&'a str>> {
        let what = "a list of texts in quotes";
        let Some(list) = self.value(key, what, Item::as_array, problems) else { return Vec::new() };
        let mut texts = Vec::new();
        for value in list.value {
            let span = value.span().unwrap_or_else(|| list.span.clone());
            match value.as_str() {
                Some(text) => texts.push(At { value: text, span }),
                None => problems.add(&span, format!("`{key}` is {what}, and this is none")),
            }
        }
        texts
    }

    /// The table below a key.
    pub(super) fn table(&self, key: &str, known: &[&str], problems: &mut Problems<'_>) -> Option<Self> {
        let At { value, span } = self.value(key, "a table", Item::as_table_like, problems)?;
        Some(Self::new(value, span, known, problems))
    }

    /// The tables of a list, written as `[[key]]` or as `key = [{ … }]`.
    pub(super) fn tables(&self, key: &str, known: &[&str], problems: &mut Problems<'_>) -> Vec<Self> {
        let Some(At { value, span }) = self.item(key) else { return Vec::new() };
        let mut tables: Vec<(&'a dyn TableLike, Span)> = Vec::new();
        match value {
            Item::ArrayOfTables(list) => {
                tables
                    .extend(list.iter().map(|table| {
                        (table as &dyn TableLike, table.span().unwrap_or_else(|| span.clone()))
                    }));
            }
            Item::Value(Value::Array(list)) => {
                for value in list {
                    let at = value.span().unwrap_or_else(|| span.clone());
                    match value.as_inline_table() {
                        Some(table) => tables.push((table, at)),
                        None => problems.add(&at, format!("`{key}` is a list of tables, and this is none")),
                    }
                }
            }
            other => {
                let text = format!("`{key}` is a list of tables, `[[{key}]]`, not {}", kind_of(other));
                problems.add(&span, text);
            }
        }
        tables.into_iter().map(|(table, span)| Self::new(table, span, known, problems)).collect()
    }

    /// The pairs of a table of texts, whatever their keys are.
    pub(super) fn pairs(
        &self,
        key: &str,
        problems: &mut Problems<'_>,
    ) -> Option<Vec<(&'a str, At<&'a str>)>> {
        let table =
            self.value(key, "a table of texts, `{ \"WORD\" = \"code\" }`", Item::as_table_like, problems)?;
        let mut pairs = Vec::new();
        let before = problems.count();
        for (name, item) in table.value.iter() {
            let span = item.span().unwrap_or_else(|| table.span.clone());
            match item.as_str() {
                Some(text) => pairs.push((name, At { value: text, span })),
                None => {
                    problems.add(&span, format!("`{key}` maps texts to texts, and this is {}", kind_of(item)))
                }
            }
        }
        (problems.count() == before).then_some(pairs)
    }
}

/// A whole number or a name.
#[derive(Clone, Copy, Debug)]
pub(super) enum Either<'a> {
    Number(i64),
    Name(&'a str),
}

fn kind_of(item: &Item) -> &'static str {
    match item {
        Item::None => "nothing",
        Item::Table(_) => "a table",
        Item::ArrayOfTables(_) => "a list of tables",
        Item::Value(value) => match value {
            Value::String(_) => "a text",
            Value::Integer(_) => "a whole number",
            Value::Float(_) => "a number with a point",
            Value::Boolean(_) => "a flag",
            Value::Datetime(_) => "a date",
            Value::Array(_) => "a list",
            Value::InlineTable(_) => "a table",
        },
    }
}
