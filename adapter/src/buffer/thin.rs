//! What gives way when an outage outlasts memory: first the resolution of old numbers and states that only say again what
//! was said, then old numbers, and what happened and what changed last of all.
//!
//! The older numbers are, the fewer of them stay: of each stretch of time the least, the greatest and the last, and the
//! stretches are as long as a share of their age. So a long outage is shown from its beginning to its end, in memory that
//! grows with the logarithm of its length.

use std::collections::VecDeque;
use std::collections::hash_map::HashMap;
use std::ops::{AddAssign, RangeInclusive};

use catalog::{Item, Kind, Quality, Reading, Timestamp, Value};

use super::chunk::bytes;

/// At first a stretch is a 64th of its age, after this many steps as long as its age.
const COARSEST: usize = 6;
/// The share of the readings that has to go before more is put in, as a divisor: looking at all of them for each that comes
/// would cost more than it is worth.
const ROOM_SHARE: usize = 8;

/// How coarse the numbers of one thing have become.
#[derive(Debug, Default)]
pub(super) struct Thinning {
    coarseness: usize,
}

/// What had to give way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Gone {
    /// Numbers between the least, the greatest and the last of their time, and states between the first and the last time
    /// that they were said.
    pub(super) thinned: usize,
    /// Readings that nothing stands for.
    pub(super) given_up: usize,
    /// The memory that they took.
    pub(super) bytes: usize,
}

impl Thinning {
    /// Makes room for an eighth of them, at least for one. Everybody else who has readings waits meanwhile: all of them are
    /// looked at once, or, where they have to become coarser, once more, however much.
    pub(super) fn make_room(&mut self, readings: &mut VecDeque<Reading>) -> Gone {
        let wanted = readings.len() / ROOM_SHARE + 1;
        let mut stays = survey(readings, self.coarseness..=self.coarseness);
        if thinned(&stays, self.coarseness) < wanted && self.coarseness < COARSEST {
            let coarser = self.coarseness + 1;
            stays = survey(readings, coarser..=COARSEST);
            let is_enough = |coarseness: &usize| thinned(&stays, *coarseness) >= wanted;
            self.coarseness = (coarser..COARSEST).find(is_enough).unwrap_or(COARSEST);
        }
        let mut gone = thin(readings, &stays, self.coarseness);
        if gone.thinned >= wanted {
            return gone;
        }
        let mut numbers_to_go = wanted - gone.thinned;
        gone += give_up(readings, |reading| take_one(&mut numbers_to_go, is_number(reading)));
        let mut to_go = wanted.saturating_sub(gone.thinned + gone.given_up);
        gone += give_up(readings, |_| take_one(&mut to_go, true));
        gone
    }

    /// Nothing waits any more: the next outage begins anew.
    pub(super) fn over(&mut self) {
        self.coarseness = 0;
    }
}

impl AddAssign for Gone {
    fn add_assign(&mut self, other: Self) {
        self.thinned += other.thinned;
        self.given_up += other.given_up;
        self.bytes += other.bytes;
    }
}

/// A stretch of time in which one item's numbers are as good as one another.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stretch {
    /// In milliseconds, a power of two: what is thinned again is cut where it was cut before.
    length: i64,
    number: i64,
    /// A number that is not to be judged by stands for none that is, and none for it.
    quality: Quality,
}

/// What stays of a stretch: where the numbers stand among all readings.
#[derive(Clone, Copy, Debug)]
struct Stays {
    stretch: Stretch,
    least: (f64, usize),
    greatest: (f64, usize),
    last: usize,
}

/// At which coarseness a reading stays: one bit for each, the lowest for the finest.
type Levels = u8;

