//! Names: labels of bytes, perhaps with a pointer to where the rest stands already.

use std::cmp::Ordering;

use super::Error;
use crate::limits::{MDNS_LABEL_BYTES_MAX, MDNS_NAME_BYTES_MAX};

/// The two bits that say what a label is (RFC 1035, section 4.1.4).
const KIND_BITS: u8 = 0b1100_0000;

/// A name, such as `_octoprint._tcp.local`. Two names that differ only in the case of ASCII letters are the same
/// (RFC 6762, section 16). The first label of a service's name is text for people, of any bytes.
#[derive(Clone, Debug)]
pub struct Name(Vec<Vec<u8>>);

impl Name {
    /// A name that is written with dots, where no label has one in it.
    pub fn parse(text: &str) -> Option<Self> {
        let labels: Vec<Vec<u8>> = text.split('.').map(|label| label.as_bytes().to_vec()).collect();
        let good = labels.iter().all(|label| (1..=MDNS_LABEL_BYTES_MAX).contains(&label.len()));
        let name = Self(labels);
        (good && name.length() <= MDNS_NAME_BYTES_MAX).then_some(name)
    }

    /// What stands before this service's name, where it does: the service's own name among its kind.
    pub fn instance_of(&self, service: &Self) -> Option<&[u8]> {
        let (first, rest) = self.0.split_first()?;
        (folded(rest).eq(folded(&service.0))).then_some(first)
    }

    /// The name with dots, each byte that is no text replaced: to compare and to show, not to ask for.
    pub fn dotted(&self) -> String {
        let labels: Vec<_> = self.0.iter().map(|label| String::from_utf8_lossy(label)).collect();
        labels.join(".")
    }

    /// The name that begins here in the packet, and where it ends there.
    pub(super) fn read(packet: &[u8], at: usize) -> Result<(Self, usize), Error> {
        let (mut labels, mut length) = (Vec::new(), 1);
        let (mut here, mut end) = (at, None);
        // Each pointer must lead further back than the one before: so a name ends, whatever the packet is.
        let mut lowest = at;
        loop {
            let first = *packet.get(here).ok_or(Error::Truncated)?;
            let after = here + 1;
            match first & KIND_BITS {
                0 if first == 0 => return Ok((Self(labels), end.unwrap_or(after))),
                0 => {
                    let until = after + usize::from(first);
                    length += usize::from(first) + 1;
                    if length > MDNS_NAME_BYTES_MAX {
                        return Err(Error::NameTooLong);
                    }
                    labels.push(packet.get(after..until).ok_or(Error::Truncated)?.to_vec());
                    here = until;
                }
                KIND_BITS => {
                    let low = *packet.get(after).ok_or(Error::Truncated)?;
                    let to = usize::from(u16::from_be_bytes([first & !KIND_BITS, low]));
                    end.get_or_insert(after + 1);
                    if to >= lowest {
                        return Err(Error::Pointer);
                    }
                    (lowest, here) = (to, to);
                }
                _ => return Err(Error::Label),
            }
        }
    }

    /// Without pointers.
    pub(super) fn write(&self, packet: &mut Vec<u8>) {
        for label in &self.0 {
            // No label is longer: `parse` and `read` have seen to it.
            packet.push(u8::try_from(label.len()).unwrap_or_default());
            packet.extend(label);
        }
        packet.push(0);
    }

    /// Bytes that it takes without pointers.
    pub(super) fn length(&self) -> usize {
        self.0.iter().map(|label| label.len() + 1).sum::<usize>() + 1
    }
}

fn folded(labels: &[Vec<u8>]) -> impl Iterator<Item = Vec<u8>> {
    labels.iter().map(|label| label.to_ascii_lowercase())
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        folded(&self.0).cmp(folded(&other.0))
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Name {}
