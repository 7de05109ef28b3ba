//! Who was refused: for the person who must decide whether to let a sender in.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::limits::{STRANGER_NAME_MAX, STRANGER_WHY_MAX, STRANGERS_MAX};

/// The refused senders that were seen last.
#[derive(Debug, Default)]
pub struct Strangers(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    seen: HashMap<Key, Seen>,
    forgotten: u64,
}

/// A certificate is one sender wherever it comes from; without one, the address is all there is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    certificate: Option<String>,
    address: Option<IpAddr>,
    reason: &'static str,
}

#[derive(Clone, Debug)]
struct Seen {
    address: IpAddr,
    why: String,
    times: u64,
    first: Instant,
    last: Instant,
}

/// One refused sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// The first name in its certificate, cut at 253 characters, with whatever characters it has; `None` where it
    /// has shown no certificate that names anybody.
    pub certificate: Option<String>,
    /// Where it came from the last time.
    pub address: IpAddr,
    /// The name of the reason.
    pub reason: &'static str,
    /// The reason in words, as it was the last time; bounded, with whatever characters the peer put into it.
    pub why: String,
    /// How often it was refused for that.
    pub times: u64,
    /// The first time.
    pub first: Instant,
    /// The last time.
    pub last: Instant,
}

impl Strangers {
    /// A sender with these names in its certificate was refused just now.
    pub(super) fn refused(&self, names: &[String], address: IpAddr, reason: &'static str, why: &str) {
        let now = Instant::now();
        let certificate = names.first().map(|name| cut(name, STRANGER_NAME_MAX));
        let known_by = if certificate.is_none() { Some(address) } else { None };
        let key = Key { certificate, address: known_by, reason };
        let mut state = self.lock();
        if !state.seen.contains_key(&key) {
            state.make_room();
        }
        let why = cut(why, STRANGER_WHY_MAX);
        let first = Seen { address, why: why.clone(), times: 0, first: now, last: now };
        let seen = state.seen.entry(key).or_insert(first);
        seen.times += 1;
        (seen.address, seen.why, seen.last) = (address, why, now);
    }

    /// The refused senders, the one that came last first.
    pub fn list(&self) -> Vec<Stranger> {
        let mut list: Vec<_> = self.lock().seen.iter().map(|(key, seen)| stranger(key, seen)).collect();
        list.sort_by(|a, b| (b.last, &a.certificate, a.address).cmp(&(a.last, &b.certificate, b.address)));
        list
    }

    /// How often one was forgotten to make room for another; one that came back counts again.
    pub fn forgotten(&self) -> u64 {
        self.lock().forgotten
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn make_room(&mut self) {
        if self.seen.len() < STRANGERS_MAX {
            return;
        }
        let least_lately = self.seen.iter().min_by_key(|(_, seen)| seen.last).map(|(key, _)| key.clone());
        if least_lately.is_some_and(|key| self.seen.remove(&key).is_some()) {
            self.forgotten += 1;
        }
    }
}

fn stranger(key: &Key, seen: &Seen) -> Stranger {
    let Seen { address, why, times, first, last } = seen.clone();
    Stranger { certificate: key.certificate.clone(), address, reason: key.reason, why, times, first, last }
}

fn cut(text: &str, length_max: usize) -> String {
    text.chars().take(length_max).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn names(name: &str) -> Vec<String> {
        vec![name.to_owned()]
    }

    fn address(last: usize) -> IpAddr {
        [10, 0, u8::try_from(last / 256).unwrap(), u8::try_from(last % 256).unwrap()].into()
    }

    #[tokio::test(start_paused = true)]
    async fn a_certificate_is_one_sender_wherever_it_comes_from_and_without_one_the_address_is() {
        let strangers = Strangers::default();
        strangers.refused(&names("p07"), address(1), "unknown sender", "p07");
        tokio::time::advance(Duration::from_secs(5)).await;
        strangers.refused(&names("p07"), address(2), "unknown sender", "p07");
        strangers.refused(&[], address(3), "TLS handshake", "no certificate");
        strangers.refused(&[], address(4), "TLS handshake", "no certificate");
        let list = strangers.list();
        assert_eq!(list.len(), 3);
        let p07 = list.iter().find(|stranger| stranger.certificate.is_some()).unwrap();
        assert_eq!((p07.times, p07.address, p07.last - p07.first), (2, address(2), Duration::from_secs(5)));
    }

    #[tokio::test(start_paused = true)]
    async fn the_register_is_bounded_and_the_least_lately_seen_goes() {
        let strangers = Strangers::default();
        for n in 0..STRANGERS_MAX + 10 {
            tokio::time::advance(Duration::from_secs(1)).await;
            strangers.refused(&[], address(n), "unknown sender", "");
            strangers.refused(&names("always"), address(n), "unknown sender", "");
        }
        let list = strangers.list();
        assert_eq!((list.len(), strangers.forgotten()), (STRANGERS_MAX, 11));
        assert!(list.iter().any(|stranger| stranger.certificate.as_deref() == Some("always")));
        assert!(list.iter().all(|stranger| stranger.address > address(10)));
    }

    #[test]
    fn what_a_stranger_says_of_itself_takes_bounded_memory() {
        let strangers = Strangers::default();
        let long = "ö".repeat(100_000);
        strangers.refused(&names(&long), address(1), "unknown sender", &long);
        let stranger = strangers.list().remove(0);
        assert_eq!(stranger.certificate.unwrap().chars().count(), STRANGER_NAME_MAX);
        assert_eq!(stranger.why.chars().count(), STRANGER_WHY_MAX);
    }
}
