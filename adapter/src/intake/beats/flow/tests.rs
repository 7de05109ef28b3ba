use super::*;

const ACCEPTED: Outcome = Outcome::Accepted;

fn ack(sequence: u32) -> Action {
    Action::Write(lumberjack::ack(sequence))
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// A flow in which windows that end with these sequences were read.
fn flow_with(sequences: &[u32]) -> (Flow, Instant) {
    let now = Instant::now();
    let mut flow = Flow::new(now);
    for last_sequence in sequences {
        assert!(flow.takes_more());
        assert_eq!(flow.handle(Event::Window { last_sequence: *last_sequence, partial: false }, now), []);
    }
    (flow, now)
}

#[test]
fn the_acknowledgement_is_the_last_frames_sequence() {
    let (mut flow, now) = flow_with(&[4711]);
    assert_eq!(flow.handle(Event::Resolved { ticket: 0, outcome: ACCEPTED }, now), [ack(4711)]);
}

#[test]
fn windows_are_acknowledged_in_the_order_in_which_they_came() {
    let (mut flow, now) = flow_with(&[10, 20, 30]);
    assert_eq!(flow.handle(Event::Resolved { ticket: 2, outcome: ACCEPTED }, now), []);
    assert_eq!(flow.handle(Event::Resolved { ticket: 0, outcome: ACCEPTED }, now), [ack(10)]);
    assert_eq!(flow.handle(Event::Resolved { ticket: 1, outcome: ACCEPTED }, now), [ack(20), ack(30)]);
    assert_eq!(flow.next_ticket(), 3);
}

#[test]
fn a_nack_closes_without_a_word() {
    let (mut flow, now) = flow_with(&[10, 20]);
    let actions = flow.handle(Event::Resolved { ticket: 1, outcome: Outcome::Nacked }, now);
    assert_eq!(actions, [Action::Close(Why::Nacked)]);
}

#[test]
fn while_a_window_waits_the_peer_is_told_every_three_seconds() {
    let (mut flow, start) = flow_with(&[10]);
    for n in 1..1000 {
        assert_eq!(flow.deadline(), start + KEEP_ALIVE * n);
        assert_eq!(flow.handle(Event::Tick, start + KEEP_ALIVE * n - Duration::from_millis(1)), []);
        assert_eq!(flow.handle(Event::Tick, start + KEEP_ALIVE * n), [ack(0)]);
    }
}

#[test]
fn back_pressure_begins_at_the_limit_and_ends_with_an_acknowledgement() {
    let (mut flow, now) = flow_with(&[1; WINDOWS_IN_FLIGHT_MAX]);
    assert!(!flow.takes_more());
    flow.handle(Event::Resolved { ticket: 0, outcome: ACCEPTED }, now);
    assert!(flow.takes_more());
}

#[test]
fn an_idle_peer_is_given_up_and_a_waiting_one_is_not() {
    let (mut flow, start) = flow_with(&[]);
    assert_eq!(flow.deadline(), start + IDLE_MAX);
    flow.handle(Event::Heard { partial: false }, start + seconds(60));
    assert_eq!(flow.handle(Event::Tick, start + IDLE_MAX), []);
    assert_eq!(flow.handle(Event::Tick, start + seconds(60) + IDLE_MAX), [Action::Close(Why::Idle)]);
    let (mut flow, start) = flow_with(&[1]);
    assert_eq!(flow.handle(Event::Tick, start + IDLE_MAX * 2), [ack(0)]);
}

#[test]
fn a_window_that_drips_is_given_up_though_bytes_come() {
    let (mut flow, start) = flow_with(&[]);
    for n in 0..60 {
        flow.handle(Event::Heard { partial: true }, start + seconds(n));
    }
    assert_eq!(flow.handle(Event::Tick, start + STALL_MAX), [Action::Close(Why::Stalled)]);
}

#[test]
fn who_is_held_up_is_told_to_wait_and_is_neither_idle_nor_stalled() {
    let (mut flow, start) = flow_with(&[]);
    flow.handle(Event::Heard { partial: true }, start);
    flow.handle(Event::HeldUp(true), start + seconds(1));
    for n in 1..600 {
        let now = start + seconds(1) + KEEP_ALIVE * n;
        assert_eq!(flow.deadline(), now);
        assert_eq!(flow.handle(Event::Tick, now), [ack(0)]);
        flow.handle(Event::HeldUp(true), now);
        assert_eq!(flow.quiet_since(), None);
    }
    // Now it is its turn to go on.
    let now = start + KEEP_ALIVE * 600;
    flow.handle(Event::HeldUp(false), now);
    assert_eq!(flow.deadline(), now + STALL_MAX);
    assert_eq!(flow.handle(Event::Tick, now + STALL_MAX), [Action::Close(Why::Stalled)]);
}

#[test]
fn what_has_begun_behind_a_whole_window_must_go_on_as_well() {
    let (mut flow, start) = flow_with(&[]);
    flow.handle(Event::Window { last_sequence: 7, partial: true }, start);
    assert_eq!(flow.handle(Event::Resolved { ticket: 0, outcome: ACCEPTED }, start), [ack(7)]);
    assert_eq!(flow.handle(Event::Tick, start + STALL_MAX), [Action::Close(Why::Stalled)]);
}

#[test]
fn what_came_before_a_bad_frame_is_acknowledged_before_the_end() {
    let error = lumberjack::Error::UnknownFrame(7);
    let (mut flow, now) = flow_with(&[10, 20]);
    assert_eq!(flow.handle(Event::Refused(error), now), []);
    assert!(!flow.takes_more());
    assert_eq!(flow.handle(Event::Resolved { ticket: 1, outcome: ACCEPTED }, now), []);
    let actions = flow.handle(Event::Resolved { ticket: 0, outcome: ACCEPTED }, now);
    assert_eq!(actions, [ack(10), ack(20), Action::Close(Why::Refused(error))]);
    let (mut flow, now) = flow_with(&[]);
    assert_eq!(flow.handle(Event::Refused(error), now), [Action::Close(Why::Refused(error))]);
}

#[test]
fn a_stop_waits_for_what_is_in_flight_but_not_for_ever() {
    let (mut flow, start) = flow_with(&[5]);
    assert_eq!(flow.handle(Event::Stop, start), []);
    assert!(!flow.takes_more());
    let actions = flow.handle(Event::Resolved { ticket: 0, outcome: ACCEPTED }, start);
    assert_eq!(actions, [ack(5), Action::Close(Why::Stopped)]);
    let (mut flow, start) = flow_with(&[5]);
    flow.handle(Event::Stop, start);
    assert_eq!(flow.handle(Event::Tick, start + STOP_MAX), [Action::Close(Why::Stopped)]);
    let (mut flow, start) = flow_with(&[]);
    assert_eq!(flow.handle(Event::Stop, start), [Action::Close(Why::Stopped)]);
}
