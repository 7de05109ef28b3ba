//! An agent with a buffer, as a table of what it says, and what must be asked and said of it.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::*;
use crate::limits::MTCONNECT_COUNT_MAX;

/// An agent: observations have numbers only.
#[derive(Clone, Debug)]
struct Agent {
    instance: u64,
    next: u64,
    first: u64,
    size: u64,
    says_size: bool,
}

/// What came of one question.
#[derive(Debug, PartialEq)]
struct Asked {
    ask: String,
    /// The numbers that were taken.
    took: std::ops::Range<u64>,
    happened: Option<Happened>,
    outcome: Outcome,
}

impl Agent {
    fn new(instance: u64) -> Self {
        Self { instance, next: 1, first: 1, size: 100, says_size: true }
    }

    fn observe(&mut self, count: u64) {
        self.next += count;
        self.first = self.first.max(self.next.saturating_sub(self.size));
    }

    fn header(&self, document: Document, next: u64) -> Header {
        let streams = document == Document::Streams;
        Header {
            document,
            instance: Some(self.instance),
            created: None,
            buffer_size: self.says_size.then_some(self.size),
            first_sequence: streams.then_some(self.first),
            last_sequence: streams.then_some(self.next - 1),
            next_sequence: streams.then_some(next),
            model_changed: None,
        }
    }

    /// Answers as a real agent does: out of range before its buffer and behind its end, and of more than it has room for.
    fn answer(&self, follow: &mut Follow) -> Asked {
        let ask = follow.ask();
        let (header, took) = match ask {
            Ask::Probe => (self.header(Document::Devices, 0), 0..0),
            Ask::Current => (self.header(Document::Streams, self.next), 0..0),
            Ask::Sample { from, count } if (self.first..=self.next).contains(&from) && count <= self.size => {
                let next = self.next.min(from + count);
                (self.header(Document::Streams, next), from..next)
            }
            Ask::Sample { .. } => {
                let verdict = follow.header(&self.header(Document::Error, 0)).unwrap();
                let outcome = if verdict.take { refuse(follow, "OUT_OF_RANGE") } else { follow.complete() };
                return Asked { ask: ask.to_string(), took: 0..0, happened: verdict.happened, outcome };
            }
        };
        let verdict = follow.header(&header).unwrap();
        let took = if verdict.take { took } else { 0..0 };
        Asked { ask: ask.to_string(), took, happened: verdict.happened, outcome: follow.complete() }
    }

    /// Asks until there is nothing more.
    fn poll(&self, follow: &mut Follow) -> Vec<Asked> {
        let mut asked = Vec::new();
        loop {
            asked.push(self.answer(follow));
            assert!(asked.len() < 1_000, "{asked:?}");
            if asked.last().is_some_and(|asked| asked.outcome != Outcome::More) {
                return asked;
            }
        }
    }
}

fn refuse(follow: &mut Follow, code: &str) -> Outcome {
    follow.refused(&AgentError { code: Text::content(code) })
}

fn followed() -> (Agent, Follow) {
    following(Agent::new(7))
}

fn following(mut agent: Agent) -> (Agent, Follow) {
    let mut follow = Follow::new();
    agent.observe(50);
    let asked = agent.poll(&mut follow);
    assert_eq!(asked.iter().map(|asked| asked.ask.as_str()).collect::<Vec<_>>(), ["probe", "current"]);
    let count = if agent.says_size { agent.size.min(MTCONNECT_COUNT_MAX) } else { MTCONNECT_COUNT_MAX };
    assert_eq!(follow.ask(), Ask::Sample { from: 51, count });
    (agent, follow)
}

/// Ask, took, happened.
fn short(asked: &[Asked]) -> Vec<(&str, u64, Option<Happened>)> {
    let question = |asked: &Asked| asked.ask.split('&').next().map_or(0, str::len);
    asked
        .iter()
        .map(|asked| (&asked.ask[..question(asked)], asked.took.end - asked.took.start, asked.happened))
        .collect()
}

