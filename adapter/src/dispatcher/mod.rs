//! Takes batches out of the buffer, sends them over the link, and decides what an answer means: the one place
//! where a receipt is resolved. `Dispatcher` decides and never waits; [`run`] only performs.

mod progress;
mod size;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

pub(crate) use self::progress::{Parked, Progress};
use self::size::Size;
use crate::buffer::{Buffer, LaneId, Load};
use crate::counters::Counters;
use crate::link::{Answer, Link, Rejection};

/// Most batches that are under way at a time, each of another thing. It hides the platform's answering time;
/// more would only make the platform wait for its own disk.
const FLIGHTS_MAX: usize = 4;
/// While the platform is busy, one batch asks whether it still is.
const FLIGHTS_MAX_BUSY: usize = 1;
/// How long a thing that the platform does not know is left alone: an admin adds it within minutes.
pub(crate) const PARK: Duration = Duration::from_secs(60);
/// When so many readings of one thing were refused one by one and none was taken, it is not the readings:
/// the rest stays, and is tried again after a while, until one is taken. Nothing more is given up before that.
const REFUSED_IN_ROW_MAX: usize = 16;

/// The decisions.
pub(crate) struct Dispatcher {
    buffer: Arc<Buffer>,
    counters: Arc<Counters>,
    progress: Arc<Progress>,
    lanes: HashMap<LaneId, LaneState>,
    size: Size,
    flights: usize,
    busy: bool,
    not_before: Option<Instant>,
}

/// A lane from which a batch was taken that is not yet finished.
#[derive(Default)]
struct LaneState {
    // What is still to be sent of the batch; the next is the last.
    pieces: Vec<Load>,
    kept_bytes: usize,
    polled_bytes: usize,
    // How many polled readings are under way, to be counted if the answer never comes.
    polled_flying: usize,
    // Since when a batch of it is under way.
    flying: Option<Instant>,
    not_before: Option<Instant>,
    refused_in_row: usize,
}

impl Dispatcher {
    pub(crate) fn new(buffer: Arc<Buffer>, counters: Arc<Counters>) -> Self {
        let (progress, lanes, size) = (Arc::default(), HashMap::new(), Size::default());
        Self { buffer, counters, progress, lanes, size, flights: 0, busy: false, not_before: None }
    }

    /// How far it has got, for whoever wants to look on.
    pub(crate) fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    /// What to send now, if anything may be sent.
    pub(crate) fn next(&mut self, now: Instant) -> Option<(LaneId, Load)> {
        if !self.may_fly() || self.not_before.is_some_and(|at| now < at) {
            return None;
        }
        let (lane, load) = self.next_piece(now).or_else(|| self.next_batch(now))?;
        let state = self.lanes.entry(lane).or_default();
        let load = cut(load, self.size.readings_max(), &mut state.pieces);
        state.flying = Some(now);
        state.polled_flying = load.polled();
        self.flights += 1;
        Some((lane, load))
    }

    /// When `next` may have something, if nothing else happens before.
    pub(crate) fn wake_at(&self) -> Option<Instant> {
        if !self.may_fly() {
            return None;
        }
        let idle = self.lanes.values().filter(|state| state.flying.is_none() && !state.pieces.is_empty());
        // A piece without a time of its own waits only for the whole; else `next` has taken it already.
        let pieces = idle.filter_map(|state| state.not_before.or(self.not_before)).min();
        let next = pieces.into_iter().chain(self.buffer.ripe_at()).min()?;
        Some(self.not_before.map_or(next, |at| at.max(next)))
    }

    /// What became of a batch that `next` gave out.
    pub(crate) fn answered(&mut self, lane: LaneId, load: Load, answer: Answer, now: Instant) {
        self.flights -= 1;
        if let Some(state) = self.lanes.get_mut(&lane) {
            let took = state.flying.take().map_or(Duration::ZERO, |sent| now.saturating_duration_since(sent));
            self.size.answered(load.len(), answer, took);
            state.polled_flying = 0;
        }
        if !matches!(answer, Answer::Busy { .. }) {
            self.busy = false;
            self.not_before = None;
        }
        match answer {
            Answer::Accepted => self.accepted(lane, load, now),
            Answer::Busy { retry_after } => self.put_off(lane, load, now, retry_after),
            Answer::Rejected(Rejection::UnknownThing) => self.park(lane, load, now),
            Answer::Rejected(Rejection::Malformed | Rejection::TooLarge) => self.split(lane, load, now),
        }
        self.progress.set_retry(self.not_before);
        self.finish_if_done(lane);
    }

    /// Gives up what is not yet answered: kept readings are nacked, polled ones are lost and counted.
    pub(crate) fn abandon(self) {
        let in_pieces = |state: &LaneState| state.pieces.iter().map(Load::polled).sum::<usize>();
        let lost: usize = self.lanes.values().map(|state| in_pieces(state) + state.polled_flying).sum();
        if lost > 0 {
            self.counters.readings_given_up.add(lost);
            tracing::error!(
                lost,
                "polled readings were under way when the adapter stopped, and are given up"
            );
        }
    }

    fn may_fly(&self) -> bool {
        self.flights < if self.busy { FLIGHTS_MAX_BUSY } else { FLIGHTS_MAX }
    }

