//! Whose fault it is that nothing comes, by every interface: whatever is spoken, the words are the same.

use std::future::pending;

use catalog::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::config::{
    HostPort, HttpTarget, Interface, Pip as PipSection, PipTarget, Printer, PrusaLinkTarget,
};
use crate::normalise::testing::{Authority, Bench};

/// What is found where a printer should be.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Peer {
    Nobody,
    HangsUp,
    Silent,
    /// Whatever it is asked, and then it hangs up.
    Says(&'static str),
}

const GARBAGE: Peer = Peer::Says("\u{7f}ELF is what it is, and no protocol of a printer's\r\n\r\n");
const NO_ENTRY: Peer = Peer::Says("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
const BROKEN: Peer =
    Peer::Says("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
const OTHER_PAGE: Peer =
    Peer::Says("HTTP/1.1 200 OK\r\nContent-Length: 15\r\nConnection: close\r\n\r\n<p>A router</p>");

/// Every interface that there is, at this address.
fn interfaces(address: &str) -> Vec<Interface> {
    let (address, interval) = (HostPort::parse(address).unwrap(), Duration::from_millis(100));
    let http =
        HttpTarget { address: address.clone(), tls: None, prefix: String::new(), key_file: None, interval };
    vec![
        Interface::Duet(http.clone()),
        Interface::Moonraker(http.clone()),
        Interface::MtConnect(http.clone()),
        Interface::OctoPrint(http.clone()),
        Interface::Pip(PipTarget { address, server_name: "p01".try_into().unwrap(), interval }),
        Interface::PrusaLink(PrusaLinkTarget { http, user: None }),
    ]
}

async fn serve(listener: TcpListener, peer: Peer) {
    let mut held: Vec<TcpStream> = Vec::new();
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        match peer {
            Peer::Nobody => unreachable!("it does not listen"),
            Peer::HangsUp => drop(stream),
            Peer::Silent => held.push(stream),
            Peer::Says(words) => {
                let mut asked = [0; 4096];
                let _ = stream.read(&mut asked).await;
                let _ = stream.write_all(words.as_bytes()).await;
                let _ = stream.shutdown().await;
                // Until it has gone, so that what was said is not lost with a reset.
                while stream.read(&mut asked).await.is_ok_and(|read| read > 0) {}
            }
        }
    }
}

/// The first word for the reachability that is not that nothing is known yet.
async fn cause(interface: Interface, peer: Peer, authority: &Authority) -> &'static str {
    let bench = testing::bench();
    let printer = Printer { interface: Some(interface), ..testing::printer() };
    let pip = PipSection { ca_file: authority.ca_file(), pair: Some(authority.pair("adapter")) };
    super::super::start(&[printer], Some(&pip), &bench.context).unwrap();
    let said = first_said(&bench);
    tokio::time::timeout(Duration::from_secs(60), said).await.unwrap_or_else(|_| panic!("{peer:?}"))
}

async fn first_said(bench: &Bench) -> &'static str {
    loop {
        for reading in bench.store(1, |reading| reading.item().id() == "printer.reachability").await {
            match reading.value() {
                Value::Code("starting") => {}
                Value::Code(code) => return code,
                other => panic!("{other:?}"),
            }
        }
    }
}

/// Each interface's word for what is found there.
async fn each_says(peer: Peer, over_http: &str, over_pip: &str) {
    let authority = Authority::new();
    for index in 0..interfaces("127.0.0.1:1").len() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let interface = interfaces(&listener.local_addr().unwrap().to_string()).remove(index);
        let (name, is_pip) = (interface.name(), matches!(interface, Interface::Pip(_)));
        let serving = async {
            if peer == Peer::Nobody {
                drop(listener);
                return pending().await;
            }
            serve(listener, peer).await;
        };
        let found = tokio::select! {
            found = cause(interface, peer, &authority) => found,
            () = serving => unreachable!(),
        };
        assert_eq!(found, if is_pip { over_pip } else { over_http }, "{name}: {peer:?}");
    }
}

#[tokio::test]
async fn every_interface_has_the_same_word_for_the_same_fault() {
    each_says(Peer::Nobody, "printer_off", "printer_off").await;
    each_says(Peer::HangsUp, "refused", "refused").await;
    each_says(GARBAGE, "nonsense", "nonsense").await;
    each_says(OTHER_PAGE, "nonsense", "nonsense").await;
    each_says(NO_ENTRY, "refused", "nonsense").await;
    each_says(BROKEN, "printer_failed", "nonsense").await;
}

/// In virtual time: nothing is ever said on the line but our own question.
#[tokio::test(start_paused = true)]
async fn who_takes_a_connection_and_says_nothing_has_failed_whatever_is_spoken() {
    each_says(Peer::Silent, "printer_failed", "printer_failed").await;
}

#[tokio::test]
async fn a_name_that_nobody_knows_is_the_networks_fault_whatever_is_spoken() {
    let authority = Authority::new();
    for interface in interfaces("no-such-printer.invalid:80") {
        let name = interface.name();
        assert_eq!(cause(interface, Peer::Nobody, &authority).await, "network_unreachable", "{name}");
    }
}
