//! The listener with a printer that calls it over TLS, and a platform that stores or does not.

use std::time::Duration;

use protocol::pip::{
    self, ActiveAlarms, Credits, Decoded, Description, EventList, Held, ItemDescription, NotifyAck,
    Occurrence, Reply, Request, Sample, SampleValue, Subscribe, Subscribed, Text, Values, frame,
};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use std::net::SocketAddr;

use tokio::net::TcpStream;

use super::*;
use crate::config::{ListenerTls, Sender};
use crate::normalise::testing::{self, Authority, Bench};
use crate::testing::{hello_ack, item};
use crate::tls;

fn text(text: &str) -> Text {
    Text::new(text).unwrap()
}

/// A listener for the printer `p01`.
struct Site {
    bench: Bench,
    authority: Authority,
    address: SocketAddr,
    strangers: Arc<Strangers>,
}

impl Site {
    async fn new() -> Self {
        Self::known_by("p01").await
    }

    /// The printer is known by this name in its certificate.
    async fn known_by(name: &str) -> Self {
        let (bench, authority) = (testing::bench(), Authority::new());
        let tls = ListenerTls { only_13: true, ..authority.listener("localhost") };
        let config = Config { listen: "127.0.0.1:0".parse().unwrap(), tls: Some(tls) };
        let printer = Printer { push: Some(Sender::Certificate(name.into())), ..testing::printer() };
        let strangers = Arc::default();
        let listening =
            start(&config, &[printer], Arc::clone(&strangers), bench.context.clone()).await.unwrap();
        let address = listening.address;
        Self { bench, authority, address, strangers }
    }

    /// A printer with this name in its certificate calls.
    async fn call(&self, name: &str) -> Printing {
        let pair = self.authority.pair(name);
        let config = tls::client(Some(&self.authority.ca_file()), Some(&pair)).unwrap();
        let stream = TcpStream::connect(self.address).await.unwrap();
        let server: ServerName<'static> = "localhost".try_into().unwrap();
        let stream = TlsConnector::from(Arc::new(config)).connect(server, stream).await.unwrap();
        Printing { stream, input: Vec::new(), subscription: 0 }
    }
}

/// The printer's end of a call.
struct Printing {
    stream: TlsStream<TcpStream>,
    input: Vec<u8>,
    subscription: u32,
}

impl Printing {
    /// What the adapter says next; `None` when it closed.
    async fn asked(&mut self) -> Option<(u32, Request)> {
        loop {
            if let Decoded::Complete { frame, used } = frame::decode(&self.input, 1 << 20).unwrap() {
                self.input.drain(..used);
                return Some((frame.id(), Request::parse(&frame).unwrap()));
            }
            if self.stream.read_buf(&mut self.input).await.ok()? == 0 {
                return None;
            }
        }
    }

