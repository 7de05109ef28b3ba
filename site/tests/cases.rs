//! Every case of `fixtures/site`: a stick, what the box took before it, and what must come of it. The keys are made of names, so
//! that nobody can take one for a real key and each run makes the same bytes.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's helpers fail the test")]

use std::fs;
use std::path::{Path, PathBuf};

use release::{PublicKey, Time};
use ring::digest::{SHA256, digest};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};
use site::{Before, Document, Envelope, Offer, Trust, message, open, take};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/site")
}

fn read(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A JSON merge patch (RFC 7386).
fn merge(value: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *value = patch.clone();
        return;
    };
    if !value.is_object() {
        *value = json!({});
    }
    let object = value.as_object_mut().unwrap();
    for (key, patch) in patch {
        if patch.is_null() {
            object.remove(key);
        } else {
            merge(object.entry(key).or_insert(Value::Null), patch);
        }
    }
}

fn key(holder: &str) -> Ed25519KeyPair {
    let seed = digest(&SHA256, format!("oneway test key of {holder}").as_bytes());
    Ed25519KeyPair::from_seed_unchecked(seed.as_ref()).unwrap()
}

fn public(holder: &str) -> PublicKey {
    PublicKey::from_bytes(key(holder).public_key().as_ref()).unwrap()
}

fn trust() -> Trust {
    Trust::parse(&site::line(&public("platform"))).unwrap()
}

/// The base, changed by a patch, signed, and changed again.
fn file(case: &Value, patch: &Value) -> Vec<u8> {
    let mut document = read(&fixtures().join("base.json"));
    merge(&mut document, patch);
    let mut body = format!("{document:#}\n");
    if let Some(text) = case.get("text") {
        body = replaced(&body, text);
    }
    let (signer, claims) =
        (case["signed_by"].as_str().unwrap_or("platform"), case["claims"].as_str().unwrap_or("platform"));
    let claims = if case.get("claims").is_some() { claims } else { signer };
    let signature = key(signer).sign(&message(body.as_bytes())).as_ref().try_into().unwrap();
    let bytes = Envelope { key: public(claims), signature, body: body.into_bytes() }.to_bytes();
    edited(bytes, &case["edit"])
}

fn replaced(text: &str, change: &Value) -> String {
    let (from, to) = (change["replace"][0].as_str().unwrap(), change["replace"][1].as_str().unwrap());
    assert!(text.contains(from), "{from} is not in {text}");
    text.replacen(from, to, 1)
}

fn edited(mut bytes: Vec<u8>, edit: &Value) -> Vec<u8> {
    if edit.get("replace").is_some() {
        bytes = replaced(&String::from_utf8(bytes).unwrap(), edit).into_bytes();
    }
    let number = |name: &str| edit[name].as_u64().map(|number| usize::try_from(number).unwrap());
    if let Some(at) = number("truncate") {
        bytes.truncate(at);
    }
    if let Some(length) = number("fill_to") {
        bytes.resize(length, b' ');
    }
    bytes
}

fn verdict(case: &Value) -> Value {
    let none = json!({});
    let before = case.get("before").map(|patch| file(&none, patch));
    let before = before.as_deref().map(|bytes| (bytes, open(bytes, &trust()).unwrap()));
    let now = Time::parse(case["now"].as_str().unwrap_or("2026-11-22T21:00:00Z")).unwrap();
    let bytes = file(case, case.get("document").unwrap_or(&none));
    let unread: Option<Document> =
        case.get("unread").map(|patch| open(&file(&none, patch), &trust()).unwrap());
    let floor = unread.map(|document| document.floor());
    let before = match (&before, &floor) {
        (Some((bytes, known)), _) => Before::Taken(bytes, known),
        (None, Some(floor)) => Before::Number(floor),
        (None, None) => Before::Nothing,
    };
    match take(&bytes, &trust(), before, now) {
        Ok(Offer::New(document)) => json!({ "new": document.serial, "adapter": document.adapter }),
        Ok(Offer::Same(document)) => json!({ "same": document.serial }),
        Err(why) => json!({ "refused": why.name(), "says": why.to_string() }),
    }
}

#[test]
fn each_case_ends_as_it_must() {
    let mut folders: Vec<_> = fs::read_dir(fixtures()).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    let mut wrong = Vec::new();
    let mut names = std::collections::BTreeSet::new();
    for folder in &folders {
        let found = verdict(&read(&folder.join("case.json")));
        let file = folder.join("expected.json");
        if std::env::var_os("ONEWAY_FIXTURES_WRITE").is_some() {
            fs::write(&file, format!("{found:#}\n")).unwrap();
        }
        if read(&file) != found {
            wrong.push(format!("{}\n{found:#}", folder.display()));
        }
        names.extend(found["refused"].as_str().map(str::to_owned));
    }
    assert!(folders.len() > 50 && wrong.is_empty(), "{} cases\n{}", folders.len(), wrong.join("\n"));
    // Every way to be refused has its case.
    assert_eq!(names.len(), 9, "{names:?}");
}

/// The bytes of the good file stand beside its case, for whoever writes another program for this form.
#[test]
fn the_good_file_is_the_one_that_is_kept() {
    let folder = fixtures().join("good");
    let bytes = file(&read(&folder.join("case.json")), &json!({}));
    if std::env::var_os("ONEWAY_FIXTURES_WRITE").is_some() {
        fs::write(folder.join("oneway.site"), &bytes).unwrap();
        fs::write(fixtures().join("site.keys"), site::line(&public("platform")) + "\n").unwrap();
    }
    assert_eq!(
        String::from_utf8_lossy(&fs::read(folder.join("oneway.site")).unwrap()),
        String::from_utf8_lossy(&bytes)
    );
}

/// One bit, anywhere, and it is not taken.
#[test]
fn every_flipped_bit_is_noticed() {
    let bytes = fs::read(fixtures().join("good/oneway.site")).unwrap();
    assert!(open(&bytes, &trust()).is_ok());
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        assert!(open(&changed, &trust()).is_err(), "byte {at}");
    }
    for length in 0..bytes.len() {
        assert!(open(&bytes[..length], &trust()).is_err(), "{length} bytes");
    }
}
