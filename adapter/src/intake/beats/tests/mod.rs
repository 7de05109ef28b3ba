//! The listener with real sockets and TLS, and single connections on a clock that the test moves.

mod cases;
mod pressure;
mod splits;
mod tls;

use std::future::Future;
use std::time::Duration;

use protocol::lumberjack::{AckDecoder, encode_window};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use std::net::SocketAddr;

use tokio::net::TcpStream;

use super::*;
use crate::config::Sender;
use crate::normalise::testing::{self, Authority, Bench, line};

/// A certificate authority, and a listener that trusts it.
struct Case {
    bench: Bench,
    authority: Authority,
    address: SocketAddr,
}

fn printer() -> Printer {
    Printer { beats: Some(Sender::Certificate("p01".into())), ..testing::printer() }
}

/// One sender's connection.
struct Client {
    stream: TlsStream<TcpStream>,
    acks: AckDecoder,
}

impl Case {
    async fn new() -> Self {
        let (bench, authority) = (testing::bench(), Authority::new());
        let config =
            Config { listen: "127.0.0.1:0".parse().unwrap(), tls: Some(authority.listener("localhost")) };
        let listening = start(&config, &[printer()], Arc::default(), bench.context.clone()).await.unwrap();
        let address = listening.address;
        Self { bench, authority, address }
    }

    async fn client(&self, name: &str) -> Client {
        let config =
            crate::tls::client(Some(&self.authority.ca_file()), Some(&self.authority.pair(name))).unwrap();
        let stream = TcpStream::connect(self.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
        Client { stream, acks: AckDecoder::new() }
    }

    fn counters(&self) -> &crate::counters::Counters {
        &self.bench.context.counters
    }
}

impl Client {
    async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// The next acknowledgement; `None` when the listener closed.
    async fn ack(&mut self) -> Option<u32> {
        loop {
            if let Some(sequence) = self.acks.next() {
                return Some(sequence);
            }
            let mut bytes = [0; 64];
            match self.stream.read(&mut bytes).await {
                Ok(0) | Err(_) => return None,
                Ok(count) => self.acks.push(&bytes[..count]),
            }
        }
    }

