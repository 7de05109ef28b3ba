//! A reader that connects and asks.

use catalog::items;
use protocol::pip::{ErrorCode, SampleValue};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;

use super::*;

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

/// A frame of any type, as only an attacker or a bug would send it: nothing of ours can make one.
fn forged(kind: u8) -> Vec<u8> {
    let mut bytes = Request::Ping.encode(7);
    bytes[5] = kind;
    let summed = bytes.len() - frame::CHECKSUM_BYTES;
    let checksum = crc32c::crc32c(&bytes[..summed]).to_be_bytes();
    bytes[summed..].copy_from_slice(&checksum);
    bytes
}

#[tokio::test(start_paused = true)]
async fn every_write_and_every_unknown_type_is_refused_and_counted_and_ends_nothing() {
    let unit = unit();
    let mut reader = converse(&unit);
    reader.hello().await;
    let known = [0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x10];
    let mut refused = 0;
    for kind in (0..=u8::MAX).filter(|kind| !known.contains(kind)) {
        reader.send(&forged(kind)).await;
        let Some(Reply::Error(error)) = reader.answer().await else { panic!("{kind:#04x}") };
        assert_eq!(error.code, ErrorCode::UNSUPPORTED, "{kind:#04x}");
        refused += 1;
    }
    assert_eq!((refused, unit.counts.pip_requests_refused.value()), (248, 248));
    assert_eq!(reader.ask(Request::Ping).await, Reply::Pong);
}

#[tokio::test(start_paused = true)]
async fn hello_comes_first_and_once_and_in_a_version_in_common() {
    let unit = unit();
    let code = |reply| match reply {
        Reply::Error(error) => error.code,
        other => panic!("{other:?}"),
    };
    let mut reader = converse(&unit);
    assert_eq!(code(reader.ask(group("vat")).await), ErrorCode::ORDER);
    reader.hello().await;
    assert_eq!(code(reader.ask(hello(1 << 20)).await), ErrorCode::ORDER);
    assert_eq!(reader.ask(Request::Ping).await, Reply::Pong);

    let mut reader = converse(&unit);
    let client = Text::new("of tomorrow").unwrap();
    let hello = Hello { version_min: 2, version_max: 3, client, payload_bytes_max: 1 << 20 };
    assert_eq!(code(reader.ask(Request::Hello(hello)).await), ErrorCode::VERSION);
    assert_eq!(reader.answer().await, None);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_say_hello_is_closed_and_who_says_nothing_later_too() {
    let unit = unit();
    let mut mute = converse(&unit);
    assert_eq!(mute.answer().await, None);
    let mut reader = converse(&unit);
    reader.hello().await;
    let start = tokio::time::Instant::now();
    assert_eq!(reader.answer().await, None);
    assert_eq!(start.elapsed(), Duration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn an_alarm_stands_as_long_as_its_fault() {
    let unit = unit();
    let mut reader = converse(&unit);
    reader.hello().await;
    let step = || unit.controller().step(Duration::from_millis(100), Timestamp(1_763_806_531_000));
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
    let mut bytes = hello(1 << 20).encode(1);
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
    reader.send(&hello(1 << 20).encode(1)).await;
    let mut bytes = vec![0; 1_024];
    let read = reader.stream.read(&mut bytes).await.unwrap();
    assert!(frame::decode(&bytes[..read], 1 << 20).is_err() && read > 0);

    unit.set_fault(Some(FaultKind::Silent), Timestamp(0));
    reader.send(&hello(1 << 20).encode(2)).await;
    let silent = tokio::time::timeout(Duration::from_secs(20), reader.stream.read(&mut bytes)).await;
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
    let _ = refused.stream.write_all(&hello(1 << 20).encode(1)).await;
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
