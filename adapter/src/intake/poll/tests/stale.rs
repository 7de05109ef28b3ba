//! Values that grow stale, and come back.

use catalog::{Item, Reading, items};

use super::super::found::{Found, Words};
use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn sees(memory: &mut Memory, now: Now, at: Option<Timestamp>, number: f64) -> Vec<Reading> {
    let mut words = Words::default();
    let mut found = Found::new(memory, now, &mut words);
    let seen = found.of(&items::LASER_POWER);
    if let Some(at) = at {
        seen.at(at).number(number)
    } else {
        seen.number(number)
    }
    assert_eq!(words.refused, []);
    words.readings
}

fn shape(reading: &Reading) -> (&'static Item, Quality, Timestamp) {
    (reading.item(), reading.quality(), reading.time())
}

#[test]
fn a_value_that_is_not_given_for_three_intervals_is_said_to_be_stale_once_and_never_repeated() {
    let (mut memory, now) = (memory(SECOND * 5), beginning());
    assert_eq!(sees(&mut memory, now, Some(now.wall), 512.0).len(), 1);
    let at = memory.expires_at().unwrap();
    assert_eq!(at - now.mono, SECOND * 15);
    assert_eq!(memory.expire(later(now, SECOND * 15 - Duration::from_millis(1))), []);
    let then = later(now, SECOND * 15);
    let stale: Vec<_> = memory.expire(then).iter().map(shape).collect();
    assert_eq!(stale, [(&items::LASER_POWER, Quality::Bad, then.wall)]);
    assert_eq!(memory.expires_at(), None);
    assert_eq!(memory.expire(later(then, SECOND * 3600)), []);
}

#[test]
fn what_is_looked_at_late_was_stale_from_its_own_time_on() {
    let (mut memory, now) = (memory(SECOND * 5), beginning());
    sees(&mut memory, now, None, 512.0);
    // The process was stopped for a minute.
    let stale: Vec<_> = memory.expire(later(now, SECOND * 60)).iter().map(shape).collect();
    assert_eq!(stale, [(&items::LASER_POWER, Quality::Bad, later(now, SECOND * 15).wall)]);
}

#[test]
fn a_machine_that_was_suspended_has_not_heard_its_printer_meanwhile() {
    let (mut memory, now) = (memory(SECOND * 5), beginning());
    sees(&mut memory, now, None, 512.0);
    assert_eq!(memory.expire(later(now, SECOND * 5)), []);
    // An hour by the wall, and a second by the monotonic clock, which does not run meanwhile.
    let slept = |by: u64| Now {
        mono: later(now, SECOND * 6).mono,
        wall: later(now, SECOND * 6 + SECOND * u32::try_from(by).unwrap()).wall,
    };
    let stale: Vec<_> = memory.expire(slept(3_600)).iter().map(shape).collect();
    assert_eq!(stale, [(&items::LASER_POWER, Quality::Bad, later(now, SECOND * 15).wall)]);
    // It is said when it comes again, and stays as fresh as any.
    let after = slept(3_601);
    assert_eq!(sees(&mut memory, after, None, 512.0).len(), 1);
    assert_eq!(memory.expire(after), []);
    // A clock that is set back proves nothing.
    assert_eq!(memory.expire(later(now, SECOND * 7)), []);
}

#[test]
fn suspensions_that_are_shorter_than_a_value_lives_add_up() {
    // So long asleep each time, as often, between looks that are a second apart by the monotonic clock.
    for (asleep_ms, stale_after) in [(5_000, 3), (900, 8), (400, 12), (0, 15)] {
        let (mut memory, now) = (memory(SECOND * 5), beginning());
        sees(&mut memory, now, None, 512.0);
        let look = |memory: &mut Memory, looks: u32| {
            let wall = later(now, (SECOND + Duration::from_millis(asleep_ms)) * looks).wall;
            memory.expire(Now { mono: later(now, SECOND * looks).mono, wall })
        };
        assert_eq!(look(&mut memory, 0), []);
        let first = (1..=15).find(|looks| !look(&mut memory, *looks).is_empty());
        assert_eq!(first, Some(stale_after), "{asleep_ms} ms");
    }
}

#[test]
fn clocks_that_are_rounded_or_put_right_by_and_by_make_nothing_old() {
    let (mut memory, now) = (memory(SECOND), beginning());
    for look in 0..20_000u32 {
        // A wall clock that is fast by a two-thousandth, and told to the millisecond.
        let by = Duration::from_micros(100_100) * look;
        let then = Now { mono: now.mono + by, wall: later(now, by + by / 2_000).wall };
        assert_eq!(memory.expire(then), [], "{look}");
        sees(&mut memory, then, None, 512.0);
    }
}

