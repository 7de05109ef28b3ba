//! Twenty printers in one adapter, of which one is bad: tasks, machines, the PIP driver and its frames are the real ones,
//! the network is in memory and the clock is virtual, so that a poll's interval can be held to the microsecond on any
//! machine.

use std::sync::{Arc, Mutex};

use bytes::{Buf as _, BytesMut};
use protocol::limits::{PIP_LIST_MAX, PIP_PAYLOAD_BYTES_MAX};
use protocol::pip::frame::{self, Decoded};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::time::sleep;

use super::super::backoff::Dice;
use super::super::machine::Machine;
use super::super::neighbours::Neighbours;
use super::super::poller::Poller;
use super::super::transport::dial::Dial;
use super::super::transport::pip::Pip as PipTransport;
use super::super::transport::{Loss, Transport};
use super::super::trouble::Trouble;
use super::*;
use crate::config::{HostPort, Printer, PrinterId};
use crate::normalise::testing::Bench;
use crate::normalise::{Normaliser, Way};

const PRINTERS: u64 = 20;
const SECOND: Duration = Duration::from_secs(1);
const RUN: Duration = Duration::from_secs(150);

/// What is wrong with the last of the printers.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Bad {
    Nothing,
    /// It takes a connection and says nothing.
    Hung,
    Garbage,
    Drip,
    /// A megabyte an answer, of values that nobody asked for.
    Flood,
    ClockAhead,
    /// It ends each connection after a second.
    Resets,
}

/// A way to a printer in memory.
struct Memory {
    inner: PipTransport,
    bad: Bad,
    reads: Arc<Mutex<Vec<Instant>>>,
}

impl Transport for Memory {
    type Query = Query;
    type Answer = Answer;

    async fn connect(&mut self) -> Result<(), Trouble> {
        let (ours, theirs) = duplex(64 << 10);
        tokio::spawn(printer(theirs, self.bad, Arc::clone(&self.reads)));
        self.inner.begin(Box::new(ours));
        Ok(())
    }

    async fn ask(&mut self, query: Query) -> Result<(), Loss> {
        self.inner.ask(query).await
    }

    async fn heard(&mut self) -> Result<Answer, Loss> {
        self.inner.heard().await
    }

    fn close(&mut self) {
        self.inner.close();
    }
}

/// A printer's half of one connection.
async fn printer(mut stream: DuplexStream, bad: Bad, reads: Arc<Mutex<Vec<Instant>>>) {
    let (mut input, ends) = (BytesMut::new(), Instant::now() + SECOND);
    loop {
        while let Ok(Decoded::Complete { frame, used }) = frame::decode(&input, PIP_PAYLOAD_BYTES_MAX) {
            input.advance(used);
            let request = Request::parse(&frame).unwrap();
            if matches!(request, Request::Read(_)) {
                reads.lock().unwrap().push(Instant::now());
            }
            if answer(&mut stream, bad, &request, frame.id()).await.is_err() {
                return;
            }
        }
        tokio::select! {
            read = stream.read_buf(&mut input) => if read.unwrap_or(0) == 0 { return },
            () = tokio::time::sleep_until(ends), if bad == Bad::Resets => return,
        }
    }
}

async fn answer(stream: &mut DuplexStream, bad: Bad, request: &Request, id: u32) -> std::io::Result<()> {
    let ahead = if bad == Bad::ClockAhead { 3_600_000 } else { 0 };
    let now = Now { wall: Timestamp(1_795_000_000_000 + ahead), ..beginning() };
    let mut reply = well(request, now);
    if let (Bad::Flood, Reply::Values(values)) = (bad, &mut reply) {
        let noise = sample(&format!("noise.{}", "x".repeat(140)), SampleValue::Number(1.0), now.wall);
        values.values.resize(PIP_LIST_MAX, noise);
    }
    let bytes = reply.encode(id);
    match bad {
        Bad::Hung => Ok(()),
        Bad::Garbage => stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await,
        Bad::Drip => {
            for byte in bytes {
                stream.write_all(&[byte]).await?;
                sleep(SECOND).await;
            }
            Ok(())
        }
        _ => stream.write_all(&bytes).await,
    }
}

