use catalog::Timestamp;
use protocol::pip::{
    ActiveAlarms, ErrorCode, ErrorReply, EventList, Held, ItemDescription, Occurrence, Read, Text, Values,
};

use super::*;
use crate::testing::{hello_ack, item};

fn text(text: &str) -> Text {
    Text::new(text).unwrap()
}

fn list(held: (u64, u64), said: std::ops::RangeInclusive<u64>) -> EventList {
    let event = |sequence| pip::Event { sequence, time: Timestamp(0), mono_ms: 0, what: Occurrence::Other };
    EventList::new(Held::new(held.0, held.1).unwrap(), said.map(event).collect()).unwrap()
}

fn subscribed(first: u64, last: u64, acknowledged: u64) -> Reply {
    Reply::Subscribed(Subscribed::new(Held::new(first, last).unwrap(), acknowledged).unwrap())
}

fn stored(instance: &str, sequence: u64) -> Option<Stored> {
    let mut stored = Stored::new(text(instance));
    stored.reach(sequence);
    Some(stored)
}

/// The flow of one connection, and the time.
struct World {
    flow: Flow,
    now: Instant,
}

impl World {
    fn new(known: Option<Stored>) -> Self {
        let now = Instant::now();
        Self { flow: Flow::new(known, now), now }
    }

    fn handle(&mut self, event: Event) -> Vec<Action> {
        self.flow.handle(event, self.now)
    }

    fn hear(&mut self, id: u32, reply: Reply) -> Vec<Action> {
        self.handle(Event::Heard { id, reply: Box::new(reply) })
    }

    /// Until the printer has been greeted and asked to tell from there.
    fn greet(&mut self, instance: &str) -> Option<u64> {
        assert!(matches!(self.handle(Event::Up)[..], [Action::Send { id: 1, request: Request::Hello(_) }]));
        match &self.hear(1, Reply::HelloAck(hello_ack(instance)))[..] {
            [Action::Meet { .. }, Action::Send { id: 2, request: Request::Describe }] => {}
            other => panic!("{other:?}"),
        }
        self.describe(Vec::new())
    }

    fn describe(&mut self, items: Vec<ItemDescription>) -> Option<u64> {
        match &self.hear(2, Reply::Described(Description { items }))[..] {
            [Action::Described(..), Action::Send { id: 3, request: Request::Subscribe(subscribe) }] => {
                subscribe.from
            }
            other => panic!("{other:?}"),
        }
    }

    /// A printer with these items that was greeted and is subscribed to.
    fn offering(items: &[(&str, u32)], poll_ms_min: u32) -> (Self, Vec<Action>) {
        let mut world = Self::new(None);
        world.handle(Event::Up);
        world.hear(1, Reply::HelloAck(HelloAck { poll_ms_min, ..hello_ack("i-1") }));
        let item = |&(id, interval_ms_min): &(&str, u32)| {
            let kind = if id.ends_with(".fault") { "state" } else { "gauge" };
            let unit = if id.ends_with("power") { "mW" } else { "Cel" };
            ItemDescription { log_ms_min: Some(0), interval_ms_min, ..item(id, kind, unit) }
        };
        world.describe(items.iter().map(item).collect());
        let actions = world.hear(3, subscribed(1, 0, 0));
        (world, actions)
    }

    /// A printer whose log begins and that is subscribed to.
    fn subscribed() -> Self {
        let mut world = Self::new(None);
        assert_eq!(world.greet("i-1"), None);
        let actions = world.hear(3, subscribed(1, 0, 0));
        assert!(matches!(
            actions[..],
            [Action::Subscribed, _, Action::Send { id: 4, request: Request::Alarms }]
        ));
        assert!(matches!(world.hear(4, Reply::Alarms(ActiveAlarms::default()))[..], [Action::Alarms(_)]));
        world
    }

    fn accept(&mut self, ticket: u64) -> Vec<Action> {
        self.handle(Event::Resolved { ticket, outcome: Outcome::Accepted })
    }

