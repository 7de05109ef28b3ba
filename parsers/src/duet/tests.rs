use super::*;

#[test]
fn a_file_is_known_by_its_stamps_and_levels() {
    assert!(recognises(b"power up + 00:00:01 [info] Event logging started at level debug"));
    assert!(recognises(b"2026-11-22 10:15:30 [warn] Heater 1 fault"));
    assert!(recognises(b"2026-11-22 10:15:30 Event logging started"));
    assert!(!recognises(b"2026-11-22 10:15:30,123 - octoprint.startup - INFO - x"));
    assert!(!recognises(b"2026-11-22 10:15:30 hello"));
}

#[test]
fn a_record_below_another_in_one_message_is_counted() {
    let mut parser =
        Parser::new(Context { salt: catalog::Salt::new([7; 16]), zone: jiff::tz::TimeZone::UTC });
    let mut output = Output::default();
    let text = b"2026-11-22 10:15:31 M122\n=== Diagnostics ===\n2026-11-22 10:15:32 Printing resumed";
    let place = catalog::Salt::new([7; 16]).source(&[b"file"]).place(7, 0);
    parser.line(&Line { text, place, fallback_time: catalog::Timestamp(0) }, &mut output);
    assert_eq!((output.readings.len(), output.unmatched.len()), (0, 1));
}
