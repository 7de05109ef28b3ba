//! What can be said of a release at all. If this list grows, think of the printers first: nothing in it may say how an
//! image is run, what it may reach, or what is run besides.

use std::collections::BTreeSet;

use crate::bundle::{base, files, fixtures, json_file, merge};
use release::{Envelope, Targets, decode, encode};
use serde_json::Value;

const SAYABLE: [&str; 25] = [
    "expires",
    "made",
    "release.architecture",
    "release.configuration.newest",
    "release.configuration.oldest",
    "release.from",
    "release.images.intake.image",
    "release.images.intake.length",
    "release.images.intake.manifest",
    "release.images.intake.sha256",
    "release.images.uplink.image",
    "release.images.uplink.length",
    "release.images.uplink.manifest",
    "release.images.uplink.sha256",
    "release.system.hashes.length",
    "release.system.hashes.sha256",
    "release.system.hashes.size",
    "release.system.kernel.length",
    "release.system.kernel.sha256",
    "release.system.root.length",
    "release.system.root.sha256",
    "release.system.root.size",
    "release.system.root_hash",
    "release.version",
    "version",
];

#[test]
fn a_release_names_images_and_a_system_and_says_nothing_of_how_they_run() {
    let mut bundle = base();
    merge(&mut bundle, &json_file(&fixtures().join("good-system-and-images/case.json"))["bundle"]);
    let file = &files(&bundle)["3.targets.signed"];
    let targets: Targets = decode(Envelope::parse(file).unwrap().body()).unwrap();
    let written: Value = serde_json::from_slice(&encode(&targets).unwrap()).unwrap();
    let mut said = BTreeSet::new();
    leaves(&written, String::new(), &mut said);
    assert_eq!(said, SAYABLE.map(str::to_owned).into());
}

fn leaves(value: &Value, path: String, into: &mut BTreeSet<String>) {
    match value.as_object() {
        None => drop(into.insert(path)),
        Some(fields) => {
            for (name, value) in fields {
                leaves(value, if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, into);
            }
        }
    }
}
