use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;

use protocol::lumberjack::{Windows, ack};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;
use crate::faults::FaultKind;
use crate::testing::Authority;

/// The record numbers that came, by host.
type Seen = Arc<Mutex<BTreeMap<String, BTreeSet<String>>>>;

/// A Beats server over TLS that acknowledges everything and says what came.
async fn beats_server(authority: &Authority, seen: Seen, heard: Arc<Notify>) -> SocketAddr {
    let config = authority.pair("adapter").server(&authority.provider, &authority.ca_file).unwrap();
    let (listener, acceptor) = (TcpListener::bind("127.0.0.1:0").await.unwrap(), TlsAcceptor::from(config));
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, seen, heard) = (acceptor.clone(), seen.clone(), heard.clone());
            tokio::spawn(async move {
                let (mut stream, mut decoder) = (acceptor.accept(stream).await.unwrap(), Windows::new());
                let mut bytes = vec![0; 16 << 10];
                while let Ok(read @ 1..) = stream.read(&mut bytes).await {
                    decoder.push(&bytes[..read]);
                    while let Some(window) = decoder.next_window().unwrap() {
                        window.events.iter().for_each(|event| note(&seen, &event.json));
                        stream.write_all(&ack(window.last_sequence)).await.unwrap();
                        heard.notify_waiters();
                    }
                }
            });
        }
    });
    address
}

fn note(seen: &Seen, json: &[u8]) {
    let event: serde_json::Value = serde_json::from_slice(json).unwrap();
    let host = event["host"]["name"].as_str().unwrap().to_owned();
    let number =
        event["message"].as_str().and_then(|line| line.split(' ').find(|word| word.starts_with('#')));
    // More than once is as it should be: whoever is switched off before an acknowledgement has come sends the window again.
    if let Some(number) = number {
        seen.lock().unwrap().entry(host).or_default().insert(number.to_owned());
    }
}

fn config(authority: &Authority, logs: &Path, beats: SocketAddr) -> Config {
    let ca = authority.ca_file.display();
    let mut text = format!(
        "seed = 7\n[beats]\naddress = \"{beats}\"\nserver_name = \"localhost\"\nca_file = \"{ca}\"\n"
    );
    for (id, ship) in [("p01", "beats"), ("p02", "beats"), ("p03", "none")] {
        let (certificate, key) = authority.files(id);
        text += &format!(
            "[[printers]]\nid = \"{id}\"\nmodel = \"ProJet 7000 HD\"\nserial = \"SIM\"\nlines_per_second = 100.0\n\
             certificate_file = {certificate:?}\nkey_file = {key:?}\nclient_ca_file = \"{ca}\"\n\
             pip_listen = \"127.0.0.1:0\"\ndirectory = {:?}\nship = \"{ship}\"\n",
            logs.join(id)
        );
    }
    let path = logs.join("fleet.toml");
    std::fs::write(&path, text).unwrap();
    Config::load(&path).unwrap()
}

#[tokio::test]
async fn a_stopped_fleet_has_delivered_every_line_that_it_wrote_even_from_a_printer_that_was_off() {
    let (authority, logs) = (Authority::new(), tempfile::tempdir().unwrap());
    let (seen, heard): (Seen, _) = (Arc::default(), Arc::new(Notify::new()));
    let beats = beats_server(&authority, seen.clone(), heard.clone()).await;
    let mut fleet = Fleet::start(&config(&authority, logs.path(), beats), Clock::system()).await.unwrap();
    let counts = |fleet: &Fleet, index: usize| fleet.members[index].unit.counts.totals();

    while counts(&fleet, 0).lines_acknowledged < 20 || counts(&fleet, 1).lines_acknowledged < 20 {
        heard.notified().await;
    }
    fleet.command(&Command::Fault { printer: "p02".to_owned(), kind: FaultKind::Off });
    fleet.drain().await;

    for (index, id) in ["p01", "p02"].into_iter().enumerate() {
        let totals = counts(&fleet, index);
        assert_eq!(totals.lines_acknowledged, totals.lines_written, "{id}");
        assert_eq!(seen.lock().unwrap()[id].len() as u64, totals.lines_written, "{id}");
    }
    let tailed = counts(&fleet, 2);
    assert!(tailed.lines_written > 0 && tailed.windows_sent == 0);
    let stopped: serde_json::Value = serde_json::from_str(&fleet.stopped_line()).unwrap();
    assert_eq!(stopped["printers"][1]["id"], "p02");
    let ready: serde_json::Value = serde_json::from_str(&fleet.ready_line()).unwrap();
    assert!(ready["printers"][2]["pip"].as_str().unwrap().parse::<SocketAddr>().is_ok());
}

#[tokio::test]
async fn a_key_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let authority = Authority::new();
    let (certificate, key) = authority.files("p01");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(Pair::load(&certificate, &key), Err(TlsError::Open { .. })));
}
