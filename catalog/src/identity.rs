//! The one text that may leave: model, serial and firmware, in a bounded pattern.

use std::fmt;

/// Longest identity, in characters.
const LENGTH_MAX: usize = 48;

/// A model, serial or firmware text. It is made from the adapter's configuration or from the printer's own
/// interface and never from a log line: no parser crate calls either constructor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity(String);

/// Why a text is no identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdentityError;

impl Identity {
    /// Takes what the owner of the adapter wrote in its configuration.
    pub fn from_configuration(text: &str) -> Result<Self, IdentityError> {
        Self::parse(text)
    }

    /// Takes what the printer says of itself over its interface.
    pub fn from_interface(text: &str) -> Result<Self, IdentityError> {
        Self::parse(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn parse(text: &str) -> Result<Self, IdentityError> {
        let text = text.trim();
        let bounded = (1..=LENGTH_MAX).contains(&text.len());
        // No slash, at-sign, colon or quote: a path, an address or a name with a domain does not fit.
        let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b" .-_+()".contains(&b));
        if bounded && plain { Ok(Self(text.to_owned())) } else { Err(IdentityError) }
    }
}

impl fmt::Display for IdentityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an identity is 1 to {LENGTH_MAX} letters, digits, spaces or any of . - _ + ( )")
    }
}

impl std::error::Error for IdentityError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_makers_write_and_nothing_that_names_a_person_or_place() {
        for text in ["ProJet 7000 HD", "SN-00.412", "v2.4.1+rc(3)", " padded "] {
            assert!(Identity::from_interface(text).is_ok(), "{text}");
        }
        for text in
            ["", "   ", "/home/anna/part.stl", "anna@example.com", "10.0.0.7:80", "a\nb", &"x".repeat(49)]
        {
            assert!(Identity::from_interface(text).is_err(), "{text}");
        }
    }
}
