//! Any split of any valid stream, with any answers of the platform, gives the same readings and acknowledgements.

use std::cell::RefCell;
use std::collections::HashSet;

use catalog::Origin;
use proptest::prelude::*;
use protocol::inflate::deflate;
use tokio::io::{DuplexStream, duplex};

use super::*;
use crate::intake::beats::senders::Known;
use crate::normalise::Normaliser;

/// How the events of a window are packed.
#[derive(Clone, Copy, Debug)]
enum Packing {
    Plain,
    Compressed,
    /// Some plain, and the rest in two compressed frames.
    Mixed,
    /// All of it in a compressed frame, its `W` as well.
    Inside,
}

/// A window, as it is sent and as it is to be answered.
#[derive(Clone)]
struct Sent {
    bytes: Vec<u8>,
    events: Vec<String>,
    last_sequence: u32,
}

// For a failing case: the bytes follow from the rest.
impl std::fmt::Debug for Sent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} events in {} bytes up to {}", self.events.len(), self.bytes.len(), self.last_sequence)
    }
}

/// What the platform answers to a batch, and after how long.
#[derive(Clone, Copy, Debug)]
struct Verdict {
    stored: bool,
    after_ms: u64,
}

fn compressed(frames: &[u8]) -> Vec<u8> {
    let body = deflate(frames, 3);
    [&b"2C"[..], &u32::try_from(body.len()).unwrap().to_be_bytes(), &body].concat()
}

fn sent(mut first: u32, numbers: std::ops::Range<u64>, packing: Packing) -> Sent {
    let events = events(numbers);
    // The one window whose acknowledgement looks like a keep-alive: its sender would wait for ever.
    if first.wrapping_add(u32::try_from(events.len()).unwrap()) == 1 {
        first = 1;
    }
    let plain = encode_window(first, &events, None);
    let (head, frames) = plain.split_at(6);
    let middle = events.len() / 2;
    let halves = encode_window(first, &events[..middle], None).len() - 6;
    let bytes = match packing {
        Packing::Plain => plain,
        _ if events.is_empty() => plain,
        Packing::Compressed => [head, &compressed(frames)].concat(),
        Packing::Inside => compressed(&plain),
        Packing::Mixed => {
            let (one, two) = frames.split_at(halves);
            let last = two.len() - events[events.len() - 1].len() - 10;
            [head, one, &compressed(&two[..last]), &compressed(&two[last..])].concat()
        }
    };
    let last = u32::try_from(events.len()).unwrap().checked_sub(1);
    Sent { bytes, last_sequence: last.map_or(0, |last| first.wrapping_add(last)), events }
}

fn packing() -> impl Strategy<Value = Packing> {
    prop_oneof![Just(Packing::Plain), Just(Packing::Compressed), Just(Packing::Mixed), Just(Packing::Inside)]
}

fn windows() -> impl Strategy<Value = Vec<Sent>> {
    let first = prop_oneof![Just(1), Just(0), u32::MAX - 5..=u32::MAX, any::<u32>()];
    prop::collection::vec((first, 0u64..8, packing()), 1..8).prop_map(|windows| {
        let mut next = 1;
        let number = windows.into_iter().map(|(first, count, packing)| {
            let numbers = next..next + count;
            next += count;
            sent(first, numbers, packing)
        });
        number.collect()
    })
}

fn verdicts() -> impl Strategy<Value = Vec<Verdict>> {
    let verdict = (prop::bool::weighted(0.7), 0u64..5_000);
    prop::collection::vec(verdict.prop_map(|(stored, after_ms)| Verdict { stored, after_ms }), 0..6)
}

/// One stream, sent again from the first window that was not acknowledged until all are.
struct Play<'a> {
    bench: &'a Bench,
    normaliser: Normaliser,
    windows: &'a [Sent],
    cuts: &'a [usize],
    stored: RefCell<HashSet<Origin>>,
}

