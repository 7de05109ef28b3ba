//! The machine against printers of every temper, over hours, on a clock that the test moves.

use catalog::{Value, items};

use super::super::backoff::Dice;
use super::super::limits::SAID_EVERY;
use super::super::machine::{Action, Event, Machine};
use super::super::trouble::Trouble;
use super::*;
use crate::intake::limits::ANSWER;

/// What a printer does when it is called or asked; the reply takes 10 ms. `None` is silence.
type Temper = fn(&PipAction, Now, u32) -> Option<PipEvent>;
type PipAction = Action<Query>;
type PipEvent = Event<Answer>;

struct World {
    machine: Machine<Pip>,
    now: Now,
    began: Now,
    waiting: Option<(Now, PipEvent)>,
    /// How often it was called or asked.
    calls: u32,
    connects: Vec<Duration>,
    asked: Vec<(Duration, Request)>,
    turns: Vec<&'static str>,
    said: Vec<(Duration, String)>,
    values: usize,
    stale: Vec<Duration>,
}

impl World {
    fn new(interval: Duration) -> Self {
        let now = beginning();
        let machine = Machine::new(Pip::default(), memory(interval), Dice::new(7), now);
        Self {
            machine,
            now,
            began: now,
            waiting: None,
            calls: 0,
            connects: Vec::new(),
            asked: Vec::new(),
            turns: Vec::new(),
            said: Vec::new(),
            values: 0,
            stale: Vec::new(),
        }
    }

    fn since_start(&self) -> Duration {
        self.now.mono - self.began.mono
    }

    /// Lets so much time pass with a printer of this temper.
    fn pass(&mut self, time: Duration, temper: Temper) {
        let end = self.now.mono + time;
        if self.calls == 0 {
            self.tell(Event::Started, temper);
        }
        let mut steps = 0;
        loop {
            steps += 1;
            assert!(steps < 1_000_000, "a tight loop");
            let answer = self.waiting.as_ref().map(|(at, _)| at.mono);
            let next = answer.into_iter().chain(self.machine.deadline()).min().filter(|next| *next <= end);
            let Some(next) = next else { break };
            self.now = later(self.began, next.max(self.now.mono) - self.began.mono);
            let event = self.waiting.take_if(|(at, _)| at.mono <= self.now.mono).map(|(_, event)| event);
            self.tell(event.unwrap_or(Event::Tick), temper);
        }
        self.now = later(self.began, end - self.began.mono);
    }

    fn tell(&mut self, event: PipEvent, temper: Temper) {
        for action in self.machine.handle(event, self.now) {
            match &action {
                Action::Connect => self.connects.push(self.since_start()),
                Action::Ask(query) => self.asked.push((self.since_start(), query.request.clone())),
                Action::Turned { code, .. } => self.turns.push(code),
                Action::Say(words) => self.note(words),
                Action::Close => self.waiting = None,
            }
            if matches!(action, Action::Connect | Action::Ask(_)) {
                self.calls += 1;
                let answer = later(self.now, Duration::from_millis(10));
                self.waiting = temper(&action, answer, self.calls).map(|event| (answer, event));
            }
        }
    }

    fn note(&mut self, words: &super::super::found::Words) {
        for reading in &words.readings {
            if reading.quality() == Quality::Bad {
                self.stale.push(self.since_start());
                continue;
            }
            match reading.value() {
                Value::Code(code) if reading.item().id() == "printer.reachability" => {
                    self.said.push((self.since_start(), (*code).to_owned()));
                }
                // The adapter's own count of what is lost is no value of the printer's.
                _ if *reading.item() == items::INTERFACE_LOST => {}
                _ => self.values += usize::from(matches!(reading.value(), Value::Number(_))),
            }
        }
    }

    fn reads(&self) -> Vec<Duration> {
        self.asked
            .iter()
            .filter(|(_, request)| matches!(request, Request::Read(_)))
            .map(|(at, _)| *at)
            .collect()
    }
}

fn answered(action: &PipAction, now: Now, reply: impl Fn(&Request) -> Reply) -> Option<PipEvent> {
    let _ = now;
    match action {
        Action::Connect => Some(Event::Connected),
        Action::Ask(Query { id, request }) => Some(heard(*id, reply(request))),
        _ => None,
    }
}

