//! The log of a printer that is queried: what it tells, what it proves to be missing, and what it may cost.

use catalog::{Item, Value};
use protocol::pip::{self, Occurrence};

use super::super::backoff::Dice;
use super::super::limits::EVENTS_PER_ROUND_MAX;
use super::super::machine::{Action, Event, Machine};
use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// A printer with a log, of which it holds the last `room` events.
struct Printer {
    instance: &'static str,
    log: Vec<Occurrence>,
    room: usize,
    /// How many events fit into one answer.
    fits: usize,
    /// What it answers to EVENTS instead.
    instead: Option<Reply>,
    /// The alarms that ALARMS gives.
    alarms: Vec<Alarm>,
    /// How long an answer takes, and the longest time that it says one may.
    slow: Duration,
    silence_ms_max: u32,
}

impl Printer {
    fn new() -> Self {
        let (instance, log, room, fits) = ("i-1", Vec::new(), 4_096, 512);
        let (instead, alarms, slow) = (None, Vec::new(), Duration::from_millis(10));
        Self { instance, log, room, fits, instead, alarms, slow, silence_ms_max: 0 }
    }

    fn opens_and_closes(&mut self, times: usize) {
        for time in 0..times {
            let value = SampleValue::Code(text(if time % 2 == 0 { "open" } else { "closed" }));
            let (id, quality) = (text("door.state"), Quality::Good);
            self.log.push(Occurrence::Changed { id, part: 0, value, quality });
        }
    }

    fn answer(&self, request: &Request, now: Now) -> Reply {
        match request {
            Request::Hello(_) => {
                let instance = text(self.instance);
                Reply::HelloAck(HelloAck { instance, silence_ms_max: self.silence_ms_max, ..hello_ack() })
            }
            Request::Events(_) if self.instead.is_some() => self.instead.clone().unwrap(),
            Request::Events(asked) => {
                let last = self.log.len() as u64;
                let first = (last + 1).saturating_sub(self.room as u64).max(1);
                let from = asked.from.unwrap_or(first).max(first);
                let most = self.fits.min(asked.events_max.map_or(512, usize::from));
                let event = |sequence: u64| pip::Event {
                    sequence,
                    // One each millisecond, and the last one now.
                    time: Timestamp(now.wall.0 - i64::try_from(last - sequence).unwrap()),
                    mono_ms: sequence,
                    what: self.log[usize::try_from(sequence).unwrap() - 1].clone(),
                };
                let events = (from..=last).take(most).map(event).collect();
                Reply::HeldEvents(EventList::new(Held::new(first, last).unwrap(), events).unwrap())
            }
            Request::Alarms => Reply::Alarms(ActiveAlarms { alarms: self.alarms.clone() }),
            other => well(other, now),
        }
    }
}

/// The adapter's side, and the time.
struct Reader {
    machine: Machine<Pip>,
    now: Now,
    began: Now,
    waiting: Option<(Now, Event<Answer>)>,
    asked: Vec<(Duration, Request)>,
    said: Vec<(&'static Item, String, Quality)>,
    refused: Vec<&'static str>,
    turns: Vec<&'static str>,
    connects: usize,
}

impl Reader {
    fn new() -> Self {
        Self::every(SECOND)
    }

