//! The one kind of packet that is ever sent: a question.

use super::Name;

/// What is asked for (RFC 1035, section 3.2.2; RFC 2782).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Who offers a service.
    Services,
    /// At which host and port a service is.
    Place,
    /// What it says of itself.
    Txt,
    /// A host's address.
    Address,
}

pub(super) const A: u16 = 1;
pub(super) const PTR: u16 = 12;
pub(super) const TXT: u16 = 16;
pub(super) const SRV: u16 = 33;
/// The internet.
pub(super) const IN: u16 = 1;

/// A packet with this question and no other: some responders, such as that of Prusa's firmware, were seen to answer the
/// first question of a packet only. Nor does it want its answer sent to the asker alone, which the same one ignores.
pub fn question(name: &Name, wanted: Wanted) -> Vec<u8> {
    let kind = match wanted {
        Wanted::Services => PTR,
        Wanted::Place => SRV,
        Wanted::Txt => TXT,
        Wanted::Address => A,
    };
    // Number and flags are zero (RFC 6762, section 18); one question, no records.
    let mut packet = vec![0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    name.write(&mut packet);
    packet.extend(kind.to_be_bytes());
    packet.extend(IN.to_be_bytes());
    packet
}
