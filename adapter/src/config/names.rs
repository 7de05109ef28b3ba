//! Names of the adapter, its printers, and their Things.

use std::collections::HashSet;
use std::fmt;

use super::printers::PRINTERS_MAX;
use super::text::FromText;

/// Longest name of an adapter and longest id of a printer.
const LENGTH_MAX: usize = 32;
/// Longest part of a name that an id is made of; the rest is for a number.
const STEM_MAX: usize = 28;

fn plain(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=LENGTH_MAX).contains(&text.len()) && text.bytes().all(known)
}

/// A printer's id, unique within the adapter: `[a-z0-9-]{1,32}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PrinterId(String);

/// The adapter's name, unique on the platform: `[a-z0-9-]{1,32}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AdapterName(String);

/// What the platform calls an adapter or a printer: `ADAPTER` or `ADAPTER.PRINTER`. Plain in a URL.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ThingName(String);

impl PrinterId {
    /// The id, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        plain(text).then(|| Self(text.to_owned()))
    }

    /// A name as an id that is not taken: what an id cannot have becomes a dash, and a number comes behind one that is
    /// taken.
    pub fn unused(name: &str, taken: &HashSet<Self>) -> Option<Self> {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
        let stem: String = name.chars().take(STEM_MAX).map(plain).collect();
        let stem = Some(stem.trim_matches('-')).filter(|stem| !stem.is_empty()).unwrap_or("printer");
        let numbered = (2..=PRINTERS_MAX + 2).map(|number| format!("{stem}-{number}"));
        let ids = std::iter::once(stem.to_owned()).chain(numbered);
        ids.filter_map(|id| Self::parse(&id)).find(|id| !taken.contains(id))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AdapterName {
    /// The name, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        plain(text).then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The adapter's own thing.
    pub fn thing(&self) -> ThingName {
        ThingName(self.0.clone())
    }

    /// The thing of one of its printers.
    pub fn thing_of(&self, printer: &PrinterId) -> ThingName {
        ThingName(format!("{}.{}", self.0, printer.0))
    }

    /// The thing of this name, if it is the adapter's own or one of its printers'.
    pub fn own(&self, name: &str) -> Option<ThingName> {
        if name == self.0 {
            return Some(self.thing());
        }
        let printer = name.strip_prefix(self.0.as_str())?.strip_prefix('.')?;
        Some(self.thing_of(&PrinterId::parse(printer)?))
    }
}

impl ThingName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PrinterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for AdapterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ThingName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromText for PrinterId {
    const EXPECTED: &'static str = "a printer's id: 1 to 32 of a-z, 0-9 and -, such as `p01`";
    fn from_text(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl FromText for AdapterName {
    const EXPECTED: &'static str = "an adapter's name: 1 to 32 of a-z, 0-9 and -, such as `oslo-1`";
    fn from_text(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_things_are_an_adapters() {
        let adapter = AdapterName::parse("oslo-1").unwrap();
        for name in ["oslo-1", "oslo-1.p01"] {
            assert_eq!(adapter.own(name).map(|thing| thing.to_string()).as_deref(), Some(name));
        }
        for name in
            ["oslo-2", "oslo-2.p01", "oslo-11", "oslo-1.", "oslo-1.p01.x", "oslo-1/p01", "oslo-1.P01", ""]
        {
            assert_eq!(adapter.own(name), None, "{name}");
        }
    }
}
