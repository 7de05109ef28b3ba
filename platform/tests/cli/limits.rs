//! `platform limits`.

use super::{place, platform};

#[test]
fn a_good_file_replaces_the_limits_and_a_bad_one_changes_nothing() {
    let place = place();
    let limits =
        |arguments: &[&str], stdin: &[u8]| platform(&place, &[&["limits"], arguments].concat(), stdin);
    let shipped = include_bytes!("../../limits/every-printer.toml");
    let done = limits(&["import", "-"], shipped);
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(String::from_utf8_lossy(&done.stdout), "limits: 16 added, 0 removed, 0 kept\n");

    let exported = limits(&["export"], b"").stdout;
    std::fs::write(place.path().join("limits.toml"), &exported).unwrap();
    let done = limits(&["import", "limits.toml"], b"");
    assert_eq!(String::from_utf8_lossy(&done.stdout), "limits: 0 added, 0 removed, 16 kept\n");

    let wrong = String::from_utf8(exported.clone()).unwrap().replace("\"laser.fault\"", "\"laser.falt\"");
    let refused = limits(&["import", "-"], wrong.as_bytes());
    assert_eq!(refused.status.code(), Some(2));
    let line = wrong.lines().position(|line| line.contains("laser.falt")).unwrap() + 1;
    let said = String::from_utf8(refused.stderr).unwrap();
    let expected = format!(
        "platform: stdin:{line}:8: item: the catalogue has no item \"laser.falt\"; did you mean \"laser.fault\"?\n"
    );
    assert_eq!(said, expected);
    assert_eq!(limits(&["export"], b"").stdout, exported);
}
