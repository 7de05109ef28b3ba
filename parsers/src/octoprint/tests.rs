use super::*;

#[test]
fn what_stands_behind_the_stamp() {
    for (rest, said) in [
        (&b" - Recv: T:21.4 /0.0"[..], Some(Said::Received(b"T:21.4 /0.0"))),
        (b" - Send: N12 G1 X10", Some(Said::Aside)),
        (b" - octoprint.util.comm - INFO - Changing x", Some(Said::Message(b"Changing x"))),
        (b" - octoprint - INFO - a - b", Some(Said::Message(b"a - b"))),
        (b" - Changing monitoring state", Some(Said::Aside)),
        (b" x", None),
        (b"", None),
    ] {
        assert_eq!(Said::parse(rest), said, "{}", rest.escape_ascii());
    }
}

#[test]
fn a_file_is_known_by_its_loggers() {
    assert!(recognises(b"2026-11-22 10:15:30,123 - octoprint.startup - INFO - **********"));
    assert!(recognises(
        b"2026-11-22 10:15:30,123 - Changing monitoring state from \"Offline\" to \"Closed\""
    ));
    assert!(recognises(b"2026-11-22 10:15:30,123 - Enabling serial logging\r"));
    assert!(recognises(b"2026-11-22 10:15:30,123 - Recv: ok"));
    assert!(!recognises(b"2026-11-22 10:15:30 - Recv: ok"));
    assert!(!recognises(b"2026-11-22 10:15:30 [info] Event logging started"));
    assert!(!recognises(b"Stats 1.0:"));
}

#[test]
fn a_record_below_another_in_one_message_is_counted() {
    let mut parser =
        Parser::new(Context { salt: catalog::Salt::new([7; 16]), zone: jiff::tz::TimeZone::UTC });
    let mut output = Output::default();
    let text = b"2026-11-22 10:15:30,123 - Recv: T:21.4 /0.0\n| of the record\n2026-11-22 10:15:31,123 - Recv: T:21.5 /0.0";
    let place = catalog::Salt::new([7; 16]).source(&[b"file"]).place(7, 0);
    parser.line(&Line { text, place, fallback_time: catalog::Timestamp(0) }, &mut output);
    assert_eq!((output.readings.len(), output.unmatched.len()), (2, 1));
}
