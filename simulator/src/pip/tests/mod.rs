//! The printer's half on the wire.

mod asked;
mod broken;
mod called;
mod told;

use std::sync::Arc;
use std::time::Duration;

use catalog::Timestamp;
use protocol::pip::{
    Credits, Decoded, Event, EventList, Hello, HelloAck, NotifyAck, Occurrence, Read, Reply, Request,
    Subscribe, Subscribed, Text, frame,
};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream, duplex};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::clock::Clock;
use crate::faults::FaultKind;
use crate::noise::Noise;
use crate::testing::Authority;
use crate::unit::{Nameplate, Unit};

/// The reader's end of a connection.
struct Reader<S> {
    stream: S,
    input: Vec<u8>,
    id: u32,
    payload_bytes_max: u32,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Reader<S> {
    fn new(stream: S) -> Self {
        Self { stream, input: Vec::new(), id: 0, payload_bytes_max: 1 << 20 }
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// The next frame of the printer's with its id; `None` when it closed.
    async fn heard(&mut self) -> Option<(u32, Reply)> {
        loop {
            if let Decoded::Complete { frame, used } = frame::decode(&self.input, 1 << 20).unwrap() {
                self.input.drain(..used);
                assert!(frame.payload().len() <= self.payload_bytes_max as usize);
                return Some((frame.id(), Reply::parse(&frame).unwrap()));
            }
            if self.stream.read_buf(&mut self.input).await.ok()? == 0 {
                return None;
            }
        }
    }

    /// The next answer; `None` when the printer closed.
    async fn answer(&mut self) -> Option<Reply> {
        self.heard().await.map(|(_, reply)| reply)
    }

    async fn ask(&mut self, request: Request) -> Reply {
        self.id += 1;
        self.send(&request.encode(self.id)).await;
        let (id, reply) = self.heard().await.unwrap();
        assert_eq!(id, self.id);
        reply
    }

    async fn hello(&mut self) -> HelloAck {
        match self.ask(hello(self.payload_bytes_max)).await {
            Reply::HelloAck(hello) => hello,
            other => panic!("{other:?}"),
        }
    }

    /// Subscribes; the subscription has the id that the reader stands at then.
    async fn subscribe(&mut self, from: Option<u64>, credits: u8, interval_ms: u32) -> Subscribed {
        let credits = Credits::new(credits).unwrap();
        match self.ask(Request::Subscribe(Subscribe { from, credits, interval_ms })).await {
            Reply::Subscribed(subscribed) => subscribed,
            other => panic!("{other:?}"),
        }
    }

    /// The next NOTIFY of the subscription.
    async fn notify(&mut self) -> EventList {
        match self.heard().await {
            Some((id, Reply::Notify(list))) if id == self.id => list,
            other => panic!("{other:?}"),
        }
    }

    async fn acknowledge(&mut self, sequence: u64, credits: u8) {
        let credits = Credits::new(credits).unwrap();
        self.send(&Request::NotifyAck(NotifyAck { sequence, credits }).encode(self.id)).await;
    }
}

fn hello(payload_bytes_max: u32) -> Request {
    let client = Text::new("test 1").unwrap();
    Request::Hello(Hello { version_min: 1, version_max: 1, client, payload_bytes_max })
}

fn group(name: &str) -> Request {
    Request::Read(Read::Group(Text::new(name).unwrap()))
}

fn unit() -> Arc<Unit> {
    let text = |text: &str| text.to_owned();
    let nameplate = Nameplate { id: text("p01"), model: text("ProJet 7000 HD"), serial: text("SIM-0001") };
    Arc::new(Unit::new(nameplate, Noise::new(1), Timestamp(1_763_806_530_000)))
}

fn conversation(unit: &Arc<Unit>) -> Conversation {
    // Each question is a second later than the one before.
    let time = std::sync::atomic::AtomicI64::new(1_763_806_530_000);
    let clock = Clock::by(move || Timestamp(time.fetch_add(1_000, std::sync::atomic::Ordering::Relaxed)));
    Conversation { unit: unit.clone(), clock, noise: Noise::new(9), trace: None }
}

fn server(unit: &Arc<Unit>, authority: &Authority) -> Server {
    let pair = authority.pair("p01");
    let acceptor = TlsAcceptor::from(pair.server(&authority.provider, &authority.ca_file).unwrap());
    Server { conversation: conversation(unit), acceptor }
}

/// A conversation without TLS.
fn converse(unit: &Arc<Unit>) -> Reader<DuplexStream> {
    let (ours, theirs) = duplex(64 << 10);
    let conversation = conversation(unit);
    tokio::spawn(async move { conversation.converse(theirs, &mut Session::default()).await });
    Reader::new(ours)
}

/// Lets the printer work for so many steps of 100 ms. Its connections hear of what it logs.
fn work(unit: &Unit, steps: u32) {
    for _ in 0..steps {
        let mut controller = unit.controller();
        let now = Timestamp(controller.measured.0 + 100);
        controller.step(Duration::from_millis(100), now);
        let last = controller.log.last();
        drop(controller);
        unit.logged_up_to(last);
    }
}

/// Something happens that is in the log for certain: a fault comes, or goes.
fn happen(unit: &Unit, fault: bool) {
    unit.set_fault(fault.then_some(FaultKind::RecoaterJam), Timestamp(0));
    work(unit, 1);
}

/// The events' places in the log.
fn sequences(events: &[Event]) -> Vec<u64> {
    events.iter().map(|event| event.sequence).collect()
}

/// The codes of the alarms that began.
fn raised(events: &[Event]) -> Vec<String> {
    let code = |event: &Event| match &event.what {
        Occurrence::Raised(alarm) => Some(alarm.code.to_string()),
        _ => None,
    };
    events.iter().filter_map(code).collect()
}
