//! A printer whose interface is broken in ways that still look like one.

use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_rustls::TlsConnector;

use super::*;

async fn read_all(reader: &mut Reader<DuplexStream>) -> Vec<protocol::pip::Sample> {
    match reader.ask(group("laser")).await {
        Reply::Values(values) => values.values,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_printer_that_drips_sends_one_byte_a_second_until_it_is_well() {
    let unit = unit();
    let mut reader = converse(&unit);
    reader.hello().await;
    unit.set_fault(Some(FaultKind::Drip), Timestamp(0));
    let (from, bytes) = (Instant::now(), u64::try_from(Reply::Pong.encode(1).len()).unwrap());
    assert_eq!(reader.ask(Request::Ping).await, Reply::Pong);
    assert_eq!(from.elapsed().as_secs(), bytes - 1);
    let from = Instant::now();
    reader.send(&Request::Describe.encode(9)).await;
    reader.stream.read_buf(&mut reader.input).await.unwrap();
    unit.set_fault(None, Timestamp(0));
    let Some(Reply::Described(_)) = reader.answer().await else { panic!("the rest did not come") };
    assert!(from.elapsed() < Duration::from_secs(2), "{:?}", from.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_flood_is_a_frame_of_a_megabyte_with_the_values_that_were_asked_for_in_it() {
    let unit = unit();
    let mut reader = converse(&unit);
    reader.hello().await;
    let asked_for = read_all(&mut reader).await;
    unit.set_fault(Some(FaultKind::Flood), Timestamp(0));
    let flood = read_all(&mut reader).await;
    assert_eq!(flood[..asked_for.len()], asked_for[..]);
    let bytes = serde_json::to_vec(&protocol::pip::Values { values: flood }).unwrap().len();
    assert!((999_600..=1_000_000).contains(&bytes), "{bytes}");
    assert_eq!(unit.counts.pip_reads.value(), 2);
}

#[test]
fn a_clock_that_is_ahead_shows_an_hour_more_and_moves_nothing_else() {
    let unit = unit();
    unit.set_fault(Some(FaultKind::ClockAhead), Timestamp(0));
    assert_eq!(unit.shows(Timestamp(5)), Timestamp(3_600_005));
    unit.set_fault(None, Timestamp(0));
    assert_eq!(unit.shows(Timestamp(5)), Timestamp(5));
}

#[tokio::test]
async fn a_printer_that_resets_ends_each_connection_by_a_reset() {
    let (unit, authority) = (unit(), Authority::new());
    unit.set_fault(Some(FaultKind::Resets), Timestamp(0));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(server(&unit, &authority).run(listener));
    let connector = TlsConnector::from(
        authority.pair("adapter").caller(&authority.provider, &authority.ca_file).unwrap(),
    );
    for _ in 0..2 {
        let stream = TcpStream::connect(address).await.unwrap();
        let stream = connector.connect("localhost".try_into().unwrap(), stream).await.unwrap();
        let mut reader = Reader::new(stream);
        reader.hello().await;
        let error = reader.stream.read_buf(&mut reader.input).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    }
}