#[test]
fn what_is_new_is_read_once_and_in_order() {
    let (mut agent, mut follow) = followed();
    assert_eq!(short(&agent.poll(&mut follow)), [("sample?from=51", 0, None)]);
    agent.observe(3);
    assert_eq!(short(&agent.poll(&mut follow)), [("sample?from=51", 3, None)]);
    assert_eq!(short(&agent.poll(&mut follow)), [("sample?from=54", 0, None)]);
}

#[test]
fn a_backlog_is_read_without_waiting() {
    let (mut agent, mut follow) = following(Agent { size: 10 * MTCONNECT_COUNT_MAX, ..Agent::new(7) });
    agent.observe(2 * MTCONNECT_COUNT_MAX + 1);
    let asked = agent.poll(&mut follow);
    let took: Vec<u64> = asked.iter().map(|asked| asked.took.end - asked.took.start).collect();
    assert_eq!(took, [MTCONNECT_COUNT_MAX, MTCONNECT_COUNT_MAX, 1]);
}

#[test]
fn a_wrapped_buffer_is_a_gap_of_exactly_what_was_lost() {
    let (mut agent, mut follow) = followed();
    agent.observe(100 + 23);
    let lost = Some(Happened::Gap { first: 51, lost: 23 });
    assert_eq!(
        short(&agent.poll(&mut follow)),
        [("sample?from=51", 0, None), ("current", 0, lost), ("sample?from=74", 100, None)]
    );
}

#[test]
fn an_agent_that_begins_later_than_asked_without_a_word_is_a_gap_as_well() {
    let (mut agent, mut follow) = followed();
    agent.observe(100 + 23);
    let verdict = follow.header(&agent.header(Document::Streams, agent.next));
    assert_eq!(verdict, Ok(Verdict { take: true, happened: Some(Happened::Gap { first: 51, lost: 23 }) }));
    // Cut short: it is asked for again, and the gap is not said twice.
    follow.ask_for_less();
    assert_eq!(follow.ask(), Ask::Sample { from: 74, count: agent.size / 2 });
    assert_eq!(agent.poll(&mut follow)[0].happened, None);
}

#[test]
fn a_buffer_that_wraps_again_while_it_is_asked_for_adds_up() {
    let (mut agent, mut follow) = followed();
    agent.observe(110);
    assert_eq!(short(&[agent.answer(&mut follow)]), [("sample?from=51", 0, None)]);
    let first = Some(Happened::Gap { first: 51, lost: 10 });
    assert_eq!(short(&[agent.answer(&mut follow)]), [("current", 0, first)]);
    agent.observe(7);
    let second = Some(Happened::Gap { first: 61, lost: 7 });
    assert_eq!(
        short(&agent.poll(&mut follow)),
        [("sample?from=61", 0, None), ("current", 0, second), ("sample?from=68", 100, None)]
    );
}

#[test]
fn a_new_instance_is_a_restart_and_all_that_it_has_is_read() {
    let (_, mut follow) = followed();
    let mut agent = Agent::new(8);
    agent.observe(80);
    let asked = agent.poll(&mut follow);
    assert_eq!(short(&asked), [("sample?from=51", 0, Some(Happened::Restarted))]);
    assert_eq!(
        short(&agent.poll(&mut follow)),
        [("probe", 0, None), ("current", 0, None), ("sample?from=1", 80, None)]
    );
}

#[test]
fn a_new_instance_that_has_fewer_observations_is_seen_by_its_error() {
    let (_, mut follow) = followed();
    let mut agent = Agent::new(8);
    agent.observe(2);
    assert_eq!(short(&agent.poll(&mut follow)), [("sample?from=51", 0, Some(Happened::Restarted))]);
    assert_eq!(follow.ask(), Ask::Probe);
}

