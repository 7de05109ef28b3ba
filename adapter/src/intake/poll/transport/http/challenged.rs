//! HTTP digest on real sockets, against a server that proves each answer by itself.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::config::HostPort;
use crate::intake::poll::driver::Verdict;
use crate::intake::poll::neighbours::Neighbours;

static PATHS: &[Path] = &[Path::new("/api/v1/status", 1024)];

/// What a server has been through.
#[derive(Default)]
struct Server {
    /// Of each request: whether it was answered 200, and the count that it gave.
    seen: Mutex<Vec<(bool, Option<String>)>>,
    /// The nonce that it takes now.
    nonce: Mutex<u32>,
}

impl Server {
    fn forget(&self) {
        *self.nonce.lock().unwrap() += 1;
    }

    fn seen(&self) -> Vec<(bool, Option<String>)> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }

    fn nonce(&self) -> String {
        format!("nonce{}", self.nonce.lock().unwrap())
    }

    fn answer(&self, head: &str, qop: &str) -> String {
        let given = |name: &str| {
            let from = head.find(&format!(" {name}="))? + name.len() + 2;
            head[from..].split(['"', ',', '\r']).find(|value| !value.is_empty()).map(str::to_owned)
        };
        let (nonce, count) = (self.nonce(), given("nc"));
        let hash = |text: String| {
            use md5::Digest as _;
            md5::Md5::digest(text).iter().fold(String::new(), |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            })
        };
        let (who, what) =
            (hash("maker:Printer API:open sesame".into()), hash("GET:/pl/api/v1/status".into()));
        let proof = match (&count, given("cnonce")) {
            (Some(count), Some(cnonce)) => hash(format!("{who}:{nonce}:{count}:{cnonce}:auth:{what}")),
            _ => hash(format!("{who}:{nonce}:{what}")),
        };
        let well = given("response") == Some(proof) && given("nonce") == Some(nonce.clone());
        self.seen.lock().unwrap().push((well, count));
        if well {
            return "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".to_owned();
        }
        let stale = given("nonce").is_some_and(|given| given != nonce);
        format!(
            "HTTP/1.1 401 Unauthorized\r\nContent-Length: 4\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\
             WWW-Authenticate: Digest realm=\"Printer API\", nonce=\"{nonce}\"{qop}, stale={stale}\r\n\r\nno!\n"
        )
    }
}

/// A way to a server that challenges with this `qop` and hangs up after so many answers.
async fn way(password: &str, qop: &'static str, answers: usize) -> (Http, Arc<Server>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = HostPort::parse(&listener.local_addr().unwrap().to_string()).unwrap();
    let server = Arc::<Server>::default();
    let serving = Arc::clone(&server);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            for _ in 0..answers {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let Ok(byte) = stream.read_u8().await else { break };
                    head.push(byte);
                }
                let head = String::from_utf8(head).unwrap();
                if head.is_empty() {
                    break;
                }
                assert!(!head.contains("open sesame"), "the password itself was sent");
                stream.write_all(serving.answer(&head, qop).as_bytes()).await.unwrap();
            }
        }
    });
    let dial = Dial { address, tls: None, neighbours: Arc::<Neighbours>::default() };
    let auth = Auth::Digest(Proof::new("maker", || Some("0a4f113b".to_owned())));
    assert!(!format!("{auth:?}").contains(password));
    let key = Some(SecretString::from(password));
    (Http::new(Site { dial, prefix: "/pl".to_owned(), paths: PATHS, auth, key }), server)
}

async fn get(http: &mut Http) -> Got {
    http.ask(Get::new(&PATHS[0])).await.unwrap();
    http.heard().await.unwrap()
}

#[tokio::test]
async fn a_challenge_is_answered_once_and_then_counted_until_the_server_gives_another() {
    for answers in [1, 2, 100] {
        let (mut http, server) = way("open sesame", ", qop=\"auth\"", answers).await;
        http.connect().await.unwrap();
        for _ in 0..3 {
            assert_eq!(get(&mut http).await.status, 200);
        }
        let seen = server.seen();
        assert_eq!(seen.iter().map(|(well, _)| *well).collect::<Vec<_>>(), [false, true, true, true]);
        // A nonce that has grown stale: one more question.
        server.forget();
        assert_eq!(get(&mut http).await.status, 200);
        let stale = server.seen();
        assert_eq!(stale.iter().map(|(well, _)| *well).collect::<Vec<_>>(), [false, true]);
        // Where a connection ended under a question, its count is never used again: it may have been seen.
        if answers == 100 {
            let counts = |seen: Vec<(bool, Option<String>)>| -> Vec<_> {
                seen.into_iter().map(|(_, count)| count.unwrap_or_default()).collect()
            };
            assert_eq!(counts(seen), ["", "00000001", "00000002", "00000003"]);
            assert_eq!(counts(stale), ["00000004", "00000001"]);
        }
    }
}

#[tokio::test]
async fn a_server_without_qop_is_answered_as_it_was_before_there_was_one() {
    let (mut http, server) = way("open sesame", "", 100).await;
    http.connect().await.unwrap();
    assert_eq!(get(&mut http).await.status, 200);
    assert_eq!(server.seen(), [(false, None), (true, None)]);
}

#[tokio::test]
async fn a_wrong_password_is_proved_once_a_question_and_not_for_ever() {
    let (mut http, server) = way("open barley", ", qop=\"auth\"", 100).await;
    http.connect().await.unwrap();
    for _ in 0..2 {
        let got = get(&mut http).await;
        assert!(matches!(got.unusual(), Verdict::Cannot(trouble, _) if trouble.code() == "refused"));
        assert_eq!(server.seen().len(), 2);
    }
}

#[tokio::test]
async fn a_challenge_that_cannot_be_answered_is_a_refusal() {
    let (mut http, server) = way("open sesame", ", qop=\"auth-int\"", 100).await;
    http.connect().await.unwrap();
    assert_eq!(get(&mut http).await.status, 401);
    assert_eq!(server.seen(), [(false, None)]);
}
