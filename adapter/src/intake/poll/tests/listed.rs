//! Whatever a printer answers, nothing but GET of the listed paths is ever sent to it (P1), by any driver over HTTP.

use std::sync::{Arc, Mutex};

use hyper::header::HeaderName;
use secrecy::SecretString;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::super::driver::{Driver, Next};
use super::super::drivers::duet::{self, Duet};
use super::super::drivers::mtconnect::{self, MtConnect};
use super::super::drivers::octoprint::{self, OctoPrint};
use super::super::drivers::prusalink::{self, PrusaLink};
use super::super::found::{Found, Words};
use super::super::neighbours::Neighbours;
use super::super::transport::Transport as _;
use super::super::transport::dial::Dial;
use super::super::transport::http::{Auth, Body, Got, Http, Path, Proof, Question, Site};
use super::*;
use crate::config::HostPort;

/// Answers that lead a driver astray: each status, with bodies that are right, odd and none.
const STATUSES: [&str; 9] = [
    "200 OK",
    "409 Conflict",
    "200 OK",
    "404 Not Found",
    "302 Found\r\nLocation: /api/system/commands/core/shutdown",
    "200 OK",
    "401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"x\", nonce=\"y\"",
    "429 Too Many Requests\r\nRetry-After: 1",
    "500 Internal Server Error",
];
const BODIES: [&str; 14] = [
    "{}",
    r#"{"server":"1.11.2","api":"0.1","text":"OctoPrint 1.11.2"}"#,
    r#"{"temperature":{"tool0":{"actual":20.1,"target":0.0}},"state":{"text":"Error","flags":{"error":true}}}"#,
    r#"{"temperature":{},"state":{"text":"Operational","flags":{"operational":true,"ready":true}}}"#,
    r#"{"error":"Thermal Runaway, system stopped! Heater_ID: bed","reason":"firmware"}"#,
    r#"{"job":{"file":{"path":"/api/files/local"}},"progress":{"completion":12.5},"state":"Printing"}"#,
    "no JSON",
    r#"{"err":0,"sessionTimeout":8000,"boardType":"duetwifi102","apiLevel":1,"sessionKey":7}"#,
    r#"{"key":"","flags":"d99fn","result":{"state":{"status":"idle","upTime":7},"seqs":{"heat":1}}}"#,
    r#"{"api":"2.0.0","server":"0.8.1","text":"PrusaLink 0.8.1","firmware":"3.14.0","serial":"CZPX0000X000XC00000"}"#,
    r#"{"printer":{"state":"PRINTING","temp_nozzle":215.1},"job":{"id":42,"progress":12.0},"id":42,"file":{"path":"/usb/A.GCO"}}"#,
    "<MTConnectDevices><Header instanceId='1'/><Devices><Device id='d'/></Devices></MTConnectDevices>",
    "<MTConnectStreams><Header instanceId='1' firstSequence='1' lastSequence='8' nextSequence='9'/><Streams/></MTConnectStreams>",
    "<MTConnectError><Header instanceId='1'/><Errors><Error errorCode='OUT_OF_RANGE'/></Errors></MTConnectError>",
];

