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

#[test]
fn a_file_of_the_card_is_known_by_the_ending_of_its_name() {
    for line in ["TITAN~1.GCO 71233", "File opened: titan~1.gco Size: 71233", "/femur/a b.gcode", "A.G"] {
        assert!(is_file(line.as_bytes()), "{line}");
    }
    for line in ["", "a gcode", "v1.2 g", "T:21.4", "what.gcodes 1"] {
        assert!(!is_file(line.as_bytes()), "{line}");
    }
}
