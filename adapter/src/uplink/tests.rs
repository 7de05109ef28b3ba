//! Against a server of raw sockets over real TLS, with certificates made here.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use catalog::Salt;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use secrecy::SecretString;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

use super::{Uplink, failure};
use crate::config::{Credentials, Platform};
use crate::link::{Answer, Batch, Link as _, Rejection};
use crate::testing::{adapter, printer, readings};

/// A platform of one answer.
struct Server {
    address: SocketAddr,
    requests: mpsc::Receiver<String>,
    directory: TempDir,
}

#[derive(Clone, Copy, PartialEq)]
enum Certificate {
    Good,
    Expired,
    OtherName,
}

impl Server {
    async fn start(certificate: Certificate, answer: &'static str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (config, ca) = server_config(certificate);
        fs::write(directory.path().join("ca.pem"), ca).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, requests) = mpsc::channel(16);
        let acceptor = TlsAcceptor::from(Arc::new(config));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, sender) = (acceptor.clone(), sender.clone());
                tokio::spawn(async move {
                    let _ = serve(acceptor.accept(stream).await?, answer, sender).await;
                    io::Result::Ok(())
                });
            }
        });
        Self { address, requests, directory }
    }

    fn platform(&self, ca_file: Option<PathBuf>) -> Platform {
        Platform {
            url: format!("https://localhost:{}", self.address.port()).parse().unwrap(),
            ca_file: Some(ca_file.unwrap_or(self.directory.path().join("ca.pem"))),
            with_origin: true,
            credentials_file: PathBuf::new(),
        }
    }

    fn uplink(&self) -> Uplink {
        Uplink::new(&self.platform(None), &credentials()).unwrap()
    }
}

fn server_config(certificate: Certificate) -> (ServerConfig, String) {
    let ca_key = KeyPair::generate().unwrap();
    let mut ca = CertificateParams::default();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(ca, ca_key).unwrap();
    let key = KeyPair::generate().unwrap();
    let name = if certificate == Certificate::OtherName { "elsewhere.example" } else { "localhost" };
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    if certificate == Certificate::Expired {
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2020, 2, 1));
    }
    let leaf = params.signed_by(&key, &ca).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    (config, ca.pem())
}

async fn serve(
    mut stream: tokio_rustls::server::TlsStream<tokio::net::TcpStream>,
    answer: &'static str,
    sender: mpsc::Sender<String>,
) -> io::Result<()> {
    let mut request = Vec::new();
    loop {
        let mut part = [0; 4096];
        let count = stream.read(&mut part).await?;
        request.extend_from_slice(&part[..count]);
        let text = String::from_utf8_lossy(&request).into_owned();
        let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| body.len() >= length(head));
        if whole {
            stream.write_all(answer.as_bytes()).await?;
            stream.flush().await?;
            let _ = sender.send(text).await;
            request.clear();
        } else if count == 0 {
            return Ok(());
        }
    }
}

fn length(head: &str) -> usize {
    let line =
        head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
    line.and_then(|line| line.parse().ok()).unwrap_or(0)
}

fn credentials() -> Credentials {
    Credentials { adapter: adapter(), key: SecretString::from("the-secret-key"), salt: Salt::new([1; 16]) }
}

fn batch() -> Batch {
    Batch { thing: adapter().thing_of(&printer("p01")), readings: readings(1..3) }
}

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

#[tokio::test]
async fn a_batch_is_one_post_with_the_key_in_a_header_and_nowhere_else() {
    let mut server = Server::start(Certificate::Good, OK).await;
    assert_eq!(server.uplink().deliver(&batch()).await, Answer::Accepted);
    let request = server.requests.recv().await.unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let first = "POST /Thingworx/Things/oslo-1.p01/Services/UpdatePropertyValues HTTP/1.1";
    assert_eq!(lines.next(), Some(first));
    let lines: Vec<_> = lines.map(str::to_lowercase).collect();
    for line in ["appkey: the-secret-key", "content-type: application/json", "accept: application/json"] {
        assert!(lines.contains(&line.to_owned()), "{line}: {lines:?}");
    }
    assert!(!body.contains("the-secret-key"));
    assert_eq!(protocol::thingworx::decode_update(body.as_bytes()).unwrap().len(), 2);
}