impl Play<'_> {
    fn origins(&self, windows: &[Sent]) -> HashSet<Origin> {
        let mut batch = self.normaliser.batch();
        windows.iter().flat_map(|window| &window.events).for_each(|event| batch.event(event.as_bytes()));
        batch.finish().concat().iter().map(catalog::Reading::origin).collect()
    }

    /// The platform: answers as told, and then stores all.
    async fn answer(&self, verdicts: &[Verdict]) {
        let stores = Verdict { stored: true, after_ms: 0 };
        for verdict in verdicts.iter().copied().chain(std::iter::repeat(stores)) {
            let taken = self.bench.take().await;
            testing::pass(Duration::from_millis(verdict.after_ms)).await;
            if verdict.stored {
                let origins = taken.1.batch().readings.iter().map(catalog::Reading::origin);
                self.stored.borrow_mut().extend(origins);
            }
            self.bench.finish(taken, verdict.stored);
        }
    }

    /// Sends from the window `from` on over one connection, and gives which one is to be sent next.
    async fn connect(&self, known: &Known, from: usize) -> usize {
        let (ours, theirs) = duplex(512);
        let seat = known.connection().unwrap().0;
        let serve = Connection::new(theirs, known.clone(), &self.bench.context, seat).serve();
        let (end, next) = both(serve, self.talk(ours, from)).await;
        // A client that has all it waits for may be gone before the last keep-alive.
        let good = match end {
            End::Decided(Why::Ended) | End::Broken(_) => next == self.windows.len(),
            End::Decided(Why::Nacked) => next < self.windows.len(),
            End::Decided(_) => false,
        };
        assert!(good, "{end:?}");
        next
    }

    async fn talk(&self, stream: DuplexStream, from: usize) -> usize {
        let (mut reading, mut writing) = tokio::io::split(stream);
        let bytes: Vec<u8> = self.windows[from..].iter().flat_map(|window| window.bytes.clone()).collect();
        let write = async {
            let (mut rest, mut cuts) = (&bytes[..], self.cuts.iter().cycle());
            while !rest.is_empty() {
                let (piece, more) = rest.split_at(rest.len().min(*cuts.next().unwrap()));
                if writing.write_all(piece).await.is_err() {
                    return;
                }
                rest = more;
                tokio::task::yield_now().await;
            }
        };
        let read = async {
            let (mut next, mut acks, mut bytes) = (self.next(from), AckDecoder::new(), [0; 7]);
            while next < self.windows.len() {
                match reading.read(&mut bytes).await {
                    Ok(0) | Err(_) => return next,
                    Ok(count) => acks.push(&bytes[..count]),
                }
                for sequence in acks.by_ref().filter(|sequence| *sequence != 0) {
                    let window = &self.windows[next];
                    assert_eq!(sequence, window.last_sequence, "window {next}");
                    assert!(self.origins(std::slice::from_ref(window)).is_subset(&self.stored.borrow()));
                    next = self.next(next + 1);
                }
            }
            next
        };
        both(write, read).await.1
    }

    /// The next window from this one on that has events: one without is answered as a keep-alive is.
    fn next(&self, from: usize) -> usize {
        let empty = self.windows[from..].iter().take_while(|window| window.events.is_empty());
        from + empty.count()
    }

    async fn run(self, known: &Known, verdicts: &[Verdict]) {
        let ship = async {
            let mut next = 0;
            while next < self.windows.len() {
                next = self.connect(known, next).await;
            }
        };
        tokio::select! {
            () = ship => {}
            () = self.answer(verdicts) => unreachable!(),
        }
        assert_eq!(*self.stored.borrow(), self.origins(self.windows));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_split_and_any_answers_give_the_same_readings_and_acknowledgements(
        windows in windows(),
        cuts in prop::collection::vec(1usize..600, 1..8),
        verdicts in verdicts(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let bench = testing::bench();
            let senders = senders::senders(&[printer()], &bench.context);
            let known = senders.find(&["p01".to_owned()], [127, 0, 0, 1].into()).unwrap();
            let normaliser = Normaliser::new(&printer(), crate::normalise::Way::Beats, &bench.context);
            let stored = RefCell::default();
            let play = Play { bench: &bench, normaliser, windows: &windows, cuts: &cuts, stored };
            play.run(known, &verdicts).await;
        });
    }
}
