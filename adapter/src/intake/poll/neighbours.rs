//! Who else in a printer's network answers: the one thing that tells a printer that is off from a network
//! that is down.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// An answer this old says nothing of the network now.
const FRESH: Duration = Duration::from_secs(120);

/// The last answer from each printer's network.
///
/// **The heuristics.** A printer's network is taken to be its /24 (IPv4) or /64 (IPv6). Where a connection is
/// refused by the host itself, something answered, so the network works and the printer's interface is off.
/// Where nothing answers, the printer is taken to be off if another printer of the same network answered in
/// the last two minutes, and the network to be unreachable if none did. A site with one printer in a network
/// therefore sees `network_unreachable` for a printer without mains, which is the honest word: the adapter
/// cannot know.
#[derive(Debug, Default)]
pub(super) struct Neighbours(Mutex<HashMap<IpAddr, Instant>>);

impl Neighbours {
    /// This address answered, be it with a refusal.
    pub(super) fn answered(&self, address: IpAddr, now: Instant) {
        // As many entries as the configuration has printers.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(address, now);
    }

    /// Whether another address of this one's network answered of late.
    pub(super) fn answer(&self, address: IpAddr, now: Instant) -> bool {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter()
            .any(|(other, at)| *other != address && network(*other) == network(address) && now < *at + FRESH)
    }
}

fn network(address: IpAddr) -> (bool, [u8; 8]) {
    let mut prefix = [0; 8];
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            prefix[..3].copy_from_slice(&[a, b, c]);
            (true, prefix)
        }
        IpAddr::V6(v6) => {
            prefix.copy_from_slice(&v6.octets()[..8]);
            (false, prefix)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_another_one_of_the_same_network_counts_and_only_for_a_while() {
        let start = Instant::now();
        let neighbours = Neighbours::default();
        let [one, two, far] = ["10.0.0.1", "10.0.0.2", "10.0.1.1"].map(|text| text.parse().unwrap());
        neighbours.answered(one, start);
        neighbours.answered(far, start);
        assert!(neighbours.answer(two, start));
        assert!(!neighbours.answer(one, start));
        assert!(!neighbours.answer("::1".parse().unwrap(), start));
        assert!(!neighbours.answer(two, start + FRESH));
    }
}
