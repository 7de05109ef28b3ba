use super::*;

#[test]
fn every_event_that_the_wire_lets_through_is_read() {
    let head = r#"{"message":"plain","labels":""#;
    let json = format!("{head}{}\"}}", "x".repeat(protocol::limits::EVENT_BYTES_MAX - head.len() - 2));
    assert_eq!(json.len(), protocol::limits::EVENT_BYTES_MAX);
    assert!(Event::parse(json.as_bytes()).is_ok_and(|event| event.message.is_some()));
}

/// `python-logstash-async` ends each event with a line feed, and says nothing of itself.
#[test]
fn white_space_around_an_event_is_none_of_it() {
    let event = Event::parse(b"\r\n {\"message\":\"m\"} \t\n").unwrap();
    assert_eq!((event.beat, event.message.as_deref()), (Beat::Other, Some(&b"m"[..])));
    let two = Event::parse(b"{\"message\":\"m\"}\n{}").unwrap_err();
    assert_eq!(two, EventError::Syntax { column: 17 });
}

#[test]
fn a_key_is_the_same_however_it_is_written_and_wherever_it_stands() {
    for (json, expected) in [
        (r#"{"message":"m"}"#, Some("m")),
        (r#"{"message" : "m"}"#, Some("m")),
        (r#"{"m\u0065ssage":"m"}"#, Some("m")),
        (r#"{"message\u0000":"m"}"#, None),
        (r#"{"messag":"m"}"#, None),
        (r#"{"messages":"m"}"#, None),
        (r#"{"a":{"message":"m"}}"#, None),
        (r#"{"agent":{"message":"m"}}"#, None),
        (r#"{"agent":[{"message":"m"}],"message":"n"}"#, Some("n")),
        (r#"{"message":"m","a key of more than sixteen bytes":"message"}"#, Some("m")),
    ] {
        let event = Event::parse(json.as_bytes()).unwrap();
        assert_eq!(event.message.as_deref(), expected.map(str::as_bytes), "{json}");
    }
    for json in [r#"{"log":null,"log":{}}"#, r#"{"log":7,"log":7}"#, r#"{"log":[],"\u006cog":""}"#] {
        assert!(matches!(Event::parse(json.as_bytes()), Err(EventError::NoEvent { .. })), "{json}");
    }
    assert!(Event::parse(br#"{"loh":1,"loh":1,"agent":{"x":1,"x":{"id":1,"id":1}}}"#).is_ok());
}

#[test]
fn a_plain_message_is_borrowed() {
    let event = Event::parse(br#"{"message":"plain"}"#).unwrap();
    assert!(matches!(event.message, Some(Cow::Borrowed(b"plain"))));
}

#[test]
fn an_error_says_where_and_nothing_of_the_text() {
    for (json, text) in [
        (br#"{"message":{"anna":1}}"#.as_slice(), "JSON, but no event of a beat, by its byte 12"),
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
        assert_eq!(unrotated(path.as_bytes()), expected.as_bytes());
    }
}

/// They are in stores already: a change would make every line that is sent again a new one.
#[test]
fn origins_are_fixed_for_ever() {
    let cases = [
        (
            r#"{"message":"m","agent":{"id":"a"},"log":{"offset":5,"file":{"fingerprint":"f","path":"/p"}}}"#,
            "5b209d85fae0ce4c0000000000000005000397ac677a",
        ),
        (
            r#"{"message":"m","agent":{"id":"a"},"log":{"offset":5,"file":{"device_id":64.0,"inode":12}}}"#,
            "268b1fa847b5049d0000000000000005000397ac677a",
        ),
        (
            r#"{"message":"m","agent":{"id":"a"},"log":{"offset":5,"file":{"path":"C:\\p.log.1"}}}"#,
            "35618fb126f651530000000000000005000397ac677a",
        ),
        (
            r#"{"message":"m","@timestamp":"2026-11-22T10:15:31.5Z"}"#,
            "5bd7d3dda20dc4be000001a202c0fbac000397ac677a",
        ),
        (
            r#"{"@timestamp":"2026-11-22T10:15:31.500Z","@metadata":{"beat":"metricbeat"},"agent":{"id":"a"},"metricset":{"module":"system","name":"filesystem"},"system":{"filesystem":{"mount_point":"/"}}}"#,
            "b58ba58c1b3e2e61000001a202c0fbac000300000000",
        ),
    ];
    let salt = Salt::new([7; 16]);
    for (json, expected) in cases {
        let origin = Event::parse(json.as_bytes()).unwrap().place(&salt).origin(3).to_bytes();
        assert_eq!(origin.map(|byte| format!("{byte:02x}")).concat(), expected, "{json}");
    }
}

#[test]
fn a_message_of_a_mebibyte_is_read_with_and_without_escapes() {
    let long = "0123456789abcde\u{e9}".repeat(1 << 16);
    let plain = format!("{{\"message\":\"{long}\"}}");
    assert_eq!(Event::parse(plain.as_bytes()).unwrap().message.as_deref(), Some(long.as_bytes()));
    let escaped = format!("{{\"message\":\"{}\"}}", long.replace('\u{e9}', "\\u00e9"));
    assert_eq!(Event::parse(escaped.as_bytes()).unwrap().message.as_deref(), Some(long.as_bytes()));
}

#[test]
fn a_text_ends_wherever_it_stands_in_a_window() {
    for before in 0..200 {
        let json = format!("{{{}\"message\":\"x\\ty\"}}", " ".repeat(before));
        assert_eq!(Event::parse(json.as_bytes()).unwrap().message.as_deref(), Some(&b"x\ty"[..]));
        let long = "x".repeat(before);
        let json = format!("{{\"message\":\"{long}\"}}");
        assert_eq!(Event::parse(json.as_bytes()).unwrap().message.as_deref(), Some(long.as_bytes()));
    }
}

#[test]
fn what_is_only_compared_is_taken_as_the_bytes_that_stand_there() {
    let event =
        Event::parse(b"{\"agent\":{\"id\":\"J\xf6\\n\"},\"source\":\"\\udc00\",\"message\":\"\"}").unwrap();
    assert_eq!(*event.agent_id, *b"J\xf6\n");
    assert_eq!(event.file, Some(File::Path(b"\xed\xb0\x80".into())));
}

#[test]
fn control_characters_and_wrong_escapes_are_no_json() {
    for (json, column) in [
        (&b"{\"a\":\"x\ty\"}"[..], 8),
        (b"{\"message\":\"\n\"}", 13),
        (b"{\"a\":\"\\x\"}", 8),
        (b"{\"a\":\"\\u00g0\"}", 11),
        (b"{\"a\":01}", 7),
        (b"{\"a\":1.}", 8),
        (b"{\"a\":-}", 7),
        (b"{\"a\":tru}", 9),
        (b"{\"a\":1,}", 8),
        (b"{\"a\":[1,]}", 9),
        (b"{\"a\":[1}", 8),
        (b"", 0),
    ] {
        let error = Event::parse(json).unwrap_err();
        assert_eq!(error, EventError::Syntax { column }, "{}", json.escape_ascii());
    }
}
