use bytes::Bytes;
use proptest::prelude::*;
use tokio::time::Duration;

use super::{Duet, PATHS};
use crate::intake::poll::backoff::Dice;
use crate::intake::poll::driver::{Driver as _, Next, Verdict};
use crate::intake::poll::found::{Found, Words};
use crate::intake::poll::machine::{Action, Event, Machine};
use crate::intake::poll::tests::{beginning, conversation, later, memory};
use crate::intake::poll::transport::http::Got;

#[test]
fn each_conversation_comes_to_what_it_says() {
    conversation::each_case("duet-api", Duet::default);
}

fn got(path: usize, status: u16, body: impl Into<Vec<u8>>) -> Got {
    Got { path: &PATHS[path], status, retry_after: None, date: None, body: Bytes::from(body.into()) }
}

/// What is asked next, as it stands in a request.
fn asked(driver: &mut Duet) -> Option<String> {
    match driver.next(beginning()) {
        Next::Ask(get) => Some(get.target("", None)),
        Next::Tell(_) => panic!("HTTP has no acknowledgements"),
        Next::Rest => None,
    }
}

#[test]
fn one_session_is_kept_by_a_small_question_and_given_back_at_the_end() {
    let (mut driver, mut memory, now) = (Duet::default(), memory(Duration::from_secs(5)), beginning());
    let mut words = Words::default();
    let mut found = Found::new(&mut memory, now, &mut words);
    driver.begin(now);
    assert_eq!((driver.pace().heartbeat, driver.farewell()), (None, None));
    assert_eq!(asked(&mut driver).as_deref(), Some("/rr_connect?password=&sessionKey=yes"));
    let login =
        r#"{"err":0,"sessionTimeout":8000,"boardType":"duetwifi102","apiLevel":1,"sessionKey":4294967295}"#;
    assert_eq!(driver.answer(got(0, 200, login), now, &mut found), Verdict::Alive);
    assert_eq!(asked(&mut driver), None);
    assert_eq!(driver.pace().heartbeat, Some(Duration::from_secs(6)));
    let pulse = driver.sign_of_life(false).map(|get| get.target("", None));
    assert_eq!(pulse.as_deref(), Some("/rr_model?key=state.upTime&flags=f"));
    assert_eq!(
        driver.answer(got(1, 200, r#"{"key":"state.upTime","flags":"f","result":7}"#), now, &mut found),
        Verdict::Alive
    );
    // A connection that is lost is no session that is lost.
    driver.begin(later(now, Duration::from_secs(1)));
    assert_eq!(asked(&mut driver), None);
    assert_eq!(driver.farewell().map(|get| get.target("", None)).as_deref(), Some("/rr_disconnect"));
    // One that is gone is not given back.
    driver.sign_of_life(false);
    assert_eq!(driver.answer(got(1, 401, ""), now, &mut found), Verdict::Alive);
    assert_eq!((driver.farewell(), driver.sign_of_life(false)), (None, None));
}

#[test]
fn a_pause_of_no_length_is_no_leave_to_log_in_again_and_again() {
    let (second, now) = (Duration::from_secs(1), beginning());
    let asks = |actions: &[Action<_>]| actions.iter().filter(|one| matches!(one, Action::Ask(_))).count();
    for status in [429, 503] {
        let mut machine = Machine::new(Duet::default(), memory(second * 5), Dice::new(7), now);
        let now = later(now, second * 5);
        machine.handle(Event::Tick, now);
        assert_eq!(asks(&machine.handle(Event::Connected, now)), 1);
        let at_once = Got { retry_after: Some(Duration::ZERO), ..got(0, status, "") };
        assert_eq!(asks(&machine.handle(Event::Heard(at_once), now)), 0, "{status}");
        assert!(machine.deadline().is_some_and(|at| at > now.mono), "{status}");
        assert_eq!(asks(&machine.handle(Event::Tick, later(now, second))), 1, "{status}");
    }
}

/// Bytes, and JSON that begins as a Duet's does and goes on as it likes.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let value = r#"(null|true|-?[0-9]{1,9}(\.[0-9])?|"[^"\\]{0,12}"|\[\]|\{\}|\[null,[0-9]{1,3}\])"#;
    let heaters = format!(
        r#"\[(null|\{{"current":{value},"state":("(active|fault|offline)"|{value}),"active":{value}\}})\]"#
    );
    let live = format!(
        r#"\{{"result":\{{"state":\{{"status":("(idle|halted|processing|[a-z]{{1,9}})"|{value}),"upTime":{value}\}},"heat":(\{{"heaters":{heaters}\}}|{value}),"seqs":\{{"(heat|job|boards|tools)":{value}\}},"fans":{value},"sensors":\{{"filamentMonitors":{value}\}}\}}\}}"#
    );
    let key = format!(
        r#"\{{"result":(\{{"file":\{{"fileName":{value},"size":{value}\}},"bedHeaters":{value}\}}|\[\{{"number":{value},"heaters":{value}\}}\]|{value})\}}"#
    );
    let login = format!(r#"\{{"err":[0-3],"sessionKey":{value},"sessionTimeout":{value}\}}"#);
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..64),
        proptest::string::string_regex(&live).unwrap().prop_map(String::into_bytes),
        proptest::string::string_regex(&key).unwrap().prop_map(String::into_bytes),
        proptest::string::string_regex(&login).unwrap().prop_map(String::into_bytes),
    ]
}

proptest! {
    /// Whatever is answered, it asks on, and what it found is of the catalogue.
    #[test]
    fn no_answer_stops_it(answers in proptest::collection::vec((0..PATHS.len(), 0u16..600, body()), 1..30)) {
        conversation::takes_any(Duet::default(), PATHS, answers);
    }
}
