//! Where a reading came from, as a fingerprint that is a function of the source alone: a resend after any
//! crash makes the same origin and so lands on the same row of the store.

use std::fmt;
use std::hash::Hasher as _;

use siphasher::sip::SipHasher13;
use siphasher::sip128::{Hasher128 as _, SipHasher13 as SipHasher13Wide};

/// The adapter's own secret for fingerprints. It never leaves the adapter, so nobody who sees an origin or a
/// hash can try names against it. It must outlive restarts and key rotations, or resends would be new rows.
#[derive(Clone, PartialEq, Eq)]
pub struct Salt([u8; 16]);

impl Salt {
    /// A salt from random bytes.
    pub fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The fingerprint of a source, such as one file of one printer, from the fields that identify it.
    pub fn source(&self, fields: &[&[u8]]) -> Source {
        let mut hasher = SipHasher13::new_with_key(&self.0);
        write_fields(&mut hasher, fields);
        Source(hasher.finish())
    }

    /// A short fingerprint of a record's content: tells two records apart that stood at one place, as after
    /// a log file was emptied and filled again.
    pub fn check(&self, content: &[u8]) -> u32 {
        let mut hasher = SipHasher13::new_with_key(&self.0);
        hasher.write(content);
        let [a, b, c, d, ..] = hasher.finish().to_be_bytes();
        u32::from_be_bytes([a, b, c, d])
    }

    /// The hash under which a name, such as a build's, may leave.
    pub fn hash(&self, name: &[u8]) -> Hash {
        let mut hasher = SipHasher13Wide::new_with_key(&self.0);
        hasher.write(name);
        Hash(hasher.finish128().as_u128().to_be_bytes())
    }
}

// Lengths go in as well: otherwise ("ab", "c") and ("a", "bc") would be one source.
fn write_fields(hasher: &mut SipHasher13, fields: &[&[u8]]) {
    for field in fields {
        hasher.write_u64(field.len() as u64);
        hasher.write(field);
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(…)")
    }
}

/// The fingerprint of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Source(u64);

impl Source {
    /// A place in the source: an offset, a sequence number or a time, and the check of what stands there.
    pub fn place(self, position: u64, check: u32) -> Place {
        Place { source: self, position, check }
    }
}

/// A place in a source: one record, from which several readings may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    source: Source,
    position: u64,
    check: u32,
}

impl Place {
    /// The origin of the reading with this index in the record.
    pub fn origin(self, index: u16) -> Origin {
        Origin { source: self.source, position: self.position, check: self.check, index }
    }
}

/// Where one reading came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    // Not as a place and an index: side by side these take 24 bytes, and a buffer holds many.
    source: Source,
    position: u64,
    check: u32,
    index: u16,
}

impl Origin {
    /// Length of an origin in bytes.
    pub const LENGTH: usize = 22;

    /// The bytes: source, position, index, check. Readings of one source lie side by side in an index that
    /// is ordered by these bytes, and in the order of the source.
    pub fn to_bytes(self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        bytes[..8].copy_from_slice(&self.source.0.to_be_bytes());
        bytes[8..16].copy_from_slice(&self.position.to_be_bytes());
        bytes[16..18].copy_from_slice(&self.index.to_be_bytes());
        bytes[18..].copy_from_slice(&self.check.to_be_bytes());
        bytes
    }

    /// The origin from its bytes.
    pub fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        let number = |range: std::ops::Range<usize>| {
            bytes[range].iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte))
        };
        let [.., i0, i1, c0, c1, c2, c3] = bytes;
        Self {
            source: Source(number(0..8)),
            position: number(8..16),
            check: u32::from_be_bytes([c0, c1, c2, c3]),
            index: u16::from_be_bytes([i0, i1]),
        }
    }
}

/// A salted hash that stands for a name which must not leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hash([u8; 16]);

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl Hash {
    /// Length of a hash in bytes.
    pub const LENGTH: usize = 16;

    /// The bytes.
    pub fn to_bytes(self) -> [u8; Self::LENGTH] {
        self.0
    }

    /// The hash from its bytes.
    pub fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// The hash from its 32 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let plain =
            text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        plain.then(|| u128::from_str_radix(text, 16).ok()).flatten().map(|number| Self(number.to_be_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_survives_its_bytes() {
        let salt = Salt::new([7; 16]);
        let origin = salt.source(&[b"beats", b"agent"]).place(u64::MAX - 1, salt.check(b"line")).origin(513);
        assert_eq!(Origin::from_bytes(origin.to_bytes()), origin);
    }

    #[test]
    fn fields_do_not_run_into_each_other() {
        let salt = Salt::new([7; 16]);
        assert_ne!(salt.source(&[b"ab", b"c"]), salt.source(&[b"a", b"bc"]));
    }

    #[test]
    fn the_fingerprints_are_fixed_for_ever() {
        // A change here would make every record of every site a new one after an update.
        let salt = Salt::new([7; 16]);
        assert_eq!(salt.source(&[b"beats", b"agent"]).0, 3_817_507_059_975_205_898);
        assert_eq!(salt.check(b"line"), 1_097_476_848);
    }

    #[test]
    fn another_salt_is_another_world() {
        assert_ne!(Salt::new([1; 16]).hash(b"name"), Salt::new([2; 16]).hash(b"name"));
    }

    #[test]
    fn only_its_own_spelling_is_a_hash() {
        let hash = Salt::new([1; 16]).hash(b"name");
        assert_eq!(Hash::parse(&hash.to_string()), Some(hash));
        assert_eq!(Hash::from_bytes(hash.to_bytes()), hash);
        assert_eq!(Hash::parse(&hash.to_string().to_uppercase()), None);
        assert_eq!(Hash::parse("+0000000000000000000000000000000"), None);
    }
}
