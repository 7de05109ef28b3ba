use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::fixtures;
use crate::limits::{MDNS_NAME_BYTES_MAX, MDNS_PACKET_BYTES_MAX};

#[test]
fn each_packet_is_read_as_its_case_says() {
    for case in fixtures::cases("mdns") {
        let found = match answer(&case.input()) {
            Ok(None) => json!({"records": null}),
            Ok(Some(records)) => json!({"records": records.iter().map(written).collect::<Vec<_>>()}),
            Err(error) => json!({"error": error.to_string()}),
        };
        assert_eq!(found, case.expected, "{}", case.name);
    }
}

fn written(record: &Record) -> Value {
    let name = record.name.dotted();
    match &record.data {
        Data::Service(instance) => json!(format!("{name} is offered by {}", instance.dotted())),
        Data::Place { port, host } => json!(format!("{name} is at {}:{port}", host.dotted())),
        Data::Txt(txt) => {
            let said = ["path", "product", "version", "https_port"].map(|key| (key, txt.value(key)));
            let said = said.iter().filter_map(|(key, value)| Some(format!(" {key}={}", value.as_ref()?)));
            json!(format!("{name} says{}", said.collect::<String>()))
        }
        Data::Address(address) => json!(format!("{name} has {address}")),
    }
}

#[test]
fn what_is_cut_off_is_wrong_wherever_it_is_cut() {
    for case in fixtures::cases("mdns") {
        let packet = case.input();
        if !matches!(answer(&packet), Ok(Some(_))) {
            continue;
        }
        for length in 0..packet.len() {
            let cut = answer(&packet[..length]);
            assert!(
                matches!(cut, Err(Error::Truncated | Error::Record)),
                "{} at {length}: {cut:?}",
                case.name
            );
        }
    }
}

#[test]
fn a_question_is_these_bytes() {
    let service = Name::parse("_octoprint._tcp.local").unwrap();
    let head = b"\0\0\0\0\0\x01\0\0\0\0\0\0\x0a_octoprint\x04_tcp\x05local\0";
    for (wanted, kind) in [
        (Wanted::Services, b"\0\x0c"),
        (Wanted::Place, b"\0\x21"),
        (Wanted::Txt, b"\0\x10"),
        (Wanted::Address, b"\0\x01"),
    ] {
        assert_eq!(question(&service, wanted), [&head[..], kind, b"\0\x01"].concat());
    }
}

#[test]
fn a_name_is_compared_without_case_and_an_instance_is_one_label() {
    let service = Name::parse("_octoprint._tcp.local").unwrap();
    assert_eq!(service, Name::parse("_OctoPrint._TCP.local").unwrap());
    let instance = Name::parse("A b._OCTOPRINT._tcp.LOCAL").unwrap();
    assert_eq!(instance.instance_of(&service), Some(&b"A b"[..]));
    for other in ["_octoprint._tcp.local", "a.b._octoprint._tcp.local", "a._moonraker._tcp.local", "local"] {
        assert_eq!(Name::parse(other).unwrap().instance_of(&service), None, "{other}");
    }
    for wrong in ["", ".", "a..b", &"x".repeat(64), &["x"; 128].join(".")] {
        assert_eq!(Name::parse(wrong), None, "{wrong:?}");
    }
    assert_eq!(Name::parse(&["x"; 127].join(".")).map(|name| name.length()), Some(MDNS_NAME_BYTES_MAX));
}

#[test]
fn a_packet_is_no_longer_than_one_may_be() {
    let mut packet = fixtures::hex("0000 8400 0000 0000 0000 0000");
    packet.resize(MDNS_PACKET_BYTES_MAX, 0);
    assert_eq!(answer(&packet), Ok(Some(Vec::new())));
    packet.push(0);
    assert_eq!(answer(&packet), Err(Error::PacketTooLong));
}

#[test]
fn no_debug_form_shows_what_a_service_says_of_itself() {
    for case in fixtures::cases("mdns") {
        let debug = format!("{:?}", answer(&case.input()));
        assert!(!debug.contains("hunter2"), "{}: {debug}", case.name);
    }
}

#[test]
fn any_bytes_of_the_corpus_and_of_the_cases_do_no_harm() {
    for input in fixtures::corpus("mdns") {
        fuzz_body(&input);
    }
    for case in fixtures::cases("mdns") {
        fuzz_body(&case.input());
    }
}

proptest! {
    #[test]
    fn no_bytes_do_harm(bytes in vec(any::<u8>(), 0..300)) {
        fuzz_body(&bytes);
        // As an answer with a record or two, whatever else it is.
        let head = [0, 0, 0x84, 0, 0, 0, 0, 2, 0, 0, 0, 0];
        fuzz_body(&[&head[..], &bytes].concat());
    }

    /// One byte of a real answer is another.
    #[test]
    fn an_answer_that_is_nearly_right_does_no_harm(case in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let cases = fixtures::cases("mdns");
        let mut packet = case.get(&cases).input();
        // There is a case of no byte.
        packet.push(0);
        let at = at.index(packet.len());
        packet[at] = byte;
        fuzz_body(&packet);
    }
}
