//! The printers of `fixtures/mtconnect-printers/`: what is sent of them, and what is not.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path as FilePath, PathBuf};

use catalog::{Kind, Timestamp};

use super::super::table::{ANYWHERE, TABLE};
use super::*;

fn folders() -> Vec<PathBuf> {
    let root = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/mtconnect-printers");
    let entries = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    assert!(!folders.is_empty());
    folders
}

/// Everything that comes of a printer's two documents.
fn said(folder: &FilePath) -> String {
    let file = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let mut talk = Talk::new();
    talk.now.wall = Timestamp(1_795_341_601_000);
    let (asked, verdict, model) = talk.answer(200, &file("probe.xml"));
    assert_eq!((asked, verdict), (Ask::Probe, Verdict::Alive));
    let (asked, verdict, current) = talk.answer(200, &file("current.xml"));
    assert_eq!((asked, verdict), (Ask::Current, Verdict::Works));
    let readings = model.readings.iter().chain(&current.readings);
    let mut lines: Vec<String> = readings.map(text).collect();
    lines.sort();
    let mut refused: Vec<String> = Vec::new();
    for (item, why) in model.refused.iter().chain(&current.refused) {
        refused.push(format!("{}{why}", item.map(|item| format!("{}: ", item.id())).unwrap_or_default()));
    }
    refused.sort();
    let mut out = lines.join("\n") + "\nrefused:\n";
    for group in refused.chunk_by(|a, b| a == b) {
        let _ = writeln!(out, "{} x {}", group.len(), group[0]);
    }
    out
}

#[test]
fn of_each_printer_is_sent_what_was_expected_and_nothing_private() {
    for folder in folders() {
        let (said, file) = (said(&folder), folder.join("expected.txt"));
        if std::env::var_os("ONEWAY_FIXTURES_WRITE").is_some() {
            fs::write(&file, &said).unwrap();
        }
        assert_eq!(said, fs::read_to_string(&file).unwrap_or_default(), "{}", folder.display());
        for private in ["Anna", "anna", "secret", "10.0.0", "G1 X10", "alloy", "Hall"] {
            assert!(!said.contains(private), "{private} of {}", folder.display());
        }
    }
}

#[test]
fn a_row_of_the_table_has_the_catalogues_own_name_for_its_item() {
    // Where the standard has more names for a thing than the catalogue has items, or had: `AMPERAGE` and `POWER_STATUS` are
    // deprecated, and agents still say them.
    let also = ["AMPERAGE", "AXIS_FEEDRATE", "EMERGENCY_STOP", "MODEL", "POWER_STATUS", "PROGRAM"];
    let rows = TABLE.iter().map(|row| (row.1, row.3)).chain(ANYWHERE.iter().map(|row| (row.0, row.2)));
    for (kind, item) in rows {
        let known = item.mtconnect().split('/').next().unwrap();
        // The items that share a type are told apart by the part of the printer.
        let same = known == kind || known == "TEMPERATURE" && kind == "TEMPERATURE";
        assert!(same || also.contains(&kind), "{kind} is {} ({known})", item.id());
    }
}

#[test]
fn no_text_has_a_row() {
    for private in
        ["MESSAGE", "BLOCK", "OPERATOR_ID", "USER", "TOOL_ID", "PALLET_ID", "PART_ID", "LINE", "NETWORK"]
    {
        assert!(!TABLE.iter().any(|row| row.1 == private), "{private}");
        assert!(!ANYWHERE.iter().any(|row| row.0 == private), "{private}");
    }
    // The one name that has one leaves as a hash.
    for (kind, _, item) in ANYWHERE.iter().filter(|row| row.0 == "PROGRAM") {
        assert_eq!(item.kind(), Kind::Hash, "{kind}");
    }
}
