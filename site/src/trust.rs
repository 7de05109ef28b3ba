//! The keys of platforms that a box trusts: a line each, `ed25519 PUBLIC-KEY`. Comments begin with `#`.

use release::PublicKey;

use crate::limits;

/// The first word of a key's line.
const ALGORITHM: &str = "ed25519";

/// Why a text is no list of keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TrustError {
    /// A line is something else.
    #[error(
        "line {0} is not `{ALGORITHM} PUBLIC-KEY` in lower-case hexadecimal digits, as `platform site-key` prints it"
    )]
    Line(usize),
    /// There are none.
    #[error("it holds no key; put in what `platform site-key` prints")]
    Empty,
    /// There are too many.
    #[error("more than {} keys", limits::TRUSTED_KEYS_MAX)]
    TooMany,
    /// The file is too long.
    #[error("longer than {} bytes", limits::TRUST_BYTES_MAX)]
    TooLong,
}

/// At least one key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trust(Vec<PublicKey>);

impl Trust {
    /// Reads the list.
    ///
    /// # Errors
    /// See [`TrustError`].
    pub fn parse(text: &str) -> Result<Self, TrustError> {
        if text.len() > limits::TRUST_BYTES_MAX {
            return Err(TrustError::TooLong);
        }
        let mut keys = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if keys.len() == limits::TRUSTED_KEYS_MAX {
                return Err(TrustError::TooMany);
            }
            let key = line.strip_prefix(ALGORITHM).and_then(|rest| rest.strip_prefix(' '));
            keys.push(key.and_then(PublicKey::parse).ok_or(TrustError::Line(index + 1))?);
        }
        if keys.is_empty() { Err(TrustError::Empty) } else { Ok(Self(keys)) }
    }

    /// Whether the key is one of them.
    pub fn has(&self, key: &PublicKey) -> bool {
        self.0.contains(key)
    }
}

/// The line of a key.
pub fn line(key: &PublicKey) -> String {
    format!("{ALGORITHM} {key}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_lines_of_keys() {
        let (a, b) = (format!("ed25519 {}", "a".repeat(64)), format!("ed25519 {}", "b".repeat(64)));
        for (text, expected) in [
            (format!("# the platform's\n{a}\n\n  {b}\n"), Ok(2)),
            (a.clone(), Ok(1)),
            (String::new(), Err(TrustError::Empty)),
            ("# none".into(), Err(TrustError::Empty)),
            (format!("{a}\n{}", a.to_uppercase()), Err(TrustError::Line(2))),
            (format!("{a} anna"), Err(TrustError::Line(1))),
            (format!("{a}\n").repeat(9), Err(TrustError::TooMany)),
            ("#".repeat(9 << 10), Err(TrustError::TooLong)),
        ] {
            assert_eq!(Trust::parse(&text).map(|trust| trust.0.len()), expected, "{text}");
        }
        let key = PublicKey::parse(&"a".repeat(64)).unwrap();
        assert_eq!(line(&key), a);
        assert!(Trust::parse(&a).unwrap().has(&key) && !Trust::parse(&b).unwrap().has(&key));
    }
}
