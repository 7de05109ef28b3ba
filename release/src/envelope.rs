//! The form of a signed file: whom it is of, who signed it, and the bytes that were signed.
//!
//! ```text
//! oneway-release/1 targets
//! ed25519 PUBLIC-KEY SIGNATURE
//! ed25519 PUBLIC-KEY SIGNATURE
//!
//! { the document, as JSON }
//! ```
//!
//! What is signed are the first line and everything behind the empty line, byte for byte. Nothing is brought into a
//! canonical form, so there is none to get wrong; and nothing of a document is parsed before it is known to be signed.
//! The role is signed too: what was signed as a snapshot is nothing else, whoever holds the key.
//!
//! Targets that name a system are of form 2, which an older program refuses by its first line, before it reads anything else.

use crate::head::{ALGORITHM, Signature, line, signature, signature_line};
use crate::{PublicKey, Role, limits};

/// How the first line begins. Another form is another number behind it.
const NAME: &str = "oneway-release/";

/// What a document may say: a new field needs a new form.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Form {
    /// Roots, snapshots and timestamps, and targets with images alone.
    One,
    /// Targets with a system, with images or without.
    Two,
}

impl Form {
    /// The one of this number, if documents of the role are written in it.
    fn of(number: u32, role: Role) -> Option<Self> {
        match (number, role) {
            (1, _) => Some(Self::One),
            (2, Role::Targets) => Some(Self::Two),
            _ => None,
        }
    }

    /// As the first line has it.
    pub fn number(self) -> u32 {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }
}

/// Why bytes are no signed file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// The first line is another.
    #[error("line 1 is not `{NAME}1 ROLE`, so this is no file of a release")]
    First,
    /// The first line is that of a form that is not known of this role.
    #[error(
        "is of form {form}, and of {role} this program does not know that form: it is older than what made the file; take a \
         release between them first, or bring the newer program by hand"
    )]
    Form {
        /// The number that it gives.
        form: u32,
        /// The role that it says.
        role: Role,
    },
    /// A line of the head is no signature.
    #[error("line {0} is not `{ALGORITHM} PUBLIC-KEY SIGNATURE` in lower-case hexadecimal digits, nor empty")]
    Signature(usize),
    /// A key signed twice.
    #[error("line {0} is a second signature by the same key")]
    Twice(usize),
    /// More signatures than any root can want.
    #[error("more than {} signatures", limits::SIGNATURES_MAX)]
    TooMany,
    /// It ends before the document.
    #[error("there is no empty line with a document behind it")]
    NoDocument,
}

/// A file in its parts. Whether the signatures are good, only the keys of a root can say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Envelope {
    form: Form,
    role: Role,
    signatures: Vec<(PublicKey, Signature)>,
    body: Vec<u8>,
}

impl Envelope {
    /// One that nobody has signed yet.
    pub fn unsigned(form: Form, role: Role, body: Vec<u8>) -> Self {
        Self { form, role, signatures: Vec::new(), body }
    }

    /// Takes a file apart.
    ///
    /// # Errors
    /// See [`EnvelopeError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let (first, mut rest) = line(bytes).ok_or(EnvelopeError::First)?;
        let (number, role) = first_line(first).ok_or(EnvelopeError::First)?;
        let form = Form::of(number, role).ok_or(EnvelopeError::Form { form: number, role })?;
        let mut signatures = Vec::new();
        for number in 2.. {
            let (text, after) = match line(rest) {
                Some(found) => found,
                None if rest.contains(&b'\n') => return Err(EnvelopeError::Signature(number)),
                None => return Err(EnvelopeError::NoDocument),
            };
            rest = after;
            if text.is_empty() {
                break;
            }
            let (key, signature) = signature(text).ok_or(EnvelopeError::Signature(number))?;
            if signatures.iter().any(|(other, _)| *other == key) {
                return Err(EnvelopeError::Twice(number));
            }
            if signatures.len() == limits::SIGNATURES_MAX {
                return Err(EnvelopeError::TooMany);
            }
            signatures.push((key, signature));
        }
        if rest.is_empty() {
            return Err(EnvelopeError::NoDocument);
        }
        Ok(Self { form, role, signatures, body: rest.to_owned() })
    }

    /// The file's bytes. [`Envelope::parse`] takes no others for the same parts.
    pub fn to_bytes(&self) -> Vec<u8> {
        let signatures = self.signatures.iter();
        let head: String = signatures.map(|(key, signature)| signature_line(key, signature)).collect();
        [self.first_line().as_bytes(), head.as_bytes(), b"\n", &self.body].concat()
    }

    /// What it may say.
    pub fn form(&self) -> Form {
        self.form
    }

    /// Whose document it is.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The document.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The signatures, each by another key.
    pub fn signatures(&self) -> &[(PublicKey, Signature)] {
        &self.signatures
    }

    /// What is signed.
    pub fn message(&self) -> Vec<u8> {
        [self.first_line().as_bytes(), &self.body].concat()
    }

    /// Adds a signature, or takes it in the place of an older one by the same key.
    pub fn sign(&mut self, key: PublicKey, signature: Signature) {
        self.signatures.retain(|(other, _)| *other != key);
        self.signatures.push((key, signature));
    }

    fn first_line(&self) -> String {
        format!("{NAME}{} {}\n", self.form.number(), self.role)
    }
}

