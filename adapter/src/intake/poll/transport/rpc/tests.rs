//! The transport against servers of every temper, on real sockets.

use std::sync::Arc;

use futures::{SinkExt as _, StreamExt as _};
use hyper::header::HeaderName;
use secrecy::SecretString;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::*;
use crate::config::HostPort;
use crate::intake::poll::limits::{SOCKET_MESSAGE_BYTES_MAX, SOCKET_MESSAGES_PER_SECOND_MAX};
use crate::intake::poll::neighbours::Neighbours;
use crate::intake::poll::transport::dial::Dial;
use crate::intake::poll::transport::http::{Auth, Path};

static PATHS: &[Path] = &[Path::new("/server/info", 64)];
static METHODS: &[Method] = &[Method::new("printer.objects.subscribe"), Method::new("printer.info")];
static OTHER: Method = Method::new("printer.emergency_stop");

fn rpc(port: u16) -> Rpc {
    let address = HostPort::parse(&format!("127.0.0.1:{port}")).unwrap();
    let dial = Dial { address, tls: None, neighbours: Arc::<Neighbours>::default() };
    let auth = Auth::Header(HeaderName::from_static("x-api-key"));
    let key = Some(SecretString::from("a key"));
    Rpc::new(Site { dial, prefix: "/printer1".to_owned(), paths: PATHS, auth, key }, "/websocket", METHODS)
}

async fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

async fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// Takes one connection, and upgrades it. Gives the head of the request too.
async fn upgraded(listener: &TcpListener) -> (WebSocketStream<TcpStream>, String) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let head = head(&mut stream).await;
    let key = head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap();
    let accept = derive_accept_key(key.as_bytes());
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    stream.write_all(answer.as_bytes()).await.unwrap();
    (WebSocketStream::from_raw_socket(stream, Role::Server, None).await, head)
}

fn subscribe() -> Query {
    let objects = vec![("heater_generic \"a\"".to_owned(), &["temperature"] as &'static [&'static str])];
    Query::Call(Call::new(&METHODS[0], 1).objects(objects))
}

