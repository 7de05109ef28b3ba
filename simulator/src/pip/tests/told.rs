//! The log of events: asked for, and told as it grows.

use protocol::pip::{Cursor, ErrorCode, EventsFrom, Gap};

use super::*;

async fn events(reader: &mut Reader<DuplexStream>, from: Option<u64>, events_max: Option<u16>) -> EventList {
    match reader.ask(Request::Events(EventsFrom { from, events_max })).await {
        Reply::HeldEvents(list) => list,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn the_log_is_given_from_any_sequence_without_a_hole() {
    let unit = unit();
    work(&unit, 1);
    happen(&unit, true);
    let last = unit.controller().log.last();
    let mut reader = converse(&unit);
    reader.hello().await;
    let all = events(&mut reader, None, None).await;
    assert_eq!(sequences(all.events()), (1..=last).collect::<Vec<_>>());
    assert_eq!((all.held().first(), all.held().last()), (1, last));
    assert_eq!(raised(all.events()), ["4012"]);
    for (from, events_max, expected) in [
        (last, None, vec![last]),
        (last + 1, None, vec![]),
        (2, Some(2), vec![2, 3]),
        (0, Some(1), vec![1]),
        (1, Some(0), vec![]),
    ] {
        let list = events(&mut reader, Some(from), events_max).await;
        assert_eq!(sequences(list.events()), expected, "from {from}, at most {events_max:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_log_had_no_room_for_is_a_gap_that_its_answer_proves() {
    let unit = unit();
    happen(&unit, true);
    let mut reader = converse(&unit);
    reader.hello().await;
    let mut cursor = Cursor::after(0);
    let before = cursor.take(events(&mut reader, cursor.next(), None).await);
    assert_eq!(before.gap, None);
    let had = before.events.last().unwrap().sequence;

    unit.set_fault(Some(FaultKind::EventsLost), Timestamp(0));
    happen(&unit, false);
    let after = cursor.take(events(&mut reader, cursor.next(), None).await);
    let first = after.events.first().unwrap().sequence;
    assert_eq!(after.gap, Some(Gap::Lost { first: had + 1, last: first - 1 }));
    assert!(first > had + 1_000);
}

#[tokio::test(start_paused = true)]
async fn an_answer_has_only_as_many_events_as_were_agreed_on() {
    let unit = unit();
    work(&unit, 1);
    for round in 0..200 {
        happen(&unit, round % 2 == 0);
    }
    let last = unit.controller().log.last();
    let mut reader = converse(&unit);
    reader.payload_bytes_max = 8_192;
    reader.hello().await;
    let (mut cursor, mut answers) = (Cursor::after(0), 0);
    while cursor.next() <= Some(last) {
        // The reader's end checks the length of each.
        let taken = cursor.take(events(&mut reader, cursor.next(), None).await);
        assert_eq!((taken.gap, taken.events.is_empty()), (None, false));
        answers += 1;
    }
    assert!(answers > 5, "{answers}");
}

#[tokio::test(start_paused = true)]
async fn no_more_comes_than_there_are_credits_and_what_waits_goes_together() {
    let unit = unit();
    let mut reader = converse(&unit);
    reader.hello().await;
    let subscribed = reader.subscribe(None, 2, 0).await;
    assert_eq!((subscribed.held().first(), subscribed.held().last(), subscribed.acknowledged()), (1, 0, 0));
    happen(&unit, true);
    let first = reader.notify().await;
    happen(&unit, false);
    let second = reader.notify().await;
    // Two credits are spent: nothing comes, however much happens, but answers do.
    happen(&unit, true);
    happen(&unit, false);
    assert_eq!(reader.ask_beside(Request::Ping).await, Reply::Pong);
    assert_eq!(unit.counts.pip_notifies_sent.value(), 2);
    let (stored, seen) = (last(&first), last(&second));
    reader.acknowledge(stored, 1).await;
    let third = reader.notify().await;
    assert_eq!(sequences(third.events())[0], seen + 1);
    assert_eq!(last(&third), unit.controller().log.last());
    assert_eq!(unit.controller().log.acknowledged(), stored);
}

fn last(list: &EventList) -> u64 {
    list.events().last().unwrap().sequence
}

impl Reader<DuplexStream> {
    /// Asks with an id of its own, so that the subscription's stays.
    async fn ask_beside(&mut self, request: Request) -> Reply {
        self.send(&request.encode(1_000)).await;
        let (id, reply) = self.heard().await.unwrap();
        assert_eq!(id, 1_000);
        reply
    }
}

#[tokio::test(start_paused = true)]
async fn what_happens_within_the_interval_is_told_together() {
    let unit = unit();
    let mut reader = converse(&unit);
    reader.hello().await;
    reader.subscribe(None, 8, 1_000).await;
    happen(&unit, true);
    let start = tokio::time::Instant::now();
    let first = reader.notify().await;
    assert_eq!(start.elapsed(), Duration::ZERO);
    happen(&unit, false);
    let between = unit.controller().log.last();
    happen(&unit, true);
    let second = reader.notify().await;
    assert_eq!(start.elapsed(), Duration::from_secs(1));
    assert!(last(&first) < between && between < last(&second));
    assert_eq!(sequences(second.events())[0], last(&first) + 1);
}

#[tokio::test(start_paused = true)]
async fn after_a_lost_connection_it_goes_on_behind_what_was_stored() {
    let unit = unit();
    let mut reader = converse(&unit);
    let instance = reader.hello().await.instance;
    reader.subscribe(None, 8, 0).await;
    happen(&unit, true);
    let stored = last(&reader.notify().await);
    reader.acknowledge(stored, 1).await;
    happen(&unit, false);
    let lost = reader.notify().await;
    drop(reader);

    let mut reader = converse(&unit);
    assert_eq!(reader.hello().await.instance, instance);
    let subscribed = loop {
        // The printer may not have seen yet that the old connection is gone.
        let credits = Credits::new(8).unwrap();
        match reader.ask(Request::Subscribe(Subscribe { from: None, credits, interval_ms: 0 })).await {
            Reply::Subscribed(subscribed) => break subscribed,
            Reply::Busy { .. } => tokio::task::yield_now().await,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(subscribed.acknowledged(), stored);
    assert_eq!(sequences(reader.notify().await.events()), sequences(lost.events()));
}

#[tokio::test(start_paused = true)]
async fn one_subscription_stands_at_a_time_and_on_one_connection_the_newer() {
    let unit = unit();
    let (mut one, mut two) = (converse(&unit), converse(&unit));
    one.hello().await;
    two.hello().await;
    one.subscribe(None, 8, 0).await;
    let subscribe = || Request::Subscribe(Subscribe { from: None, credits: Credits::MAX, interval_ms: 0 });
    assert!(matches!(two.ask(subscribe()).await, Reply::Busy { .. }));
    let older = one.id;
    one.subscribe(None, 8, 0).await;
    happen(&unit, true);
    assert!(one.id > older && !one.notify().await.events().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_acknowledgement_that_is_wrong_ends_the_subscription() {
    for (sequence, id, code) in [(99_999, 0, ErrorCode::MALFORMED), (0, 1, ErrorCode::ORDER)] {
        let unit = unit();
        let mut reader = converse(&unit);
        reader.hello().await;
        reader.subscribe(None, 1, 0).await;
        let ack = NotifyAck { sequence, credits: Credits::MAX };
        reader.send(&Request::NotifyAck(ack).encode(reader.id + id)).await;
        let Some(Reply::Error(error)) = reader.answer().await else { panic!() };
        assert_eq!(error.code, code);
        happen(&unit, true);
        assert_eq!(reader.ask(Request::Ping).await, Reply::Pong, "and no NOTIFY before it");
        assert_eq!(unit.counts.pip_notifies_sent.value(), 0);
    }
}