#[test]
fn a_new_instance_whose_buffer_has_wrapped_has_lost_what_is_before_it() {
    let (_, mut follow) = followed();
    let mut agent = Agent::new(8);
    agent.observe(130);
    agent.poll(&mut follow);
    let lost = Some(Happened::Gap { first: 1, lost: 30 });
    assert_eq!(
        short(&agent.poll(&mut follow)),
        [("probe", 0, None), ("current", 0, lost), ("sample?from=31", 100, None)]
    );
}

#[test]
fn a_first_number_over_one_is_no_gap_where_the_buffer_is_not_full() {
    let (_, mut follow) = followed();
    let agent = Agent { next: 1_010, first: 1_000, ..Agent::new(8) };
    agent.poll(&mut follow);
    assert_eq!(
        short(&agent.poll(&mut follow)),
        [("probe", 0, None), ("current", 0, None), ("sample?from=1000", 10, None)]
    );
}

#[test]
fn an_agent_that_goes_backwards_is_begun_anew() {
    let (mut agent, mut follow) = followed();
    (agent.first, agent.next) = (1, 20);
    let asked = agent.poll(&mut follow);
    assert_eq!(short(&asked), [("sample?from=51", 0, None), ("current", 0, Some(Happened::Backwards))]);
    assert_eq!(
        short(&agent.poll(&mut follow)),
        [("probe", 0, None), ("current", 0, None), ("sample?from=1", 19, None)]
    );
}

/// As cppagent does: a `count` over its `bufferSize` is `OUT_OF_RANGE`, as is a number that its buffer has not.
#[test]
fn an_agent_is_asked_for_no_more_than_it_has_room_for() {
    let (mut agent, mut follow) = following(Agent { size: 8, ..Agent::new(7) });
    for from in [51, 54, 57] {
        agent.observe(3);
        assert_eq!(short(&agent.poll(&mut follow)), [(format!("sample?from={from}").as_str(), 3, None)]);
    }
    // It starts anew with another configuration.
    agent = Agent { size: 1_000, ..Agent::new(8) };
    agent.poll(&mut follow);
    agent.poll(&mut follow);
    agent.observe(900);
    let took: Vec<u64> =
        agent.poll(&mut follow).iter().map(|asked| asked.took.end - asked.took.start).collect();
    assert_eq!(took, [8, 16, 32, 64, 128, 256, 396]);
}

#[test]
fn an_agent_that_does_not_say_how_much_it_has_room_for_is_asked_for_less_until_it_answers() {
    let (mut agent, mut follow) = following(Agent { says_size: false, ..Agent::new(7) });
    agent.observe(3);
    let refused = [("sample?from=51", 0, None), ("current", 0, None)];
    let asked = agent.poll(&mut follow);
    assert_eq!(short(&asked), [&refused[..], &refused, &refused, &[("sample?from=51", 3, None)]].concat());
    assert_eq!(asked.last().unwrap().ask, "sample?from=51&count=62");
}

#[test]
fn an_agent_that_refuses_whatever_it_is_asked_for_is_asked_in_no_loop() {
    let (mut agent, mut follow) = following(Agent { size: 0, says_size: false, ..Agent::new(7) });
    agent.first = 1;
    agent.observe(3);
    agent.first = 1;
    let asked = agent.poll(&mut follow);
    assert_eq!((asked.len(), asked.last().unwrap().ask.as_str()), (18, "current"));
    assert_eq!(agent.poll(&mut follow).len(), 2);
}

/// Agents differ in whether they take a question about what is still to come.
#[test]
fn an_agent_that_refuses_to_speak_of_what_is_to_come_is_not_asked_in_a_loop() {
    let (agent, mut follow) = followed();
    for _ in 0..3 {
        follow.header(&agent.header(Document::Error, 0)).unwrap();
        assert_eq!(refuse(&mut follow, "OUT_OF_RANGE"), Outcome::More);
        let asked = agent.answer(&mut follow);
        assert_eq!((asked.ask.as_str(), asked.happened, asked.outcome), ("current", None, Outcome::Idle));
        assert_eq!(follow.ask(), Ask::Sample { from: 51, count: agent.size });
    }
}