fn heard(id: u32, reply: Reply) -> PipEvent {
    Event::Heard(Answer { id, reply })
}

fn is_well(action: &PipAction, now: Now, _: u32) -> Option<PipEvent> {
    answered(action, now, |request| well(request, now))
}

fn is_off(action: &PipAction, _: Now, _: u32) -> Option<PipEvent> {
    matches!(action, Action::Connect).then(|| Event::Lost(Some(Trouble::Off("off".into()))))
}

const HOUR: Duration = Duration::from_secs(3600);
const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_printer_that_is_well_is_read_at_its_interval_for_hours() {
    let mut world = World::new(SECOND);
    world.pass(HOUR * 6, is_well);
    assert_eq!((world.connects.len(), world.turns.as_slice()), (1, &["available"][..]));
    let reads = world.reads();
    let gaps: Vec<_> = reads.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(gaps.iter().all(|gap| *gap >= SECOND && *gap < SECOND * 6 / 5), "{:?}", gaps.iter().max());
    // Two numbers each.
    assert_eq!(world.values, reads.len() * 2);
    let alarms = world.asked.iter().filter(|(_, request)| *request == Request::Alarms).count();
    assert!(alarms >= reads.len() / 5 && alarms <= reads.len() / 5 + 1);
    // Available is said at least once a minute.
    let said: Vec<_> = world.said.iter().map(|(at, _)| *at).collect();
    assert!(said.windows(2).all(|pair| pair[1] - pair[0] <= SAID_EVERY + SECOND));
}

#[test]
fn the_printers_shortest_interval_comes_before_ours() {
    let mut world = World::new(Duration::from_millis(100));
    world.pass(HOUR, is_well);
    assert!(world.reads().windows(2).all(|pair| pair[1] - pair[0] >= Duration::from_millis(500)));
}

#[test]
fn a_printer_that_is_off_is_said_once_tried_with_backoff_and_comes_back_by_itself() {
    let mut world = World::new(SECOND);
    world.pass(HOUR * 8, is_off);
    assert_eq!(world.turns, ["printer_off"]);
    // Full jitter to a ceiling of ten seconds: a try each five seconds, on average.
    let tries = world.connects.len();
    assert!((8 * 600..8 * 800).contains(&tries), "{tries}");
    let said: Vec<_> = world.said.iter().skip(1).map(|(at, _)| *at).collect();
    assert!(said.windows(2).all(|pair| pair[1] - pair[0] <= SAID_EVERY));
    world.pass(SECOND * 11, is_well);
    assert_eq!(world.turns, ["printer_off", "available"]);
}

#[test]
fn each_trouble_has_its_own_word_and_none_is_said_to_be_well() {
    let cases: [(Temper, &str); 11] = [
        (|_, _, _| Some(Event::Lost(Some(Trouble::Unreachable("x".into())))), "network_unreachable"),
        (is_off, "printer_off"),
        (|_, _, _| Some(Event::Lost(Some(Trouble::Refused("x".into())))), "refused"),
        (|_, _, _| Some(Event::Lost(Some(Trouble::Nonsense("x".into())))), "nonsense"),
        // Takes connections, and says nothing.
        (|action, _, _| matches!(action, Action::Connect).then_some(Event::Connected), "printer_failed"),
        // Takes connections, and hangs up.
        (
            |action, _, _| {
                Some(if *action == Action::Connect { Event::Connected } else { Event::Lost(None) })
            },
            "refused",
        ),
        (|action, now, _| answered(action, now, |_| failed()), "printer_failed"),
        (|action, now, _| answered(action, now, |_| error(ErrorCode::VERSION)), "refused"),
        (|action, now, _| answered(action, now, |_| error(ErrorCode::REFUSED)), "refused"),
        // A code of a later version counts as INTERNAL.
        (|action, now, _| answered(action, now, |_| error(ErrorCode(999))), "printer_failed"),
        // Answers everything with a PONG.
        (|action, now, _| answered(action, now, |_| Reply::Pong), "nonsense"),
    ];
    for (temper, code) in cases {
        let mut world = World::new(SECOND);
        world.pass(HOUR, temper);
        assert_eq!(world.turns, [code]);
        assert!(world.said.iter().all(|(_, said)| said == "starting" || said == code), "{:?}", world.said);
        assert!(world.connects.len() > 10 && world.connects.len() < 800, "{code} {}", world.connects.len());
    }
}