/// Asks for so long, with each kind of answer in each place, and gives the first line of all that was sent.
async fn sent<D, Q>(mut driver: D, paths: &'static [Path], auth: Auth) -> Vec<String>
where
    D: Driver<Query = Q, Answer = Got<<Q::Body as Body>::Read>>,
    Q: Question,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = HostPort::parse(&listener.local_addr().unwrap().to_string()).unwrap();
    let lines = Arc::<Mutex<Vec<String>>>::default();
    let server = tokio::spawn(serve(listener, Arc::clone(&lines)));
    let dial = Dial { address, tls: None, neighbours: Arc::<Neighbours>::default() };
    let mut http =
        Http::new(Site { dial, prefix: String::new(), paths, auth, key: Some(SecretString::from("key")) });
    let mut memory = memory(Duration::from_secs(1));
    let mut now = beginning();
    driver.begin(now);
    for question in 0..2_000 {
        now = later(now, Duration::from_secs(1));
        let mut words = Words::default();
        let mut found = Found::new(&mut memory, now, &mut words);
        if question % 37 == 36 {
            if let Some(get) = driver.farewell() {
                http.ask(get).await.unwrap();
                let _ = http.heard().await;
            }
            driver.begin(now);
        }
        let life = if question % 10 == 3 { driver.sign_of_life(false) } else { None };
        let get = match life.map_or_else(|| driver.next(now), Next::Ask) {
            Next::Ask(get) => get,
            _ => {
                driver.round(now, &mut found);
                continue;
            }
        };
        http.ask(get).await.unwrap();
        if let Ok(got) = http.heard().await {
            driver.answer(got, now, &mut found);
        }
    }
    if let Some(get) = driver.farewell() {
        http.ask(get).await.unwrap();
        let _ = http.heard().await;
    }
    server.abort();
    let lines = lines.lock().unwrap();
    lines.clone()
}

/// Keeps every first line of every request, to the last byte that was sent.
async fn serve(listener: TcpListener, lines: Arc<Mutex<Vec<String>>>) {
    let mut turn = 0usize;
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        while let Some(text) = question(&mut stream).await {
            lines.lock().unwrap().push(text.lines().next().unwrap_or_default().to_owned());
            let (status, body) = (STATUSES[turn % STATUSES.len()], BODIES[turn % BODIES.len()]);
            turn += 1;
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            if stream.write_all(answer.as_bytes()).await.is_err() {
                break;
            }
        }
    }
}

/// The head of the next request, which has no body; nothing where the connection ends. No byte of it is anything else.
pub(in crate::intake::poll) async fn question(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while let Ok(byte) = stream.read_u8().await {
        head.push(byte);
        if head.ends_with(b"\r\n\r\n") {
            let text = String::from_utf8(head).unwrap();
            assert!(!text.to_lowercase().contains("content-length"), "a question with a body");
            return Some(text);
        }
    }
    assert_eq!(head, b"", "bytes that are no request");
    None
}

async fn only_listed<D, Q>(driver: D, paths: &'static [Path])
where
    D: Driver<Query = Q, Answer = Got<<Q::Body as Body>::Read>>,
    Q: Question,
{
    only_listed_by(Auth::Header(HeaderName::from_static("x-api-key")), driver, paths).await;
}

async fn only_listed_by<D, Q>(auth: Auth, driver: D, paths: &'static [Path])
where
    D: Driver<Query = Q, Answer = Got<<Q::Body as Body>::Read>>,
    Q: Question,
{
    let sent = sent(driver, paths, auth).await;
    for line in &sent {
        let path = line.strip_prefix("GET ").and_then(|line| line.strip_suffix(" HTTP/1.1")).unwrap();
        let path = path.split('?').next().unwrap();
        assert!(paths.iter().any(|listed| listed.as_str() == path), "{}: {line}", D::NAME);
    }
    let unasked: Vec<_> =
        paths.iter().map(Path::as_str).filter(|path| !sent.iter().any(|l| l.contains(path))).collect();
    assert_eq!(unasked, [] as [&str; 0], "{} lists what it never asks", D::NAME);
}

#[tokio::test]
async fn nothing_but_get_of_a_listed_path_is_sent() {
    only_listed(Duet::default(), duet::PATHS).await;
    only_listed(OctoPrint::default(), octoprint::PATHS).await;
    only_listed(MtConnect::default(), mtconnect::PATHS).await;
    only_listed(PrusaLink::default(), prusalink::PATHS).await;
    let digest = Auth::Digest(Proof::new("maker", || Some("0a4f113b".to_owned())));
    only_listed_by(digest, PrusaLink::default(), prusalink::PATHS).await;
}
