//! What of the machine no driver of today shows: words that nobody asked for, acknowledgements, farewells.

use catalog::items;

use super::super::backoff::Dice;
use super::super::driver::{Driver, Next, Pace, Verdict};
use super::super::found::Found;
use super::super::machine::{Action, Event, Machine};
use super::super::trouble::Trouble;
use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// A driver that subscribes, acknowledges what it is told, and says goodbye.
#[derive(Default)]
struct Toy {
    subscribed: bool,
    told: usize,
    value: f64,
}

impl Driver for Toy {
    const NAME: &'static str = "toy";
    type Query = &'static str;
    type Answer = &'static str;

    fn begin(&mut self, _: Now) {
        *self = Self::default();
    }

    fn round(&mut self, _: Now, found: &mut Found<'_>) {
        found.of(&items::LASER_POWER).number(self.value);
    }

    fn next(&mut self, _: Now) -> Next<&'static str> {
        if self.told > 0 {
            self.told -= 1;
            return Next::Tell("ack");
        }
        if std::mem::replace(&mut self.subscribed, true) { Next::Rest } else { Next::Ask("subscribe") }
    }

    fn answer(&mut self, answer: &'static str, _: Now, _: &mut Found<'_>) -> Verdict {
        match answer {
            "told" => {
                (self.told, self.value) = (self.told + 1, self.value + 1.0);
                Verdict::Pushed
            }
            "hint" => Verdict::Noted,
            "off" => Verdict::Shows(Trouble::Off("off".into())),
            "forever" => {
                self.told = usize::MAX;
                Verdict::Pushed
            }
            _ => Verdict::Works,
        }
    }

    fn pace(&self) -> Pace {
        Pace { heartbeat: Some(SECOND * 5), ..Pace::default() }
    }

    fn sign_of_life(&mut self, _: bool) -> Option<&'static str> {
        Some("ping")
    }

    fn farewell(&mut self) -> Option<&'static str> {
        Some("bye")
    }
}

/// A machine whose connection stands, and that has asked its first question.
fn connected() -> (Machine<Toy>, Now) {
    let now = beginning();
    let mut machine = Machine::new(Toy::default(), memory(SECOND), Dice::new(7), now);
    assert_eq!(machine.farewell(), None);
    machine.handle(Event::Started, now);
    let now = later(now, SECOND);
    assert_eq!(machine.handle(Event::Tick, now), [Action::Connect]);
    assert_eq!(asked(&machine.handle(Event::Connected, now)), ["subscribe"]);
    (machine, now)
}

fn asked(actions: &[Action<&'static str>]) -> Vec<&'static str> {
    actions
        .iter()
        .filter_map(|action| if let Action::Ask(query) = action { Some(*query) } else { None })
        .collect()
}

fn turned(actions: &[Action<&'static str>]) -> Vec<&'static str> {
    actions
        .iter()
        .filter_map(|action| if let Action::Turned { code, .. } = action { Some(*code) } else { None })
        .collect()
}

#[test]
fn a_word_that_nobody_asked_for_shows_that_the_printer_works_and_leaves_the_question_open() {
    let (mut machine, now) = connected();
    let actions = machine.handle(Event::Heard("told"), now);
    assert_eq!((turned(&actions), asked(&actions)), (vec!["available"], vec![]));
    // The acknowledgement goes when the question is answered: there is one at a time.
    assert_eq!(asked(&machine.handle(Event::Heard("answer"), now)), ["ack"]);
    assert_eq!(asked(&machine.handle(Event::Heard("told"), now)), ["ack"]);
    assert_eq!(machine.farewell(), Some("bye"));
}

#[test]
fn a_word_that_shows_nothing_changes_nothing_and_leaves_the_question_open() {
    let (mut machine, now) = connected();
    assert_eq!(machine.handle(Event::Heard("hint"), now), []);
    assert_eq!(turned(&machine.handle(Event::Heard("off"), now)), ["printer_off"]);
    // A printer that has failed and tells something all the same has not come back by that.
    for second in 1..10 {
        let actions = machine.handle(Event::Heard("hint"), later(now, SECOND * second));
        assert_eq!(turned(&actions), [] as [&str; 0]);
    }
}

#[test]
fn an_open_question_is_not_answered_by_other_words() {
    let (mut machine, now) = connected();
    for second in 1..10 {
        machine.handle(Event::Heard("told"), later(now, SECOND * second));
    }
    let actions = machine.handle(Event::Tick, later(now, SECOND * 10));
    assert!(actions.contains(&Action::Close), "{actions:?}");
    assert_eq!(machine.farewell(), None);
}

#[test]
fn what_is_told_in_between_is_said_once_an_interval() {
    let (mut machine, now) = connected();
    machine.handle(Event::Heard("answer"), now);
    let mut said = 0;
    // Four words a second, for a minute.
    for quarter in 1..=240 {
        let now = later(now, Duration::from_millis(250) * quarter);
        let mut actions = machine.handle(Event::Heard("told"), now);
        actions.extend(machine.handle(Event::Tick, now));
        let power = |action: &Action<_>| matches!(action, Action::Say(words) if words.readings.iter().any(|r| *r.item() == items::LASER_POWER));
        said += actions.iter().filter(|action| power(action)).count();
    }
    assert!((45..=61).contains(&said), "{said}");
}

#[test]
fn a_printer_behind_an_interface_that_works_is_asked_on_at_each_interval() {
    let (mut machine, now) = connected();
    assert_eq!(turned(&machine.handle(Event::Heard("off"), now)), ["printer_off"]);
    assert!(machine.deadline().unwrap() <= now.mono + SECOND * 2);
    assert_eq!(turned(&machine.handle(Event::Heard("off"), now)), [] as [&str; 0]);
    assert_eq!(turned(&machine.handle(Event::Heard("told"), now)), ["available"]);
}

#[test]
fn acknowledgements_without_end_are_a_mistake_that_stops_nothing() {
    let (mut machine, now) = connected();
    machine.handle(Event::Heard("answer"), now);
    assert_eq!(asked(&machine.handle(Event::Heard("forever"), now)).len(), 16);
}
