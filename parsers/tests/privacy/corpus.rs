//! Logs as they are in the field, with people, parts, files, addresses and keys wherever the formats have room for them:
//! `fixtures/redaction/`.

use std::fs;
use std::sync::LazyLock;

use parsers::beats::{Beat, Event};
use parsers::{Family, Format, LogParser, Output, metricbeat};

use crate::support::{FORMATS, context, files, fixtures, own_log, read, salt, updates};

/// What must not leave, with what it is.
static SECRETS: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let text = fs::read_to_string(fixtures().join("redaction/secrets.txt")).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let split = |line: &str| line.split_once(' ').map(|(kind, text)| (kind.to_owned(), text.to_owned()));
    lines.map(|line| split(line).unwrap()).collect()
});

/// The forms in which a text can be hidden in another one.
fn forms(secret: &str) -> Vec<String> {
    let json = serde_json::to_string(secret).unwrap();
    let hex = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    // The bytes before it shift a text in base64; the letters at its ends are partly of what stands beside it.
    let base64 = (0..3).map(|shift| {
        let padded = [&b"\0\0"[..shift], secret.as_bytes()].concat();
        let letters = base64(&padded);
        let whole = (padded.len() * 8) / 6;
        letters[(shift * 8).div_ceil(6)..whole].to_owned()
    });
    let plain = [secret.to_owned(), json[1..json.len() - 1].to_owned(), hex];
    let forms =
        plain.into_iter().chain(base64).flat_map(|form| [form.replace('+', "-").replace('/', "_"), form]);
    forms.map(|form| form.to_lowercase()).collect()
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| (byte >> (7 - at % 8)) & 1);
    let letter =
        |at: usize| LETTERS[(0..6).fold(0, |sum, offset| sum * 2 + usize::from(bit(at * 6 + offset)))];
    (0..(bytes.len() * 8).div_ceil(6)).map(|at| char::from(letter(at))).collect()
}

/// The secrets that are in a text, in any case and form.
fn secrets_in(text: &str) -> Vec<&'static str> {
    let text = text.to_lowercase();
    let within = |secret: &str| forms(secret).iter().any(|form| text.contains(form));
    SECRETS.iter().map(|(_, secret)| secret.as_str()).filter(|secret| within(secret)).collect()
}

fn assert_nothing_left(what: &str, output: &Output, parser: &str) {
    for written in [updates(output), own_log(output), parser.to_owned()] {
        let left = secrets_in(&written);
        assert!(left.is_empty(), "{what}: {left:?} left in {written}");
    }
}

/// The lines one by one, then in twos and all together, as a shipper joins them.
fn lines(format: &Format, bytes: &[u8]) -> (Output, LogParser) {
    let mut parser = format.parser(context());
    let mut output = Output::default();
    read(&mut parser, bytes.split(|byte| *byte == b'\n'), &mut output);
    let single: Vec<_> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let twos: Vec<_> = single.chunks(2).map(<[_]>::concat).collect();
    read(&mut parser, twos.iter().map(Vec::as_slice), &mut output);
    read(&mut parser, [bytes], &mut output);
    (output, parser)
}

/// The events of a file; a log line in one is of the `projet` family.
fn events(bytes: &[u8]) -> (Output, String) {
    let mut output = Output::default();
    let mut parser = LogParser::new(Family::Projet, context());
    let mut debug = String::new();
    for json in bytes.split(|byte| *byte == b'\n').filter(|json| !json.is_empty()) {
        match Event::parse(json) {
            Err(error) => debug += &format!("{error} {error:?}"),
            Ok(event) => {
                debug += &format!("{event:?} {:?}", event.file);
                match &event.message {
                    Some(message) if event.beat != Beat::Metricbeat => {
                        read(&mut parser, [&message[..]], &mut output);
                    }
                    _ => metricbeat::readings(&event, event.place(&salt()), &context(), &mut output),
                }
            }
        }
    }
    (output, debug + &format!("{parser:?}"))
}

#[test]
fn nothing_of_a_log_leaves_but_readings() {
    for family in Family::ALL {
        let bytes = fs::read(fixtures().join("redaction").join(family.name()).with_extension("log")).unwrap();
        // Also where the configuration has the wrong format for the file.
        for format in FORMATS.iter() {
            let (output, parser) = lines(format, &bytes);
            assert_nothing_left(&format!("{family} as {format}"), &output, &format!("{parser:?}"));
            let own = matches!(format, Format::Family(own) if own == family);
            assert!(!own || output.readings.len() >= 10, "{family}: only {} readings", output.readings.len());
        }
    }
}

#[test]
fn nothing_of_an_event_leaves_but_readings() {
    for name in ["beats.ndjson", "metricbeat.ndjson"] {
        let (output, debug) = events(&fs::read(fixtures().join("redaction").join(name)).unwrap());
        assert_nothing_left(name, &output, &debug);
        assert!(output.readings.len() >= 4, "{name}: only {} readings", output.readings.len());
    }
}

/// A secret that no file holds is one that nothing is tested with.
#[test]
fn every_secret_stands_in_a_log_and_every_log_has_secrets_of_every_kind() {
    let logs = files(&fixtures().join("redaction")).into_iter().filter(|file| !file.ends_with("secrets.txt"));
    let logs: Vec<_> = logs.map(|file| (fs::read_to_string(&file).unwrap(), file)).collect();
    for (kind, secret) in SECRETS.iter() {
        assert!(logs.iter().any(|(log, _)| log.contains(secret)), "no log holds the {kind} {secret:?}");
    }
    for (log, file) in logs.iter().filter(|(_, file)| file.extension().is_some_and(|name| name == "log")) {
        for (kind, _) in SECRETS.iter() {
            let has = SECRETS.iter().any(|(other, secret)| other == kind && log.contains(secret));
            assert!(has, "{} has no {kind}", file.display());
        }
    }
}

#[test]
fn a_secret_is_found_in_every_form() {
    let (_, secret) = &SECRETS[0];
    let hex: String = secret.bytes().map(|byte| format!("{byte:02X}")).collect();
    for beside in ["", "a", "ab", "abc"] {
        let text = format!("{beside}{secret}{beside}");
        assert!(secrets_in(&text.to_uppercase()).contains(&secret.as_str()));
        assert!(secrets_in(&base64(text.as_bytes())).contains(&secret.as_str()), "{beside:?}");
        assert!(secrets_in(&format!("{beside}{hex}")).contains(&secret.as_str()));
    }
    assert!(secrets_in("laser_power GOOD").is_empty());
    assert_eq!(base64(b"oneway!"), "b25ld2F5IQ");
}
