//! The poller, and one look, against an OctoPrint's half on real sockets.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use catalog::{Reading, Value};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::super::{Look, look};
use super::*;
use crate::clock::Clock;
use crate::config::{HostPort, HttpTarget, Interface, Printer};
use crate::normalise::testing::Bench;

const KEY: &str = "0123456789abcdef";

fn printer(directory: &Path, port: u16) -> Printer {
    let key_file = directory.join("p01.key");
    fs::write(&key_file, format!("{KEY}\n")).unwrap();
    fs::set_permissions(&key_file, Permissions::from_mode(0o600)).unwrap();
    let target = HttpTarget {
        address: HostPort::parse(&format!("127.0.0.1:{port}")).unwrap(),
        tls: None,
        prefix: String::new(),
        key_file: Some(key_file),
        interval: Duration::from_millis(100),
    };
    Printer { interface: Some(Interface::OctoPrint(target)), ..testing::printer() }
}

/// An OctoPrint whose printer works, or has failed, for whoever has the key.
async fn octoprint(listener: TcpListener, works: bool) {
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        while let Some(head) = head(&mut stream).await {
            let path = head.split(' ').nth(1).unwrap().split('?').next().unwrap();
            let (status, body) = match path {
                _ if !head.contains(&format!("x-api-key: {KEY}\r\n")) => ("403 Forbidden", ""),
                "/api/version" => ("200 OK", r#"{"server":"1.11.2"}"#),
                "/api/printer" if !works => ("409 Conflict", "{}"),
                "/api/printer" => (
                    "200 OK",
                    r#"{"state":{"flags":{"operational":true,"ready":true}},"temperature":{"tool0":{"actual":20.5}}}"#,
                ),
                "/api/printer/error" => (
                    "200 OK",
                    r#"{"error":"MAXTEMP triggered, system stopped! Heater_ID: 0","reason":"firmware"}"#,
                ),
                _ => ("200 OK", "{}"),
            };
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            if stream.write_all(answer.as_bytes()).await.is_err() {
                break;
            }
        }
    }
}

async fn head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    Some(String::from_utf8(head).unwrap())
}

/// Stores everything until each of these items has had its code, in any order: readings of one moment come together.
async fn comes_to(bench: &Bench, mut wanted: Vec<(&str, &str)>) {
    let has = |reading: &Reading, (id, code): &(&str, &str)| {
        reading.item().id() == *id && matches!(reading.value(), Value::Code(found) if found == code)
    };
    while !wanted.is_empty() {
        for reading in bench.store(1, |_| true).await {
            wanted.retain(|wanted| !has(&reading, wanted));
        }
    }
}

#[tokio::test]
async fn a_printer_that_fails_and_an_octoprint_that_restarts_are_told_apart_and_come_back_by_themselves() {
    let (bench, directory) = (testing::bench(), tempfile::tempdir().unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(octoprint(listener, true));
    super::super::start(&[printer(directory.path(), address.port())], None, &bench.context).unwrap();
    comes_to(&bench, vec![("printer.state", "ready")]).await;
    server.abort();
    let _ = server.await;
    comes_to(&bench, vec![("printer.reachability", "printer_off")]).await;
    let server = tokio::spawn(octoprint(TcpListener::bind(address).await.unwrap(), false));
    let cause = [("alarm.class", "thermal"), ("alarm.subsystem", "extruder"), ("alarm.qualifier", "high")];
    comes_to(&bench, [&cause[..], &[("printer.reachability", "printer_failed")]].concat()).await;
    server.abort();
    let _ = server.await;
    let server = tokio::spawn(octoprint(TcpListener::bind(address).await.unwrap(), true));
    comes_to(&bench, vec![("printer.reachability", "available")]).await;
    server.abort();
    assert_eq!(bench.context.counters.readings_refused.now(), 0);
}

async fn look_at(printer: &Printer) -> Look {
    let printers = [printer.clone()];
    let looks = look(&printers, None, Clock::system()).await.unwrap();
    looks.into_iter().map(|(_, _, look)| look).next().unwrap()
}

#[tokio::test]
async fn one_look_tells_what_a_printer_is_and_gives_or_whose_fault_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let printer = printer(directory.path(), address.port());
    let server = tokio::spawn(octoprint(listener, true));
    let seen = look_at(&printer).await;
    let items: Vec<_> = seen.readings.iter().map(|reading| reading.item().id()).collect();
    assert_eq!((seen.code, seen.refused), ("available", Vec::new()));
    assert_eq!(items, ["identity.firmware", "extruder.temperature", "printer.state", "alarm.active"]);
    fs::write(directory.path().join("p01.key"), "another").unwrap();
    assert_eq!(look_at(&printer).await.code, "refused");
    fs::write(directory.path().join("p01.key"), KEY).unwrap();
    server.abort();
    let _ = server.await;
    assert_eq!(look_at(&printer).await.code, "printer_off");
    let server = tokio::spawn(octoprint(TcpListener::bind(address).await.unwrap(), false));
    assert_eq!(look_at(&printer).await.code, "printer_failed");
    server.abort();
}
