//! Who signs: the roles, and the keys that a root gives each.

use std::collections::BTreeSet;
use std::fmt;

use ring::signature::{ED25519, ED25519_PUBLIC_KEY_LEN, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use crate::{Version, hex, limits};

/// What a document is for, and so who signs it (TUF specification, section 2.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Role {
    /// Says which keys are whose, its own among them.
    Root,
    /// Says what the release is.
    Targets,
    /// Says which targets belong to the present state.
    Snapshot,
    /// Says which snapshot is the newest, and is signed again and again.
    Timestamp,
}

impl Role {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::Root, Self::Targets, Self::Snapshot, Self::Timestamp];

    /// The role of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// As it is written in documents and files' names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Targets => "targets",
            Self::Snapshot => "snapshot",
            Self::Timestamp => "timestamp",
        }
    }

    /// The name of the file of its document. The version stands in it, so that a mirror can hold an older state and a
    /// newer one side by side; the timestamp's stands in no other document, so that its file has one name for ever.
    pub fn file(self, version: Version) -> String {
        match self {
            Self::Timestamp => "timestamp.signed".into(),
            _ => format!("{version}.{self}.signed"),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An Ed25519 public key (RFC 8032). It is its own name: where a key has an id besides, two ids can be one key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicKey([u8; ED25519_PUBLIC_KEY_LEN]);

impl PublicKey {
    /// From its bytes, if they are 32.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Reads it.
    pub fn parse(text: &str) -> Option<Self> {
        hex::bytes(text).map(Self)
    }

    /// Whether this key made that signature of that message.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(message, signature).is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::digits(&self.0))
    }
}

impl TryFrom<String> for PublicKey {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a public key is 64 lower-case hexadecimal digits")
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> Self {
        key.to_string()
    }
}

/// Who holds a key: a person's or a machine's name, for people to read. Nothing is decided by it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Holder(String);

impl Holder {
    /// Reads it: lower-case letters, digits, `-`, `_`, `.` and `@`.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.@".contains(c);
        let fits = (1..=limits::HOLDER_CHARS_MAX).contains(&text.len()) && text.chars().all(allowed);
        // The name becomes a file's, and must stay one.
        (fits && !text.starts_with(['.', '-'])).then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Holder {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let wanted = "lower-case letters, digits, `-`, `_`, `.` and `@`, with a letter or digit first";
        let max = limits::HOLDER_CHARS_MAX;
        Self::parse(&text).ok_or_else(|| format!("a key holder's name is 1 to {max} {wanted}"))
    }
}

impl From<Holder> for String {
    fn from(holder: Holder) -> Self {
        holder.0
    }
}

/// A key and who holds it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// Who holds the private half.
    pub holder: Holder,
    /// The public half.
    pub public: PublicKey,
}

/// The keys of a role, and how many of them must sign.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", into = "Unchecked")]
pub struct RoleKeys {
    threshold: usize,
    keys: Vec<Key>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    threshold: usize,
    keys: Vec<Key>,
}

impl RoleKeys {
    /// At least one must sign, there must be as many as must, and no key stands there twice.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn new(threshold: usize, keys: Vec<Key>) -> Result<Self, String> {
        if keys.len() > limits::KEYS_MAX {
            return Err(format!(
                "a role has at most {} keys, and this one has {}",
                limits::KEYS_MAX,
                keys.len()
            ));
        }
        let mut seen = BTreeSet::new();
        if let Some(key) = keys.iter().find(|key| !seen.insert(key.public)) {
            return Err(format!("the key {} stands there twice", key.public));
        }
        if !(1..=keys.len()).contains(&threshold) {
            return Err(format!(
                "a threshold of {threshold} with {} keys: it is from 1 to all of them",
                keys.len()
            ));
        }
        Ok(Self { threshold, keys })
    }

    /// How many of the keys must sign.
    pub fn threshold(&self) -> usize {
        self.threshold
    }

    /// The keys.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// Who holds this key, if it is one of them.
    pub fn holder(&self, public: &PublicKey) -> Option<&Holder> {
        self.keys.iter().find(|key| key.public == *public).map(|key| &key.holder)
    }

    /// Whether nothing that was signed by keys of `old` can be good by these: as many were replaced.
    pub fn replaces(&self, old: &Self) -> bool {
        let kept = self.keys.iter().filter(|key| old.holder(&key.public).is_some()).count();
        kept < self.threshold
    }
}

impl TryFrom<Unchecked> for RoleKeys {
    type Error = String;

    fn try_from(unchecked: Unchecked) -> Result<Self, Self::Error> {
        Self::new(unchecked.threshold, unchecked.keys)
    }
}

impl From<RoleKeys> for Unchecked {
    fn from(RoleKeys { threshold, keys }: RoleKeys) -> Self {
        Self { threshold, keys }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(threshold: usize, numbers: &[u8]) -> Result<RoleKeys, String> {
        let key = |number: &u8| Key {
            holder: Holder::parse(&format!("h{number}")).unwrap(),
            public: PublicKey([*number; 32]),
        };
        RoleKeys::new(threshold, numbers.iter().map(key).collect())
    }

    #[test]
    fn a_role_has_keys_and_a_threshold_that_they_can_reach() {
        for (threshold, numbers, good) in [
            (1, &[1][..], true),
            (2, &[1, 2, 3], true),
            (3, &[1, 2, 3], true),
            (0, &[1], false),
            (2, &[1], false),
            (1, &[], false),
            (1, &[1, 1], false),
        ] {
            assert_eq!(keys(threshold, numbers).is_ok(), good, "{threshold} of {numbers:?}");
        }
        let many: Vec<u8> = (0..=16).collect();
        assert!(keys(1, &many).is_err() && keys(1, &many[..16]).is_ok());
    }

    #[test]
    fn keys_replace_others_when_nothing_that_those_signed_is_good_any_more() {
        for (old, threshold, new, replaced) in [
            (&[1, 2, 3][..], 2, &[1, 2, 3][..], false),
            (&[1, 2, 3], 2, &[1, 2, 4], false),
            (&[1, 2, 3], 2, &[1, 4, 5], true),
            (&[1], 1, &[1, 2], false),
            (&[1], 1, &[2], true),
            (&[1], 2, &[1, 2], true),
        ] {
            let (old, new) = (keys(1, old).unwrap(), keys(threshold, new).unwrap());
            assert_eq!(new.replaces(&old), replaced, "{old:?} {new:?}");
        }
    }

    #[test]
    fn a_holder_is_a_name_that_can_be_a_file() {
        for (text, good) in [
            ("anna", true),
            ("ci-2.example@box_1", true),
            ("", false),
            ("Anna", false),
            ("..", false),
            ("-rf", false),
            ("a/b", false),
            ("a b", false),
        ] {
            assert_eq!(Holder::parse(text).is_some(), good, "{text:?}");
        }
        assert!(Holder::parse(&"a".repeat(64)).is_some() && Holder::parse(&"a".repeat(65)).is_none());
    }
}