    fn every(interval: Duration) -> Self {
        let now = beginning();
        let mut machine = Machine::new(Pip::default(), memory(interval), Dice::new(7), now);
        machine.handle(Event::Started, now);
        let (waiting, asked, said, refused, turns) = (None, Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { machine, now, began: now, waiting, asked, said, refused, turns, connects: 0 }
    }

    fn pass(&mut self, time: Duration, printer: &Printer) {
        let end = self.now.mono + time;
        for step in 0.. {
            assert!(step < 100_000, "a tight loop");
            let answer = self.waiting.as_ref().map(|(at, _)| at.mono);
            let next = answer.into_iter().chain(self.machine.deadline()).min();
            let Some(next) = next.filter(|next| *next <= end) else { break };
            self.now = later(self.began, next.max(self.now.mono) - self.began.mono);
            let event = self.waiting.take_if(|(at, _)| at.mono <= self.now.mono).map(|(_, event)| event);
            self.tell(event.unwrap_or(Event::Tick), printer);
        }
        self.now = later(self.began, end - self.began.mono);
    }

    fn tell(&mut self, event: Event<Answer>, printer: &Printer) {
        for action in self.machine.handle(event, self.now) {
            let answer = match action {
                Action::Connect => {
                    self.connects += 1;
                    Event::Connected
                }
                Action::Ask(Query { id, request }) => {
                    let reply = printer.answer(&request, later(self.now, printer.slow));
                    self.asked.push((self.now.mono - self.began.mono, request));
                    Event::Heard(Answer { id, reply })
                }
                Action::Close => {
                    self.waiting = None;
                    continue;
                }
                Action::Say(words) => {
                    let said = words.readings.iter().map(|reading| {
                        let value = match reading.value() {
                            Value::Number(number) => number.to_string(),
                            Value::Code(code) => (*code).to_owned(),
                            _ => String::new(),
                        };
                        (reading.item(), value, reading.quality())
                    });
                    self.said.extend(said);
                    self.refused.extend(words.refused.iter().map(|(_, why)| *why));
                    continue;
                }
                Action::Turned { code, .. } => {
                    self.turns.push(code);
                    continue;
                }
            };
            self.waiting = Some((later(self.now, printer.slow), answer));
        }
    }

    /// What was said of an item since the last time that one looked.
    fn said_of(&mut self, id: &str) -> Vec<String> {
        let said = self
            .said
            .iter()
            .filter(|(item, ..)| item.id() == id)
            .map(|(_, value, _)| value.clone())
            .collect();
        self.said.retain(|(item, ..)| item.id() != id);
        said
    }

    /// The first sequences that were asked for.
    fn froms(&self) -> Vec<Option<u64>> {
        let from = |request: &Request| match request {
            Request::Events(asked) => Some(asked.from),
            _ => None,
        };
        self.asked.iter().filter_map(|(_, request)| from(request)).collect()
    }

    fn times_of(&self, kind: fn(&Request) -> bool) -> Vec<Duration> {
        self.asked.iter().filter(|(_, request)| kind(request)).map(|(at, _)| *at).collect()
    }
}

#[test]
fn what_happens_between_two_reads_is_told_once_and_what_was_held_at_the_start_too() {
    let (mut printer, mut reader) = (Printer::new(), Reader::new());
    printer.opens_and_closes(4);
    reader.pass(SECOND * 5, &printer);
    assert_eq!(reader.froms()[..2], [None, Some(5)]);
    let opened = |said: Vec<String>| said.iter().filter(|code| *code == "open").count();
    assert_eq!(opened(reader.said_of("door.state")), 2);
    printer.opens_and_closes(6);
    reader.pass(SECOND * 5, &printer);
    assert_eq!(opened(reader.said_of("door.state")), 3);
    assert_eq!(reader.froms().last(), Some(&Some(11)));
    assert_eq!((reader.said_of("interface.event").len(), reader.refused.len()), (0, 0));
    assert_eq!(reader.said_of("interface.lost"), ["0"]);
}

#[test]
fn a_gap_is_proved_counted_and_followed_by_how_things_stand() {
    let (mut printer, mut reader) = (Printer { room: 3, ..Printer::new() }, Reader::new());
    printer.opens_and_closes(2);
    reader.pass(SECOND * 4, &printer);
    assert_eq!(reader.said_of("interface.event"), [] as [String; 0]);
    reader.said_of("interface.lost");
    // Ten come and the last three are held: 3 to 9 are gone.
    printer.opens_and_closes(10);
    let alarms = reader.times_of(|request| *request == Request::Alarms).len();
    reader.pass(SECOND * 2, &printer);
    assert_eq!(reader.said_of("interface.event"), ["gap"]);
    assert_eq!(reader.said_of("interface.lost"), ["7"]);
    assert!(reader.times_of(|request| *request == Request::Alarms).len() > alarms, "{:?}", reader.asked);
    reader.pass(SECOND * 30, &printer);
    assert_eq!(reader.said_of("interface.event"), [] as [String; 0]);
}

#[test]
fn a_new_instance_is_reported_and_read_from_its_beginning_and_the_same_one_goes_on() {
    let (mut printer, mut reader) = (Printer::new(), Reader::new());
    printer.opens_and_closes(4);
    reader.pass(SECOND * 4, &printer);
    // The network fails, and nothing else.
    reader.tell(Event::Lost(None), &printer);
    reader.waiting = None;
    reader.pass(SECOND * 10, &printer);
    assert_eq!(reader.said_of("interface.event"), [] as [String; 0]);
    assert_eq!(reader.froms().iter().filter(|from| from.is_none()).count(), 1);
    // The printer boots.
    (printer.instance, printer.log) = ("i-2", Vec::new());
    printer.opens_and_closes(2);
    reader.tell(Event::Lost(None), &printer);
    reader.waiting = None;
    let asked = reader.froms().len();
    reader.pass(SECOND * 10, &printer);
    assert_eq!(reader.said_of("interface.event"), ["restarted"]);
    assert_eq!(reader.froms()[asked..][..2], [Some(1), Some(3)]);
    // Without a boot it went back.
    printer.log.clear();
    reader.pass(SECOND * 4, &printer);
    assert_eq!(reader.said_of("interface.event"), ["backwards"]);
}

#[test]
fn a_printer_that_lags_is_read_in_bounded_steps_and_its_values_as_before() {
    let (mut printer, mut reader) = (Printer { fits: 10, ..Printer::new() }, Reader::new());
    printer.opens_and_closes(1_000);
    reader.pass(SECOND * 20, &printer);
    let reads = reader.times_of(|request| matches!(request, Request::Read(_)));
    let steps: Vec<_> = reads.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(steps.iter().all(|step| *step >= SECOND && *step < SECOND * 6 / 5), "{steps:?}");
    let events = reader.times_of(|request| matches!(request, Request::Events(_)));
    let most = EVENTS_PER_ROUND_MAX as usize;
    assert!(
        events.len() <= reads.len() * most && events.len() >= (reads.len() - 1) * most,
        "{}",
        events.len()
    );
    reader.pass(SECOND * 20, &printer);
    assert_eq!(reader.froms().last(), Some(&Some(1_001)));
}

#[test]
fn an_alarm_that_came_and_went_between_two_looks_is_told_and_the_alarms_are_looked_at() {
    let (mut printer, mut reader) = (Printer::new(), Reader::new());
    reader.pass(SECOND * 4, &printer);
    reader.said_of("recoater.fault");
    let jammed = alarm("recoater", "jammed");
    printer.log.extend([Occurrence::Raised(jammed.clone()), Occurrence::Cleared(jammed.clone())]);
    reader.pass(SECOND * 2, &printer);
    assert_eq!(reader.said_of("recoater.fault"), ["jammed", "none"]);
    // One ends, and another stands that began before the adapter did.
    printer.log.push(Occurrence::Cleared(jammed.clone()));
    printer.alarms = vec![jammed];
    reader.pass(SECOND * 2, &printer);
    assert_eq!(reader.said_of("recoater.fault").last().map(String::as_str), Some("jammed"));
}

#[test]
fn a_log_that_is_refused_costs_no_values_and_a_pause_is_kept() {
    let asked = |reader: &Reader| reader.times_of(|request| matches!(request, Request::Events(_)));
    for (instead, least, most) in [
        // Not asked again on this connection.
        (error(ErrorCode::UNSUPPORTED), 1, 1),
        (error(ErrorCode::MALFORMED), 1, 1),
        // Once a round.
        (error(ErrorCode::INTERNAL), 50, 60),
        (Reply::Busy { retry_after_ms: 0 }, 50, 60),
        (failed(), 10, 12),
        (Reply::Busy { retry_after_ms: 20_000 }, 3, 3),
    ] {
        let (printer, mut reader) = (Printer { instead: Some(instead), ..Printer::new() }, Reader::new());
        reader.pass(SECOND * 60, &printer);
        let times = asked(&reader).len();
        assert!((least..=most).contains(&times), "{times} {:?}", printer.instead);
        assert_eq!(
            (reader.connects, reader.turns.as_slice()),
            (1, &["available"][..]),
            "{:?}",
            printer.instead
        );
    }
    // Smaller ones are asked for.
    let instead = Some(error(ErrorCode::TOO_LARGE));
    let (mut printer, mut reader) = (Printer { instead, ..Printer::new() }, Reader::new());
    printer.opens_and_closes(9);
    reader.pass(SECOND * 3, &printer);
    printer.instead = None;
    reader.pass(SECOND * 9, &printer);
    assert_eq!(reader.froms().last(), Some(&Some(10)));
}

#[test]
fn a_printer_that_exposes_a_layer_is_waited_for_and_not_asked_for_a_sign_of_life() {
    for (silence_ms_max, hangs_up) in [(60_000, false), (0, true)] {
        let (mut printer, mut reader) = (Printer { silence_ms_max, ..Printer::new() }, Reader::new());
        reader.pass(SECOND * 10, &printer);
        printer.slow = SECOND * 60;
        reader.pass(SECOND * 60, &printer);
        assert_eq!(reader.times_of(|request| *request == Request::Ping).len(), 0);
        assert_eq!(reader.connects > 1, hangs_up, "{}", reader.connects);
        // It may also expose while it is called.
        printer.slow = Duration::from_millis(10);
        reader.pass(SECOND * 60, &printer);
        assert_eq!(reader.turns.last(), Some(&"available"));
    }
}

#[test]
fn a_printer_that_is_seldom_read_hears_something_within_three_heartbeats_whatever_its_silence() {
    let printer = Printer { silence_ms_max: 60_000, ..Printer::new() };
    let mut reader = Reader::every(SECOND * 600);
    reader.pass(SECOND * 3_000, &printer);
    let times = reader.times_of(|_| true);
    let longest = times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
    // Its heartbeat is 5 s.
    assert!(longest < SECOND * 15, "{longest:?}");
    assert_eq!(reader.connects, 1);
}

#[test]
fn an_answer_that_nobody_asked_for_is_counted() {
    let (printer, mut reader) = (Printer::new(), Reader::new());
    reader.pass(SECOND * 4, &printer);
    reader.tell(Event::Heard(Answer { id: 4_711, reply: Reply::Pong }), &printer);
    assert_eq!(reader.refused, ["an answer to nothing that was asked"]);
    assert_eq!(reader.turns, ["available", "nonsense"]);
}
