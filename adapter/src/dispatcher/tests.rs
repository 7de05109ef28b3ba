use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::poll;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::{Dispatcher, PARK, run};
use crate::buffer::Buffer;
use crate::counters::Counters;
use crate::link::{Answer, Batch, Link, Rejection};
use crate::receipt::{Outcome, Receipt};
use crate::testing::{buffer, number, printer, readings};
use crate::uplink::client::REQUEST_TIMEOUT;

const SECOND: Duration = Duration::from_secs(1);
const MIB: usize = 1 << 20;

/// Answers by rule, and tells of each batch with the time at which it came.
struct Scripted<R> {
    rule: R,
    /// Batches over this are not answered before the time for a request is over.
    slow_over: usize,
    sent: mpsc::Sender<Sent>,
    start: Instant,
}

#[derive(Debug)]
struct Sent {
    at: Duration,
    thing: String,
    numbers: Vec<i64>,
}

impl<R: Fn(&Batch) -> Answer + Send + Sync> Link for Scripted<R> {
    async fn deliver(&self, batch: &Batch) -> Answer {
        let sent = Sent {
            at: self.start.elapsed(),
            thing: batch.thing.to_string(),
            numbers: batch.readings.iter().map(number).collect(),
        };
        // A test may stop listening once it has seen enough.
        let _ = self.sent.try_send(sent);
        if batch.readings.len() > self.slow_over {
            sleep(REQUEST_TIMEOUT).await;
            return Answer::Busy { retry_after: SECOND };
        }
        (self.rule)(batch)
    }
}