    /// Time passes, in which the printer answers each question at once: what was said to it, and when.
    fn pass(&mut self, time: Duration) -> Vec<(Instant, Request)> {
        let (end, mut said) = (self.now + time, Vec::new());
        while self.flow.deadline() <= end {
            let mut asked = VecDeque::new();
            for action in self.tick() {
                let Action::Send { id, request } = action else { panic!("{action:?}") };
                asked.push_back((id, request));
            }
            while let Some((id, request)) = asked.pop_front() {
                let reply = match &request {
                    Request::Ping => Reply::Pong,
                    Request::Alarms => Reply::Alarms(ActiveAlarms::default()),
                    Request::Read(_) => Reply::Values(Values { values: Vec::new() }),
                    other => panic!("{other:?}"),
                };
                for action in self.hear(id, reply) {
                    asked.extend(if let Action::Send { id, request } = action {
                        Some((id, request))
                    } else {
                        None
                    });
                }
                said.push((self.now, request));
            }
        }
        self.now = end;
        said
    }

    /// Passes to the next deadline.
    fn tick(&mut self) -> Vec<Action> {
        self.now = self.now.max(self.flow.deadline());
        self.handle(Event::Tick)
    }
}

/// The sequence and the credits of the acknowledgement among these.
fn acknowledged(actions: &[Action]) -> Option<(u32, u64, u8)> {
    actions.iter().find_map(|action| match action {
        Action::Send { id, request: Request::NotifyAck(ack) } => {
            Some((*id, ack.sequence, ack.credits.count()))
        }
        _ => None,
    })
}

#[test]
fn it_goes_on_behind_what_is_stored_and_a_new_instance_begins_anew() {
    for (known, instance, from, new_instance) in [
        (None, "i-1", None, false),
        (stored("i-1", 41), "i-1", Some(42), false),
        (stored("i-1", 41), "i-2", None, true),
    ] {
        let mut world = World::new(known.clone());
        world.handle(Event::Up);
        let actions = world.hear(1, Reply::HelloAck(hello_ack(instance)));
        let Action::Meet { new_instance: said, .. } = &actions[0] else { panic!("{actions:?}") };
        let actions = world.hear(2, Reply::Described(Description { items: Vec::new() }));
        let Some(Action::Send { request: Request::Subscribe(subscribe), .. }) = actions.last() else {
            panic!("{actions:?}")
        };
        assert_eq!((*said, subscribe.from), (new_instance, from), "{known:?} {instance}");
        assert_eq!(subscribe.credits.count(), CREDITS);
    }
}

#[test]
fn what_is_missing_is_told_before_anything_comes() {
    for (known, answer, expected) in [
        // Somebody who remembers nothing believes the printer what was stored.
        (None, subscribed(1, 9, 4), None),
        (None, subscribed(7, 9, 4), Some(Gap::Lost { first: 5, last: 6 })),
        (stored("i-1", 4), subscribed(1, 9, 2), None),
        (stored("i-1", 4), subscribed(9, 8, 4), Some(Gap::Lost { first: 5, last: 8 })),
        (stored("i-1", 4), subscribed(1, 2, 2), Some(Gap::WentBack)),
    ] {
        let mut world = World::new(known.clone());
        world.greet("i-1");
        let missed = world.hear(3, answer).into_iter().find_map(|action| match action {
            Action::Missed(gap) => Some(gap),
            _ => None,
        });
        assert_eq!(missed, expected, "{known:?}");
    }
}

#[test]
fn nothing_is_acknowledged_before_it_is_stored_and_never_out_of_turn() {
    let mut world = World::subscribed();
    for (said, ticket) in [(1..=3, 0), (4..=4, 1), (5..=6, 2)] {
        let actions = world.hear(3, Reply::Notify(list((1, 6), said)));
        assert!(matches!(actions[..], [Action::Store { ticket: at, .. }] if at == ticket), "{actions:?}");
    }
    assert_eq!(world.accept(1), []);
    assert_eq!(acknowledged(&world.accept(0)), Some((3, 4, 2)));
    let last = world.accept(2);
    assert_eq!(acknowledged(&last), Some((3, 6, 1)));
    assert_eq!(last[0], Action::Remember(stored("i-1", 6).unwrap()));
}

