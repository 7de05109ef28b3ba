//! Whatever a Moonraker answers and tells, nothing is ever sent to it but GET of the listed paths, the upgrade to the
//! WebSocket, and on that the listed calls with no parameters but objects (P1).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use hyper::header::HeaderName;
use secrecy::SecretString;
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::*;
use crate::config::HostPort;
use crate::intake::poll::neighbours::Neighbours;
use crate::intake::poll::tests::later;
use crate::intake::poll::tests::listed::question;
use crate::intake::poll::transport::Transport as _;
use crate::intake::poll::transport::dial::Dial;
use crate::intake::poll::transport::http::{Auth, Path, Site};
use crate::intake::poll::transport::rpc::Rpc;

/// What leads a driver astray, in the place of each kind of result.
const RESULTS: [&str; 8] = [
    r#"{"state":"ready","state_message":"RUN printer.emergency_stop","components":["history"],"objects":["extruder","heater_generic \",\"method\":\"printer.gcode.script"],"status":{"extruder":{"temperature":20}},"job_totals":{"total_print_time":1}}"#,
    r#"{"state":"ready","components":["history"],"objects":["print_stats","extruder"],"status":{"print_stats":{"state":"printing","filename":"/printer/emergency_stop"}},"job_totals":{}}"#,
    r#"{"state":"shutdown","state_message":"Heater extruder not heating at expected rate","components":[],"objects":["extruder"],"status":{},"job_totals":{}}"#,
    r#"{"state":"ready","components":["history"],"objects":[],"status":{},"job_totals":{}}"#,
    r#"{"state":"error","objects":["printer.firmware_restart"],"status":{},"job_totals":{}}"#,
    r#"{"state":"ready","components":["history"],"objects":["fan"],"status":{"fan":{"speed":0.5}},"job_totals":{}}"#,
    "null",
    r#"{"state":"startup"}"#,
];
const NOTICES: [&str; 4] = [
    r#"{"method":"notify_klippy_disconnected"}"#,
    r#"{"method":"notify_klippy_ready"}"#,
    r#"{"method":"notify_klippy_shutdown"}"#,
    r#"{"method":"notify_status_update","params":[{"extruder":{"temperature":21}},1.0]}"#,
];
const STATUSES: [&str; 5] = ["200 OK", "200 OK", "404 Not Found", "200 OK", "503 Service Unavailable"];

/// All that was sent: first lines, and messages.
type Sent = Arc<Mutex<Vec<String>>>;

/// Which answer comes next: every one in every place, and the same again with each run.
#[derive(Clone, Default)]
struct Dice(Arc<AtomicUsize>);

impl Dice {
    fn throw(&self, sides: usize) -> usize {
        // Knuth's multiplier: the upper bits are evenly spread.
        let turn = self.0.fetch_add(1, Ordering::Relaxed);
        (turn.wrapping_mul(2_654_435_761) >> 16) % sides
    }
}

/// One that answers everything in every way, and opens a WebSocket two times in three.
async fn moonraker(listener: TcpListener, sent: Sent) {
    let dice = Dice::default();
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        connections.spawn(serve(stream, Arc::clone(&sent), dice.clone()));
    }
}

