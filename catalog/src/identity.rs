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
        let fits = bounded && plain && !text.split([' ', '(', ')', '+', '_']).any(names_a_machine);
        if fits { Ok(Self(text.to_owned())) } else { Err(IdentityError) }
    }
}

/// Whether a word is a machine's address or its name with a domain.
fn names_a_machine(word: &str) -> bool {
    let word = word.trim_matches(['.', '-']);
    let parts = |separator, count| Some(word.split(separator)).filter(|parts| parts.clone().count() == count);
    let hex = |part: &str, length| part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    word.split('-').any(is_dotted_quad)
        || parts('-', 6).is_some_and(|mut parts| parts.all(|part| hex(part, 2)))
        || parts('.', 3).is_some_and(|mut parts| parts.all(|part| hex(part, 4)))
        || has_a_domain(word)
}

/// Four numbers that an address can have. The addresses of a site's own network begin with 10 at the least, and a
/// version, such as Marlin's 2.1.2.1, hardly ever does.
fn is_dotted_quad(word: &str) -> bool {
    let mut parts = word.split('.').map(str::parse::<u8>);
    word.split('.').count() == 4
        && parts.next().is_some_and(|first| first.is_ok_and(|first| first >= 10))
        && parts.all(|part| part.is_ok())
}

/// Names parted by points, the last one in letters: `printer.local`. In a version, such as `1.3.0.beta` or
/// `v0.12.0-85-gd785b396.dirty`, at least two numbers stand before such a word, and no name.
fn has_a_domain(word: &str) -> bool {
    let Some((names, last)) = word.rsplit_once('.') else { return false };
    let top =
        last.starts_with("xn--") || last.len() >= 2 && last.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_number = |name: &str| {
        let digits = name.trim_start_matches(['v', 'V']).split('-').next().unwrap_or_default();
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_version = names.contains('.') && names.split('.').all(is_number);
    top && !is_version
}

impl fmt::Display for IdentityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "an identity is 1 to {LENGTH_MAX} letters, digits, spaces or any of . - _ + ( ), without an address or a \
             name with a domain; write a version that looks like an address as v10.1.2.1"
        )
    }
}

impl std::error::Error for IdentityError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_makers_write_and_nothing_that_names_a_person_or_place() {
        for text in [
            "ProJet 7000 HD",
            "SN-00.412",
            "v2.4.1+rc(3)",
            " padded ",
            "Marlin 2.1.2.1",
            "v10.1.2.1",
            "10.0.19041.1",
            "1.3.0.beta",
            "v0.12.0-85-gd785b396.dirty",
            "RepRapFirmware 3.4.5 (2022-11-30)",
            "08DGM-95BLL-N65PS-6J9F4-3SD6N-1U7PR",
            "Prusa i3 Mk. III",
        ] {
            assert!(Identity::from_interface(text).is_ok(), "{text}");
        }
        let long = "x".repeat(49);
        for text in [
            "",
            "   ",
            "/home/anna/part.stl",
            "part.stl",
            "anna@example.com",
            "10.0.0.7:80",
            "10.0.0.7",
            "Printer (10.0.0.7)",
            "SN-10.0.0.7",
            "10.0.0.7.",
            "fe80::1",
            "B8-27-EB-12-34-56",
            "b827.eb12.3456",
            "anna-pc.example.com",
            "anna-pc.example.com.",
            "printer.local",
            "3d.local",
            "7.local",
            "10.0.0.7.example.com",
            "host.xn--p1ai",
            "a\nb",
            &long,
        ] {
            assert!(Identity::from_interface(text).is_err(), "{text}");
            assert!(Identity::from_configuration(text).is_err(), "{text}");
        }
    }
}