#[tokio::test]
async fn what_each_answer_means() {
    let cases = [
        ("HTTP/1.1 204 No Content\r\n\r\n", Some(Answer::Accepted)),
        ("HTTP/1.1 400 x\r\ncontent-length: 3\r\n\r\nbad", Some(Answer::Rejected(Rejection::Malformed))),
        ("HTTP/1.1 403 x\r\ncontent-length: 0\r\n\r\n", Some(Answer::Rejected(Rejection::UnknownThing))),
        ("HTTP/1.1 404 x\r\ncontent-length: 0\r\n\r\n", Some(Answer::Rejected(Rejection::UnknownThing))),
        ("HTTP/1.1 413 x\r\ncontent-length: 0\r\n\r\n", Some(Answer::Rejected(Rejection::TooLarge))),
        ("HTTP/1.1 401 x\r\ncontent-length: 0\r\n\r\n", None),
        ("HTTP/1.1 202 x\r\ncontent-length: 0\r\n\r\n", None),
        ("HTTP/1.1 408 x\r\ncontent-length: 0\r\n\r\n", None),
        ("HTTP/1.1 429 x\r\ncontent-length: 0\r\n\r\n", None),
        ("HTTP/1.1 500 x\r\ncontent-length: 0\r\n\r\n", None),
        ("HTTP/1.1 302 x\r\nlocation: https://localhost:1/\r\ncontent-length: 0\r\n\r\n", None),
        ("not http\r\n\r\n", None),
    ];
    for (answer, expected) in cases {
        let server = Server::start(Certificate::Good, answer).await;
        let got = server.uplink().deliver(&batch()).await;
        match expected {
            Some(expected) => assert_eq!(got, expected, "{answer}"),
            None => assert!(matches!(got, Answer::Busy { .. }), "{answer}: {got:?}"),
        }
    }
}

#[tokio::test]
async fn what_the_platform_asks_for_is_waited_and_a_refused_key_is_probed_slowly() {
    let cases = [
        ("HTTP/1.1 503 x\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n", 7..=14),
        ("HTTP/1.1 401 x\r\ncontent-length: 0\r\n\r\n", 30..=60),
    ];
    for (answer, seconds) in cases {
        let server = Server::start(Certificate::Good, answer).await;
        let Answer::Busy { retry_after } = server.uplink().deliver(&batch()).await else {
            panic!("{answer}")
        };
        assert!(seconds.contains(&retry_after.as_secs()), "{answer}: {retry_after:?}");
    }
}

#[tokio::test]
async fn a_body_without_end_is_not_read_to_its_end() {
    let server =
        Server::start(Certificate::Good, "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\nx").await;
    // The head says that it is stored, and that is all that matters.
    assert_eq!(server.uplink().deliver(&batch()).await, Answer::Accepted);
}

#[tokio::test]
async fn a_certificate_that_cannot_be_trusted_is_said_in_words() {
    let other = tempfile::tempdir().unwrap();
    let (_, ca) = server_config(Certificate::Good);
    fs::write(other.path().join("ca.pem"), ca).unwrap();
    let cases = [
        (Certificate::Expired, None, "its certificate has expired, or this machine's clock is wrong"),
        (Certificate::OtherName, None, "its certificate is for another name than platform.url has"),
        (Certificate::Good, Some(other.path().join("ca.pem")), "is platform.ca_file the right one?"),
    ];
    for (certificate, ca_file, expected) in cases {
        let mut server = Server::start(certificate, OK).await;
        let uplink = Uplink::new(&server.platform(ca_file), &credentials()).unwrap();
        let error = uplink.post(&batch()).await.unwrap_err();
        let said = failure::explain(&error);
        assert!(said.contains(expected), "{said}");
        assert!(!format!("{error:?}").contains("the-secret-key"));
        assert!(matches!(uplink.deliver(&batch()).await, Answer::Busy { .. }));
        assert!(server.requests.try_recv().is_err(), "nothing was sent");
    }
}

#[tokio::test]
async fn a_platform_that_is_away_is_said_in_words() {
    let server = Server::start(Certificate::Good, OK).await;
    let mut platform = server.platform(None);
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    platform.url.set_port(Some(port)).unwrap();
    let uplink = Uplink::new(&platform, &credentials()).unwrap();
    let said = failure::explain(&uplink.post(&batch()).await.unwrap_err());
    assert!(said.contains("refused"), "{said}");
}