#[test]
fn what_could_not_be_stored_is_never_acknowledged() {
    let mut world = World::subscribed();
    world.hear(3, Reply::Notify(list((1, 3), 1..=3)));
    let nacked = world.handle(Event::Resolved { ticket: 0, outcome: Outcome::Nacked });
    assert_eq!(nacked, [Action::Close(Why::Nacked)]);
}

#[test]
fn a_hole_between_two_notifies_is_a_gap_and_what_came_already_is_not_stored_again() {
    let mut world = World::subscribed();
    world.hear(3, Reply::Notify(list((1, 3), 1..=3)));
    let again = world.hear(3, Reply::Notify(list((1, 4), 2..=4)));
    assert!(matches!(&again[..], [Action::Store { events, .. }] if events.len() == 1));
    let later = world.hear(3, Reply::Notify(list((9, 9), 9..=9)));
    assert_eq!(later[0], Action::Missed(Gap::Lost { first: 5, last: 8 }));
    assert!(matches!(later[1..3], [Action::Remember(_), Action::Store { .. }]), "{later:?}");
    assert!(matches!(later.last(), Some(Action::Send { request: Request::Alarms, .. })), "{later:?}");
}

/// What is reported of gaps among these.
fn missed(actions: &[Action]) -> Vec<Gap> {
    let gap = |action: &Action| if let Action::Missed(gap) = action { Some(*gap) } else { None };
    actions.iter().filter_map(gap).collect()
}

/// What is remembered last among these.
fn remembered(actions: &[Action]) -> Option<Stored> {
    let stored =
        |action: &Action| if let Action::Remember(stored) = action { Some(stored.clone()) } else { None };
    actions.iter().rev().find_map(stored)
}

#[test]
fn a_gap_is_reported_once_however_often_the_printer_calls_before_anything_behind_it_is_stored() {
    let mut known = stored("i-1", 4);
    for (first, news) in [
        (9, vec![Gap::Lost { first: 5, last: 8 }]),
        (9, vec![]),
        (11, vec![Gap::Lost { first: 9, last: 10 }]),
    ] {
        let mut world = World::new(known);
        assert_eq!(world.greet("i-1"), Some(5));
        let actions = world.hear(3, subscribed(first, 20, 4));
        assert_eq!(missed(&actions), news);
        known = remembered(&actions);
    }
    // The platform is away, and the printer loses something between two NOTIFYs as well.
    let mut world = World::new(known);
    world.greet("i-1");
    world.hear(3, subscribed(11, 20, 4));
    world.hear(4, Reply::Alarms(ActiveAlarms::default()));
    world.hear(3, Reply::Notify(list((11, 20), 11..=12)));
    let actions = world.hear(3, Reply::Notify(list((15, 20), 15..=20)));
    assert_eq!(missed(&actions), [Gap::Lost { first: 13, last: 14 }]);
    let mut world = World::new(remembered(&actions));
    world.greet("i-1");
    // What came and was not stored is gone by now.
    let actions = world.hear(3, subscribed(21, 20, 4));
    let news = [Gap::Lost { first: 11, last: 12 }, Gap::Lost { first: 15, last: 20 }];
    assert_eq!(missed(&actions), news);
}

