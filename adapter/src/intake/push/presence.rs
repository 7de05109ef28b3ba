//! Whose fault it is that nothing comes from a printer that calls by itself (promise P8): decisions only.
//!
//! Nobody can ask a printer that calls whether it is there. While a call stands it is asked for signs of life. When none
//! stands, how the last one ended says why; and where that says nothing, the time in which it should have called again.
//! Then it is off where others in its network answer that were heard since, and its network is unreachable where none
//! does; that is looked at again as long as it does not call.

use tokio::time::Instant;

use super::limits::{ABSENT_AGAIN, CALLS_AGAIN_MAX, CALLS_AGAIN_SOON};
use crate::intake::poll::Now;
use crate::intake::poll::reach::{Reach, UNKNOWN};
use crate::intake::poll::trouble::Trouble;

/// How a call ended.
#[derive(Debug, PartialEq)]
pub(super) enum Ending {
    /// For no fault of the printer's: the adapter stops, or could not store something.
    Ours,
    /// The printer said that it goes.
    Bye,
    /// It hung up, or was cut.
    Cut(&'static str),
    /// For this reason.
    Trouble(Trouble),
}

/// What to say of it.
#[derive(Debug, PartialEq)]
pub(super) struct Word {
    /// The code of the catalogue.
    pub(super) code: &'static str,
    /// Where it is another than before: why.
    pub(super) turned: Option<String>,
}

/// What is known of one printer.
#[derive(Debug)]
pub(super) struct Presence {
    reach: Reach,
    /// A call stands.
    here: bool,
    /// It has told something over the call that stands, or that stood last.
    told: bool,
    /// If it has not called by then, it is not there.
    absent_at: Option<Instant>,
    /// When it was lost: who was heard before says nothing of the network since.
    lost_at: Instant,
}

impl Presence {
    /// The adapter has just started.
    pub(super) fn new(now: Now) -> (Self, Word) {
        let mut reach = Reach::new(now);
        let word = Word { code: reach.say(now), turned: None };
        let absent_at = Some(now.mono + CALLS_AGAIN_MAX);
        (Self { reach, here: false, told: false, absent_at, lost_at: now.mono }, word)
    }

    /// When [`tick`](Self::tick) is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.reach.again_at().into_iter().chain(self.absent_at).min()
    }

    /// It has called.
    pub(super) fn called(&mut self) {
        (self.here, self.told, self.absent_at) = (true, false, None);
    }

    /// It tells what happens from now on.
    pub(super) fn works(&mut self, now: Now) -> Option<Word> {
        self.told = true;
        self.reach.works();
        self.turn("available", || "it has called and tells what happens".to_owned(), now)
    }

    /// Its call stands, and it asks for time before it tells anything: it is neither off nor out of reach, and what it is else is
    /// not known yet.
    pub(super) fn waits(&mut self, now: Now) -> Option<Word> {
        self.reach
            .lost_sight()
            .then(|| self.turn(UNKNOWN, || "it has called and asks for time".to_owned(), now))?
    }

    /// The call is over.
    pub(super) fn ended(&mut self, ending: Ending, now: Now) -> Option<Word> {
        (self.here, self.lost_at) = (false, now.mono);
        // Who was heard calls again at once; who was not may be waiting for long already.
        let again = if self.told { CALLS_AGAIN_SOON } else { CALLS_AGAIN_MAX };
        self.absent_at = Some(now.mono + again);
        let trouble = match ending {
            Ending::Ours => return None,
            Ending::Bye => {
                self.absent_at = None;
                Trouble::Off("it said that it goes".into())
            }
            Ending::Cut(why) => {
                self.reach.doubt();
                self.reach.setback(why)?
            }
            Ending::Trouble(trouble) => {
                self.absent_at = Some(now.mono + CALLS_AGAIN_MAX);
                trouble
            }
        };
        self.trouble(&trouble, now)
    }

    /// Its call was not let in, for this reason. A call that stands says more.
    pub(super) fn refused(&mut self, why: &'static str, now: Now) -> Option<Word> {
        if self.here {
            return None;
        }
        (self.absent_at, self.lost_at) = (Some(now.mono + CALLS_AGAIN_MAX), now.mono);
        self.trouble(&Trouble::Refused(why.into()), now)
    }

    /// A deadline may have passed. `others` says whether others in its network have answered since a time.
    pub(super) fn tick(&mut self, others: impl FnOnce(Instant) -> bool, now: Now) -> Option<Word> {
        if let Some(at) = self.absent_at.as_mut().filter(|at| **at <= now.mono) {
            // The others may be heard later than now, or no more.
            *at = now.mono + ABSENT_AGAIN;
            let trouble = if others(self.lost_at) {
                Trouble::Off("it does not call, and others in its network answer".into())
            } else {
                Trouble::Unreachable("it does not call, and nothing in its network answers".into())
            };
            let word = self.trouble(&trouble, now);
            if word.is_some() {
                return word;
            }
        }
        self.reach.is_due(now).then(|| Word { code: self.reach.say(now), turned: None })
    }

    fn trouble(&mut self, trouble: &Trouble, now: Now) -> Option<Word> {
        self.turn(trouble.code(), || trouble.to_string(), now)
    }

