//! Takes a tag apart: its name and its attributes.

use std::borrow::Cow;

use quick_xml::XmlVersion;
use quick_xml::events::attributes::Attributes;

use super::error::Wrong;
use super::text::Text;
use crate::limits::{MTCONNECT_ATTRIBUTES_MAX, MTCONNECT_NAME_BYTES_MAX};

/// A tag. Its name is as it was written, prefix and all.
#[derive(Debug)]
pub(super) enum Tag<'a> {
    Start { name: &'a str, attributes: Attributed<'a>, empty: bool },
    End { name: &'a str },
}

/// The attributes of a tag.
#[derive(Debug)]
pub(super) struct Attributed<'a>(Vec<(&'a str, Cow<'a, str>)>);

/// Takes what stands between `<` and `>`.
pub(super) fn parse(content: &str) -> Result<Tag<'_>, Wrong> {
    if let Some(name) = content.strip_prefix('/') {
        return Ok(Tag::End { name: name_of(name.trim_ascii_end())? });
    }
    let (content, empty) = content.strip_suffix('/').map_or((content, false), |content| (content, true));
    let length = content.find(|c: char| c.is_ascii_whitespace()).unwrap_or(content.len());
    let name = name_of(content.get(..length).unwrap_or_default())?;
    Ok(Tag::Start { name, attributes: Attributed::parse(content, length)?, empty })
}

/// The name without its prefix: MTConnect's prefixes and versions differ from agent to agent, its names do not.
pub(super) fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// Whether an instruction leaves the encoding at UTF-8: only the XML declaration can say otherwise.
pub(super) fn is_utf8(instruction: &[u8]) -> bool {
    let Some(declaration) = instruction.strip_prefix(b"xml") else { return true };
    if !declaration.first().is_some_and(u8::is_ascii_whitespace) {
        return true;
    }
    let declaration =
        str::from_utf8(declaration.strip_suffix(b"?").unwrap_or(declaration)).unwrap_or_default();
    let encoding = Attributes::new(declaration, 0).flatten().find(|attribute| attribute.key.0 == "encoding");
    // ASCII is a part of UTF-8.
    encoding.is_none_or(|encoding| {
        ["utf-8", "us-ascii"].iter().any(|known| encoding.value.eq_ignore_ascii_case(known))
    })
}

fn name_of(name: &str) -> Result<&str, Wrong> {
    let broken = |c: char| c.is_whitespace() || "/<>&\"'=".contains(c);
    match name.len() {
        0 => Err(Wrong::Malformed),
        length if length > MTCONNECT_NAME_BYTES_MAX => Err(Wrong::NameTooLong),
        _ if name.contains(broken) => Err(Wrong::Malformed),
        _ => Ok(name),
    }
}

impl<'a> Attributed<'a> {
    fn parse(content: &'a str, from: usize) -> Result<Self, Wrong> {
        let mut found = Vec::new();
        for attribute in Attributes::new(content, from) {
            let attribute = attribute.map_err(|_| Wrong::Malformed)?;
            if found.len() == MTCONNECT_ATTRIBUTES_MAX {
                return Err(Wrong::TooManyAttributes);
            }
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|_| Wrong::Entity)?;
            found.push((attribute.key.0, value));
        }
        Ok(Self(found))
    }

    /// The attribute with this name, which has no prefix: none of MTConnect's has one.
    pub(super) fn raw(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| *key == name).map(|(_, value)| &**value)
    }

    /// The attribute, to be kept.
    pub(super) fn text(&self, name: &str) -> Result<Option<Text>, Wrong> {
        self.raw(name).map(Text::attribute).transpose()
    }

    /// The attribute as a number.
    pub(super) fn number(&self, name: &'static str) -> Result<Option<u64>, Wrong> {
        let number = |text: &str| text.trim().parse().map_err(|_| Wrong::Number { attribute: name });
        self.raw(name).map(number).transpose()
    }
}