#[test]
fn a_log_that_went_back_is_said_once_and_asked_for_what_is_not_acknowledged() {
    // As SUBSCRIBED shows it.
    let mut world = World::new(stored("i-1", 9));
    world.greet("i-1");
    let actions = world.hear(3, subscribed(1, 2, 1));
    assert_eq!(missed(&actions), [Gap::WentBack]);
    // What the old subscription still tells comes again.
    assert_eq!(world.hear(3, Reply::Notify(list((1, 2), 2..=2))), []);
    let known = remembered(&actions);
    let [Action::Send { id: 4, request: Request::Subscribe(Subscribe { from: None, .. }) }] =
        world.tick()[..]
    else {
        panic!("it is not asked anew")
    };
    assert_eq!(known.as_ref().and_then(|known| known.sequence), None);
    let actions = world.hear(4, subscribed(1, 2, 1));
    assert_eq!(missed(&actions), []);
    let told = world.hear(4, Reply::Notify(list((1, 2), 2..=2)));
    assert!(matches!(&told[..], [Action::Store { events, .. }] if events.len() == 1), "{told:?}");
    assert_eq!(acknowledged(&world.accept(0)), Some((4, 2, 1)));
    // And by the next call, where it is lost before that.
    let mut world = World::new(known);
    assert_eq!(world.greet("i-1"), None);
    assert_eq!(missed(&world.hear(3, subscribed(1, 2, 1))), []);
}

#[test]
fn a_log_that_goes_back_again_and_again_gets_no_room_beyond_its_credits() {
    let mut world = World::subscribed();
    world.hear(3, Reply::Notify(list((1, 5), 1..=5)));
    let actions = world.hear(3, Reply::Notify(list((1, 2), 1..=2)));
    assert!(matches!(actions[..], [Action::Missed(Gap::WentBack), Action::Remember(_)]), "{actions:?}");
    assert!(world.pass(Duration::from_secs(60)).iter().all(|(_, request)| *request == Request::Ping));
    // What came before is stored: it is acknowledged to nobody, since its numbers are others' now.
    let actions = world.accept(0);
    assert!(
        matches!(
            actions[..],
            [Action::Send { request: Request::Subscribe(Subscribe { from: None, .. }), .. }]
        ),
        "{actions:?}"
    );
}

#[test]
fn a_log_that_goes_back_as_fast_as_it_is_asked_is_asked_once_an_interval() {
    let mut world = World::subscribed();
    let (start, mut id, mut times) = (world.now, 3, 0);
    while world.now - start < Duration::from_secs(60) {
        // It tells, and what it tells is stored at once; then its log is another.
        world.hear(id, Reply::Notify(list((1, 5), 1..=5)));
        world.accept(times);
        times += 1;
        assert_eq!(missed(&world.hear(id, Reply::Notify(list((1, 2), 1..=2)))), [Gap::WentBack]);
        id = loop {
            let asked = world.tick();
            let [Action::Send { id, request }] = &asked[..] else { panic!("{asked:?}") };
            if matches!(request, Request::Subscribe(_)) {
                break *id;
            }
            world.hear(*id, Reply::Pong);
        };
        for action in world.hear(id, subscribed(1, 5, 0)) {
            if let Action::Send { id, request: Request::Alarms } = action {
                world.hear(id, Reply::Alarms(ActiveAlarms::default()));
            }
        }
    }
    assert!((55..=61).contains(&times), "{times}");
}

