use super::*;

#[test]
fn an_event_over_the_limit_is_not_looked_at() {
    let json = format!(r#"{{"message":"{}"}}"#, "x".repeat(EVENT_BYTES_MAX));
    assert_eq!(Event::parse(json.as_bytes()).err(), Some(EventError::TooLarge { bytes: json.len() }));
    assert!(
        Event::parse(&json.as_bytes()[..EVENT_BYTES_MAX])
            .is_err_and(|error| error == EventError::Syntax { column: EVENT_BYTES_MAX })
    );
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
