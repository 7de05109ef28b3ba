//! The HTTP transport against servers of every temper, on real sockets.

use std::sync::{Arc, Mutex};

use catalog::Timestamp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::config::HostPort;
use crate::intake::poll::driver::Verdict;
use crate::intake::poll::neighbours::Neighbours;

static PATHS: &[Path] = &[Path::new("/api/version", 64), Path::new("/api/printer", 1024)];
static OTHER: Path = Path::new("/api/system/commands/core/shutdown", 64);

fn site(port: u16, auth: Auth) -> Site {
    let address = HostPort::parse(&format!("127.0.0.1:{port}")).unwrap();
    let dial = Dial { address, tls: None, neighbours: Arc::<Neighbours>::default() };
    let key = Some(SecretString::from("a key&more"));
    Site { dial, prefix: "/octoprint".to_owned(), paths: PATHS, auth, key }
}

async fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// The head of the next request; nothing at the end of the connection.
async fn head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    Some(String::from_utf8(head).unwrap())
}

/// Answers every request of every connection with these bytes, and hangs up after so many answers. Keeps the heads.
async fn serve(listener: TcpListener, answer: Vec<u8>, answers: usize, heads: Arc<Mutex<Vec<String>>>) {
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        for _ in 0..answers {
            let Some(head) = head(&mut stream).await else { break };
            heads.lock().unwrap().push(head);
            if stream.write_all(&answer).await.is_err() {
                break;
            }
        }
    }
}

fn answer(head: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

async fn get(http: &mut Http, get: Get) -> Result<Got, Loss> {
    http.ask(get).await?;
    http.heard().await
}

#[tokio::test]
async fn a_question_is_a_get_of_a_listed_path_at_the_configured_host_and_nothing_else() {
    let (listener, port) = listen().await;
    let heads = Arc::<Mutex<Vec<String>>>::default();
    let server = tokio::spawn(serve(listener, answer("200 OK", "{}"), 100, Arc::clone(&heads)));
    let mut http = Http::new(site(port, Auth::Header(HeaderName::from_static("x-api-key"))));
    http.connect().await.unwrap();
    let query = Get::new(&PATHS[1])
        .number("limit", 20)
        .word("history", "true")
        .flag("heater a&b=c")
        .session(SessionKey::parse("7").unwrap());
    assert_eq!(get(&mut http, query).await.unwrap().status, 200);
    assert_eq!(get(&mut http, Get::new(&PATHS[0]).secret("password")).await.unwrap().status, 200);
    let refused = http.ask(Get::new(&OTHER)).await;
    assert!(refused.is_err(), "a path that is not listed was asked for");
    server.abort();
    let heads = heads.lock().unwrap().clone();
    let lines: Vec<Vec<&str>> = heads.iter().map(|head| head.trim_end().split("\r\n").collect()).collect();
    let host = format!("host: 127.0.0.1:{port}");
    let agent = format!("user-agent: {}", CLIENT.to_str().unwrap());
    let first = "GET /octoprint/api/printer?limit=20&history=true&heater%20a%26b%3Dc HTTP/1.1";
    let second = "GET /octoprint/api/version?password=a%20key%26more HTTP/1.1";
    assert_eq!(lines[0], [first, &host, &agent, "x-api-key: a key&more", "x-session-key: 7"]);
    assert_eq!(lines[1], [second, &host, &agent, "x-api-key: a key&more"]);
    assert_eq!(lines.len(), 2);
}

#[tokio::test]
async fn one_connection_serves_on_and_a_new_one_is_made_where_the_printer_hangs_up() {
    for answers in [1, 2, 100] {
        let (listener, port) = listen().await;
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let server = tokio::spawn(serve(listener, answer("200 OK", "{}"), answers, Arc::clone(&heads)));
        let mut http = Http::new(site(port, Auth::None));
        http.connect().await.unwrap();
        for _ in 0..6 {
            assert_eq!(get(&mut http, Get::new(&PATHS[0])).await.unwrap().body, "{}");
        }
        server.abort();
    }
}

#[tokio::test]
async fn no_redirect_is_followed_no_cookie_kept_and_what_is_said_of_time_is_read() {
    let (listener, port) = listen().await;
    let heads = Arc::<Mutex<Vec<String>>>::default();
    let head = "302 Found\r\nLocation: /api/printer\r\nSet-Cookie: a=b\r\nRetry-After: 20\r\n\
                Date: Sun, 22 Nov 2026 10:15:30 GMT";
    let server = tokio::spawn(serve(listener, answer(head, "moved"), 100, Arc::clone(&heads)));
    let mut http = Http::new(site(port, Auth::None));
    http.connect().await.unwrap();
    for _ in 0..2 {
        let got = get(&mut http, Get::new(&PATHS[0])).await.unwrap();
        assert_eq!((got.status, got.retry_after), (302, Some(Duration::from_secs(20))));
        assert_eq!(got.date, Some(Timestamp(1_795_342_530_000)));
        assert!(matches!(got.unusual(), Verdict::Cannot(Trouble::Refused(_), wait) if wait.as_secs() == 20));
        assert!(!format!("{got:?}").contains("moved"));
    }
    server.abort();
    let heads = heads.lock().unwrap().clone();
    assert!(
        heads.len() == 2 && heads.iter().all(|head| head.contains("/api/version") && !head.contains("ookie"))
    );
}

#[tokio::test]
async fn what_is_too_long_or_no_http_is_refused_and_what_breaks_off_is_a_loss() {
    let chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned()
        + &"10\r\n0123456789abcdef\r\n".repeat(9);
    let long_head = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(HTTP_HEAD_BYTES_MAX));
    let headers = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(HTTP_HEADERS_MAX + 1));
    let cases: [(Vec<u8>, Option<&str>); 7] = [
        (answer("200 OK", &"x".repeat(65)), Some("body_too_long")),
        (chunks.into_bytes(), Some("body_too_long")),
        (b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(), Some("http")),
        (b"PIP1\x01\x41\0\0\0\0\0\x01\0\0\0\0".to_vec(), Some("http")),
        (long_head.into_bytes(), Some("http")),
        (headers.into_bytes(), Some("http")),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345".to_vec(), None),
    ];
    for (bytes, refused) in cases {
        let (listener, port) = listen().await;
        let shown = bytes.escape_ascii().to_string();
        let server = tokio::spawn(serve(listener, bytes, 1, Arc::default()));
        let mut http = Http::new(site(port, Auth::None));
        http.connect().await.unwrap();
        let loss = get(&mut http, Get::new(&PATHS[0])).await.err().unwrap_or(Loss::ENDED);
        assert_eq!(loss.refused, refused, "{shown:.60}");
        assert_eq!(loss.trouble.map(|trouble| trouble.code()), refused.map(|_| "nonsense"), "{shown:.60}");
        server.abort();
    }
}