/// The form's number and the role. There is one way to write each.
fn first_line(line: &str) -> Option<(u32, Role)> {
    let (text, role) = line.strip_prefix(NAME)?.split_once(' ')?;
    let number: u32 = text.parse().ok()?;
    (number.to_string() == text).then_some((number, Role::parse(role)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(lines: &[&str]) -> Vec<u8> {
        lines.join("\n").into_bytes()
    }

    fn by(digit: &str) -> String {
        format!("ed25519 {} {}", digit.repeat(64), digit.repeat(128))
    }

    #[test]
    fn a_file_is_a_head_and_a_document() {
        let (a, b) = (by("a"), by("b"));
        for (lines, expected) in [
            (&["oneway-release/1 root", "", "{}"][..], Ok(0)),
            (&["oneway-release/1 root", &a, &b, "", "{", "", "}", ""], Ok(2)),
            (&["oneway-release/1 roots", "", "{}"], Err(EnvelopeError::First)),
            (&["oneway-release/2 targets", "", "{}"], Ok(0)),
            (&["oneway-release/2 root", "", "{}"], Err(EnvelopeError::Form { form: 2, role: Role::Root })),
            (
                &["oneway-release/3 targets", "", "{}"],
                Err(EnvelopeError::Form { form: 3, role: Role::Targets }),
            ),
            (&["oneway-release/02 targets", "", "{}"], Err(EnvelopeError::First)),
            (&["oneway-release/-1 targets", "", "{}"], Err(EnvelopeError::First)),
            (&["oneway-release/99999999999 root", "", "{}"], Err(EnvelopeError::First)),
            (&["oneway-release/1  root", "", "{}"], Err(EnvelopeError::First)),
            (&["oneway-release/1 root\r", "", "{}"], Err(EnvelopeError::First)),
            (&["{}"], Err(EnvelopeError::First)),
            (&[""], Err(EnvelopeError::First)),
            (&["oneway-release/1 root", &a, &b, &a, "", "{}"], Err(EnvelopeError::Twice(4))),
            (&["oneway-release/1 root", &a.to_uppercase(), "", "{}"], Err(EnvelopeError::Signature(2))),
            (
                &["oneway-release/1 root", &a.replace("ed25519 a", "ed25519 A"), "", "{}"],
                Err(EnvelopeError::Signature(2)),
            ),
            (&["oneway-release/1 root", &a, "{}", ""], Err(EnvelopeError::Signature(3))),
            (&["oneway-release/1 root", &a[..150], "", "{}"], Err(EnvelopeError::Signature(2))),
            (&["oneway-release/1 root", &format!("{a} "), "", "{}"], Err(EnvelopeError::Signature(2))),
            (&["oneway-release/1 root", &a], Err(EnvelopeError::NoDocument)),
            (&["oneway-release/1 root", &a, "", ""], Err(EnvelopeError::NoDocument)),
            (&["oneway-release/1 root", ""], Err(EnvelopeError::NoDocument)),
        ] {
            let bytes = file(lines);
            let parsed = Envelope::parse(&bytes);
            assert_eq!(
                parsed.as_ref().map(|it| it.signatures().len()).map_err(|error| *error),
                expected,
                "{lines:?}"
            );
            if let Ok(envelope) = parsed {
                assert_eq!(envelope.to_bytes(), bytes);
            }
        }
    }

    #[test]
    fn signatures_are_counted_before_they_are_kept() {
        let lines: Vec<String> = (0..=limits::SIGNATURES_MAX)
            .map(|number| format!("ed25519 {number:064x} {number:0128x}\n"))
            .collect();
        for (count, expected) in
            [(limits::SIGNATURES_MAX, Ok(())), (limits::SIGNATURES_MAX + 1, Err(EnvelopeError::TooMany))]
        {
            let text = format!("oneway-release/1 root\n{}\n{{}}", lines[..count].concat());
            assert_eq!(Envelope::parse(text.as_bytes()).map(drop), expected);
        }
    }

    #[test]
    fn what_is_signed_is_the_role_and_the_document_and_no_signature() {
        let mut envelope = Envelope::unsigned(Form::One, Role::Snapshot, b"{}\n".to_vec());
        let message = envelope.message();
        assert_eq!(message, b"oneway-release/1 snapshot\n{}\n");
        let key = PublicKey::parse(&"1".repeat(64)).unwrap();
        envelope.sign(key, [1; 64]);
        envelope.sign(key, [2; 64]);
        assert_eq!((envelope.message(), envelope.signatures()), (message, &[(key, [2; 64])][..]));
    }
}
