//! The form of a stick's file: who signed it, and the bytes that were signed.
//!
//! ```text
//! oneway-site/1
//! ed25519 PUBLIC-KEY SIGNATURE
//!
//! { the document, as JSON }
//! ```
//!
//! What is signed are the first line and everything behind the empty line, byte for byte, as in a file of a release
//! (`release/src/envelope.rs`): there is no canonical form to get wrong, and nothing of the document is parsed before it is known
//! to be signed. The first line is another than a release's, so that neither can be given out as the other.

use release::head::{ALGORITHM, line, signature, signature_line};
use release::{PublicKey, Signature};

/// The first line. Another form is another number.
const FORM: &str = "oneway-site/1";

/// Why bytes are no file of a stick.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// The first line is another.
    #[error("line 1 is not `{FORM}`")]
    First,
    /// The second line is no signature.
    #[error("line 2 is not `{ALGORITHM} PUBLIC-KEY SIGNATURE` in lower-case hexadecimal digits")]
    Signature,
    /// It ends before the document, or there is more than one signature.
    #[error("line 3 is not empty with a document behind it")]
    NoDocument,
}

/// A file in its parts. Whether the signature is good is not looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Envelope {
    /// Who is said to have signed it.
    pub key: PublicKey,
    /// The signature.
    pub signature: Signature,
    /// The document.
    pub body: Vec<u8>,
}

impl Envelope {
    /// Takes a file apart.
    ///
    /// # Errors
    /// See [`EnvelopeError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let (first, rest) = line(bytes).ok_or(EnvelopeError::First)?;
        if first != FORM {
            return Err(EnvelopeError::First);
        }
        let (second, rest) = line(rest).ok_or(EnvelopeError::Signature)?;
        let (key, signature) = signature(second).ok_or(EnvelopeError::Signature)?;
        let (third, body) = line(rest).ok_or(EnvelopeError::NoDocument)?;
        if !third.is_empty() || body.is_empty() {
            return Err(EnvelopeError::NoDocument);
        }
        Ok(Self { key, signature, body: body.to_owned() })
    }

    /// The file's bytes. [`Envelope::parse`] takes no others for the same parts.
    pub fn to_bytes(&self) -> Vec<u8> {
        let head = format!("{FORM}\n{}\n", signature_line(&self.key, &self.signature));
        [head.as_bytes(), &self.body].concat()
    }

    /// Whether its key made its signature of its body.
    pub fn is_signed(&self) -> bool {
        self.key.verifies(&message(&self.body), &self.signature)
    }
}

/// What is signed for this document.
pub fn message(body: &[u8]) -> Vec<u8> {
    [FORM.as_bytes(), b"\n", body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_two_lines_and_a_document() {
        let by = format!("ed25519 {} {}", "a".repeat(64), "b".repeat(128));
        for (lines, expected) in [
            (&["oneway-site/1", &by, "", "{}"][..], Ok(())),
            (&["oneway-site/1", &by, "", "{", "", "}", ""], Ok(())),
            (&["oneway-site/2", &by, "", "{}"], Err(EnvelopeError::First)),
            (&["oneway-release/1 root", &by, "", "{}"], Err(EnvelopeError::First)),
            (&["oneway-site/1 ", &by, "", "{}"], Err(EnvelopeError::First)),
            (&["oneway-site/1\r", &by, "", "{}"], Err(EnvelopeError::First)),
            (&["{}"], Err(EnvelopeError::First)),
            (&[""], Err(EnvelopeError::First)),
            (&["oneway-site/1", "", "{}"], Err(EnvelopeError::Signature)),
            (&["oneway-site/1", &by.to_uppercase(), "", "{}"], Err(EnvelopeError::Signature)),
            (&["oneway-site/1", &by[..150], "", "{}"], Err(EnvelopeError::Signature)),
            (&["oneway-site/1", &format!("{by} "), "", "{}"], Err(EnvelopeError::Signature)),
            (&["oneway-site/1", &by], Err(EnvelopeError::Signature)),
            (&["oneway-site/1", &by, &by, "", "{}"], Err(EnvelopeError::NoDocument)),
            (&["oneway-site/1", &by, "{}"], Err(EnvelopeError::NoDocument)),
            (&["oneway-site/1", &by, "", ""], Err(EnvelopeError::NoDocument)),
            (&["oneway-site/1", &by, ""], Err(EnvelopeError::NoDocument)),
        ] {
            let bytes = lines.join("\n").into_bytes();
            let parsed = Envelope::parse(&bytes);
            assert_eq!(parsed.as_ref().map(drop).map_err(|error| *error), expected, "{lines:?}");
            if let Ok(envelope) = parsed {
                assert_eq!(envelope.to_bytes(), bytes);
            }
        }
    }
}
