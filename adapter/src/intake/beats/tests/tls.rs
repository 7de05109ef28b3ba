use std::fs;
use std::path::Path;

use rustls::client::WebPkiServerVerifier;
use rustls::crypto::ring::default_provider;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ProtocolVersion, SupportedProtocolVersion};

use super::*;
use crate::config::{ListenerTls, Pair};

type Stream = TlsStream<TcpStream>;

/// A listener on which the sender of printer p01 is known by its address, or by its certificate.
async fn listener(bench: &Bench, tls: &ListenerTls, beats: Sender) -> SocketAddr {
    let config = Config { listen: "127.0.0.1:0".parse().unwrap(), tls: Some(tls.clone()) };
    let printer = Printer { beats: Some(beats), ..testing::printer() };
    start(&config, &[printer], Arc::default(), bench.context.clone()).await.unwrap().address
}

async fn connect(
    address: SocketAddr,
    root: &Path,
    pair: Option<&Pair>,
    version: &'static SupportedProtocolVersion,
) -> std::io::Result<Stream> {
    let provider = Arc::new(default_provider());
    let roots = crate::tls::roots(root).unwrap();
    let verifier = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider)).build().unwrap();
    let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[version]).unwrap();
    let builder = builder.with_webpki_verifier(verifier);
    let config = match pair {
        None => builder.with_no_client_auth(),
        Some(pair) => {
            let key = crate::tls::key(&pair.key_file).unwrap();
            let chain = crate::tls::certificates(&pair.certificate_file).unwrap();
            builder.with_client_auth_cert(chain, key).unwrap()
        }
    };
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

/// What an empty window is answered with; `None` when the listener closed.
async fn asked(stream: std::io::Result<Stream>) -> Option<u32> {
    let mut client = Client { stream: stream.ok()?, acks: AckDecoder::new() };
    client.stream.write_all(&encode_window(1, &[] as &[&str], None)).await.ok()?;
    client.ack().await
}

#[tokio::test]
async fn both_versions_serve_with_and_without_certificates_of_the_senders() {
    let authority = Authority::new();
    let (pair, root) = (authority.pair("p01"), authority.ca_file());
    let local = Sender::Address([127, 0, 0, 1].into());
    let mutual = authority.listener("localhost");
    let server_only = ListenerTls { client_ca_file: None, ..mutual.clone() };
    let other = Authority::new();
    let foreign = other.pair("p01");
    for (version, number) in [(&TLS12, ProtocolVersion::TLSv1_2), (&TLS13, ProtocolVersion::TLSv1_3)] {
        for (tls, shown, served) in [
            (&server_only, None, true),
            (&server_only, Some(&pair), true),
            (&mutual, Some(&pair), true),
            (&mutual, None, false),
            (&mutual, Some(&foreign), false),
        ] {
            let bench = testing::bench();
            let address = listener(&bench, tls, local.clone()).await;
            let stream = connect(address, &root, shown, version).await;
            if let Ok(stream) = &stream {
                assert_eq!(stream.get_ref().1.protocol_version(), Some(number));
            }
            assert_eq!(asked(stream).await, served.then_some(0), "{number:?} {tls:?} {shown:?}");
            assert_eq!(bench.context.counters.senders_refused.now(), u64::from(!served));
        }
    }
}

#[tokio::test]
async fn older_versions_are_refused() {
    let (bench, authority) = (testing::bench(), Authority::new());
    let address = listener(&bench, &authority.listener("localhost"), Sender::Certificate("p01".into())).await;
    // The hello of TLS 1.0 and 1.1, as OpenSSL sends it: no supported_versions, one suite of that time.
    for version in [1, 2] {
        let hello = [&[3, version][..], &[7; 32], &[0, 0, 2, 0, 0x2f, 1, 0]].concat();
        let length = |bytes: &[u8]| u16::try_from(bytes.len()).unwrap().to_be_bytes();
        let handshake = [&[1, 0][..], &length(&hello), &hello].concat();
        let record = [&[22, 3, 1][..], &length(&handshake), &handshake].concat();
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(&record).await.unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        // An alert, fatal: protocol_version or handshake_failure.
        assert!(answer.is_empty() || (answer[0] == 21 && [70, 40].contains(&answer[6])), "{answer:?}");
    }
    assert_eq!(bench.context.counters.senders_refused.now(), 2);
}

#[tokio::test(start_paused = true)]
async fn certificates_are_renewed_under_a_live_connection() {
    let (bench, old, new) = (testing::bench(), Authority::new(), Authority::new());
    let files = old.listener("localhost");
    let config = Config { listen: "127.0.0.1:0".parse().unwrap(), tls: Some(files.clone()) };
    let listening = start(&config, &[printer()], Arc::default(), bench.context.clone()).await.unwrap();
    let (address, watched) = (listening.address, listening.tls.unwrap());
    let kept = tempfile::tempdir().unwrap();
    let (old_root, old_pair) = (kept.path().join("ca.pem"), old.pair("p01"));
    fs::copy(old.ca_file(), &old_root).unwrap();
    let stream = connect(address, &old_root, Some(&old_pair), &TLS13).await.unwrap();
    let mut live = Client { stream, acks: AckDecoder::new() };
    let next = new.listener("localhost");
    for (from, to) in [
        (&next.certificate_file, &files.certificate_file),
        (&next.key_file, &files.key_file),
        (next.client_ca_file.as_ref().unwrap(), files.client_ca_file.as_ref().unwrap()),
    ] {
        fs::copy(from, to).unwrap();
    }
    while watched.reloads() == 0 {
        testing::pass(Duration::from_secs(1)).await;
    }
    // Who is connected stays, and is served.
    live.send(&encode_window(1, &[] as &[&str], None)).await;
    assert_eq!(live.ack().await, Some(0));
    // The next one meets the new certificate and the new root: the old pair is a stranger's now.
    let new_root = new.ca_file();
    assert!(connect(address, &old_root, Some(&old_pair), &TLS13).await.is_err());
    assert_eq!(asked(connect(address, &new_root, Some(&old_pair), &TLS13).await).await, None);
    assert_eq!(asked(connect(address, &new_root, Some(&new.pair("p01")), &TLS13).await).await, Some(0));
    // What cannot be used changes nothing for senders.
    fs::write(&files.key_file, "no key").unwrap();
    while watched.problem().is_none() {
        testing::pass(Duration::from_secs(1)).await;
    }
    assert_eq!(asked(connect(address, &new_root, Some(&new.pair("p01")), &TLS13).await).await, Some(0));
    assert_eq!(watched.reloads(), 1);
}
