//! Why the adapter cannot talk to a printer, without a word of the printer's own.

use std::fmt;

/// Why the adapter cannot talk to a printer (promise P8).
#[derive(Clone, Debug, PartialEq)]
pub enum Trouble {
    /// The network does not lead there.
    Unreachable(Why),
    /// The network leads there and nobody is at home.
    Off(Why),
    /// The printer answers, and says or shows that it cannot do its work.
    Failed(Why),
    /// The printer does not take us, or we do not take it: certificates, keys, versions.
    Refused(Why),
    /// What it sends is not its protocol.
    Nonsense(Why),
}

impl Trouble {
    /// The catalogue's word for it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "network_unreachable",
            Self::Off(_) => "printer_off",
            Self::Failed(_) => "printer_failed",
            Self::Refused(_) => "refused",
            Self::Nonsense(_) => "nonsense",
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why)
            | Self::Off(why)
            | Self::Failed(why)
            | Self::Refused(why)
            | Self::Nonsense(why) => why.fmt(f),
        }
    }
}

/// The reason in words for the adapter's log. They are this program's: a printer's text cannot be put into one.
#[derive(Clone, Debug, PartialEq)]
pub enum Why {
    /// These words.
    Words(&'static str),
    /// These words and a number of the printer's, such as an error code.
    Numbered(&'static str, u32),
    /// These words and one of this program's names.
    Named(&'static str, &'static str),
    /// TLS failed.
    Tls(rustls::Error),
}

impl From<&'static str> for Why {
    fn from(words: &'static str) -> Self {
        Self::Words(words)
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words(words) => f.write_str(words),
            Self::Numbered(words, number) => write!(f, "{words} {number}"),
            Self::Named(words, name) => write!(f, "{words} {name}"),
            Self::Tls(error) => write!(f, "TLS: {error}"),
        }
    }
}
