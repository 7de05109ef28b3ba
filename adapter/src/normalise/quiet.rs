//! Keeps a fault that repeats from filling the log.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The same thing is said at most this often.
const SAID_EVERY: Duration = Duration::from_secs(60);
/// Different things that are remembered. While there are more in one minute, the rest is only counted.
const KEYS_MAX: usize = 1024;

/// Remembers what was said when. A key is what is complained of, such as a reason and an item.
#[derive(Debug)]
pub(crate) struct Quiet<K>(Mutex<HashMap<K, Said>>);

#[derive(Debug)]
struct Said {
    at: Instant,
    /// How often it happened since without being said.
    held_back: u64,
}

impl<K: Eq + Hash> Quiet<K> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(HashMap::new()))
    }

    /// Whether to say it now, and if so, how often it happened unsaid since the last time.
    pub(crate) fn may_say(&self, key: K) -> Option<u64> {
        let now = Instant::now();
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = said.get_mut(&key) {
            if now < before.at + SAID_EVERY {
                before.held_back += 1;
                return None;
            }
            let held_back = before.held_back;
            *before = Said { at: now, held_back: 0 };
            return Some(held_back);
        }
        if said.len() >= KEYS_MAX {
            said.retain(|_, before| now < before.at + SAID_EVERY);
        }
        if said.len() >= KEYS_MAX {
            return None;
        }
        said.insert(key, Said { at: now, held_back: 0 });
        Some(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_thing_is_said_once_a_minute_with_the_number_of_the_unsaid() {
        let quiet = Quiet::new();
        assert_eq!((quiet.may_say("a"), quiet.may_say("b")), (Some(0), Some(0)));
        assert_eq!((quiet.may_say("a"), quiet.may_say("a")), (None, None));
        tokio::time::advance(SAID_EVERY).await;
        assert_eq!((quiet.may_say("a"), quiet.may_say("b")), (Some(2), Some(0)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_of_different_things_takes_bounded_memory() {
        let quiet = Quiet::new();
        for n in 0..KEYS_MAX * 2 {
            assert_eq!(quiet.may_say(n).is_some(), n < KEYS_MAX);
        }
        tokio::time::advance(SAID_EVERY).await;
        assert_eq!(quiet.may_say(KEYS_MAX * 3), Some(0));
    }
}