    /// The next acknowledgement that is no keep-alive.
    async fn last_ack(&mut self) -> Option<u32> {
        loop {
            match self.ack().await {
                Some(0) => {}
                other => return other,
            }
        }
    }
}

fn events(numbers: impl IntoIterator<Item = u64>) -> Vec<String> {
    let event = |number: u64| {
        serde_json::json!({
            "@timestamp": "2026-11-22T10:15:31.000Z",
            "@metadata": {"beat": "filebeat"},
            "agent": {"id": "a-1"},
            "log": {"offset": number * 61, "file": {"path": "/logs/laser.log"}},
            "message": line(number),
        })
        .to_string()
    };
    numbers.into_iter().map(event).collect()
}

/// Runs both to the end.
async fn both<A, B>(one: impl Future<Output = A>, other: impl Future<Output = B>) -> (A, B) {
    tokio::join!(one, other)
}

#[tokio::test]
async fn windows_are_stored_and_then_acknowledged_with_their_last_sequence() {
    let case = Case::new().await;
    let mut client = case.client("p01").await;
    for (first, compression) in [(1, Some(3)), (1, None), (u32::MAX - 10, Some(9))] {
        client.send(&encode_window(first, &events(1..=2048), compression)).await;
        let (numbers, ack) = both(case.bench.store_records(2048), client.last_ack()).await;
        assert_eq!(numbers, (1..=2048).collect::<Vec<_>>());
        assert_eq!(ack, Some(first.wrapping_add(2047)));
    }
}

#[tokio::test]
async fn nothing_is_acknowledged_before_it_is_stored() {
    let case = Case::new().await;
    let mut client = case.client("p01").await;
    client.send(&encode_window(1, &events(1..=3), None)).await;
    let taken = case.bench.take().await;
    assert!(futures::poll!(std::pin::pin!(client.ack())).is_pending());
    case.bench.finish(taken, true);
    assert_eq!(client.ack().await, Some(3));
}

#[tokio::test]
async fn a_nack_closes_without_an_acknowledgement_and_the_window_may_come_again() {
    let case = Case::new().await;
    let mut client = case.client("p01").await;
    let window = encode_window(1, &events(1..=3), None);
    client.send(&window).await;
    let taken = case.bench.take().await;
    let first = taken.1.batch().readings.clone();
    case.bench.finish(taken, false);
    assert_eq!(client.ack().await, None);
    let mut client = case.client("p01").await;
    client.send(&window).await;
    let (again, ack) = both(case.bench.store(first.len(), |_| true), client.ack()).await;
    assert_eq!((again, ack), (first, Some(3)));
}

#[tokio::test]
async fn several_windows_are_in_flight_and_are_acknowledged_in_order() {
    let case = Case::new().await;
    let mut client = case.client("p01").await;
    for number in 0..9 {
        client.send(&encode_window(number * 10 + 1, &events([u64::from(number)]), None)).await;
    }
    // More than may be in flight: the rest is read as acknowledgements make room.
    let acks = async {
        let mut acks = Vec::new();
        for _ in 0..9 {
            acks.push(client.last_ack().await.unwrap());
        }
        acks
    };
    let (_, acks) = both(case.bench.store_records(9), acks).await;
    assert_eq!(acks, (0..9).map(|number| number * 10 + 1).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_empty_window_and_unreadable_events_are_acknowledged() {
    let case = Case::new().await;
    let mut client = case.client("p01").await;
    client.send(&encode_window(1, &[] as &[&str], None)).await;
    assert_eq!(client.ack().await, Some(0));
    client.send(&encode_window(1, &["{", "[]", "null", "\u{0}"], Some(3))).await;
    assert_eq!(client.ack().await, Some(4));
    assert_eq!(case.counters().lines_unmatched.now(), 4);
}

#[tokio::test]
async fn poison_is_acknowledged_with_its_window_and_counted_by_its_reason() {
    let case = Case::new().await;
    let mut client = case.client("p01").await;
    let long = "x".repeat(protocol::limits::EVENT_BYTES_MAX - 16);
    for (number, (poison, reason)) in (1..).zip([
        ("{\"message\":\"half".to_owned(), "not_json"),
        ("GET / HTTP/1.1".to_owned(), "not_json"),
        (String::new(), "not_json"),
        ("\u{0}\u{1}".to_owned(), "not_json"),
        ("[1,2]".to_owned(), "no_event"),
        ("7".to_owned(), "no_event"),
        ("null".to_owned(), "no_event"),
        ("{\"message\":{\"not\":\"text\"}}".to_owned(), "no_event"),
        (format!("{}1{}", "[".repeat(5000), "]".repeat(5000)), ""),
        (format!("{{\"a\":{}1{}}}", "[".repeat(5000), "]".repeat(5000)), "too_deep"),
        ("{\"nothing\":\"known\"}".to_owned(), "no_line"),
        ("{\"@metadata\":{\"beat\":\"metricbeat\"}}".to_owned(), "no_time"),
        ("{\"message\":\"in no known format\"}".to_owned(), "unknown_format"),
        (format!("{{\"message\":\"{long}\"}}"), ""),
    ]) {
        let before = case.counters().lines_unmatched.by_reason();
        let refused = case.counters().readings_refused.now();
        let window = [poison.clone(), events([number]).remove(0), poison];
        client.send(&encode_window(1, &window, Some(3))).await;
        let (_, ack) = both(case.bench.store_records(1), client.last_ack()).await;
        assert_eq!(ack, Some(3), "{number}");
        let after = case.counters().lines_unmatched.by_reason();
        let more =
            |reason: &str| after.get(reason).copied().unwrap_or(0) - before.get(reason).copied().unwrap_or(0);
        let lines = after.values().sum::<u64>() - before.values().sum::<u64>();
        assert_eq!(lines + case.counters().readings_refused.now() - refused, 2, "{number}: {after:?}");
        assert!(reason.is_empty() || more(reason) == 2, "{number}: {after:?}");
    }
    assert_eq!(case.counters().frames_refused.now(), 0);
}

#[tokio::test]
async fn an_unknown_sender_is_refused_and_counted_and_others_go_on() {
    let case = Case::new().await;
    let mut known = case.client("p01").await;
    let mut stranger = case.client("p99").await;
    assert_eq!(stranger.ack().await, None);
    assert_eq!(case.counters().senders_refused.now(), 1);
    known.send(&encode_window(1, &events([1]), None)).await;
    let (_, ack) = both(case.bench.store_records(1), known.ack()).await;
    assert_eq!(ack, Some(1));
}

#[tokio::test]
async fn what_is_no_tls_is_refused_and_a_stalled_handshake_holds_up_nobody() {
    let case = Case::new().await;
    let _stalled = TcpStream::connect(case.address).await.unwrap();
    let mut plain = TcpStream::connect(case.address).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    // The listener ends it, with an alert or without.
    let _ = plain.read_to_end(&mut answer).await;
    assert_eq!(case.counters().senders_refused.now(), 1);
    let mut client = case.client("p01").await;
    client.send(&encode_window(1, &events([1]), None)).await;
    let (_, ack) = both(case.bench.store_records(1), client.ack()).await;
    assert_eq!(ack, Some(1));
}

#[tokio::test]
async fn hostile_frames_close_their_own_connection_are_counted_and_hold_nothing() {
    let case = Case::new().await;
    let mut bomb = b"2W\0\0\0\x012C".to_vec();
    let packed = protocol::inflate::deflate(&vec![0; 64 << 20], 9);
    bomb.extend_from_slice(&u32::try_from(packed.len()).unwrap().to_be_bytes());
    bomb.extend_from_slice(&packed);
    let hostile: [&[u8]; 6] = [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
        b"2W\xff\xff\xff\xff",
        b"2W\0\0\0\x012J\0\0\0\x01\xff\xff\xff\xff",
        b"2J\0\0\0\x01\0\0\0\x02{}",
        &bomb,
    ];
    let mut good = case.client("p01").await;
    for (number, bytes) in hostile.iter().enumerate() {
        let mut client = case.client("p01").await;
        client.send(bytes).await;
        assert_eq!(client.ack().await, None, "{number}");
        assert_eq!(case.counters().frames_refused.now(), number as u64 + 1);
    }
    good.send(&encode_window(1, &events([1]), None)).await;
    let (_, ack) = both(case.bench.store_records(1), good.ack()).await;
    assert_eq!(ack, Some(1));
}

#[tokio::test]
async fn half_a_window_and_then_an_end_is_not_acknowledged() {
    let case = Case::new().await;
    let mut client = case.client("p01").await;
    let window = encode_window(1, &events(1..=3), None);
    client.send(&window[..window.len() - 5]).await;
    client.stream.shutdown().await.unwrap();
    assert_eq!(client.ack().await, None);
    // What came whole was read: sent again, it is the same rows.
    assert_eq!(case.counters().lines_read.now(), 2);
}

#[tokio::test]
async fn a_stop_ends_idle_connections_at_once_and_waits_for_what_is_in_flight() {
    let case = Case::new().await;
    let mut idle = case.client("p01").await;
    let mut busy = case.client("p01").await;
    // A first answer proves that the connection is served.
    idle.send(&encode_window(1, &[] as &[&str], None)).await;
    assert_eq!(idle.ack().await, Some(0));
    busy.send(&encode_window(1, &events([1]), None)).await;
    let taken = case.bench.take().await;
    case.bench.lifecycle.soft.cancel();
    assert_eq!(idle.ack().await, None);
    case.bench.finish(taken, true);
    assert_eq!((busy.ack().await, busy.ack().await), (Some(1), None));
    case.bench.context.tasks.ended().await;
    assert!(!case.bench.lifecycle.failed());
}

/// A connection without sockets and TLS, on a clock that the test moves.
#[tokio::test(start_paused = true)]
async fn while_a_window_waits_the_sender_is_told_every_three_seconds() {
    let bench = testing::bench();
    let senders = senders::senders(&[printer()], &bench.context);
    let known = senders.find(&["p01".to_owned()], [127, 0, 0, 1].into()).unwrap();
    let (mut ours, theirs) = tokio::io::duplex(1 << 20);
    let serve = Connection::new(theirs, known.clone(), &bench.context, known.connection().unwrap().0).serve();
    let test = async {
        ours.write_all(&encode_window(1, &events(1..=3), None)).await.unwrap();
        let began = tokio::time::Instant::now();
        let mut acks = [0; 600];
        // Five minutes without an answer from the platform.
        ours.read_exact(&mut acks).await.unwrap();
        assert_eq!(acks.to_vec(), protocol::lumberjack::ack(0).repeat(100));
        assert_eq!(began.elapsed().as_secs(), Duration::from_secs(300).as_secs());
        let taken = bench.take().await;
        bench.finish(taken, true);
        let mut last = [0; 6];
        ours.read_exact(&mut last).await.unwrap();
        assert_eq!(last, protocol::lumberjack::ack(3));
        drop(ours);
    };
    let (end, ()) = both(serve, test).await;
    assert!(matches!(end, End::Decided(Why::Ended)), "{end:?}");
}

#[tokio::test(start_paused = true)]
async fn a_full_buffer_holds_up_the_sender_and_loses_nothing() {
    let bench = testing::bench();
    let senders = senders::senders(&[printer()], &bench.context);
    let known = senders.find(&["p01".to_owned()], [127, 0, 0, 1].into()).unwrap();
    let (ours, theirs) = tokio::io::duplex(4096);
    let (mut reading, mut writing) = tokio::io::split(ours);
    let serve = Connection::new(theirs, known.clone(), &bench.context, known.connection().unwrap().0).serve();
    let windows = 40;
    let write = async {
        for window in 0..windows {
            let events = events(window * 2000..(window + 1) * 2000);
            writing.write_all(&encode_window(1, &events, Some(3))).await.unwrap();
        }
    };
    let acks = async {
        let (mut decoder, mut acks) = (AckDecoder::new(), 0);
        while acks < windows {
            let mut bytes = [0; 64];
            let count = reading.read(&mut bytes).await.unwrap();
            decoder.push(&bytes[..count]);
            acks += decoder.by_ref().filter(|sequence| *sequence == 2000).count() as u64;
        }
    };
    let store = async { bench.store_records(usize::try_from(windows * 2000).unwrap()).await };
    let test = async {
        let (numbers, ((), ())) = tokio::join!(store, both(write, acks));
        assert_eq!(numbers, (0..windows * 2000).collect::<Vec<_>>());
    };
    tokio::select! {
        end = serve => panic!("{end:?}"),
        () = test => {}
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_that_comes_while_the_connection_is_busy_elsewhere_is_not_missed() {
    let bench = testing::bench();
    let senders = senders::senders(&[printer()], &bench.context);
    let known = senders.find(&["p01".to_owned()], [127, 0, 0, 1].into()).unwrap();
    let (_ours, theirs) = tokio::io::duplex(4096);
    bench.lifecycle.soft.cancel();
    let end =
        Connection::new(theirs, known.clone(), &bench.context, known.connection().unwrap().0).serve().await;
    assert!(matches!(end, End::Decided(Why::Stopped)), "{end:?}");
}