    async fn say(&mut self, id: u32, reply: Reply) {
        self.stream.write_all(&reply.encode(id)).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// Introduces itself, and is subscribed to from there.
    async fn subscribed(&mut self, instance: &str, held: (u64, u64), acknowledged: u64) -> Option<u64> {
        let Some((id, Request::Hello(_))) = self.asked().await else { panic!() };
        self.say(id, Reply::HelloAck(hello_ack(instance))).await;
        let Some((id, Request::Describe)) = self.asked().await else { panic!() };
        let items = vec![ItemDescription { log_ms_min: Some(0), ..item("laser.power", "gauge", "mW") }];
        self.say(id, Reply::Described(Description { items })).await;
        let Some((id, Request::Subscribe(Subscribe { from, credits, .. }))) = self.asked().await else {
            panic!()
        };
        assert!(credits > Credits::default());
        self.subscription = id;
        let held = Held::new(held.0, held.1).unwrap();
        self.say(id, Reply::Subscribed(Subscribed::new(held, acknowledged).unwrap())).await;
        self.stands(400.0).await;
        from
    }

    /// Says how things stand, as it is asked to: that the laser has this power, and no alarm is active.
    async fn stands(&mut self, power: f64) {
        // After a gap the values may have to wait for the printer's shortest interval, and the alarms go first.
        for _ in 0..2 {
            let (value, quality) = (SampleValue::Number(power), catalog::Quality::Good);
            let (laser, time) = (text("laser.power"), catalog::Timestamp(1_795_000_000_000));
            let sample = Sample { id: laser, part: 0, value, time, mono_ms: 1, quality, sequence: 1 };
            match self.asked().await {
                Some((id, Request::Read(_))) => {
                    self.say(id, Reply::Values(Values { values: vec![sample] })).await
                }
                Some((id, Request::Alarms)) => self.say(id, Reply::Alarms(ActiveAlarms::default())).await,
                other => panic!("{other:?}"),
            }
        }
    }

    /// Tells of the laser's power, once for each of these sequences.
    async fn tell(&mut self, said: std::ops::RangeInclusive<u64>) {
        let held = Held::new(*said.start(), *said.end()).unwrap();
        let events = said.map(event).collect();
        self.say(self.subscription, Reply::Notify(EventList::new(held, events).unwrap())).await;
    }

    async fn acknowledged(&mut self) -> NotifyAck {
        match self.asked().await {
            Some((id, Request::NotifyAck(ack))) if id == self.subscription => ack,
            other => panic!("{other:?}"),
        }
    }
}

fn event(sequence: u64) -> pip::Event {
    let value = SampleValue::Number(500.0 + sequence as f64);
    let what =
        Occurrence::Changed { id: text("laser.power"), part: 0, value, quality: catalog::Quality::Good };
    pip::Event { sequence, time: catalog::Timestamp(1_795_000_000_000), mono_ms: sequence, what }
}

/// What was told, and not what was asked for.
fn is_power(reading: &catalog::Reading) -> bool {
    reading.item().id() == "laser.power" && *reading.value() != catalog::Value::Number(400.0)
}

#[tokio::test]
async fn what_is_pushed_is_acknowledged_when_the_platform_has_stored_it_and_not_before() {
    let site = Site::new().await;
    let mut printer = site.call("p01").await;
    assert_eq!(printer.subscribed("i-1", (1, 3), 0).await, None);
    printer.tell(1..=3).await;
    let early = tokio::time::timeout(Duration::from_millis(200), printer.asked()).await;
    assert!(early.is_err(), "nothing is stored yet: {early:?}");
    assert_eq!(site.bench.store(3, is_power).await.len(), 3);
    assert_eq!(printer.acknowledged().await, NotifyAck { sequence: 3, credits: Credits::new(1).unwrap() });
}

#[tokio::test]
async fn after_a_lost_connection_it_goes_on_behind_what_is_stored_and_a_hole_is_reported() {
    let site = Site::new().await;
    let mut printer = site.call("p01").await;
    printer.subscribed("i-1", (1, 3), 0).await;
    printer.tell(1..=3).await;
    site.bench.store(3, is_power).await;
    printer.acknowledged().await;
    drop(printer);

    let mut printer = site.call("p01").await;
    assert_eq!(printer.subscribed("i-1", (9, 9), 3).await, Some(4));
    let lost = site.bench.store(1, |reading| reading.item().id() == "interface.lost").await;
    assert_eq!(*lost[0].value(), catalog::Value::Number(5.0));
    printer.tell(9..=9).await;
    site.bench.store(1, is_power).await;
    assert_eq!(printer.acknowledged().await.sequence, 9);
}

#[tokio::test]
async fn a_gap_is_an_event_once_however_often_the_printer_calls_while_the_platform_is_away() {
    let site = Site::new().await;
    for (first, from) in [(5, None), (9, Some(5)), (9, Some(5)), (9, Some(5))] {
        let mut printer = site.call("p01").await;
        assert_eq!(printer.subscribed("i-1", (first, 12), 4).await, from);
        printer.tell(first..=12).await;
    }
    let calls = &site.bench.context.counters.printer(&testing::printer().id).calls;
    assert_eq!((calls.gaps.now(), calls.lost.now()), (1, 4));
    let mut printer = site.call("p01").await;
    assert_eq!(printer.subscribed("i-1", (9, 12), 4).await, Some(5));
    printer.tell(9..=12).await;
    site.bench.store(1, |reading| *reading.value() == catalog::Value::Number(512.0)).await;
}

#[tokio::test]
async fn behind_a_gap_the_printer_is_asked_how_things_stand() {
    let site = Site::new().await;
    let mut printer = site.call("p01").await;
    printer.subscribed("i-1", (1, 0), 0).await;
    printer.tell(9..=9).await;
    printer.stands(407.0).await;
    site.bench.store(1, |reading| *reading.value() == catalog::Value::Number(407.0)).await;
}

#[tokio::test]
async fn a_newer_call_takes_the_place_of_an_older_and_a_stranger_is_refused_and_counted() {
    let site = Site::new().await;
    let mut older = site.call("p01").await;
    older.subscribed("i-1", (1, 0), 0).await;
    let mut newer = site.call("p01").await;
    assert!(matches!(newer.asked().await, Some((_, Request::Hello(_)))));
    assert_eq!(older.asked().await, None);
    let mut stranger = site.call("p99").await;
    assert_eq!(stranger.asked().await, None);
    assert_eq!(site.bench.context.counters.senders_refused.now(), 1);
}

#[tokio::test]
async fn who_shows_another_certificate_of_a_printer_is_that_one_and_refused() {
    let site = Site::known_by("left.lan").await;
    // It may be anybody behind the printer's address, so it is nobody until it is let in.
    assert_eq!(site.call("p99").await.asked().await, None);
    // The name is the printer's own, and its `push` has another one.
    assert_eq!(site.call("p01").await.asked().await, None);
    let said = site.bench.store(2, |reading| reading.item().id() == "printer.reachability").await;
    let said: Vec<_> = said.iter().map(catalog::Reading::value).collect();
    assert_eq!(said, [&catalog::Value::Code("starting"), &catalog::Value::Code("refused")]);
    let strangers = site.strangers.list();
    let reason = |name: &str| {
        let of = |one: &&crate::intake::listener::Stranger| one.certificate.as_deref() == Some(name);
        strangers
            .iter()
            .find(of)
            .map(|one| (one.reason, one.why.contains("push = { certificate = \"p01\" }")))
    };
    assert_eq!(reason("p99"), Some(("unknown printer", false)), "{strangers:?}");
    assert_eq!(reason("p01"), Some(("known otherwise", true)), "{strangers:?}");
    // A call of the printer stands, which says more.
    let mut known = site.call("left.lan").await;
    known.subscribed("i-1", (1, 0), 0).await;
    site.bench.store(1, |reading| is_reachability(reading, "available")).await;
    assert_eq!(site.call("p01").await.asked().await, None);
    known.tell(1..=1).await;
    let more = site.bench.store(1, |reading| is_power(reading) || is_reachability(reading, "refused")).await;
    assert!(is_power(&more[0]), "{more:?}");
}

fn is_reachability(reading: &catalog::Reading, code: &str) -> bool {
    reading.item().id() == "printer.reachability"
        && matches!(reading.value(), catalog::Value::Code(said) if *said == code)
}

#[tokio::test]
async fn what_is_no_pip_is_closed_and_counted_and_the_printer_may_call_again() {
    let site = Site::new().await;
    let mut printer = site.call("p01").await;
    printer.asked().await;
    printer.stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
    assert_eq!(printer.asked().await, None);
    assert_eq!(site.bench.context.counters.frames_refused.now(), 1);
    let mut again = site.call("p01").await;
    again.subscribed("i-1", (1, 0), 0).await;
}
