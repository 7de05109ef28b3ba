//! A printer that calls: its half against a small reader with a listener of its own.

use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::server::TlsStream;

use super::*;
use crate::beats::{Backoff, TlsDial};

/// A listener that printers call, and the printer that calls it.
struct Site {
    unit: Arc<Unit>,
    listener: TcpListener,
    acceptor: TlsAcceptor,
    _printer: tokio::task::JoinSet<std::convert::Infallible>,
}

impl Site {
    async fn new() -> Self {
        let (unit, authority) = (unit(), Authority::new());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (provider, ca) = (&authority.provider, &authority.ca_file);
        let config = authority.pair("p01").caller(provider, ca).unwrap();
        let acceptor = TlsAcceptor::from(authority.pair("adapter").server(provider, ca).unwrap());
        let dial = TlsDial::new(address, "localhost".try_into().unwrap(), config);
        let backoff = Backoff::new(Noise::new(3));
        let mut printer = tokio::task::JoinSet::new();
        printer.spawn(Caller { conversation: conversation(&unit), dial, backoff }.run());
        Self { unit, listener, acceptor, _printer: printer }
    }

    /// The next call.
    async fn call(&self) -> Reader<TlsStream<TcpStream>> {
        let (stream, _) = self.listener.accept().await.unwrap();
        let stream = self.acceptor.accept(stream).await.unwrap();
        assert!(stream.get_ref().1.peer_certificates().is_some());
        assert_eq!(stream.get_ref().1.protocol_version(), Some(rustls::ProtocolVersion::TLSv1_3));
        Reader::new(stream)
    }
}

#[tokio::test]
async fn it_introduces_itself_when_it_is_asked_and_tells_what_happens() {
    let site = Site::new().await;
    let mut reader = site.call().await;
    let hello = reader.hello().await;
    assert_eq!(hello.serial.as_str(), "SIM-0001");
    assert!(hello.offers("subscribe"));
    assert!(matches!(reader.ask(Request::Describe).await, Reply::Described(_)));
    reader.subscribe(None, 8, 0).await;
    happen(&site.unit, true);
    let told = reader.notify().await;
    assert_eq!(raised(told.events()), ["4012"]);
    reader.acknowledge(told.held().last(), 1).await;
    assert_eq!(reader.ask(Request::Ping).await, Reply::Pong);
    assert_eq!(site.unit.controller().log.acknowledged(), told.held().last());
}

#[tokio::test]
async fn it_calls_again_and_what_was_not_acknowledged_comes_again_with_what_is_new() {
    let site = Site::new().await;
    let mut reader = site.call().await;
    let instance = reader.hello().await.instance;
    reader.subscribe(None, 8, 0).await;
    happen(&site.unit, true);
    let told = sequences(reader.notify().await.events());
    drop(reader);
    happen(&site.unit, false);

    let mut reader = site.call().await;
    assert_eq!(reader.hello().await.instance, instance);
    reader.subscribe(None, 8, 0).await;
    let again = sequences(reader.notify().await.events());
    assert_eq!(again[..told.len()], told);
    assert_eq!(*again.last().unwrap(), site.unit.controller().log.last());
    assert_eq!(site.unit.counts.pip_calls.value(), 2);
}

#[tokio::test]
async fn after_a_restart_it_calls_as_another_instance_that_counts_anew() {
    let site = Site::new().await;
    let mut reader = site.call().await;
    let instance = reader.hello().await.instance;
    reader.subscribe(None, 8, 0).await;
    happen(&site.unit, true);
    reader.notify().await;
    site.unit.set_fault(Some(FaultKind::Restart), Timestamp(9));
    assert_eq!(reader.answer().await, None);

    let mut reader = site.call().await;
    assert_ne!(reader.hello().await.instance, instance);
    let subscribed = reader.subscribe(Some(1), 8, 0).await;
    assert_eq!((subscribed.held().first(), subscribed.acknowledged()), (1, 0));
}

#[tokio::test]
async fn without_power_it_does_not_call() {
    let site = Site::new().await;
    let mut reader = site.call().await;
    reader.hello().await;
    site.unit.set_fault(Some(FaultKind::Off), Timestamp(9));
    assert_eq!(reader.answer().await, None);
    assert_eq!(site.unit.counts.pip_calls.value(), 1);
    site.unit.set_fault(None, Timestamp(10));
    site.call().await.hello().await;
    assert_eq!(site.unit.counts.pip_calls.value(), 2);
}
