use std::fs;

use data_encoding::HEXLOWER_PERMISSIVE;
use serde_json::{Value, json};

use super::*;

/// The bytes behind hexadecimal digits, in the form that `fixtures/lumberjack/README.md` describes.
fn hex(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut last = Vec::new();
    for word in text.lines().flat_map(|line| line.split('#').next().unwrap().split_whitespace()) {
        if let Some(times) = word.strip_prefix('*') {
            bytes.extend(last.repeat(times.parse::<usize>().unwrap() - 1));
        } else {
            last = HEXLOWER_PERMISSIVE.decode(word.as_bytes()).unwrap();
            bytes.extend_from_slice(&last);
        }
    }
    bytes
}

/// What the listener answers to these bytes, in the form of `expected.json`, on a platform that stores all.
async fn answer(case: &str, input: &[u8], closes: bool, acks: usize) -> Value {
    let bench = testing::bench();
    let senders = senders::senders(&[printer()], &bench.context);
    let known = senders.find(&["p01".to_owned()], [127, 0, 0, 1].into()).unwrap();
    let (mut ours, theirs) = tokio::io::duplex(1 << 20);
    let serve = Connection::new(theirs, known.clone(), &bench.context, known.connection().unwrap().0).serve();
    let talk = async {
        // The listener may close before it has read everything.
        let _ = ours.write_all(input).await;
        let (mut decoder, mut acknowledge) = (AckDecoder::new(), Vec::new());
        let mut bytes = [0; 64];
        while closes || acknowledge.len() < acks {
            match ours.read(&mut bytes).await {
                Ok(0) | Err(_) => break,
                Ok(count) => decoder.push(&bytes[..count]),
            }
            acknowledge.extend(decoder.by_ref());
        }
        drop(ours);
        acknowledge
    };
    tokio::select! {
        (end, acknowledge) = both(serve, talk) => match end {
            End::Decided(Why::Refused(error)) => json!({ "acknowledge": acknowledge, "error": error.name() }),
            End::Decided(Why::Ended) => json!({ "acknowledge": acknowledge }),
            end => panic!("{case}: {end:?}"),
        },
        _ = bench.store(usize::MAX, |_| false) => unreachable!(),
    }
}

#[tokio::test(start_paused = true)]
async fn every_case_is_answered_as_expected() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/lumberjack");
    let mut seen = 0;
    for folder in fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir())
    {
        let input = hex(&fs::read_to_string(folder.join("input.hex")).unwrap());
        let mut expected: Value =
            serde_json::from_slice(&fs::read(folder.join("expected.json")).unwrap()).unwrap();
        expected.as_object_mut().unwrap().remove("windows");
        let acks = expected["acknowledge"].as_array().unwrap().len();
        let answered =
            answer(&folder.display().to_string(), &input, expected.get("error").is_some(), acks).await;
        assert_eq!(answered, expected, "{}", folder.display());
        seen += 1;
    }
    assert!(seen > 40, "only {seen} cases");
}
