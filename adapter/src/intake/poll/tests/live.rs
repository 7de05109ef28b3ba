//! The poller against a printer's half, on real sockets and TLS.

use std::sync::Arc;

use bytes::{Buf as _, BytesMut};

use protocol::limits::PIP_PAYLOAD_BYTES_MAX;
use protocol::pip::frame::{self, Decoded};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::super::neighbours::Neighbours;
use super::super::start::pip_dial;
use super::super::trouble::Trouble;
use super::*;
use crate::config::{HostPort, Interface, Pip as PipSection, PipTarget, Printer};
use crate::normalise::testing::{Authority, Bench};
use crate::tls;

fn target(port: u16) -> PipTarget {
    PipTarget {
        address: HostPort::parse(&format!("127.0.0.1:{port}")).unwrap(),
        server_name: "p01".try_into().unwrap(),
        interval: Duration::from_millis(100),
    }
}

fn poll(bench: &Bench, authority: &Authority, port: u16) {
    let printer = Printer { interface: Some(Interface::Pip(target(port))), ..testing::printer() };
    let pip = PipSection { ca_file: authority.ca_file(), pair: Some(authority.pair("adapter")) };
    super::super::start(&[printer], Some(&pip), &bench.context).unwrap();
}

/// A printer that answers one connection for as long as it lasts.
async fn printer(listener: &TcpListener, tls: &TlsAcceptor, answer: impl Fn(&Request, Now) -> Vec<u8>) {
    let (stream, _) = listener.accept().await.unwrap();
    let Ok(mut stream) = tls.accept(stream).await else { return };
    let mut input = BytesMut::new();
    loop {
        while let Ok(Decoded::Complete { frame, used }) = frame::decode(&input, PIP_PAYLOAD_BYTES_MAX) {
            input.advance(used);
            let request = Request::parse(&frame).unwrap();
            let now = Now { wall: Timestamp(1_795_000_000_000 + i64::from(frame.id())), ..beginning() };
            let mut bytes = answer(&request, now);
            if bytes.is_empty() {
                bytes = well(&request, now).encode(frame.id());
            }
            if stream.write_all(&bytes).await.is_err() {
                return;
            }
        }
        if stream.read_buf(&mut input).await.unwrap_or(0) == 0 {
            return;
        }
    }
}

/// The next words for the reachability, in no order: of what was polled, the buffer gives the freshest first.
async fn reachability(bench: &Bench) -> Vec<String> {
    let readings = bench.store(1, |reading| reading.item().id() == "printer.reachability").await;
    let code = |reading: &catalog::Reading| match reading.value() {
        catalog::Value::Code(code) => (*code).to_owned(),
        other => panic!("{other:?}"),
    };
    readings.iter().map(code).collect()
}

#[tokio::test]
async fn who_it_is_and_its_values_and_faults_come_in() {
    let (bench, authority) = (testing::bench(), Authority::new());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let tls = TlsAcceptor::from(tls::server(&authority.listener("p01")).unwrap());
    poll(&bench, &authority, listener.local_addr().unwrap().port());
    let wanted = ["identity.serial", "laser.power", "door.state", "recoater.fault", "printer.reachability"];
    let store = async {
        let mut missing: Vec<_> = wanted.to_vec();
        while !missing.is_empty() {
            for reading in bench.store(1, |_| true).await {
                missing.retain(|id| *id != reading.item().id());
            }
        }
    };
    tokio::select! {
        () = printer(&listener, &tls, |_, _| Vec::new()) => panic!("the poller hung up"),
        () = store => {}
    }
    assert_eq!(bench.context.counters.readings_refused.now(), 0);
}

#[tokio::test]
async fn a_broken_frame_closes_is_counted_and_the_printer_is_called_again() {
    let (bench, authority) = (testing::bench(), Authority::new());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let tls = TlsAcceptor::from(tls::server(&authority.listener("p01")).unwrap());
    poll(&bench, &authority, listener.local_addr().unwrap().port());
    let serve = async {
        // A length of 4 GiB, a wrong checksum, noise; then it comes to its senses.
        let mut checksum = Reply::Pong.encode(1);
        *checksum.last_mut().unwrap() ^= 1;
        let length = b"PIP1\x01\x41\0\0\0\0\0\x01\xff\xff\xff\xff".to_vec();
        for bytes in [length, checksum, b"!!!!!!!!".to_vec()] {
            printer(&listener, &tls, |_, _| bytes.clone()).await;
        }
        printer(&listener, &tls, |_, _| Vec::new()).await;
    };
    let watch = async {
        let mut codes = Vec::new();
        while codes.len() < 3 {
            codes.extend(reachability(&bench).await);
        }
        codes.sort_unstable();
        codes
    };
    tokio::select! {
        () = serve => panic!("the poller gave up"),
        codes = watch => assert_eq!(codes, ["available", "nonsense", "starting"]),
    }
    assert_eq!(bench.context.counters.frames_refused.now(), 3);
}

async fn trouble(authority: &Authority, ours: &Authority, port: u16) -> Trouble {
    let config = tls::client(Some(&ours.ca_file()), Some(&authority.pair("adapter"))).unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    pip_dial(&target(port), connector, Arc::<Neighbours>::default()).connect().await.err().unwrap()
}

#[tokio::test]
async fn whose_fault_it_is_when_there_is_no_connection() {
    let authority = Authority::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let tls = TlsAcceptor::from(tls::server(&authority.listener("p01")).unwrap());
    // A certificate of an authority that we do not know.
    let stranger = Authority::new();
    let (found, _) =
        tokio::join!(trouble(&authority, &stranger, port), printer(&listener, &tls, |_, _| Vec::new()));
    assert_eq!(found.code(), "refused");
    // Something that does not speak TLS.
    let plain = async {
        let (mut stream, _): (TcpStream, _) = listener.accept().await.unwrap();
        stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n").await.unwrap();
        let _ = stream.read_to_end(&mut Vec::new()).await;
    };
    let (found, ()) = tokio::join!(trouble(&authority, &authority, port), plain);
    assert_eq!(found.code(), "nonsense");
    drop(listener);
    assert_eq!(trouble(&authority, &authority, port).await.code(), "printer_off");
}
