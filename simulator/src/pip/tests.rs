use std::sync::Arc;

use catalog::{Timestamp, items};
use protocol::pip::{
    Decoded, ErrorCode, Frame, FrameType, Hello, HelloAck, Read, Reply, Request, SampleValue, Text, frame,
};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

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
}

impl<S: AsyncRead + AsyncWrite + Unpin> Reader<S> {
    fn new(stream: S) -> Self {
        Self { stream, input: Vec::new(), id: 0 }
    }

    async fn send(&mut self, frame: &Frame) {
        self.stream.write_all(&frame.encode()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// The next answer; `None` when the printer closed.
    async fn answer(&mut self) -> Option<Reply> {
        loop {
            if let Decoded::Complete { frame, used } = frame::decode(&self.input, 1 << 20).unwrap() {
                self.input.drain(..used);
                return Some(Reply::parse(&frame).unwrap());
            }
            if self.stream.read_buf(&mut self.input).await.ok()? == 0 {
                return None;
            }
        }
    }

    async fn ask(&mut self, request: Request) -> Reply {
        self.id += 1;
        self.send(&request.frame(self.id)).await;
        self.answer().await.unwrap()
    }

    async fn hello(&mut self) -> HelloAck {
        match self.ask(hello()).await {
            Reply::HelloAck(hello) => hello,
            other => panic!("{other:?}"),
        }
    }
}

fn hello() -> Request {
    let client = Text::new("test 1").unwrap();
    Request::Hello(Hello { version_min: 1, version_max: 1, client, payload_bytes_max: 1 << 20 })
}

fn group(name: &str) -> Request {
    Request::Read(Read::Group(Text::new(name).unwrap()))
}

fn unit() -> Arc<Unit> {
    let text = |text: &str| text.to_owned();
    let nameplate = Nameplate { id: text("p01"), model: text("ProJet 7000 HD"), serial: text("SIM-0001") };
    Arc::new(Unit::new(nameplate, Noise::new(1), Timestamp(1_763_806_530_000)))
}

fn server(unit: &Arc<Unit>, authority: &Authority) -> Server {
    let pair = authority.pair("p01");
    let acceptor = TlsAcceptor::from(pair.server(&authority.provider, &authority.ca_file).unwrap());
    // Each question is a second later than the one before.
    let time = std::sync::atomic::AtomicI64::new(1_763_806_530_000);
    let clock = Clock::by(move || Timestamp(time.fetch_add(1_000, std::sync::atomic::Ordering::Relaxed)));
    Server { unit: unit.clone(), acceptor, clock, noise: Noise::new(9) }
}

/// A conversation without TLS.
fn converse(unit: &Arc<Unit>) -> Reader<DuplexStream> {
    let (ours, theirs) = duplex(64 << 10);
    let server = server(unit, &Authority::new());
    let manner = unit.manner();
    tokio::spawn(async move { server.converse(theirs, manner).await });
    Reader::new(ours)
}

#[tokio::test(start_paused = true)]
async fn a_reader_learns_who_it_is_what_there_is_and_how_it_stands() {
    let unit = unit();
    let mut reader = converse(&unit);
    let hello = reader.hello().await;
    assert_eq!((hello.model.as_str(), hello.serial.as_str()), ("ProJet 7000 HD", "SIM-0001"));
    let Reply::Described(described) = reader.ask(Request::Describe).await else { panic!() };
    for item in &described.items {
        let known = items::by_id(item.id.as_str()).unwrap();
        assert_eq!((known.unit().ucum(), known.kind().name()), (item.unit.as_str(), item.kind.as_str()));
    }
    let Reply::Values(values) = reader.ask(group("vat")).await else { panic!() };
    let in_group = described.items.iter().filter(|item| item.group.as_str() == "vat").count();
    assert_eq!(values.values.len(), in_group);
    let temperature = values.values.iter().find(|value| value.id.as_str() == "vat.temperature").unwrap();
    assert!(matches!(temperature.value, SampleValue::Number(value) if (20.0..30.0).contains(&value)));
    let ids = ["printer.state", "no.such_item"].map(|id| Text::new(id).unwrap()).to_vec();
    let Reply::Values(values) = reader.ask(Request::Read(Read::Ids(ids))).await else { panic!() };
    assert_eq!(values.values.len(), 1, "what does not exist is left out");
    assert_eq!(reader.ask(Request::Ping).await, Reply::Pong);
    assert_eq!(unit.counts.pip_requests_answered.value(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_write_an_unknown_type_and_a_read_before_hello_are_refused_and_counted() {
    let unit = unit();
    let mut reader = converse(&unit);
    let Reply::Error(early) = reader.ask(group("vat")).await else { panic!() };
    assert_eq!(early.code, ErrorCode::ORDER);
    reader.hello().await;
    for kind in [0x80, 0x9A, 0xBF, 0x05, 0x77] {
        reader.send(&Frame { kind: FrameType(kind), flags: 0, id: 7, payload: "{}".into() }).await;
        let Some(Reply::Error(refused)) = reader.answer().await else { panic!("{kind}") };
        assert_eq!(refused.code, ErrorCode::UNSUPPORTED, "{kind}");
    }
    assert_eq!(unit.counts.pip_requests_refused.value(), 6);
    assert_eq!(reader.ask(Request::Ping).await, Reply::Pong, "a refusal ends nothing");
}

#[tokio::test(start_paused = true)]
async fn an_alarm_stands_as_long_as_its_fault() {
    let unit = unit();
    let mut reader = converse(&unit);
    reader.hello().await;
    let step = || unit.controller().step(std::time::Duration::from_millis(100), Timestamp(1_763_806_531_000));
    unit.set_fault(Some(FaultKind::RecoaterJam), Timestamp(0));
    step();
    let Reply::Alarms(alarms) = reader.ask(Request::Alarms).await else { panic!() };
    assert_eq!((alarms.alarms[0].code.as_str(), alarms.alarms[0].class.as_str()), ("4012", "jammed"));
    unit.set_fault(None, Timestamp(0));
    step();
    let Reply::Alarms(alarms) = reader.ask(Request::Alarms).await else { panic!() };
    assert!(alarms.alarms.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_frame_with_a_wrong_checksum_ends_the_connection() {
    let unit = unit();
    let mut reader = converse(&unit);
    let mut bytes = hello().frame(1).encode();
    *bytes.last_mut().unwrap() ^= 1;
    reader.stream.write_all(&bytes).await.unwrap();
    assert_eq!(reader.answer().await, None);
    assert_eq!(unit.counts.pip_requests_refused.value(), 1);
}

#[tokio::test(start_paused = true)]
async fn nonsense_is_no_frame_and_silence_is_no_byte() {
    let unit = unit();
    unit.set_fault(Some(FaultKind::Nonsense), Timestamp(0));
    let mut reader = converse(&unit);
    reader.send(&hello().frame(1)).await;
    let mut bytes = vec![0; 1_024];
    let read = reader.stream.read(&mut bytes).await.unwrap();
    assert!(frame::decode(&bytes[..read], 1 << 20).is_err() && read > 0);

    unit.set_fault(Some(FaultKind::Silent), Timestamp(0));
    reader.send(&hello().frame(2)).await;
    let silent =
        tokio::time::timeout(std::time::Duration::from_secs(20), reader.stream.read(&mut bytes)).await;
    assert!(silent.is_err());
    assert_eq!(unit.counts.pip_requests_answered.value(), 0);
}

#[tokio::test]
async fn over_tls_only_known_readers_come_in_one_at_a_time_and_off_is_off() {
    let (unit, authority) = (unit(), Authority::new());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(server(&unit, &authority).run(listener));
    let connect = async |authority: &Authority, trusted: &Authority| {
        let config = authority.pair("adapter").client(&authority.provider, &trusted.ca_file).unwrap();
        let stream = TcpStream::connect(address).await?;
        TlsConnector::from(config).connect("localhost".try_into().unwrap(), stream).await
    };
    // In TLS 1.3 a client learns that its certificate was refused only when it reads.
    let stranger = Authority::new();
    let mut refused = Reader::new(connect(&stranger, &authority).await.unwrap());
    let _ = refused.stream.write_all(&hello().frame(1).encode()).await;
    assert_eq!(refused.answer().await, None);

    let mut reader = Reader::new(loop {
        // The stranger's connection may still be there for a moment, and a printer takes one at a time.
        if let Ok(stream) = connect(&authority, &authority).await {
            break stream;
        }
    });
    let instance = reader.hello().await.instance;
    assert!(connect(&authority, &authority).await.is_err(), "a second connection");

    unit.set_fault(Some(FaultKind::Off), Timestamp(0));
    assert_eq!(reader.answer().await, None);
    unit.set_fault(None, Timestamp(5));
    let mut reader = Reader::new(loop {
        if let Ok(stream) = connect(&authority, &authority).await {
            break stream;
        }
        tokio::task::yield_now().await;
    });
    assert_ne!(reader.hello().await.instance, instance);
}