struct Bench {
    buffer: Arc<Buffer>,
    counters: Arc<Counters>,
    sent: mpsc::Receiver<Sent>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Bench {
    fn new(printers: &[&str], rule: impl Fn(&Batch) -> Answer + Send + Sync + 'static) -> Self {
        Self::slow_over(usize::MAX, printers, rule)
    }

    /// Where larger batches than this take too long.
    fn slow_over(
        slow_over: usize,
        printers: &[&str],
        rule: impl Fn(&Batch) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let (buffer, counters) = buffer(16 * MIB, printers);
        let (sender, sent) = mpsc::channel(4096);
        let link = Arc::new(Scripted { rule, slow_over, sent: sender, start: Instant::now() });
        let stop = CancellationToken::new();
        let dispatcher = Dispatcher::new(Arc::clone(&buffer), Arc::clone(&counters));
        let task = tokio::spawn(run(dispatcher, link, stop.clone()));
        Self { buffer, counters, sent, stop, task }
    }

    async fn next(&mut self) -> Sent {
        self.sent.recv().await.unwrap()
    }

    async fn keep(&self, id: &str, numbers: std::ops::Range<i64>) -> crate::receipt::Verdict {
        let (receipt, verdict) = Receipt::group();
        self.buffer.put_kept(&printer(id), readings(numbers), receipt).await;
        verdict
    }
}

fn refuse(numbers: &'static [i64]) -> impl Fn(&Batch) -> Answer {
    move |batch| {
        let refused = batch.readings.iter().any(|reading| numbers.contains(&number(reading)));
        if refused { Answer::Rejected(Rejection::Malformed) } else { Answer::Accepted }
    }
}

fn in_turn(answers: Vec<Answer>) -> impl Fn(&Batch) -> Answer {
    let answers = Mutex::new(VecDeque::from(answers));
    move |_| answers.lock().unwrap().pop_front().unwrap_or(Answer::Accepted)
}

#[tokio::test(start_paused = true)]
async fn nothing_is_acknowledged_before_it_is_accepted() {
    let busy = Answer::Busy { retry_after: SECOND * 5 };
    let mut bench = Bench::new(&["p01"], in_turn(vec![busy, busy]));
    let mut verdict = bench.keep("p01", 0..10).await;
    bench.next().await;
    sleep(SECOND).await;
    assert!(poll!(&mut verdict).is_pending());
    bench.next().await;
    assert!(poll!(&mut verdict).is_pending());
    assert_eq!(verdict.await, Outcome::Accepted);
    assert_eq!(bench.next().await.numbers, (0..10).collect::<Vec<_>>());
    assert_eq!((bench.counters.readings_delivered.now(), bench.counters.batches_put_off.now()), (10, 2));
}

#[tokio::test(start_paused = true)]
async fn a_busy_platform_is_asked_by_one_batch_at_a_time_and_not_too_early() {
    let busy = Answer::Busy { retry_after: SECOND * 10 };
    let mut bench = Bench::new(&["p01", "p02", "p03"], in_turn(vec![busy; 4]));
    for id in ["p01", "p02", "p03"] {
        bench.buffer.put_polled(&printer(id), readings([1]));
    }
    let mut times = Vec::new();
    for _ in 0..7 {
        times.push(bench.next().await.at);
    }
    // The first three were under way together; then one asks, is put off, one asks again, and all may go.
    assert!(times[2] < SECOND && times[3] >= SECOND * 10 && times[4] - times[3] >= SECOND * 10, "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_thing_waits_alone() {
    let rule = |batch: &Batch| match batch.thing.as_str() {
        "oslo-1.p01" => Answer::Rejected(Rejection::UnknownThing),
        _ => Answer::Accepted,
    };
    let mut bench = Bench::new(&["p01", "p02"], rule);
    let mut parked = bench.keep("p01", 0..10).await;
    assert_eq!(bench.next().await.thing, "oslo-1.p01");
    let other = bench.keep("p02", 0..10).await;
    assert_eq!(bench.next().await.thing, "oslo-1.p02");
    assert_eq!(other.await, Outcome::Accepted);
    let again = bench.next().await;
    assert!(again.thing == "oslo-1.p01" && again.at >= PARK, "{again:?}");
    assert!(poll!(&mut parked).is_pending());
    assert_eq!(bench.counters.readings_refused.now(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_a_parked_thing_holds_is_never_acknowledged_unstored() {
    let bench = Bench::new(&["p01"], |_| Answer::Rejected(Rejection::UnknownThing));
    let mut verdict = bench.keep("p01", 0..10).await;
    sleep(PARK * 10).await;
    assert!(poll!(&mut verdict).is_pending());
    bench.stop.cancel();
    bench.task.await.unwrap();
    assert_eq!(verdict.await, Outcome::Nacked);
    assert_eq!((bench.counters.readings_refused.now(), bench.counters.readings_delivered.now()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn the_culprit_is_found_and_the_rest_is_stored() {
    for rejection in [Rejection::Malformed, Rejection::TooLarge] {
        let rule = move |batch: &Batch| match refuse(&[137, 400])(batch) {
            Answer::Rejected(_) => Answer::Rejected(rejection),
            answer => answer,
        };
        let bench = Bench::new(&["p01"], rule);
        let verdict = bench.keep("p01", 0..500).await;
        assert_eq!(verdict.await, Outcome::Accepted);
        let Counters { readings_delivered, readings_refused, .. } = &*bench.counters;
        assert_eq!((readings_delivered.now(), readings_refused.now()), (498, 2));
        let by_item = bench.counters.printer(&printer("p01")).readings_refused.greatest_first();
        assert_eq!(by_item, [((Some("log.record"), "platform"), 2)]);
        bench.buffer.emptied().await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_pieces_of_a_batch_go_in_order() {
    let mut bench = Bench::new(&["p01"], refuse(&[5]));
    let verdict = bench.keep("p01", 0..8).await;
    assert_eq!(verdict.await, Outcome::Accepted);
    let mut sent = Vec::new();
    while let Ok(batch) = bench.sent.try_recv() {
        sent.push(batch.numbers);
    }
    let expected: [&[i64]; 7] =
        [&[0, 1, 2, 3, 4, 5, 6, 7], &[0, 1, 2, 3], &[4, 5, 6, 7], &[4, 5], &[4], &[5], &[6, 7]];
    assert_eq!(sent, expected);
}

#[tokio::test(start_paused = true)]
async fn a_platform_that_refuses_everything_does_not_empty_the_buffer() {
    let bench = Bench::new(&["p01"], |_| Answer::Rejected(Rejection::Malformed));
    let mut verdict = bench.keep("p01", 0..500).await;
    for wait in [PARK / 2, PARK * 10] {
        sleep(wait).await;
        assert_eq!(bench.counters.readings_refused.now(), 16);
        assert!(poll!(&mut verdict).is_pending());
    }
}

#[tokio::test(start_paused = true)]
async fn what_waits_behind_many_refused_readings_is_found_and_stored() {
    let bench = Bench::new(&["p01"], |batch| {
        let refused = batch.readings.iter().any(|reading| number(reading) < 20);
        if refused { Answer::Rejected(Rejection::Malformed) } else { Answer::Accepted }
    });
    let verdict = bench.keep("p01", 0..40).await;
    assert_eq!(verdict.await, Outcome::Accepted);
    let Counters { readings_delivered, readings_refused, .. } = &*bench.counters;
    assert_eq!((readings_delivered.now(), readings_refused.now()), (20, 20));
}

#[tokio::test(start_paused = true)]
async fn batches_that_take_too_long_are_made_smaller_until_they_arrive() {
    let mut bench = Bench::slow_over(100, &["p01"], |_| Answer::Accepted);
    assert_eq!(bench.keep("p01", 0..500).await.await, Outcome::Accepted);
    let after = Instant::now();
    assert_eq!(bench.keep("p01", 500..1000).await.await, Outcome::Accepted);
    assert!(after.elapsed() < REQUEST_TIMEOUT, "the next begins with what went through");
    assert_eq!(bench.counters.readings_delivered.now(), 1000);
    let mut stored = Vec::new();
    while let Ok(batch) = bench.sent.try_recv() {
        if batch.numbers.len() <= 100 {
            stored.extend(batch.numbers);
        }
    }
    assert_eq!(stored, (0..1000).collect::<Vec<_>>(), "in order, and nothing twice");
}

#[tokio::test(start_paused = true)]
async fn one_batch_that_takes_too_long_is_sent_again_as_it_is() {
    let (buffer, counters) = buffer(16 * MIB, &["p01"]);
    let mut dispatcher = Dispatcher::new(Arc::clone(&buffer), counters);
    buffer.put_polled(&printer("p01"), readings(0..200));
    let mut sizes = Vec::new();
    while sizes.len() < 2 {
        sleep(SECOND * 5).await;
        let Some((lane, load)) = dispatcher.next(Instant::now()) else { continue };
        sizes.push(load.len());
        let slow = sizes.len() == 1;
        sleep(if slow { REQUEST_TIMEOUT } else { SECOND }).await;
        let answer = if slow { Answer::Busy { retry_after: SECOND } } else { Answer::Accepted };
        dispatcher.answered(lane, load, answer, Instant::now());
    }
    assert_eq!(sizes, [200, 200]);
}

#[tokio::test(start_paused = true)]
async fn a_stop_nacks_what_is_kept_and_counts_what_was_polled() {
    let bench = Bench::new(&["p01"], |_| Answer::Busy { retry_after: SECOND });
    let verdict = bench.keep("p01", 0..10).await;
    bench.buffer.put_polled(&printer("p01"), readings(20..25));
    sleep(SECOND * 3).await;
    bench.stop.cancel();
    bench.task.await.unwrap();
    assert_eq!(verdict.await, Outcome::Nacked);
    assert_eq!(bench.counters.readings_given_up.now(), 5);
}
