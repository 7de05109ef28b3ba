//! Promise P3, from the outside: whatever a line or an event holds, nothing of its text is in what leaves.

#![expect(clippy::unwrap_used, reason = "a test may fail this way")]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use catalog::{Salt, Timestamp, items};
use jiff::tz::TimeZone;
use parsers::beats::Event;
use parsers::{Context, Family, Line, LogParser, Output, metricbeat};
use proptest::prelude::*;
use protocol::thingworx::{Row, encode_update};
use serde_json::json;

fn salt() -> Salt {
    Salt::new([7; 16])
}

/// Shortest piece of text that counts as having left.
const PIECE: usize = 6;

/// Every text of the catalogue that may stand in an update.
static CATALOGUED: LazyLock<Vec<String>> = LazyLock::new(|| {
    let words = items::all().flat_map(|item| {
        let codes = item.codes().iter().map(|code| (*code).to_owned());
        codes.chain([item.id().to_owned(), item.property().to_owned(), item.unit().ucum().to_owned()])
    });
    // What an update without rows says, and the words of quality.
    let frame = String::from_utf8(encode_update(&[], true)).unwrap();
    words.chain([frame, "UNCERTAIN".into()]).collect()
});

/// Whether the text tells nobody anything: digits, and what numbers and times are written with.
fn is_numeric(piece: &str) -> bool {
    piece.bytes().all(|byte| byte.is_ascii_digit() || b"TZ+-:.eE".contains(&byte))
}

/// Every piece of the text that must not be in an update.
fn pieces(text: &str) -> BTreeSet<&str> {
    let starts = text.char_indices().map(|(start, _)| start);
    let pieces = starts.filter_map(|start| {
        let end = text[start..].char_indices().nth(PIECE).map_or(text.len(), |(length, _)| start + length);
        (text[start..end].chars().count() == PIECE).then(|| &text[start..end])
    });
    pieces.filter(|piece| !is_numeric(piece) && !CATALOGUED.iter().any(|word| word.contains(piece))).collect()
}

/// What leaves, but for the origins: they are a keyed hash, and hold six letters in a row by chance.
fn update(output: &Output) -> String {
    let rows: Vec<_> = output.readings.iter().map(Row::from_reading).collect();
    String::from_utf8(encode_update(&rows, false)).unwrap()
}

fn assert_nothing_left(text: &str, output: &Output) -> Result<(), TestCaseError> {
    let update = update(output);
    // Everything else that a program may write to its own log.
    let debug = format!("{:?} {:?}", output.refused, output.unmatched);
    for piece in pieces(text) {
        prop_assert!(!update.contains(piece), "{piece:?} left in {update}");
        prop_assert!(!debug.contains(piece), "{piece:?} stands in {debug}");
    }
    Ok(())
}

/// Names as people give them, and anything else.
fn secret() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{3,8}[._ =-][a-z]{3,8}(\\.stl)?",
        "/home/[a-z]{3,8}/[a-z]{3,8}[0-9]{0,3}\\.stl",
        "[0-9]{1,4}[a-zA-Z]{6,12}",
        "\\PC{0,40}",
    ]
}

/// A line with secrets in one of the places where one can stand, or in all of them.
fn line() -> impl Strategy<Value = (String, String)> {
    let templates = proptest::sample::select(vec![
        "@",
        "@ laser #000000001 INFO power=1mW",
        "2026-11-22T10:15:30Z @ #000000001 INFO power=1mW",
        "2026-11-22T10:15:30Z laser #@ INFO power=1mW",
        "2026-11-22T10:15:30Z laser #000000001 @ power=1mW",
        "2026-11-22T10:15:30Z laser #000000001 INFO @=1mW power=1mW",
        "2026-11-22T10:15:30Z laser #000000001 INFO power=@ current=1@ head=@Cel",
        "2026-11-22T10:15:30Z build #000000001 INFO printer=@ state=@ job=\"@\" user=\"@\" file=@ layer=1x",
        "2026-11-22T10:15:30Z build #000000001 INFO job=\"@ layer=2x",
        "2026-11-22T10:15:30Z vat #000000001 FAULT code=@ name=@ state=@ @=@",
        "2026-11-22T10:15:30Z vat #000000001 FAULT code=2031 name=\"@\" state=active\n    @\n@",
        "   @",
    ]);
    (templates, secret()).prop_map(|(template, secret)| (template.replace('@', &secret), secret))
}

proptest! {
    // A failure becomes a case of `fixtures/`, by hand.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn of_a_line((text, secret) in line()) {
        let context = Context { salt: salt(), zone: TimeZone::UTC };
        let mut parser = LogParser::new(Family::Projet, context);
        let place = salt().source(&[b"file"]).place(7, salt().check(text.as_bytes()));
        let line = Line { text: text.as_bytes(), place, fallback_time: Timestamp(0) };
        let mut output = Output::default();
        parser.line(&line, &mut output);
        assert_nothing_left(&secret, &output)?;
        let debug = format!("{line:?} {parser:?}");
        prop_assert!(!pieces(&secret).into_iter().any(|piece| debug.contains(piece)));
    }

    #[test]
    fn of_an_event(secret in secret(), set in proptest::sample::select(vec!["cpu", "load", "memory", "filesystem", "fsstat"])) {
        let json = json!({
            "@timestamp": "2026-11-22T10:15:30.123Z", "@metadata": { "beat": "metricbeat" },
            "agent": { "id": secret, "name": secret }, "host": { "name": secret, "hostname": secret },
            "event": { "dataset": format!("system.{set}") }, "message": secret, "fields": { &secret: secret },
            "system": {
                "cpu": { "cores": 2, "total": { "pct": 1, "norm": { "pct": secret } } },
                "load": { "1": 0.5, "5": secret },
                "memory": { "total": 5, "used": { "pct": 0.5 }, "actual": secret },
                "filesystem": { "mount_point": secret, "device_name": secret, "used": { "pct": 0.5 }, "free": 5 },
                "fsstat": { "total_files": 5, "count": secret },
            },
        });
        let json = json.to_string();
        let event = Event::parse(json.as_bytes()).unwrap();
        let context = Context { salt: salt(), zone: TimeZone::UTC };
        let mut output = Output::default();
        metricbeat::readings(&event, event.place(&salt()), &context, &mut output);
        assert_nothing_left(&secret, &output)?;
        let debug = format!("{event:?} {:?}", event.file);
        prop_assert!(!pieces(&secret).into_iter().any(|piece| debug.contains(piece)));
    }

    #[test]
    fn any_bytes_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        parsers::projet::fuzz_body(&bytes);
        parsers::beats::fuzz_body(&bytes);
        parsers::metricbeat::fuzz_body(&bytes);
    }

    /// A record cut anywhere says nothing that the whole record does not say.
    #[test]
    fn half_a_line_makes_nothing_up(cut in 0usize..400) {
        let whole = "2026-11-22T10:15:30.123Z build #000000007 INFO printer=building state=printing \
            job=\"a b=c\" layer=118x layers=2400x progress=4.9% elapsed=3600s remaining=70min hours=91.5h boots=77x";
        let read = |text: &str| {
            let mut parser = LogParser::new(Family::Projet, Context { salt: salt(), zone: TimeZone::UTC });
            let mut output = Output::default();
            let place = salt().source(&[]).place(0, 0);
            parser.line(&Line { text: text.as_bytes(), place, fallback_time: Timestamp(0) }, &mut output);
            output.readings
        };
        let all = read(whole);
        let half = read(whole.get(..cut).unwrap_or(whole));
        prop_assert_eq!(&half[..], &all[..half.len()]);
    }
}
