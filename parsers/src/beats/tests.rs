use super::*;

#[test]
fn every_event_that_the_wire_lets_through_is_read() {
    let head = r#"{"message":"plain","labels":""#;
    let json = format!("{head}{}\"}}", "x".repeat(protocol::limits::EVENT_BYTES_MAX - head.len() - 2));
    assert_eq!(json.len(), protocol::limits::EVENT_BYTES_MAX);
    assert!(Event::parse(json.as_bytes()).is_ok_and(|event| event.message.is_some()));
}

#[test]
fn a_plain_message_is_borrowed() {
    let event = Event::parse(br#"{"message":"plain"}"#).unwrap();
    assert!(matches!(event.message, Some(Cow::Borrowed(b"plain"))));
}

#[test]
fn an_error_says_where_and_nothing_of_the_text() {
    for (json, text) in [
        (br#"{"message":{"anna":1}}"#.as_slice(), "JSON, but no event of a beat, by its byte 11"),
        (br#"{"message":"anna}"#, "no JSON from byte 17 on"),
    ] {
        assert_eq!(Event::parse(json).map_err(|error| error.to_string()).err().as_deref(), Some(text));
    }
}

#[test]
fn only_the_number_of_a_rotation_is_cut_off() {
    let cases = [
        ("a.log.1", "a.log"),
        ("a.log.12", "a.log"),
        ("a.log", "a.log"),
        ("a1", "a1"),
        ("a.", "a."),
        ("7", "7"),
    ];
    for (path, expected) in cases {
        assert_eq!(unrotated(path), expected);
    }
}
