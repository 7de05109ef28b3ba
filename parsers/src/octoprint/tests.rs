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
    assert!(!recognises(b"2026-11-22 10:15:30 [info] Event logging started"));
    assert!(!recognises(b"Stats 1.0:"));
}