fn spawn(bench: &Bench, number: u64, id: &PrinterId, bad: Bad) -> Arc<Mutex<Vec<Instant>>> {
    let reads = Arc::default();
    let now = Now { mono: Instant::now(), wall: bench.context.clock.now() };
    let of_printer = super::super::memory::Memory::new("pip", id.clone(), Salt::new([7; 16]), SECOND);
    let dial = Dial {
        address: HostPort::parse("127.0.0.1:1").unwrap(),
        tls: None,
        neighbours: Arc::<Neighbours>::default(),
    };
    let poller = Poller {
        // The same dice in each run, so that the runs can be compared poll by poll.
        machine: Machine::new(Pip::default(), of_printer, Dice::new(number), now),
        transport: Memory { inner: PipTransport::new(dial), bad, reads: Arc::clone(&reads) },
        normaliser: Normaliser::new(
            &Printer { id: id.clone(), ..testing::printer() },
            Way::Poll,
            &bench.context,
        ),
        context: bench.context.clone(),
        counters: bench.context.counters.printer(id),
    };
    tokio::spawn(poller.run());
    reads
}

/// The poll intervals of the first nineteen over two minutes and a half, shortest first, and what is said of the twentieth.
async fn run(bad: Bad) -> (Vec<Duration>, Bench) {
    let ids: Vec<_> = (1..=PRINTERS).map(|n| PrinterId::parse(&format!("p{n:02}")).unwrap()).collect();
    let bench = testing::bench_of(&ids);
    let of = |n| if n == PRINTERS { bad } else { Bad::Nothing };
    let reads: Vec<_> = (1..=PRINTERS).zip(&ids).map(|(n, id)| spawn(&bench, n, id, of(n))).collect();
    tokio::select! {
        () = sleep(RUN) => {}
        _ = bench.store(usize::MAX, |_| true) => {}
    }
    let mut intervals: Vec<Duration> = reads[..reads.len() - 1]
        .iter()
        .flat_map(|reads| {
            let reads = reads.lock().unwrap();
            assert!(reads.len() > 120, "{bad:?}: {} reads", reads.len());
            reads.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>()
        })
        .collect();
    intervals.sort_unstable();
    (intervals, bench)
}

fn p99(intervals: &[Duration]) -> Duration {
    intervals[intervals.len() * 99 / 100]
}

#[tokio::test(start_paused = true)]
async fn one_bad_printer_moves_the_p99_poll_interval_of_the_nineteen_others_by_less_than_five_percent() {
    let (alone, _) = run(Bad::Nothing).await;
    assert!((SECOND..SECOND * 12 / 10).contains(&p99(&alone)), "{:?}", p99(&alone));
    for (bad, reachability, clock_off_ms) in [
        (Bad::Hung, "printer_failed", None),
        (Bad::Garbage, "nonsense", None),
        (Bad::Drip, "printer_failed", None),
        (Bad::Flood, "available", None),
        (Bad::ClockAhead, "available", Some(-3_600_000)),
        (Bad::Resets, "available", None),
    ] {
        let (intervals, bench) = run(bad).await;
        let moved = p99(&intervals).as_secs_f64() / p99(&alone).as_secs_f64() - 1.0;
        assert!(moved.abs() < 0.05, "{bad:?}: {:?} and {:?} alone", p99(&intervals), p99(&alone));
        let counters = &bench.context.counters;
        let of_bad = counters.printer(&PrinterId::parse("p20").unwrap());
        assert_eq!(of_bad.reach().map(|(code, _)| code), Some(reachability), "{bad:?}");
        assert_eq!(of_bad.clock_off_ms(), clock_off_ms, "{bad:?}");
        let ends = matches!(bad, Bad::Hung | Bad::Garbage | Bad::Drip | Bad::Resets);
        assert_eq!(of_bad.connections_lost.now() > 3, ends, "{bad:?}");
        assert_eq!(counters.frames_refused.now() > 10, bad == Bad::Garbage, "{bad:?}");
        assert_eq!(of_bad.readings_refused.now() > 1_000, bad == Bad::Flood, "{bad:?}");
        assert_eq!(counters.readings_given_up.now(), 0, "{bad:?}");
    }
}