#[tokio::test]
async fn a_call_opens_the_socket_with_the_key_and_the_next_one_goes_over_it() {
    let (listener, port) = listen().await;
    let mut rpc = rpc(port);
    let server = async {
        let (mut socket, head) = upgraded(&listener).await;
        let first = socket.next().await.unwrap().unwrap().into_text().unwrap();
        socket.send(Message::Ping("x".into())).await.unwrap();
        socket.send(Message::text("told")).await.unwrap();
        let pong = socket.next().await.unwrap().unwrap();
        assert!(pong.is_pong(), "{pong:?}");
        let second = socket.next().await.unwrap().unwrap().into_text().unwrap();
        (head, first.to_string(), second.to_string(), socket)
    };
    let client = async {
        rpc.ask(subscribe()).await.unwrap();
        assert!(matches!(rpc.heard().await.unwrap(), Answer::Said(message) if message == "told"));
        rpc.ask(Query::Call(Call::new(&METHODS[1], 2))).await.unwrap();
        // The pong goes out with it.
        let _ = tokio::time::timeout(std::time::Duration::from_millis(50), rpc.heard()).await;
    };
    let ((head, first, second, _socket), ()) = tokio::join!(server, client);
    assert!(head.starts_with("GET /printer1/websocket HTTP/1.1\r\n"), "{head}");
    assert!(head.to_lowercase().contains("\r\nx-api-key: a key\r\n"), "{head}");
    let expected = r#"{"jsonrpc":"2.0","id":1,"method":"printer.objects.subscribe","params":{"objects":{"heater_generic \"a\"":["temperature"]}}}"#;
    assert_eq!(first, expected);
    assert_eq!(second, r#"{"jsonrpc":"2.0","id":2,"method":"printer.info"}"#);
}

#[tokio::test]
async fn there_is_never_more_than_one_connection() {
    const SOON: std::time::Duration = std::time::Duration::from_secs(10);
    let (listener, port) = listen().await;
    let got = || async {
        let (mut stream, _) = listener.accept().await.unwrap();
        head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await.unwrap();
        stream
    };
    let mut rpc = rpc(port);
    let server = async {
        let mut first = got().await;
        let (mut socket, _) = upgraded(&listener).await;
        let ended = tokio::time::timeout(SOON, first.read(&mut [0])).await;
        assert!(matches!(ended, Ok(Ok(0) | Err(_))), "the socket is a second connection");
        socket.next().await.unwrap().unwrap();
        socket.send(Message::text("told")).await.unwrap();
        let _third = got().await;
        let ended = tokio::time::timeout(SOON, socket.next()).await;
        assert!(matches!(ended, Ok(None | Some(Err(_)))), "the GET is a second connection");
    };
    let client = async {
        rpc.ask(Query::Get(Get::new(&PATHS[0]))).await.unwrap();
        assert!(matches!(rpc.heard().await.unwrap(), Answer::Got(_)));
        rpc.ask(subscribe()).await.unwrap();
        assert!(matches!(rpc.heard().await.unwrap(), Answer::Said(_)));
        rpc.ask(Query::Get(Get::new(&PATHS[0]))).await.unwrap();
        assert!(matches!(rpc.heard().await.unwrap(), Answer::Got(_)));
    };
    tokio::join!(server, client);
}

#[tokio::test]
async fn a_method_that_is_not_listed_is_not_called() {
    let (_listener, port) = listen().await;
    let refused = rpc(port).ask(Query::Call(Call::new(&OTHER, 1))).await.unwrap_err();
    assert_eq!(refused.trouble.map(|trouble| trouble.code()), Some("nonsense"));
}

#[tokio::test]
async fn what_is_too_long_too_much_or_no_websocket_is_refused_and_what_breaks_off_is_a_loss() {
    /// What comes after the upgrade.
    #[derive(Debug)]
    enum After {
        Message(Message),
        Messages(u32),
        Bytes(&'static [u8]),
        Nothing,
    }
    let long = "x".repeat(SOCKET_MESSAGE_BYTES_MAX + 1);
    let cases = [
        (After::Message(Message::text(long)), Some("message_too_long")),
        // A frame that announces 2^62 bytes.
        (After::Bytes(b"\x81\x7f\x40\0\0\0\0\0\0\0"), Some("message_too_long")),
        (After::Message(Message::binary(b"{}".as_slice())), Some("websocket")),
        (After::Bytes(b"\x81\x02\xff\xfe"), Some("websocket")),
        (After::Bytes(b"\xf1\x02{}"), Some("websocket")),
        (After::Bytes(b"\x81\x82maskxx"), Some("websocket")),
        (After::Messages(SOCKET_MESSAGES_PER_SECOND_MAX * 3), Some("websocket_flood")),
        (After::Message(Message::Close(None)), None),
        (After::Bytes(b"\x81\x05ab"), None),
        (After::Nothing, None),
    ];
    for (after, refused) in cases {
        let (listener, port) = listen().await;
        let shown = format!("{after:.60?}");
        let server = tokio::spawn(async move {
            let (mut socket, _) = upgraded(&listener).await;
            let _ = socket.next().await;
            match after {
                After::Message(message) => drop(socket.send(message).await),
                After::Messages(count) => {
                    for _ in 0..count {
                        let _ = socket.send(Message::text("{}")).await;
                    }
                }
                After::Bytes(bytes) => drop(socket.get_mut().write_all(bytes).await),
                After::Nothing => {}
            }
            // The end of the stream, and not a reset that would overtake what was written.
            let _ = socket.get_mut().shutdown().await;
            while let Ok(1..) = socket.get_mut().read(&mut [0; 1024]).await {}
        });
        let mut rpc = rpc(port);
        rpc.ask(subscribe()).await.unwrap();
        let loss = loop {
            if let Err(loss) = rpc.heard().await {
                break loss;
            }
        };
        assert_eq!(loss.refused, refused, "{shown:.80}");
        assert_eq!(loss.trouble.map(|trouble| trouble.code()), refused.map(|_| "nonsense"), "{shown:.80}");
        rpc.close();
        server.await.unwrap();
    }
}

#[tokio::test]
async fn where_no_socket_is_to_be_had_http_goes_on() {
    for status in ["403 Forbidden", "404 Not Found", "302 Found\r\nLocation: /", "200 OK", "500 Oh"] {
        let (listener, port) = listen().await;
        let server = tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let upgrade = head(&mut stream).await.contains("websocket");
                let status = if upgrade { status } else { "200 OK" };
                let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\n{{}}");
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        let mut rpc = rpc(port);
        rpc.ask(subscribe()).await.unwrap();
        assert!(matches!(rpc.heard().await, Ok(Answer::NoSocket)), "{status}");
        rpc.ask(Query::Get(Get::new(&PATHS[0]))).await.unwrap();
        assert!(matches!(rpc.heard().await, Ok(Answer::Got(got)) if got.body == "{}"), "{status}");
        server.abort();
    }
}

#[tokio::test]
async fn a_handshake_that_is_none_is_nonsense() {
    let (listener, port) = listen().await;
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        head(&mut stream).await;
        let answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n";
        stream.write_all(answer.as_bytes()).await.unwrap();
        stream
    });
    let mut rpc = rpc(port);
    rpc.ask(subscribe()).await.unwrap();
    let loss = rpc.heard().await.err().unwrap();
    assert_eq!(loss.refused, Some("websocket"));
    server.await.unwrap();
}