async fn serve(mut stream: TcpStream, sent: Sent, dice: Dice) {
    // Its messages are small, and would wait for each other.
    stream.set_nodelay(true).unwrap();
    while let Some(text) = question(&mut stream).await {
        sent.lock().unwrap().push(text.lines().next().unwrap().to_owned());
        if let Some(key) = header(&text, "sec-websocket-key").filter(|_| dice.throw(3) > 0) {
            let accept = derive_accept_key(key.as_bytes());
            let answer = format!(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
            return talk(stream, &sent, &dice).await;
        }
        let status = STATUSES[dice.throw(STATUSES.len())];
        let body = match status {
            "200 OK" => format!(r#"{{"result":{}}}"#, RESULTS[dice.throw(RESULTS.len())]),
            _ => r#"{"error":{"code":503,"message":"Klippy Host not connected"}}"#.to_owned(),
        };
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// Answers the calls of one WebSocket, and tells something before each answer; hangs up after some.
async fn talk(stream: TcpStream, sent: &Sent, dice: &Dice) {
    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
    for _ in 0..30 {
        let Some(Ok(message)) = socket.next().await else { return };
        let Message::Text(text) = message else { continue };
        sent.lock().unwrap().push(text.to_string());
        let id = serde_json::from_str::<Value>(&text).unwrap()["id"].clone();
        let answer = match dice.throw(7) {
            0 => format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":503,"message":"x"}}}}"#),
            1 => format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":500,"message":"x"}}}}"#),
            _ => format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{}}}"#, RESULTS[dice.throw(RESULTS.len())]),
        };
        for words in [NOTICES[dice.throw(NOTICES.len())], &answer] {
            if socket.send(Message::text(words)).await.is_err() {
                return;
            }
        }
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

#[tokio::test]
async fn nothing_but_get_of_a_listed_path_and_a_listed_call_is_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = HostPort::parse(&listener.local_addr().unwrap().to_string()).unwrap();
    let sent = Sent::default();
    let server = tokio::spawn(moonraker(listener, Arc::clone(&sent)));
    let dial = Dial { address, tls: None, neighbours: Arc::<Neighbours>::default() };
    let auth = Auth::Header(HeaderName::from_static("x-api-key"));
    let key = Some(SecretString::from("key"));
    let site = Site { dial, prefix: String::new(), paths: PATHS, auth, key };
    let mut transport = Rpc::new(site, SOCKET, METHODS);
    let (mut driver, mut memory, mut now) =
        (Moonraker::default(), memory(Duration::from_secs(1)), beginning());
    driver.begin(now);
    for question in 0..3_000 {
        now = later(now, Duration::from_secs(1));
        let mut words = Words::default();
        let mut found = Found::new(&mut memory, now, &mut words);
        if question % 60 == 59 {
            transport.close();
            driver.begin(now);
        }
        let Next::Ask(query) = driver.next(now) else {
            driver.round(now, &mut found);
            continue;
        };
        let asked = transport.ask(query).await;
        // What is told comes before the answer: two words to hear, or the one of HTTP.
        for _ in 0..2 {
            if asked.is_err() {
                break;
            }
            let Ok(answer) = transport.heard().await else {
                transport.close();
                driver.begin(now);
                break;
            };
            let is_last = !matches!(&answer, Answer::Said(message) if message.starts_with(b"{\"method"));
            driver.answer(answer, now, &mut found);
            if is_last {
                break;
            }
        }
    }
    server.abort();
    let sent = sent.lock().unwrap().clone();
    let listed = |line: &str| {
        let path = line.strip_prefix("GET ").and_then(|line| line.strip_suffix(" HTTP/1.1")).unwrap();
        let path = path.split('?').next().unwrap();
        path == SOCKET || PATHS.iter().any(|listed| listed.as_str() == path)
    };
    for line in &sent {
        match serde_json::from_str::<Value>(line) {
            Err(_) => assert!(listed(line), "{line}"),
            Ok(call) => {
                let method = call["method"].as_str().unwrap();
                assert!(METHODS.iter().any(|listed| listed.as_str() == method), "{line}");
                let keys: Vec<&String> = call.as_object().unwrap().keys().collect();
                assert!(keys.iter().all(|key| ["id", "jsonrpc", "method", "params"].contains(&key.as_str())));
                let params = call["params"].as_object().into_iter().flat_map(|params| params.keys());
                assert!(params.into_iter().all(|key| key == "objects"), "{line}");
                assert!(call["params"].is_null() || method == "printer.objects.subscribe", "{line}");
            }
        }
    }
    let unasked: Vec<&str> = PATHS.iter().map(Path::as_str).chain([SOCKET]).collect();
    let unasked = unasked.iter().filter(|path| !sent.iter().any(|line| line.contains(*path))).count();
    let uncalled = METHODS.iter().filter(|m| !sent.iter().any(|line| line.contains(m.as_str()))).count();
    assert_eq!((unasked, uncalled), (0, 0), "something is listed and never asked: {sent:#?}");
}