#[test]
fn a_changed_model_is_read_anew_and_nothing_is_missed() {
    let (mut agent, mut follow) = followed();
    agent.observe(3);
    let changed = |agent: &Agent, document| Header {
        model_changed: Some(Text::content("2026-11-22T10:00:00Z")),
        ..agent.header(document, agent.next)
    };
    follow.header(&changed(&agent, Document::Streams)).unwrap();
    assert_eq!((follow.complete(), follow.ask()), (Outcome::Idle, Ask::Probe));
    follow.header(&changed(&agent, Document::Devices)).unwrap();
    assert_eq!((follow.complete(), follow.ask()), (Outcome::More, Ask::Current));
    agent.observe(2);
    follow.header(&changed(&agent, Document::Streams)).unwrap();
    follow.complete();
    assert_eq!(follow.ask(), Ask::Sample { from: 54, count: agent.size });
}

#[test]
fn answers_that_are_too_large_make_smaller_questions_and_good_ones_larger_again() {
    let (mut agent, mut follow) = followed();
    for _ in 0..20 {
        follow.ask_for_less();
    }
    assert_eq!(follow.ask(), Ask::Sample { from: 51, count: 1 });
    assert_eq!(refuse(&mut follow, "TOO_MANY"), Outcome::Refused);
    agent.observe(40);
    let took: Vec<u64> =
        agent.poll(&mut follow).iter().map(|asked| asked.took.end - asked.took.start).collect();
    assert_eq!(took, [1, 2, 4, 8, 16, 9]);
}

#[test]
fn another_document_than_asked_for_and_a_header_without_numbers_are_told() {
    let (agent, mut follow) = followed();
    assert_eq!(follow.header(&agent.header(Document::Devices, 0)), Err(Confused::Document));
    let bare = Header { next_sequence: None, ..agent.header(Document::Streams, 51) };
    assert_eq!(follow.header(&bare), Err(Confused::Missing { attribute: "nextSequence" }));
    let bare = Header { instance: None, ..agent.header(Document::Streams, 51) };
    assert_eq!(follow.header(&bare), Err(Confused::Missing { attribute: "instanceId" }));
    for code in ["UNAUTHORIZED", "NO_DEVICE", "INTERNAL_ERROR", ""] {
        assert_eq!(refuse(&mut follow, code), Outcome::Refused, "{code}");
    }
    assert_eq!(follow.ask(), Ask::Sample { from: 51, count: agent.size });
}

#[test]
fn nothing_but_the_three_questions_can_be_asked() {
    for (ask, path) in [
        (Ask::Probe, "probe"),
        (Ask::Current, "current"),
        (Ask::Sample { from: u64::MAX, count: 1 }, "sample?from=18446744073709551615&count=1"),
    ] {
        assert_eq!(ask.to_string(), path);
    }
}

proptest! {
    /// Whatever an agent does, what was taken and what was said to be lost are all numbers from where following began,
    /// each once.
    #[test]
    fn what_is_taken_and_what_is_lost_is_all_there_is(steps in vec((0..260_u64, 0..4_u8), 1..30)) {
        let (mut agent, mut follow) = followed();
        let mut reached = agent.next;
        for (count, kind) in steps {
            if kind == 0 {
                follow.ask_for_less();
            }
            agent.observe(count);
            for asked in agent.poll(&mut follow) {
                if let Some(happened) = asked.happened {
                    let Happened::Gap { first, lost } = happened else { panic!("{happened:?}") };
                    prop_assert_eq!(first, reached);
                    reached += lost;
                }
                if !asked.took.is_empty() {
                    prop_assert_eq!(asked.took.start, reached);
                    reached = asked.took.end;
                }
            }
            prop_assert_eq!(reached, agent.next);
        }
    }
}