    fn turn(&mut self, code: &'static str, why: impl FnOnce() -> String, now: Now) -> Option<Word> {
        self.reach.turn(code).then(|| Word { code: self.reach.say(now), turned: Some(why()) })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use catalog::Timestamp;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    struct World {
        presence: Presence,
        now: Now,
        words: Vec<Word>,
    }

    impl World {
        fn new() -> Self {
            let now = Now { mono: Instant::now(), wall: Timestamp(0) };
            let (presence, word) = Presence::new(now);
            Self { presence, now, words: vec![word] }
        }

        fn pass(&mut self, time: Duration, others: bool) {
            let end = self.now.mono + time;
            while let Some(at) = self.presence.deadline().filter(|at| *at <= end) {
                self.now.mono = at;
                self.words.extend(self.presence.tick(|_| others, self.now));
            }
            self.now.mono = end;
        }

        fn call(&mut self, lasts: Duration, ending: Ending) {
            self.presence.called();
            self.words.extend(self.presence.works(self.now));
            self.pass(lasts, true);
            self.words.extend(self.presence.ended(ending, self.now));
        }

        /// What it turned to, in order.
        fn turns(&self) -> Vec<&'static str> {
            self.words.iter().filter(|word| word.turned.is_some()).map(|word| word.code).collect()
        }
    }

    #[test]
    fn one_that_never_calls_is_waited_for_and_then_off_or_its_network_is() {
        for (others, code) in [(true, "printer_off"), (false, "network_unreachable")] {
            let mut world = World::new();
            world.pass(CALLS_AGAIN_MAX - SECOND, others);
            assert_eq!(world.turns(), [] as [&str; 0]);
            world.pass(SECOND * 3_600, others);
            assert_eq!(world.turns(), [code]);
            // And said again each minute.
            assert!(world.words.len() > 60, "{}", world.words.len());
        }
    }

    #[test]
    fn one_that_does_not_call_is_judged_again_by_who_was_heard_since_it_was_lost() {
        let mut world = World::new();
        world.call(SECOND * 100, Ending::Cut("x"));
        let (lost, mut asked) = (world.now.mono, Vec::new());
        world.now.mono += CALLS_AGAIN_SOON;
        world.presence.tick(
            |since| {
                asked.push(since);
                false
            },
            world.now,
        );
        assert_eq!(asked, [lost]);
        // Nobody was heard yet; then another one is; then none.
        for (others, code) in [
            (true, "printer_off"),
            (true, "printer_off"),
            (false, "network_unreachable"),
            (true, "printer_off"),
        ] {
            world.pass(ABSENT_AGAIN, others);
            assert_eq!(world.words.last().map(|word| word.code), Some(code));
        }
        assert_eq!(world.turns(), ["available", "printer_off", "network_unreachable", "printer_off"]);
        // One that said that it goes is off, whoever else is there.
        world.call(SECOND, Ending::Bye);
        world.pass(SECOND * 3_600, false);
        assert_eq!(world.turns()[4..], ["available", "printer_off"]);
    }

    #[test]
    fn how_a_call_ended_says_whose_fault_it_is() {
        for (ending, expected) in [
            (Ending::Bye, &["available", "printer_off"][..]),
            (Ending::Trouble(Trouble::Nonsense("x".into())), &["available", "nonsense"]),
            (Ending::Trouble(Trouble::Refused("x".into())), &["available", "refused"]),
            (Ending::Trouble(Trouble::Failed("x".into())), &["available", "printer_failed"]),
            (Ending::Ours, &["available"]),
            (Ending::Cut("x"), &["available"]),
        ] {
            let mut world = World::new();
            world.call(SECOND * 100, ending);
            world.pass(SECOND, true);
            assert_eq!(world.turns(), expected);
        }
    }

    #[test]
    fn one_that_was_cut_is_not_repeated_to_be_there_and_is_off_if_it_does_not_call_again_soon() {
        let mut world = World::new();
        world.call(SECOND * 100, Ending::Cut("x"));
        let said = world.words.len();
        world.pass(CALLS_AGAIN_SOON - SECOND, true);
        assert_eq!(world.words.len(), said);
        world.pass(SECOND * 2, false);
        assert_eq!(world.turns(), ["available", "network_unreachable"]);
        world.call(SECOND, Ending::Cut("x"));
        assert_eq!(world.turns().last(), Some(&"available"));
    }

    #[test]
    fn one_that_ends_each_call_before_it_tells_anything_has_failed() {
        let mut world = World::new();
        for _ in 0..3 {
            world.presence.called();
            world.words.extend(world.presence.ended(Ending::Cut("it hangs up"), world.now));
        }
        assert_eq!(world.turns(), ["printer_failed"]);
    }

    #[test]
    fn one_that_calls_and_asks_for_time_is_not_off() {
        for (others, code) in [(true, "printer_off"), (false, "network_unreachable")] {
            let mut world = World::new();
            world.pass(CALLS_AGAIN_MAX, others);
            world.presence.called();
            for _ in 0..3 {
                world.words.extend(world.presence.waits(world.now));
                world.pass(SECOND * 600, false);
            }
            assert_eq!(world.turns(), [code, "starting"]);
            // And said again each minute.
            assert_eq!(world.words.last().map(|word| word.code), Some("starting"));
            world.words.extend(world.presence.works(world.now));
            // What was said of one that works stays until it is known to be otherwise.
            world.words.extend(world.presence.waits(world.now));
            assert_eq!(world.turns(), [code, "starting", "available"]);
        }
    }

    #[test]
    fn one_that_is_not_let_in_is_refused_unless_a_call_of_it_stands() {
        let mut world = World::new();
        world.presence.called();
        assert_eq!(world.presence.refused("x", world.now), None);
        world.presence.ended(Ending::Ours, world.now);
        assert_eq!(world.presence.refused("x", world.now).unwrap().code, "refused");
    }
}
