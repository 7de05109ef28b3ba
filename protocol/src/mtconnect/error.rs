//! Why a document was not taken.

use crate::limits;

/// What is wrong with a document, and where. It holds nothing that the agent wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the agent's answer: {wrong}")]
pub struct Error {
    /// The line, from 1, where the piece of markup begins that was not taken.
    pub line: u64,
    /// What is wrong.
    pub wrong: Wrong,
}

impl Error {
    /// A short name for counters and fixtures, such as `too_long`.
    pub fn name(&self) -> &'static str {
        self.wrong.name()
    }

    /// Whether a smaller question would help.
    pub fn is_too_large(&self) -> bool {
        matches!(self.wrong, Wrong::TooLong | Wrong::TooManyObservations)
    }
}

/// What is wrong with a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// Text where markup must begin.
    #[error("it is no XML: does the URL lead to an MTConnect agent?")]
    NotXml,
    /// An encoding that is not read.
    #[error("its encoding is not UTF-8, the only one that is read")]
    Encoding,
    /// Bytes that are no UTF-8.
    #[error("bytes that are no UTF-8")]
    Utf8,
    /// A document type declaration.
    #[error(
        "a document type declaration (DTD) is refused: it can name other files and grow without a bound. \
         No agent writes one; a web page does: does the URL lead to an MTConnect agent?"
    )]
    Dtd,
    /// An entity that XML itself has not.
    #[error("an entity is refused: only &amp; &lt; &gt; &quot; &apos; and characters' numbers are read")]
    Entity,
    /// Something that XML does not allow.
    #[error("the markup is broken")]
    Malformed,
    /// An end tag that does not end what is open.
    #[error("an end tag does not belong to the element that is open")]
    Mismatched,
    /// More after the end of the root.
    #[error("there is more after the end of the document")]
    Trailing,
    /// The document ended within itself.
    #[error("the answer ends before the document does")]
    Unfinished,
    /// A root that is none of MTConnect's.
    #[error(
        "the root is no MTConnectDevices, MTConnectStreams or MTConnectError: does the URL lead to an MTConnect agent?"
    )]
    Root,
    /// Contents before the header.
    #[error("the document has no <Header> before its contents")]
    NoHeader,
    /// A number that is none.
    #[error("{attribute} is no whole number")]
    Number {
        /// The attribute of the header.
        attribute: &'static str,
    },
    /// The document is too long.
    #[error("the document is over {max} bytes", max = limits::MTCONNECT_DOCUMENT_BYTES_MAX)]
    TooLong,
    /// A tag is too long.
    #[error("a tag is over {max} bytes", max = limits::MTCONNECT_TAG_BYTES_MAX)]
    TagTooLong,
    /// An element's name, or an attribute that is kept, is too long.
    #[error("a name is over {max} bytes", max = limits::MTCONNECT_NAME_BYTES_MAX)]
    NameTooLong,
    /// Elements lie too deep in each other.
    #[error("elements lie over {max} deep in each other", max = limits::MTCONNECT_DEPTH_MAX)]
    TooDeep,
    /// Too many attributes.
    #[error("an element has over {max} attributes", max = limits::MTCONNECT_ATTRIBUTES_MAX)]
    TooManyAttributes,
    /// Too many data items.
    #[error("there are over {max} data items", max = limits::MTCONNECT_DATA_ITEMS_MAX)]
    TooManyDataItems,
    /// Too many observations.
    #[error("there are over {max} observations", max = limits::MTCONNECT_OBSERVATIONS_MAX)]
    TooManyObservations,
}

impl Wrong {
    /// A short name for counters and fixtures, such as `too_long`.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotXml => "not_xml",
            Self::Encoding => "encoding",
            Self::Utf8 => "utf8",
            Self::Dtd => "dtd",
            Self::Entity => "entity",
            Self::Malformed => "malformed",
            Self::Mismatched => "mismatched",
            Self::Trailing => "trailing",
            Self::Unfinished => "unfinished",
            Self::Root => "root",
            Self::NoHeader => "no_header",
            Self::Number { .. } => "number",
            Self::TooLong => "too_long",
            Self::TagTooLong => "tag_too_long",
            Self::NameTooLong => "name_too_long",
            Self::TooDeep => "too_deep",
            Self::TooManyAttributes => "too_many_attributes",
            Self::TooManyDataItems => "too_many_data_items",
            Self::TooManyObservations => "too_many_observations",
        }
    }
}
