use super::*;

#[test]
fn a_file_is_known_by_its_stamps_and_levels() {
    assert!(recognises(b"power up + 00:00:01 [info] Event logging started at level debug"));
    assert!(recognises(b"2026-11-22 10:15:30 [warn] Heater 1 fault"));
    assert!(recognises(b"2026-11-22 10:15:30 Event logging started"));
    assert!(!recognises(b"2026-11-22 10:15:30,123 - octoprint.startup - INFO - x"));
    assert!(!recognises(b"2026-11-22 10:15:30 hello"));
}
