//! How many connections there are at once, in all and from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::limits::{CONNECTIONS_MAX, CONNECTIONS_PER_ADDRESS_MAX};

/// The places that connections take.
#[derive(Debug, Default)]
pub(super) struct Places(Mutex<Taken>);

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// One connection's place; free again when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    address: IpAddr,
}

impl Places {
    /// A place for a connection from this address, if there is one.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let mut taken = self.lock();
        let from_address = taken.by_address.get(&address).copied().unwrap_or_default();
        if taken.all >= CONNECTIONS_MAX || from_address >= CONNECTIONS_PER_ADDRESS_MAX {
            return None;
        }
        taken.all += 1;
        taken.by_address.insert(address, from_address + 1);
        Some(Place { places: Arc::clone(self), address })
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.lock();
        taken.all = taken.all.saturating_sub(1);
        let left = taken.by_address.get(&self.address).copied().unwrap_or_default().saturating_sub(1);
        if left == 0 {
            taken.by_address.remove(&self.address);
        } else {
            taken.by_address.insert(self.address, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_cannot_take_all_and_gives_its_places_back() {
        let places = Arc::new(Places::default());
        let [one, two] = ["10.0.0.1", "10.0.0.2"].map(|text| text.parse().unwrap());
        let taken: Vec<_> = (0..CONNECTIONS_PER_ADDRESS_MAX).filter_map(|_| places.take(one)).collect();
        assert_eq!(taken.len(), CONNECTIONS_PER_ADDRESS_MAX);
        assert!(places.take(one).is_none());
        assert!(places.take(two).is_some());
        drop(taken);
        assert!(places.take(one).is_some());
        assert!(places.lock().by_address.is_empty());
    }

    #[test]
    fn all_together_are_bounded() {
        let places = Arc::new(Places::default());
        let address = |n: usize| IpAddr::from([10, 0, 0, u8::try_from(n % 256).unwrap()]);
        let taken: Vec<_> = (0..CONNECTIONS_MAX * 2).filter_map(|n| places.take(address(n))).collect();
        assert_eq!(taken.len(), CONNECTIONS_MAX);
    }
}
