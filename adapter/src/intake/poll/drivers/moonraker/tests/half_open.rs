//! A WebSocket whose other end is gone without a word, in virtual time.

use std::time::Duration;

use super::super::limits::HEARTBEAT;
use super::*;
use crate::intake::limits::ANSWER;
use crate::intake::poll::Now;
use crate::intake::poll::backoff::Dice;
use crate::intake::poll::machine::{Action, Event, Machine};
use crate::intake::poll::tests::later;

const SECOND: Duration = Duration::from_secs(1);

/// What a Moonraker that is well answers.
fn well(query: &Query) -> Answer {
    let result = |name: &str| match name.trim_start_matches('/').replace('/', ".").as_str() {
        "printer.info" => r#"{"state":"ready"}"#,
        "printer.objects.list" => r#"{"objects":["extruder"]}"#,
        "printer.objects.subscribe" => r#"{"status":{"extruder":{"temperature":20}}}"#,
        _ => r#"{"components":[]}"#,
    };
    match query {
        Query::Get(get) => {
            let body = format!(r#"{{"result":{}}}"#, result(get.path().as_str()));
            Answer::Got(Got {
                path: get.path(),
                status: 200,
                retry_after: None,
                date: None,
                body: body.into(),
            })
        }
        Query::Call(call) => {
            let id: serde_json::Value = serde_json::from_str(&call.json()).unwrap();
            let body = format!(r#"{{"id":{},"result":{}}}"#, id["id"], result(call.method().as_str()));
            Answer::Said(body.into())
        }
    }
}

/// How long it takes until a Moonraker that is asked so often is given up, once it says nothing any more.
fn given_up_after(interval: Duration) -> Duration {
    let began = beginning();
    let mut machine = Machine::new(Moonraker::default(), memory(interval), Dice::new(7), began);
    let (mut now, mut lost): (Now, Option<Now>) = (began, None);
    let mut events = vec![Event::Started];
    let mut asked = 0;
    for _ in 0..1_000 {
        let event = events.pop().unwrap_or_else(|| {
            now = later(began, machine.deadline().unwrap().max(now.mono) - began.mono);
            Event::Tick
        });
        for action in machine.handle(event, now) {
            match action {
                Action::Connect => events.push(Event::Connected),
                Action::Ask(query) => {
                    asked += 1;
                    // By then it has subscribed, and all that is asked goes over the socket.
                    if asked > 6 {
                        lost.get_or_insert(now);
                        assert!(matches!(query, Query::Call(_)));
                    } else {
                        events.push(Event::Heard(well(&query)));
                    }
                }
                Action::Close => return now.mono - lost.unwrap().mono,
                Action::Say(_) | Action::Turned { .. } => {}
            }
        }
    }
    panic!("it was never given up");
}

#[test]
fn a_socket_that_is_half_open_is_noticed_within_two_heartbeats_however_seldom_it_is_asked() {
    for interval in [SECOND, SECOND * 5, SECOND * 3_600] {
        let after = given_up_after(interval);
        assert!(after <= ANSWER.0.max(HEARTBEAT), "{interval:?}: {after:?}");
    }
}

#[test]
fn it_is_asked_for_a_sign_of_life_over_the_socket_alone() {
    let mut driver = Moonraker::default();
    driver.begin(beginning());
    assert_eq!((driver.pace().heartbeat, driver.sign_of_life(false).is_none()), (None, true));
}