#[test]
fn a_value_that_is_given_again_with_its_old_time_is_fresh_but_no_news() {
    let (mut memory, now) = (memory(SECOND * 5), beginning());
    sees(&mut memory, now, Some(now.wall), 512.0);
    let then = later(now, SECOND * 10);
    assert_eq!(sees(&mut memory, then, Some(now.wall), 512.0), []);
    assert_eq!(memory.expire(later(now, SECOND * 15)), []);
    assert_eq!(memory.expires_at(), Some(then.mono + SECOND * 15));
}

#[test]
fn what_was_stale_is_said_when_it_is_given_again() {
    let (mut memory, now) = (memory(SECOND * 5), beginning());
    let first = sees(&mut memory, now, Some(now.wall), 512.0);
    let then = later(now, SECOND * 60);
    assert_eq!(memory.expire(then).len(), 1);
    // With the time that it had, it is right and nobody knows when it was measured.
    let again = later(now, SECOND * 61);
    let second = sees(&mut memory, again, Some(now.wall), 512.0);
    let shapes: Vec<_> = second.iter().map(shape).collect();
    assert_eq!(shapes, [(&items::LASER_POWER, Quality::Uncertain, again.wall)]);
    assert_ne!(first[0].origin(), second[0].origin());
    // With a new time it is a value as any.
    let anew = later(again, SECOND);
    let shapes: Vec<_> = sees(&mut memory, anew, Some(anew.wall), 512.0).iter().map(shape).collect();
    assert_eq!(shapes, [(&items::LASER_POWER, Quality::Good, anew.wall)]);
}

#[test]
fn a_value_without_a_time_of_its_own_is_said_when_it_changes_and_once_a_minute() {
    let (mut memory, now) = (memory(SECOND), beginning());
    let said = (0..120).map(|second| {
        let now = later(now, SECOND * second);
        assert_eq!(memory.expire(now), []);
        sees(&mut memory, now, None, if second < 100 { 512.0 } else { 513.0 }).len()
    });
    assert_eq!(said.sum::<usize>(), 3);
}

#[test]
fn an_interval_that_is_short_does_not_make_values_stale_at_once() {
    let (mut memory, now) = (memory(Duration::from_millis(100)), beginning());
    sees(&mut memory, now, None, 512.0);
    assert_eq!(memory.expires_at(), Some(now.mono + SECOND * 3));
}

#[test]
fn the_past_is_told_by_a_clock_that_is_right_and_moved_by_one_that_is_off() {
    let (mut memory, now) = (memory(SECOND), beginning());
    let past = |seconds: i64| Timestamp(now.wall.0 - seconds * 1000);
    for (shows, measured, expected) in [
        (past(0), past(300), (Quality::Good, past(300))),
        // An hour slow: what it shows as an hour and five minutes ago was five minutes ago.
        (past(3600), past(3900), (Quality::Uncertain, past(300))),
    ] {
        let mut words = Words::default();
        let mut found = Found::new(&mut memory, now, &mut words);
        found.clock(shows);
        found.of(&items::LASER_POWER).at(measured).number(1.0);
        let made = words.readings.first().map(|reading| (reading.quality(), reading.time()));
        assert_eq!(made, Some(expected));
    }
}

#[test]
fn only_what_a_printer_can_speak_for_is_taken() {
    let (mut memory, now) = (memory(SECOND), beginning());
    let mut words = Words::default();
    let mut found = Found::new(&mut memory, now, &mut words);
    found.of(&items::ADAPTER_UPTIME).number(1.0);
    found.of(&items::PRINTER_REACHABILITY).code("available");
    found.of(&items::LOG_RECORD).number(1.0);
    found.of(&items::DOOR_STATE).code("/home/anna");
    found.of(&items::DOOR_STATE).number(1.0);
    found.of(&items::LASER_POWER).number(f64::NAN);
    found.of(&items::IDENTITY_SERIAL).identity("anna@example.com");
    found.of(&items::LASER_POWER).unit("Cel").number(1.0);
    found.of(&items::LASER_POWER).unit("no unit").number(1.0);
    found.of(&items::IDENTITY_SERIAL).hashed(b"bracket.stl");
    assert_eq!((words.readings.len(), words.refused.len()), (0, 10));
    let mut words = Words::default();
    let mut found = Found::new(&mut memory, now, &mut words);
    found.of(&items::LASER_POWER).unit("W").part(2).number(0.5);
    let native = words.readings[0].native().map(|native| native.text());
    assert_eq!((words.readings[0].part(), native.as_deref()), (2, Some("0.5 W")));
}
