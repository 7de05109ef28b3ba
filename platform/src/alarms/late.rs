//! Late readings: a backlog after an outage, or a log line that came after a newer polled value. They are
//! judged in their place in time. The span that they can have changed is judged again from what is stored, and
//! the alarms in it are made to agree. So an excursion that the same backlog ended is history, not news.
//!
//! An alarm that people have seen is never deleted: at most its span changes.

use std::ops::ControlFlow;

use catalog::Timestamp;

use super::machine::{Change, Sample, State};
use super::series::{Alarm, Series, Span};
use crate::store::StoreError;

/// Readings judged again at once: bounds the work of one post. What lies beyond keeps its alarms.
const SAMPLES_MAX: usize = 20_000;

/// What the stored readings of a span come to.
struct Replay {
    spans: Vec<Span>,
    state: State,
    end: Timestamp,
    /// Whether nothing newer is stored: then the end is the present.
    is_present: bool,
}

/// Judges the span of late readings from `first` to `last` again.
pub(super) fn judge(series: Series<'_>, first: Timestamp, last: Timestamp) -> Result<(), StoreError> {
    let memory = i64::try_from(series.rule.bounds.memory().as_millis()).unwrap_or(0);
    let from = Timestamp(first.0.saturating_sub(memory));
    let mut alarms = series.alarms_since(from)?;
    let mut replay = replay(series, &alarms, from, last)?;
    let (end, is_present) = (replay.end, replay.is_present);
    alarms.retain(|alarm| alarm.span.opened <= end);
    let tail = alarms.iter().position(|alarm| alarm.span.covers(end)).map(|at| alarms.remove(at));
    settle_end(series, &mut replay, tail)?;
    for span in replay.spans {
        match alarms.iter().position(|alarm| alarm.span.overlaps(&span)) {
            Some(at) => series.set_span(alarms.remove(at).id, &span)?,
            None => series.insert(&span)?,
        }
    }
    if is_present { keep_present(series, replay.state) } else { Ok(()) }
}

/// Goes through the stored readings, past the last late one, until they come to what the alarms already say.
fn replay(
    series: Series<'_>,
    alarms: &[Alarm],
    from: Timestamp,
    last: Timestamp,
) -> Result<Replay, StoreError> {
    let covering = |time| alarms.iter().find(|alarm| alarm.span.covers(time));
    let before = covering(from);
    let mut spans: Vec<_> = before.iter().map(|alarm| Span { closed: None, ..alarm.span.clone() }).collect();
    let mut state = State { active: before.is_some(), pending: None };
    let (mut end, mut left) = (last, SAMPLES_MAX);
    let mut held = None;
    let is_present = series.walk(from, |time, sample| {
        let (waited, change) = series.rule.bounds.hold(state, time);
        take(&mut spans, change, held.take());
        let (next, change) = series.rule.bounds.step(waited, time, &sample);
        take(&mut spans, change, Some(sample.clone()));
        held = Some(sample);
        (state, end, left) = (next, time, left - 1);
        let agrees = state.pending.is_none() && state.active == covering(time).is_some();
        let done = left == 0 || (time > last && agrees);
        if done { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(Replay { spans, state, end, is_present })
}

fn take(spans: &mut Vec<Span>, change: Option<Change>, sample: Option<Sample>) {
    match (change, spans.last_mut()) {
        (Some(Change::Opened(opened)), _) => spans.push(Span { opened, closed: None, sample }),
        (Some(Change::Closed(closed)), Some(span)) => span.closed = Some(closed),
        _ => {}
    }
}

/// Joins the end of the span to what is known of the time after it; `tail` is the alarm that reaches across.
fn settle_end(series: Series<'_>, replay: &mut Replay, tail: Option<Alarm>) -> Result<(), StoreError> {
    let turned = replay.state.pending.unwrap_or(replay.end);
    let closed_after = tail.as_ref().and_then(|tail| tail.span.closed);
    let across = match (&tail, replay.state.active) {
        // It goes on as before; only its beginning may have moved.
        (Some(_), true) => replay.spans.pop().map(|span| Span { closed: closed_after, ..span }),
        // It begins again after this span.
        (Some(_), false) if !replay.is_present => {
            Some(Span { opened: turned, closed: closed_after, sample: None })
        }
        // It turns out to have ended, or never to have been one: it was seen, so it stays, but not open.
        (Some(tail), false) => {
            let never = Span { closed: Some(tail.span.opened), ..tail.span.clone() };
            replay.spans.pop_if(|span| span.overlaps(&tail.span)).or(Some(never))
        }
        (None, true) if !replay.is_present => {
            // What came after was judged already, and is good.
            replay.spans.last_mut().into_iter().for_each(|span| span.closed = Some(turned));
            None
        }
        (None, _) => None,
    };
    match (tail, across) {
        (Some(tail), Some(span)) => series.set_span(tail.id, &span),
        _ => Ok(()),
    }
}

/// The delay that runs at present, when it is one of the state that the alarms say.
fn keep_present(series: Series<'_>, state: State) -> Result<(), StoreError> {
    let active = series.open_alarm()?.is_some();
    let pending = state.pending.filter(|_| state.active == active);
    series.keep_pending(State { active, pending })
}