#[test]
fn a_printer_that_fails_while_it_is_read_is_asked_on_with_backoff_on_the_same_connection() {
    let mut world = World::new(SECOND);
    world.pass(HOUR, is_well);
    let before = world.reads().len();
    world.pass(HOUR, |action, now, _| {
        answered(action, now, |request| match request {
            Request::Read(_) => failed(),
            other => well(other, now),
        })
    });
    assert_eq!((world.connects.len(), world.turns.as_slice()), (1, &["available", "printer_failed"][..]));
    // 5 s each, and never less.
    assert!(world.reads().len() - before <= 60 * 12, "it asked for a pause");
    world.pass(HOUR, is_well);
    assert_eq!(world.turns, ["available", "printer_failed", "available"]);
}

fn is_busy(action: &PipAction, now: Now, _: u32) -> Option<PipEvent> {
    answered(action, now, |request| match request {
        Request::Read(_) => Reply::Busy { retry_after_ms: 20_000 },
        other => well(other, now),
    })
}

#[test]
fn a_printer_that_was_off_and_is_busy_now_is_not_off_any_more() {
    let mut world = World::new(SECOND);
    world.pass(HOUR, is_off);
    world.pass(HOUR, is_busy);
    assert_eq!(world.turns, ["printer_off", "starting"]);
    // One that works does not, because it asks for a pause.
    world.pass(HOUR, is_well);
    world.pass(HOUR, is_busy);
    assert_eq!(world.turns, ["printer_off", "starting", "available"]);
}

#[test]
fn a_busy_printer_is_given_its_time() {
    let mut world = World::new(SECOND);
    world.pass(HOUR, is_busy);
    assert!(world.reads().windows(2).all(|pair| pair[1] - pair[0] >= SECOND * 20));
    assert_eq!(world.turns, [] as [&str; 0]);
    assert_eq!(world.connects.len(), 1);
}

#[test]
fn a_late_answer_hides_no_gap() {
    let mut world = World::new(SECOND);
    world.pass(SECOND * 60, is_well);
    assert_eq!(world.stale, [] as [Duration; 0]);
    // It is asked, and the process is stopped for a minute, in which the answer comes.
    while !world
        .waiting
        .as_ref()
        .is_some_and(|(_, event)| matches!(event, Event::Heard(Answer { reply: Reply::Values(_), .. })))
    {
        let next =
            world.machine.deadline().into_iter().chain(world.waiting.as_ref().map(|(at, _)| at.mono)).min();
        world.pass(next.unwrap() - world.now.mono, is_well);
    }
    world.now = later(world.now, SECOND * 60);
    let (_, answer) = world.waiting.take().unwrap();
    let before = world.values;
    world.tell(answer, is_well);
    assert!(!world.stale.is_empty(), "nothing says that a minute is missing");
    assert!(world.values > before);
}

#[test]
fn in_a_long_pause_a_connection_that_is_gone_is_found_by_a_sign_of_life() {
    let mut world = World::new(SECOND);
    let busy: Temper = |action, now, _| {
        answered(action, now, |request| match request {
            Request::Read(_) => Reply::Busy { retry_after_ms: 300_000 },
            other => well(other, now),
        })
    };
    world.pass(SECOND * 120, busy);
    let (reads, asked) = (world.reads().len(), world.asked.len());
    assert_eq!((world.connects.len(), reads), (1, 1));
    // Five seconds of heartbeat each, and nothing else is said in the pause.
    assert!(
        asked > 15 && world.asked[3..].iter().all(|(_, request)| *request == Request::Ping),
        "{:?}",
        world.asked
    );
    let lost_at = world.since_start();
    world.pass(SECOND * 30, |action, now, calls| match action {
        Action::Ask(_) => None,
        action => is_off(action, now, calls),
    });
    assert_eq!(world.turns, ["printer_off"]);
    let again = world.connects[1] - lost_at;
    assert!(again <= SECOND * 11, "{again:?}");
}

