//! Bounds guessing: counts attempts by name and by address in a bounded table.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use catalog::Timestamp;

/// The time over which attempts are counted.
const WINDOW: Duration = Duration::from_secs(10 * 60);

/// Wrong log-ins for one name from one address.
const FOR_NAME_AND_ADDRESS_MAX: u32 = 5;

/// Wrong log-ins from one address, over all names.
const FROM_ADDRESS_MAX: u32 = 30;

/// Wrong log-ins for one name, over all addresses. Anybody can use it up, so it does not hold where the name was right lately.
const FOR_NAME_MAX: u32 = 100;

/// How long it is known where a name was right: longer than a holiday.
const LATELY: Duration = Duration::from_secs(30 * 24 * 3600);

/// Names and where they were right; of more, the oldest is forgotten. Only who knows a password adds to it.
const KNOWN_MAX: usize = 1_000;

/// Enrolments from one address: adapters behind one router share it.
const ENROLMENTS_MAX: u32 = 20;

/// Counted keys; a flood of names pushes out the oldest counts and not the memory.
const COUNTED_MAX: usize = 10_000;

/// Counts attempts. It is of one process; several would each allow as much.
#[derive(Debug, Default)]
pub struct Guard {
    counts: Mutex<HashMap<Attempt, Count>>,
    /// When a name was last right from an address.
    known: Mutex<HashMap<(String, IpAddr), Timestamp>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Attempt {
    NameAndAddress(String, IpAddr),
    Address(IpAddr),
    Name(String),
    Enrolment(IpAddr),
}

#[derive(Clone, Copy, Debug)]
struct Count {
    since: Timestamp,
    attempts: u32,
}

impl Guard {
    /// Takes one attempt to log in, or says after how long one will be taken.
    pub(super) fn log_in(&self, name: &str, address: IpAddr, now: Timestamp) -> Result<(), Duration> {
        let address = network(address);
        // A name that no user can have is not worth a key of its own, whatever its length.
        let name: String = name.chars().take(64).collect();
        let mut attempts = vec![
            (Attempt::NameAndAddress(name.clone(), address), FOR_NAME_AND_ADDRESS_MAX),
            (Attempt::Address(address), FROM_ADDRESS_MAX),
        ];
        if !self.was_right_lately(&name, address, now) {
            attempts.push((Attempt::Name(name), FOR_NAME_MAX));
        }
        self.take(&attempts, now)
    }

    /// Takes the attempt of somebody who was right off what is counted, with those that were wrong before it here; and
    /// keeps that the name was right from this address.
    pub(super) fn log_in_was_right(&self, name: &str, address: IpAddr, now: Timestamp) {
        let address = network(address);
        let for_name = (!self.was_right_lately(name, address, now)).then(|| Attempt::Name(name.to_owned()));
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.remove(&Attempt::NameAndAddress(name.to_owned(), address));
        for attempt in [Attempt::Address(address)].into_iter().chain(for_name) {
            if let Entry::Occupied(mut count) = counts.entry(attempt) {
                count.get_mut().attempts -= 1;
                if count.get().attempts == 0 {
                    count.remove();
                }
            }
        }
        drop(counts);
        let mut known = self.known();
        known.insert((name.to_owned(), address), now);
        if known.len() > KNOWN_MAX
            && let Some(oldest) = known.iter().min_by_key(|(_, last)| **last).map(|(key, _)| key.clone())
        {
            known.remove(&oldest);
        }
    }

    fn was_right_lately(&self, name: &str, address: IpAddr, now: Timestamp) -> bool {
        let last = self.known().get(&(name.to_owned(), address)).copied();
        let age = last.and_then(|last| u64::try_from(now.0 - last.0).ok());
        age.is_some_and(|age| Duration::from_millis(age) < LATELY)
    }

    fn known(&self) -> MutexGuard<'_, HashMap<(String, IpAddr), Timestamp>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one attempt to enrol, or says after how long one will be taken.
    ///
    /// # Errors
    /// How long to wait.
    pub fn enrol(&self, address: IpAddr, now: Timestamp) -> Result<(), Duration> {
        self.take(&[(Attempt::Enrolment(network(address)), ENROLMENTS_MAX)], now)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    #[cfg(test)]
    pub(super) fn known_len(&self) -> usize {
        self.known().len()
    }

    fn take(&self, attempts: &[(Attempt, u32)], now: Timestamp) -> Result<(), Duration> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for (attempt, max) in attempts {
            if let Some(count) = counts.get(attempt)
                && let Some(left) = count.left(now)
                && count.attempts >= *max
            {
                return Err(left);
            }
        }
        make_room(&mut counts, now);
        for (attempt, _) in attempts {
            let count = counts.entry(attempt.clone()).or_insert(Count { since: now, attempts: 0 });
            if count.left(now).is_none() {
                *count = Count { since: now, attempts: 0 };
            }
            count.attempts += 1;
        }
        Ok(())
    }
}

impl Count {
    /// What is left of its window; `None` when it is over. A clock that was set back starts a new one.
    fn left(self, now: Timestamp) -> Option<Duration> {
        let age = Duration::from_millis(u64::try_from(now.0 - self.since.0).ok()?);
        WINDOW.checked_sub(age).filter(|left| !left.is_zero())
    }
}

fn make_room(counts: &mut HashMap<Attempt, Count>, now: Timestamp) {
    if counts.len() + 3 < COUNTED_MAX {
        return;
    }
    counts.retain(|_, count| count.left(now).is_some());
    if counts.len() + 3 >= COUNTED_MAX {
        let mut times: Vec<_> = counts.values().map(|count| count.since).collect();
        let middle = times.len() / 2;
        let (_, middle, _) = times.select_nth_unstable(middle);
        let middle = *middle;
        // Strictly newer, so that at least half goes even when all came in the same millisecond.
        counts.retain(|_, count| count.since > middle);
    }
}

/// One home's or office's IPv6 network counts as one address.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
        address => address,
    }
}
