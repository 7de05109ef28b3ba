//! A peer that was taken over and writes its frames by hand.

use std::fs;
use std::path::PathBuf;

use data_encoding::HEXLOWER;
use protocol::link::{encode_answer, encode_batch};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;

use super::*;

/// The inputs of `fixtures/link/TOPIC/`, by case, that must be refused.
fn refused(topic: &str) -> Vec<(String, Vec<u8>)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/link").join(topic);
    let mut cases = Vec::new();
    for case in fs::read_dir(root).unwrap().map(|case| case.unwrap().path()) {
        if fs::read_to_string(case.join("expected.json")).unwrap().contains("\"error\"") {
            let text = fs::read_to_string(case.join("input.hex")).unwrap();
            let digits: String = text.lines().filter(|line| !line.starts_with('#')).collect();
            let name = case.file_name().unwrap().to_string_lossy().into_owned();
            cases.push((name, HEXLOWER.decode(digits.as_bytes()).unwrap()));
        }
    }
    assert!(cases.len() > 5);
    cases
}

async fn closed(mut stream: UnixStream) {
    let mut said = Vec::new();
    // It may be cut off before all that it wrote was read.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut said)).await.expect("it is still connected");
    assert_eq!(said, b"", "it was answered");
}

#[tokio::test]
async fn nothing_that_the_catalogue_would_not_say_is_sent_and_each_try_is_counted() {
    let site = Site::new();
    let open = site.open();
    let cases = refused("batch");
    for (name, bytes) in &cases {
        let mut stream = UnixStream::connect(&site.place.socket).await.unwrap();
        let _ = stream.write_all(bytes).await;
        closed(stream).await;
        assert_eq!(site.delivered(), [], "{name}");
    }
    assert_eq!(open.state.frames_refused.now(), cases.len() as u64, "{:?}", open.state.frames_refused);
    // And an honest one is served as if nothing had been.
    assert_eq!(site.link().deliver(&batch(0)).await, Answer::Accepted);
}

#[tokio::test]
async fn nothing_is_sent_for_a_thing_that_is_not_this_adapters() {
    let site = Site::new();
    let open = site.open();
    for thing in ["oslo-2", "oslo-2.p01", "oslo", "oslo-11.p01"] {
        let mut stream = UnixStream::connect(&site.place.socket).await.unwrap();
        let frame = encode_batch(0, thing, &readings(0..1));
        let _ = stream.write_all(&frame).await;
        closed(stream).await;
    }
    assert_eq!(site.delivered(), []);
    assert_eq!(open.state.frames_refused.by_reason(), [("foreign_thing".to_owned(), 4)].into());
}

#[tokio::test]
async fn a_slot_is_for_one_batch_until_it_is_answered() {
    let site = Site::new();
    let open = site.open();
    *site.platform.held.lock().unwrap() = true;
    let mut stream = UnixStream::connect(&site.place.socket).await.unwrap();
    let frame = encode_batch(0, "oslo-1.p01", &readings(0..1));
    let _ = stream.write_all(&[frame.clone(), frame].concat()).await;
    closed(stream).await;
    assert_eq!(open.state.frames_refused.by_reason(), [("slot_taken".to_owned(), 1)].into());
}

#[tokio::test(start_paused = true)]
async fn one_that_stops_in_the_middle_is_cut_off() {
    let site = Site::new();
    let open = site.open();
    let mut stream = UnixStream::connect(&site.place.socket).await.unwrap();
    let frame = encode_batch(0, "oslo-1.p01", &readings(0..1));
    stream.write_all(&frame[..frame.len() - 1]).await.unwrap();
    closed(stream).await;
    assert_eq!((site.delivered().len(), open.state.frames_refused.now()), (0, 0));
}

#[tokio::test]
async fn a_stream_that_is_cut_anywhere_is_the_same_batches() {
    let site = Site::new();
    let _open = site.open();
    let frame = encode_batch(0, "oslo-1.p01", &readings(0..3));
    for cut in 0..frame.len() {
        let mut stream = UnixStream::connect(&site.place.socket).await.unwrap();
        stream.write_all(&frame[..cut]).await.unwrap();
        tokio::task::yield_now().await;
        stream.write_all(&frame[cut..]).await.unwrap();
        let mut answer = [0; 6];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer, encode_answer(0, Answer::Accepted), "{cut}");
    }
    assert_eq!(site.delivered(), vec![batch(0); frame.len()]);
}

#[tokio::test]
async fn an_uplink_can_say_nothing_but_the_three_answers() {
    let site = Site::new();
    let listener = UnixListener::bind(&site.place.socket).unwrap();
    let mut cases = refused("answer");
    // An answer to what was not asked, and a second one to what was.
    let accepted = |slot| encode_answer(slot, Answer::Accepted).to_vec();
    cases.push(("not asked".into(), accepted(5)));
    for (name, bytes) in cases {
        let link = site.link();
        let hostile = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = [0; 9];
            stream.read_exact(&mut head).await.unwrap();
            stream.write_all(&bytes).await.unwrap();
            stream
        };
        let first = batch(0);
        let (answer, stream) = futures::join!(link.deliver(&first), hostile);
        busy(answer);
        let why = link.health().trouble().unwrap().why;
        assert!(why.contains("closed") && link.state().frames_refused.now() == 1, "{name}: {why}");
        // The intake has left it.
        let mut stream = stream;
        let mut rest = Vec::new();
        let _ = timeout(PATIENCE, async {
            drop(link);
            stream.read_to_end(&mut rest).await
        })
        .await
        .expect("the intake is still connected");
    }
}