#[tokio::test]
async fn a_printer_that_is_gone_between_two_questions_is_off() {
    let (listener, port) = listen().await;
    let heads = Arc::<Mutex<Vec<String>>>::default();
    let server = tokio::spawn(serve(listener, answer("200 OK", "{}"), 100, Arc::clone(&heads)));
    let mut http = Http::new(site(port, Auth::None));
    http.connect().await.unwrap();
    get(&mut http, Get::new(&PATHS[0])).await.unwrap();
    server.abort();
    let _ = server.await;
    let loss = get(&mut http, Get::new(&PATHS[0])).await.err();
    assert_eq!(loss.and_then(|loss| loss.trouble).map(|trouble| trouble.code()), Some("printer_off"));
}

#[test]
fn what_a_status_shows() {
    let of = |status, retry_after: Option<u64>| {
        let retry_after = retry_after.map(Duration::from_secs);
        let got = Got { path: &PATHS[0], status, retry_after, date: None, body: Bytes::new() };
        match got.unusual() {
            Verdict::Cannot(trouble, wait) => (trouble.code(), wait.as_secs()),
            Verdict::Wait(wait) => ("wait", wait.as_secs()),
            other => panic!("{other:?}"),
        }
    };
    let cases = [
        ((401, None), ("refused", 0)),
        ((403, None), ("refused", 0)),
        ((404, None), ("nonsense", 0)),
        ((301, None), ("refused", 0)),
        ((429, Some(30)), ("wait", 30)),
        ((429, None), ("wait", 10)),
        ((500, None), ("printer_failed", 0)),
        ((502, Some(7)), ("printer_failed", 7)),
        ((503, Some(7)), ("wait", 7)),
        ((503, None), ("printer_failed", 0)),
    ];
    for ((status, retry_after), expected) in cases {
        assert_eq!(of(status, retry_after), expected, "{status}");
    }
}

#[tokio::test]
async fn an_answer_without_a_head_is_one_only_where_the_driver_says_so() {
    static BARE: &[Path] = &[Path::new("/api/version", 64).or_bare()];
    for (paths, body, expected) in [
        (BARE, "Not found".to_owned(), Some((NO_HEAD, "Not found"))),
        (BARE, "x".repeat(65), None),
        (PATHS, "Not found".to_owned(), None),
    ] {
        let (listener, port) = listen().await;
        let server = tokio::spawn(serve(listener, body.into_bytes(), 1, Arc::default()));
        let mut http: Http = Http::new(Site { paths, ..site(port, Auth::None) });
        http.connect().await.unwrap();
        let got = get(&mut http, Get::new(&paths[0])).await.ok();
        let got = got.as_ref().map(|got| (got.status, str::from_utf8(&got.body).unwrap()));
        assert_eq!(got, expected);
        server.abort();
    }
}