/// At which of these steps of coarseness each reading stays. What stays when they are thinned step by step is what stays when they
/// are thinned to the last of these at once: a stretch is a whole one, or a part of one, of the next step.
// The tables have an entry for each item and part that waits, which is less than what waits.
fn survey(readings: &VecDeque<Reading>, steps: RangeInclusive<usize>) -> Vec<Levels> {
    // What a printer dates back may have come last.
    let Some(newest) = readings.iter().map(Reading::time).max() else { return Vec::new() };
    let mut stays: Vec<Levels> =
        readings.iter().map(|reading| if is_number(reading) { 0 } else { Levels::MAX }).collect();
    keep_changes(readings, &mut stays);
    let mut open = HashMap::<(*const Item, u8), [Option<Stays>; COARSEST + 1]>::new();
    for (at, reading) in readings.iter().enumerate() {
        let &Value::Number(value) = reading.value() else { continue };
        let levels = open.entry((std::ptr::from_ref(reading.item()), reading.part())).or_default();
        for (coarseness, open) in steps.clone().zip(levels.iter_mut().skip(*steps.start())) {
            let stretch = Stretch::of(reading, newest, coarseness);
            match open {
                Some(so_far) if so_far.stretch == stretch => so_far.add(value, at),
                _ => {
                    let begins = Stays { stretch, least: (value, at), greatest: (value, at), last: at };
                    if let Some(done) = open.replace(begins) {
                        done.mark(coarseness, &mut stays);
                    }
                }
            }
        }
    }
    for levels in open.values() {
        for (coarseness, open) in levels.iter().enumerate() {
            if let Some(done) = open {
                done.mark(coarseness, &mut stays);
            }
        }
    }
    stays
}

/// How many go at this coarseness.
fn thinned(stays: &[Levels], coarseness: usize) -> usize {
    stays.iter().filter(|levels| *levels & 1 << coarseness == 0).count()
}

fn thin(readings: &mut VecDeque<Reading>, stays: &[Levels], coarseness: usize) -> Gone {
    let mut stays = stays.iter();
    let goes = |_: &Reading| stays.next().is_some_and(|levels| levels & 1 << coarseness == 0);
    let Gone { given_up, bytes, .. } = give_up(readings, goes);
    Gone { thinned: given_up, given_up: 0, bytes }
}

/// A state that holds is said again every minute, which is no change: of each run of them the first and the last stay. What
/// happened, happened as often as it is said.
fn keep_changes(readings: &VecDeque<Reading>, stays: &mut [Levels]) {
    let mut runs = HashMap::<(*const Item, u8), Run>::new();
    for (at, reading) in readings.iter().enumerate() {
        let (Kind::State(_), &Value::Code(code)) = (reading.item().kind(), reading.value()) else { continue };
        let begins = Run { code, quality: reading.quality(), first: at, last: at };
        let run = runs.entry((std::ptr::from_ref(reading.item()), reading.part())).or_insert(begins);
        if (run.code, run.quality) == (begins.code, begins.quality) {
            if run.last != run.first {
                stays[run.last] = 0;
            }
            run.last = at;
        } else {
            *run = begins;
        }
    }
}

/// One state, said again and again; where it stands the first and the last time among all readings.
#[derive(Clone, Copy, Debug)]
struct Run {
    code: &'static str,
    quality: Quality,
    first: usize,
    last: usize,
}

impl Stretch {
    fn of(reading: &Reading, newest: Timestamp, coarseness: usize) -> Self {
        let Timestamp(time) = reading.time();
        let age = newest.0.saturating_sub(time).max(0);
        let length = 1 << (age >> (COARSEST - coarseness)).max(1).ilog2();
        Self { length, number: time.div_euclid(length), quality: reading.quality() }
    }
}

impl Stays {
    fn add(&mut self, value: f64, at: usize) {
        if value < self.least.0 {
            self.least = (value, at);
        }
        if value > self.greatest.0 {
            self.greatest = (value, at);
        }
        self.last = at;
    }

    fn mark(&self, coarseness: usize, stays: &mut [Levels]) {
        for at in [self.least.1, self.greatest.1, self.last] {
            stays[at] |= 1 << coarseness;
        }
    }
}

/// Drops the readings of which `goes` says so, from the oldest on.
fn give_up(readings: &mut VecDeque<Reading>, mut goes: impl FnMut(&Reading) -> bool) -> Gone {
    let mut gone = Gone::default();
    readings.retain(|reading| {
        let goes = goes(reading);
        if goes {
            gone += Gone { thinned: 0, given_up: 1, bytes: bytes(reading) };
        }
        !goes
    });
    gone
}

/// Whether this is one of those that are still to go.
fn take_one(to_go: &mut usize, fits: bool) -> bool {
    let goes = fits && *to_go > 0;
    *to_go -= usize::from(goes);
    goes
}