    fn next_piece(&mut self, now: Instant) -> Option<(LaneId, Load)> {
        let ready = |state: &LaneState| {
            state.flying.is_none() && !state.pieces.is_empty() && state.not_before.is_none_or(|at| at <= now)
        };
        // The one that has waited longest: `None` is before every time.
        let ready = self.lanes.iter_mut().filter(|(_, state)| ready(state));
        let (lane, state) = ready.min_by_key(|(_, state)| state.not_before)?;
        state.not_before = None;
        Some((*lane, state.pieces.pop()?))
    }

    fn next_batch(&mut self, now: Instant) -> Option<(LaneId, Load)> {
        let (lane, load) = self.buffer.take(now)?;
        let (kept_bytes, polled_bytes) = (load.kept_bytes, load.polled_bytes);
        let refused_in_row = self.lanes.get(&lane).map_or(0, |state| state.refused_in_row);
        self.lanes
            .insert(lane, LaneState { kept_bytes, polled_bytes, refused_in_row, ..LaneState::default() });
        Some((lane, load))
    }

    fn accepted(&mut self, lane: LaneId, load: Load, now: Instant) {
        self.progress.stored_now(&load.batch().thing, now);
        self.counters.readings_delivered.add(load.len());
        self.counters.batches_delivered.one();
        load.accept();
        if let Some(state) = self.lanes.get_mut(&lane) {
            state.refused_in_row = 0;
        }
    }

    // The lane stands back twice as long as the whole: if it is this batch alone that the platform cannot
    // take, the others go first.
    fn put_off(&mut self, lane: LaneId, load: Load, now: Instant, retry_after: Duration) {
        self.counters.batches_put_off.one();
        self.busy = true;
        self.not_before = self.not_before.max(Some(now + retry_after));
        self.keep(lane, load, now + retry_after * 2);
    }

    fn park(&mut self, lane: LaneId, load: Load, now: Instant) {
        tracing::warn!(
            thing = %load.batch().thing, seconds = PARK.as_secs(),
            "the platform does not know this thing, or the key is not for it; its readings wait"
        );
        let why = "the platform does not know it, or this adapter's key is not for it";
        self.progress.park(&load.batch().thing, why, now);
        self.keep(lane, load, now + PARK);
    }

    fn split(&mut self, lane: LaneId, load: Load, now: Instant) {
        let Some(state) = self.lanes.get_mut(&lane) else { return };
        match load.halve() {
            Ok((first, second)) => state.pieces.extend([second, first]),
            Err(culprit) if state.refused_in_row >= REFUSED_IN_ROW_MAX => {
                tracing::error!(
                    thing = %culprit.batch().thing, seconds = PARK.as_secs(),
                    "the platform refuses every reading of this thing; they wait (is platform.with_origin right?)"
                );
                self.progress.park(&culprit.batch().thing, "the platform refuses every reading of it", now);
                state.not_before = Some(now + PARK);
                // Behind the others: one of them may be taken, and shows that it is the readings after all.
                state.pieces.insert(0, culprit);
            }
            Err(culprit) => {
                state.refused_in_row += 1;
                self.counters.readings_refused.add(culprit.len());
                let item = culprit.batch().readings.first().map(|reading| reading.item().id());
                if let Some(printer) = self.buffer.printer_of(lane) {
                    self.counters.printer(printer).readings_refused.one((item, "platform"));
                }
                let item = item.unwrap_or("none");
                tracing::error!(thing = %culprit.batch().thing, item, "the platform refuses this reading");
                culprit.accept();
            }
        }
    }

    fn keep(&mut self, lane: LaneId, load: Load, not_before: Instant) {
        if let Some(state) = self.lanes.get_mut(&lane) {
            state.not_before = Some(not_before);
            state.pieces.push(load);
        }
    }

    fn finish_if_done(&mut self, lane: LaneId) {
        let Some(state) = self.lanes.get_mut(&lane).filter(|state| state.pieces.is_empty()) else { return };
        let (kept_bytes, polled_bytes) = (state.kept_bytes, state.polled_bytes);
        *state = LaneState { refused_in_row: state.refused_in_row, ..LaneState::default() };
        self.buffer.finish(lane, kept_bytes, polled_bytes);
    }
}

/// So much of a load as may be sent at once; the rest goes to what is still to be sent.
fn cut(mut load: Load, readings_max: usize, rest: &mut Vec<Load>) -> Load {
    while load.len() > readings_max {
        load = match load.halve() {
            Ok((first, second)) => {
                rest.push(second);
                first
            }
            Err(one) => return one,
        };
    }
    load
}

/// Dispatches until `stop`.
pub(crate) async fn run(mut dispatcher: Dispatcher, link: Arc<impl Link>, stop: CancellationToken) {
    let buffer = Arc::clone(&dispatcher.buffer);
    let mut flights = FuturesUnordered::new();
    loop {
        while let Some((lane, load)) = dispatcher.next(Instant::now()) {
            let link = Arc::clone(&link);
            flights.push(Box::pin(async move {
                let answer = link.deliver(load.batch()).await;
                (lane, load, answer)
            }));
        }
        let wake_at = dispatcher.wake_at();
        tokio::select! {
            () = stop.cancelled() => break,
            Some((lane, load, answer)) = flights.next() => {
                dispatcher.answered(lane, load, answer, Instant::now());
            }
            () = async { if let Some(at) = wake_at { sleep_until(at).await } }, if wake_at.is_some() => {}
            () = buffer.changed() => {}
        }
    }
    drop(flights);
    dispatcher.abandon();
}
