use super::*;

#[test]
fn a_file_is_known_by_its_reports() {
    assert!(recognises(b"ok T:214.41 /215.00 B:65.00 /65.00 @:93 B@:54"));
    assert!(recognises(b"T:21.4 /0.0"));
    assert!(!recognises(b"ok"));
    assert!(!recognises(b"Stats 1.0: T:1"));
}

#[test]
fn a_command_is_no_report() {
    assert!(is_gcode(b"G1 X10") && is_gcode(b"N12 G1 X10*3") && is_gcode(b"M117 hello Anna"));
    assert!(!is_gcode(b"T:21.4 /0.0") && !is_gcode(b"Great"));
}