fn is_number(reading: &Reading) -> bool {
    matches!(reading.value(), Value::Number(_))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use catalog::{Mark, Salt, items};
    use proptest::prelude::*;

    use super::*;

    const START: i64 = 1_794_000_000_000;

    fn mark(part: u8, time: i64, quality: Quality) -> Mark {
        let place = Salt::new([1; 16]).source(&[b"thin"]).place(time.unsigned_abs(), 0);
        Mark { part, time: Timestamp(time), quality, origin: place.origin(part.into()) }
    }

    fn number(part: u8, time: i64, value: f64) -> Reading {
        items::LASER_POWER.number(value, mark(part, time, Quality::Good)).unwrap()
    }

    /// Open in even milliseconds, closed in odd ones.
    fn door(time: i64) -> Reading {
        let state = if time % 2 == 0 { "open" } else { "closed" };
        items::DOOR_STATE.code(state, mark(0, time, Quality::Good)).unwrap()
    }

    fn value(reading: &Reading) -> Option<f64> {
        match reading.value() {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    fn thin(readings: &mut VecDeque<Reading>, coarseness: usize) -> Gone {
        let stays = survey(readings, coarseness..=coarseness);
        super::thin(readings, &stays, coarseness)
    }

    /// Thins them a step after the other until there is room, as much as thinning alone makes; gives the last step.
    fn step_by_step(readings: &mut VecDeque<Reading>, mut coarseness: usize) -> (usize, Gone) {
        let (wanted, mut gone) = (readings.len() / ROOM_SHARE + 1, Gone::default());
        loop {
            gone += thin(readings, coarseness);
            if gone.thinned >= wanted || coarseness == COARSEST {
                return (coarseness, gone);
            }
            coarseness += 1;
        }
    }

    /// Puts them in as a lane does that has room for so many.
    fn outage(readings: impl IntoIterator<Item = Reading>, room: usize) -> (VecDeque<Reading>, Gone) {
        let (mut held, mut thinning, mut gone) = (VecDeque::new(), Thinning::default(), Gone::default());
        for reading in readings {
            if held.len() == room {
                gone += thinning.make_room(&mut held);
            }
            held.push_back(reading);
        }
        (held, gone)
    }

    #[test]
    fn a_day_without_the_platform_is_shown_from_its_beginning_to_its_end() {
        let seconds = 24 * 3600;
        let wave = |second: i64| number(1, START + second * 1000, 0.5 + (second % 600) as f64 / 1200.0);
        let peak = 7 * 3600 + 123;
        let of_second =
            |second| if second == peak { number(1, START + second * 1000, 1.9) } else { wave(second) };
        let (held, gone) = outage((0..seconds).map(of_second), 2_000);
        assert_eq!((gone.given_up, gone.thinned), (0, 86_400 - held.len()));
        assert!(held.iter().any(|reading| reading.time().0 == START + peak * 1000), "the peak is gone");
        let end = START + seconds * 1000;
        for (one, next) in held.iter().zip(held.iter().skip(1)) {
            let (gap, age) = (next.time().0 - one.time().0, end - one.time().0);
            assert!(gap <= (age / 8).max(1000), "a gap of {gap} ms at an age of {age} ms");
        }
        assert!(held.front().unwrap().time().0 - START < seconds * 1000 / 8, "the beginning is gone");
    }

    #[test]
    fn numbers_go_before_what_happened_and_that_from_the_oldest_on() {
        let both = (0..300i64).flat_map(|at| [number(1, START + at, 1.0 + at as f64), door(START + at)]);
        let (held, gone) = outage(both, 400);
        let doors = held.iter().filter(|reading| value(reading).is_none()).count();
        assert_eq!((doors, gone.thinned + gone.given_up), (300, 600 - held.len()));
        let (held, gone) = outage((0..300).map(|at| door(START + at)), 100);
        let times: Vec<_> = held.iter().map(|reading| reading.time().0).collect();
        let first = START + i64::try_from(gone.given_up).unwrap();
        assert_eq!((times, gone.thinned), ((first..START + 300).collect(), 0));
    }

    #[test]
    fn a_state_that_is_only_said_again_goes_before_any_number_and_a_change_stays() {
        let second = |at: i64| START + at * 1000;
        let shut = |at: i64| items::DOOR_STATE.code("closed", mark(0, second(at), Quality::Good)).unwrap();
        let mut readings: VecDeque<_> = (0..400).map(shut).collect();
        readings.push_back(door(second(400)));
        readings.extend((401..800).map(shut));
        assert_eq!(
            thin(&mut readings, 0),
            Gone { thinned: 795, given_up: 0, bytes: 795 * size_of::<Reading>() }
        );
        let times: Vec<_> = readings.iter().map(|reading| (reading.time().0 - START) / 1000).collect();
        assert_eq!(times, [0, 399, 400, 401, 799]);
    }

    #[test]
    fn what_comes_last_and_is_dated_back_keeps_nothing_from_being_thinned() {
        let old = number(2, START - 3_600_000, 1.0);
        let (_, gone) = outage(
            (0..600).map(|at| number(1, START + at * 1000, 1.0)).chain([old, number(1, START, 1.0)]),
            601,
        );
        assert_eq!(gone.given_up, 0);
        assert!(gone.thinned > 60, "{gone:?}");
    }

    #[test]
    fn a_value_that_is_not_to_be_judged_by_stands_for_none_that_is() {
        let bad = |at| items::LASER_POWER.number(1.0, mark(1, START + at, Quality::Bad)).unwrap();
        let mut readings: VecDeque<_> = (0..9).map(|at| number(1, START + at, 1.0)).collect();
        readings.extend((9..12).map(bad));
        readings.extend((12..1000).map(|at| number(1, START + at, 1.0)));
        thin(&mut readings, COARSEST);
        let qualities: Vec<_> = readings.iter().map(Reading::quality).collect();
        assert!(qualities.contains(&Quality::Bad), "{qualities:?}");
        assert_eq!(readings.front().unwrap().quality(), Quality::Good);
    }

    proptest! {
        #[test]
        fn the_least_the_greatest_and_the_last_of_each_item_stay_and_so_does_the_order(
            said in prop::collection::vec((0u8..4, 0i64..5_000, 0.0f64..2.0), 1..600),
            coarseness in 0..=COARSEST,
        ) {
            let mut time = START;
            let mut all = VecDeque::new();
            for (part, after, power) in said {
                time += after;
                all.push_back(if part == 3 { door(time) } else { number(part, time, power) });
            }
            let mut held = all.clone();
            let gone = thin(&mut held, coarseness);
            prop_assert_eq!(gone.thinned + held.len(), all.len());
            prop_assert_eq!(gone.bytes, gone.thinned * size_of::<Reading>());
            let mut rest = all.iter();
            prop_assert!(held.iter().all(|reading| rest.any(|other| other == reading)), "the order has changed");
            prop_assert_eq!(ends(&held), ends(&all));
            prop_assert_eq!(changes(&held), changes(&all));
            let mut again = held.clone();
            prop_assert_eq!(thin(&mut again, coarseness).thinned, 0, "what is thin became thinner at the same time");
        }
    }

    proptest! {
        #[test]
        fn what_stays_is_the_same_as_if_it_was_thinned_step_by_step(
            said in prop::collection::vec((0u8..4, -900i64..60_000, 0u8..5, any::<bool>()), 1..400),
            coarseness in 0..=COARSEST,
        ) {
            let mut time = START;
            let mut all = VecDeque::new();
            for (part, after, power, good) in said {
                time += after;
                let quality = if good { Quality::Good } else { Quality::Bad };
                let number = items::LASER_POWER.number(f64::from(power), mark(part, time, quality)).unwrap();
                all.push_back(if part == 3 { door(time) } else { number });
            }
            let (mut at_once, mut expected) = (all.clone(), all);
            let mut thinning = Thinning { coarseness };
            let gone = thinning.make_room(&mut at_once);
            let (last, thinned) = step_by_step(&mut expected, coarseness);
            prop_assert_eq!((thinning.coarseness, gone.thinned), (last, thinned.thinned));
            // What is given up beyond that goes from the oldest on, and numbers first.
            if gone.given_up == 0 {
                prop_assert_eq!(at_once, expected);
            } else {
                prop_assert_eq!(at_once.len() + gone.given_up, expected.len());
                let mut rest = expected.iter();
                prop_assert!(at_once.iter().all(|reading| rest.any(|other| other == reading)));
            }
        }
    }

    /// The states, each as often as it was changed to.
    fn changes(readings: &VecDeque<Reading>) -> Vec<Value> {
        let mut changes: Vec<_> =
            readings.iter().filter(|one| value(one).is_none()).map(|one| one.value().clone()).collect();
        changes.dedup();
        changes
    }

    /// Of each part the least, the greatest and the last.
    fn ends(readings: &VecDeque<Reading>) -> BTreeMap<u8, (f64, f64, f64)> {
        let mut ends = BTreeMap::new();
        for (part, value) in readings.iter().filter_map(|one| Some((one.part(), value(one)?))) {
            let (least, greatest, last) = ends.entry(part).or_insert((value, value, value));
            (*least, *greatest, *last) = (least.min(value), greatest.max(value), value);
        }
        ends
    }
}