#[test]
fn a_printer_that_answers_a_sign_of_life_with_an_error_is_still_asked_for_its_values() {
    fn but_for_ping(action: &PipAction, now: Now, pong: fn() -> Reply) -> Option<PipEvent> {
        answered(action, now, |request| if *request == Request::Ping { pong() } else { well(request, now) })
    }
    let tempers: [Temper; 3] = [
        |action, now, _| but_for_ping(action, now, || error(ErrorCode::INTERNAL)),
        |action, now, _| {
            but_for_ping(action, now, || {
                let retry_after_ms = Some(20_000);
                Reply::Error(ErrorReply { code: ErrorCode::INTERNAL, retry_after_ms, text: text("") })
            })
        },
        |action, now, _| but_for_ping(action, now, || Reply::Busy { retry_after_ms: 20_000 }),
    ];
    for (temper, pause) in tempers.into_iter().zip([1, 20, 20]) {
        let mut world = World::new(SECOND * 60);
        world.pass(HOUR, temper);
        assert_eq!((world.connects.len(), world.turns.as_slice()), (1, &["available"][..]));
        let reads = world.reads();
        let gaps: Vec<_> = reads.windows(2).map(|pair| pair[1] - pair[0]).collect();
        // A tenth of the interval by chance, and at most one pause.
        assert!(reads.len() >= 40, "{pause}: {}", reads.len());
        assert!(gaps.iter().all(|gap| *gap <= SECOND * (66 + pause)), "{pause}: {:?}", gaps.iter().max());
        assert!(world.asked.iter().any(|(_, request)| *request == Request::Ping));
    }
}

#[test]
fn an_alarm_printer_that_has_failed_is_not_well_because_it_answers_in_the_pause() {
    let mut world = World::new(SECOND);
    world.pass(SECOND * 600, |action, now, _| {
        answered(action, now, |request| match request {
            Request::Describe => offers(item("maker.secret", "gauge", "1")),
            Request::Alarms => {
                let retry_after_ms = Some(60_000);
                Reply::Error(ErrorReply { code: ErrorCode::INTERNAL, retry_after_ms, text: text("") })
            }
            other => well(other, now),
        })
    });
    assert_eq!(world.turns, ["printer_failed"]);
}

#[test]
fn a_half_open_connection_is_found_and_what_the_next_one_shows_is_said() {
    let mut world = World::new(SECOND);
    world.pass(HOUR, is_well);
    let lost_at = world.since_start();
    // The mains are pulled: the connection is silent, and the next one is not answered.
    world.pass(ANSWER.0 * 4, |action, now, calls| match action {
        Action::Ask(_) => None,
        action => is_off(action, now, calls),
    });
    assert_eq!(world.turns, ["available", "printer_off"]);
    let repeats = world.said.iter().filter(|(at, said)| *at > lost_at + ANSWER.1 && said == "available");
    assert_eq!(repeats.count(), 0, "a printer that is silent was said to be well");
}

#[test]
fn a_printer_that_answers_all_but_its_values_is_said_to_have_failed() {
    let mut world = World::new(SECOND);
    world.pass(HOUR, |action, now, _| match action {
        Action::Ask(Query { request: Request::Read(_), .. }) => None,
        action => answered(action, now, |request| well(request, now)),
    });
    assert_eq!(world.turns, ["printer_failed"]);
}

#[test]
fn a_long_interval_is_bridged_by_pings() {
    let mut world = World::new(Duration::from_secs(600));
    world.pass(HOUR, is_well);
    let asked: Vec<_> = world.asked.iter().map(|(at, _)| *at).collect();
    assert!(asked.windows(2).all(|pair| pair[1] - pair[0] < SECOND * 6));
    assert!((5..=7).contains(&world.reads().len()), "{}", world.reads().len());
}

#[test]
fn a_printer_that_says_farewell_is_called_again() {
    let mut world = World::new(SECOND);
    world.pass(HOUR, |action, now, calls| match action {
        Action::Ask(_) if calls % 50 == 0 => Some(heard(0, Reply::Bye)),
        action => is_well(action, now, calls),
    });
    assert_eq!(world.turns, ["available"]);
    assert!(world.connects.len() > 30);
}