#[test]
fn how_things_stand_is_asked_once_it_is_told_and_after_a_gap() {
    let (mut world, actions) =
        World::offering(&[("laser.power", 0), ("vat.temperature", 0), ("vat.fault", 0)], 0);
    let ids = |request: &Request| match request {
        Request::Read(Read::Ids(ids)) => ids.iter().map(|id| id.as_str().to_owned()).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let Some(Action::Send { id: 4, request }) = actions.last() else { panic!("{actions:?}") };
    // Faults come from ALARMS.
    assert_eq!(ids(request), ["laser.power", "vat.temperature"]);
    // A gap while the answer is on its way, which may be from before: they are asked again.
    world.hear(3, Reply::Notify(list((3, 3), 3..=3)));
    let actions = world.hear(4, Reply::Values(Values { values: Vec::new() }));
    let [Action::Values(_), Action::Send { id: 5, request }] = &actions[..] else { panic!("{actions:?}") };
    assert_eq!(ids(request).len(), 2);
    let actions = world.hear(5, Reply::Values(Values { values: Vec::new() }));
    assert!(matches!(actions[..], [Action::Values(_), Action::Send { id: 6, request: Request::Alarms }]));
    assert_eq!(world.hear(6, Reply::Alarms(ActiveAlarms::default())).len(), 1);
    // And then what happens is told.
    assert!(world.pass(Duration::from_secs(600)).iter().all(|(_, request)| *request == Request::Ping));
}

#[test]
fn values_are_asked_for_no_more_often_than_the_printer_allows() {
    let (mut world, _) = World::offering(&[("laser.power", 60_000), ("vat.temperature", 0)], 2_000);
    let start = world.now;
    world.hear(4, Reply::Values(Values { values: Vec::new() }));
    world.hear(5, Reply::Alarms(ActiveAlarms::default()));
    world.hear(3, Reply::Notify(list((9, 9), 9..=9)));
    // Alarms have no such interval.
    world.hear(6, Reply::Alarms(ActiveAlarms::default()));
    let reads = world.pass(Duration::from_secs(90));
    let reads = reads.iter().filter_map(|(at, request)| match request {
        Request::Read(Read::Ids(ids)) => Some(((*at - start).as_secs(), ids[0].as_str())),
        _ => None,
    });
    assert_eq!(reads.collect::<Vec<_>>(), [(2, "vat.temperature"), (60, "laser.power")]);
}

#[test]
fn who_does_not_give_its_values_is_believed_its_events() {
    let error = |code| Reply::Error(ErrorReply { code, retry_after_ms: None, text: text("") });
    for (reply, asks_again) in [
        (Reply::Busy { retry_after_ms: 5_000 }, Some((5, 2))),
        (error(ErrorCode::INTERNAL), Some((60, 2))),
        (error(ErrorCode::TOO_LARGE), Some((2, 1))),
        (error(ErrorCode::UNSUPPORTED), None),
    ] {
        let (mut world, _) = World::offering(&[("laser.power", 0), ("vat.temperature", 0)], 2_000);
        let start = world.now;
        let shown = format!("{reply:?}");
        for action in world.hear(4, reply) {
            if let Action::Send { id, request: Request::Alarms } = action {
                world.hear(id, Reply::Alarms(ActiveAlarms::default()));
            }
        }
        let said = world.pass(Duration::from_secs(120));
        let read = said.iter().find_map(|(at, request)| match request {
            Request::Read(Read::Ids(ids)) => Some(((*at - start).as_secs(), ids.len())),
            _ => None,
        });
        assert_eq!(read, asks_again, "{shown}");
        assert!(matches!(world.hear(3, Reply::Notify(list((1, 1), 1..=1)))[..], [Action::Store { .. }, ..]));
    }
}

#[test]
fn a_printer_that_breaks_the_protocol_is_closed() {
    let error = |code| Reply::Error(ErrorReply { code, retry_after_ms: None, text: text("") });
    let unfit = HelloAck { capabilities: Vec::new(), ..hello_ack("i-1") };
    let tomorrow = HelloAck { version_min: 2, version_max: 2, ..hello_ack("i-1") };
    for (reply, id, expected) in [
        (Reply::HelloAck(unfit), 1, Why::Unfit("it does not offer `subscribe`")),
        (Reply::HelloAck(tomorrow), 1, Why::Unfit("it does not speak version 1 of PIP")),
        (Reply::Pong, 1, Why::Nonsense("an answer of another type than was asked for")),
        (Reply::Pong, 9, Why::Nonsense("an answer that nobody asked for")),
        (Reply::Notify(list((1, 1), 1..=1)), 1, Why::Nonsense("a NOTIFY without a subscription")),
        (error(ErrorCode::REFUSED), 1, Why::Unfit("it does not let the adapter in")),
        (error(ErrorCode::INTERNAL), 1, Why::Failed),
        (Reply::Bye, 0, Why::Bye),
    ] {
        let mut world = World::new(None);
        world.handle(Event::Up);
        assert_eq!(world.hear(id, reply), [Action::Close(expected)]);
    }
    let mut world = World::subscribed();
    for sequence in 1..=u64::from(CREDITS) {
        world.hear(3, Reply::Notify(list((1, sequence), sequence..=sequence)));
    }
    let over = world.hear(3, Reply::Notify(list((1, 9), 5..=5)));
    assert_eq!(over, [Action::Close(Why::Nonsense("a NOTIFY without a credit"))]);
}

#[test]
fn a_silent_printer_is_asked_and_then_given_up_and_a_busy_one_is_asked_again() {
    let mut world = World::subscribed();
    let ping = world.tick();
    let [Action::Send { id, request: Request::Ping }] = ping[..] else { panic!("{ping:?}") };
    assert_eq!(world.hear(id, Reply::Pong), []);
    assert!(matches!(world.tick()[..], [Action::Send { request: Request::Ping, .. }]));
    assert_eq!(world.tick(), [Action::Close(Why::Gone)]);

    for (retry_after_ms, pause) in [(5_000, Duration::from_secs(5)), (0, INTERVAL)] {
        let mut world = World::new(stored("i-1", 7));
        world.greet("i-1");
        let start = world.now;
        assert_eq!(world.hear(3, Reply::Busy { retry_after_ms }), [Action::Waits]);
        let again = world.tick();
        assert!(matches!(
            again[..],
            [Action::Send { request: Request::Subscribe(Subscribe { from: Some(8), .. }), .. }]
        ));
        assert_eq!(world.now - start, pause);
    }
}

#[test]
fn a_printer_that_is_busy_or_cannot_tell_its_alarms_is_believed_its_events() {
    let mut world = World::new(None);
    world.greet("i-1");
    world.hear(3, subscribed(1, 0, 0));
    assert_eq!(world.hear(4, Reply::Busy { retry_after_ms: 1_000 }), []);
    let [Action::Send { id: 5, request: Request::Alarms }] = world.tick()[..] else { panic!() };
    assert_eq!(world.hear(5, Reply::Alarms(ActiveAlarms::default())).len(), 1);
}

#[test]
fn only_who_takes_no_alarms_is_not_asked_for_them_again() {
    let (soon, later) = (Duration::from_secs(7), STANDING_AGAIN);
    for (code, retry_after_ms, again) in [
        (ErrorCode::UNSUPPORTED, None, None),
        (ErrorCode::MALFORMED, Some(7_000), None),
        (ErrorCode::INTERNAL, None, Some(later)),
        (ErrorCode::INTERNAL, Some(7_000), Some(soon)),
        // Nobody is asked in a tight loop.
        (ErrorCode::INTERNAL, Some(0), Some(INTERVAL)),
        (ErrorCode(99), Some(u32::MAX), Some(PAUSE_MAX)),
        (ErrorCode::TOO_LARGE, None, Some(later)),
    ] {
        let mut world = World::new(None);
        world.greet("i-1");
        world.hear(3, subscribed(1, 0, 0));
        let start = world.now;
        let error = ErrorReply { code, retry_after_ms, text: text("") };
        assert!(matches!(world.hear(4, Reply::Error(error))[..], [Action::Refused(_)]), "{code:?}");
        // What happens is told all the same, and a gap asks for nothing before then.
        let told = world.hear(3, Reply::Notify(list((9, 9), 9..=9)));
        assert!(
            matches!(told[..], [Action::Missed(_), Action::Remember(_), Action::Store { .. }]),
            "{told:?}"
        );
        let asked = world.pass(Duration::from_secs(600));
        let at = asked.iter().find(|(_, request)| *request == Request::Alarms).map(|(at, _)| *at - start);
        assert_eq!(at, again, "{code:?}");
    }
    for (code, why) in
        [(ErrorCode::ORDER, Why::Failed), (ErrorCode::REFUSED, Why::Unfit("it does not let the adapter in"))]
    {
        let mut world = World::new(None);
        world.greet("i-1");
        world.hear(3, subscribed(1, 0, 0));
        let error = ErrorReply { code, retry_after_ms: None, text: text("") };
        assert_eq!(world.hear(4, Reply::Error(error)), [Action::Close(why)]);
    }
}

#[test]
fn a_printer_always_hears_something_within_three_heartbeats() {
    let (second, heartbeat) = (Duration::from_secs(1), Duration::from_secs(10));
    // An idle printer that may be silent for longer than its own patience, and one that talks while the platform is away.
    for (silence_ms_max, event_every) in [(16_000, None), (0, Some(9)), (0, None)] {
        let mut world = World::new(None);
        world.handle(Event::Up);
        world.hear(1, Reply::HelloAck(HelloAck { silence_ms_max, heartbeat_ms: 10_000, ..hello_ack("i-1") }));
        world.hear(2, Reply::Described(Description { items: Vec::new() }));
        world.hear(3, subscribed(1, 0, 0));
        world.hear(4, Reply::Alarms(ActiveAlarms::default()));
        let (mut said, mut sequence) = (world.now, 0);
        for _ in 0..4 {
            for (at, _) in world.pass(second * event_every.unwrap_or(60)) {
                assert!(at - said < heartbeat * 3, "{silence_ms_max} {event_every:?}: {:?}", at - said);
                said = at;
            }
            assert!(world.now - said < heartbeat * 3, "{silence_ms_max} {event_every:?}");
            if event_every.is_some() {
                sequence += 1;
                world.hear(3, Reply::Notify(list((1, sequence), sequence..=sequence)));
            }
        }
    }
}

#[test]
fn an_acknowledgement_is_a_word_to_the_printer() {
    let mut world = World::subscribed();
    let heartbeat = Duration::from_secs(5);
    world.now += heartbeat - INTERVAL;
    world.hear(3, Reply::Notify(list((1, 1), 1..=1)));
    world.now += heartbeat - INTERVAL;
    world.accept(0);
    // Due for its silence, and not for ours.
    assert_eq!(world.flow.deadline() - world.now, INTERVAL);
    assert!(world.flow.said == world.now);
}

#[test]
fn a_printer_that_exposes_a_layer_is_not_gone() {
    let mut world = World::new(None);
    world.handle(Event::Up);
    let start = world.now;
    world.hear(1, Reply::HelloAck(HelloAck { silence_ms_max: 60_000, ..hello_ack("i-1") }));
    // Three heartbeats of 5 s for an answer, and one for a sign of life, which is asked for after two.
    assert_eq!(world.flow.deadline() - start, Duration::from_secs(3 * 5 + 60 + 10));
    world.hear(2, Reply::Described(Description { items: Vec::new() }));
    world.hear(3, subscribed(1, 0, 0));
    world.hear(4, Reply::Alarms(ActiveAlarms::default()));
    assert_eq!(world.flow.deadline() - start, Duration::from_secs(2 * 5));
    assert!(matches!(world.tick()[..], [Action::Send { request: Request::Ping, .. }]));
    assert_eq!(world.flow.deadline() - world.now, Duration::from_secs(5 + 60 + 10));
}

#[test]
fn who_stops_waits_for_what_is_on_its_way_and_gives_no_credit() {
    let mut world = World::subscribed();
    world.hear(3, Reply::Notify(list((1, 3), 1..=3)));
    assert_eq!(world.handle(Event::Stop), []);
    let last = world.accept(0);
    assert_eq!(acknowledged(&last), Some((3, 3, 0)));
    assert_eq!(last.last(), Some(&Action::Close(Why::Stopped)));

    let mut world = World::subscribed();
    world.hear(3, Reply::Notify(list((1, 3), 1..=3)));
    world.handle(Event::Stop);
    world.now += STOP_MAX;
    assert_eq!(world.handle(Event::Tick), [Action::Close(Why::Stopped)]);
}
