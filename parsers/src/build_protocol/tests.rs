use super::*;

#[test]
fn a_file_is_known_by_its_first_line() {
    assert!(recognises(b"Build job name: bracket"));
    assert!(!recognises(b"11/22/2026 10:15:30 AM (09:15:30 UTC)     Oxygen: 0.02 %"));
}