#[test]
fn an_answer_to_another_question_is_nonsense() {
    let mut world = World::new(SECOND);
    world.pass(SECOND * 30, |action, now, calls| match is_well(action, now, calls) {
        Some(Event::Heard(Answer { id, reply })) => Some(heard(id + 7, reply)),
        other => other,
    });
    assert_eq!(world.turns, ["nonsense"]);
}

#[test]
fn a_printer_that_is_silent_for_a_second_heartbeat_is_gone() {
    let mut world = World::new(Duration::from_secs(600));
    world.pass(SECOND * 60, |action, now, calls| match action {
        Action::Ask(Query { request: Request::Ping, .. }) => None,
        action => is_well(action, now, calls),
    });
    let pinged = world.asked.iter().find(|(_, request)| *request == Request::Ping).unwrap().0;
    let again = *world.connects.iter().find(|at| **at > pinged).unwrap();
    // A heartbeat is 5 s, and the first wait before another connection at most one.
    assert!((SECOND * 5..=SECOND * 6).contains(&(again - pinged)), "{:?}", again - pinged);
}

#[test]
fn a_printer_that_has_nothing_to_be_read_and_answers_is_available() {
    let tempers: [Temper; 2] = [
        |action, now, _| {
            answered(action, now, |request| match request {
                Request::Describe => offers(item("recoater.fault", "state", "1")),
                other => well(other, now),
            })
        },
        |action, now, _| {
            answered(action, now, |request| match request {
                Request::Hello(_) => Reply::HelloAck(HelloAck { capabilities: Vec::new(), ..hello_ack() }),
                Request::Describe => offers(item("maker.secret", "gauge", "1")),
                other => well(other, now),
            })
        },
    ];
    for temper in tempers {
        let mut world = World::new(SECOND);
        world.pass(SECOND * 300, is_off);
        world.pass(SECOND * 300, temper);
        assert_eq!(world.turns, ["printer_off", "available"]);
    }
}

#[test]
fn a_printer_whose_answers_grow_too_large_is_asked_for_less_at_a_time_and_for_all() {
    let mut world = World::new(SECOND);
    world.pass(HOUR, |action, now, _| {
        answered(action, now, |request| match request {
            Request::Describe => {
                let numbers = ["laser.power", "vat.temperature", "chamber.temperature"];
                let units = ["mW", "Cel", "Cel"];
                let items = numbers.iter().zip(units).map(|(id, unit)| item(id, "gauge", unit));
                Reply::Described(Description { items: items.collect() })
            }
            Request::Read(Read::Ids(ids)) if ids.len() > 1 => error(ErrorCode::TOO_LARGE),
            other => well(other, now),
        })
    });
    assert_eq!((world.connects.len(), world.turns.as_slice()), (1, &["available"][..]));
    for id in ["laser.power", "vat.temperature", "chamber.temperature"] {
        let alone = Request::Read(Read::Ids(vec![text(id)]));
        let times = world.asked.iter().filter(|(_, request)| *request == alone).count();
        assert!(times > 1000, "{id} {times}");
    }
}

#[test]
fn the_values_of_a_printer_that_is_gone_are_said_to_be_stale_once_and_by_themselves() {
    let mut world = World::new(SECOND);
    world.pass(SECOND * 60, is_well);
    assert!(world.stale.is_empty());
    let (read, values) = (*world.reads().last().unwrap(), world.values);
    world.pass(HOUR, |action, now, calls| match action {
        Action::Ask(_) => None,
        action => is_off(action, now, calls),
    });
    // Two numbers and the door; the faults too, a while later, since they are asked for less often.
    assert!(world.stale.len() >= 4, "{:?}", world.stale);
    assert!(
        world.stale[..3].iter().all(|at| (SECOND * 3..SECOND * 5).contains(&(*at - read))),
        "{:?}",
        world.stale
    );
    assert!(world.stale.iter().all(|at| *at - read < SECOND * 30), "{:?}", world.stale);
    let stale = world.stale.len();
    world.pass(HOUR, is_off);
    assert_eq!((world.stale.len(), world.values), (stale, values));
    world.pass(SECOND * 60, is_well);
    assert!(world.values > values + 80);
}
