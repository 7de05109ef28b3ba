//! Makes bundles for tests: `fixtures/release/base.json`, changed as a case says, and signed by keys that are made of
//! their holders' names. Nobody can take one for a real key, and each run makes the same bytes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use release::{Envelope, Form, Known, PublicKey, Purpose, Refusal, Role, Sha256, Step, Time, begin};
use ring::digest::{SHA256, digest};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Map, Value, json};

/// The files of a bundle by their names.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// The folder of the cases.
pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/release")
}

/// A document of a case.
pub(crate) fn json_file(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What all cases change.
pub(crate) fn base() -> Value {
    json_file(&fixtures().join("base.json"))
}

/// A JSON merge patch (RFC 7386).
pub(crate) fn merge(value: &mut Value, patch: &Value) {
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

/// The test key of this holder.
pub(crate) fn key(holder: &str) -> Ed25519KeyPair {
    let seed = digest(&SHA256, format!("oneway test key of {holder}").as_bytes());
    Ed25519KeyPair::from_seed_unchecked(seed.as_ref()).unwrap()
}

/// The files that a description makes.
pub(crate) fn files(bundle: &Value) -> Files {
    let mut files = Files::new();
    let mut document = json!({});
    for (version, root) in bundle["roots"].as_object().unwrap() {
        merge(&mut document, &root["document"]);
        if let Some(role) = root.get("without") {
            document["roles"].as_object_mut().unwrap().remove(role.as_str().unwrap());
        }
        let number = json!(version.parse::<u64>().unwrap());
        document["version"] = root["document"].get("version").unwrap_or(&number).clone();
        add(&mut files, &format!("{number}.root.signed"), Role::Root, &document, root);
    }
    let mut targets = bundle["targets"]["document"].clone();
    let halves: &[&str] = if targets["release"]["images"].is_null() { &[] } else { &["intake", "uplink"] };
    for half in halves {
        let bytes = bundle["images"][*half].as_str().unwrap().as_bytes().to_vec();
        let sha256 = Sha256::of(&bytes).to_string();
        fill(&mut targets["release"]["images"][*half], &json!({"length": bytes.len(), "sha256": sha256}));
        files.insert(format!("{sha256}.tar"), bytes);
    }
    if !targets["release"]["system"].is_null() {
        for (part, field) in [("root", "root"), ("hashes", "hashes"), ("efi", "kernel")] {
            let bytes = bundle["system"][part].as_str().unwrap().as_bytes().to_vec();
            let sha256 = Sha256::of(&bytes).to_string();
            fill(&mut targets["release"]["system"][field], &json!({"length": bytes.len(), "sha256": sha256}));
            files.insert(format!("{sha256}.{part}"), bytes);
        }
    }
    let targets = pointed(&mut files, Role::Targets, &targets, &bundle["targets"]);
    let mut snapshot = bundle["snapshot"]["document"].clone();
    fill(&mut snapshot["targets"], &targets);
    let snapshot = pointed(&mut files, Role::Snapshot, &snapshot, &bundle["snapshot"]);
    let mut timestamp = bundle["timestamp"]["document"].clone();
    fill(&mut timestamp["snapshot"], &snapshot);
    add(&mut files, "timestamp.signed", Role::Timestamp, &timestamp, &bundle["timestamp"]);
    for (name, edit) in bundle["edits"].as_object().unwrap() {
        self::edit(&mut files, name, edit);
    }
    files
}

/// Signs a document as it is described, and says how another document points to it.
fn pointed(files: &mut Files, role: Role, document: &Value, described: &Value) -> Value {
    let name = format!("{}.{role}.signed", document["version"]);
    add(files, &name, role, document, described);
    let file = &files[&name];
    json!({"version": document["version"], "length": file.len(), "sha256": Sha256::of(file).to_string()})
}

fn add(files: &mut Files, name: &str, role: Role, document: &Value, described: &Value) {
    let body = match described.get("text") {
        Some(text) => words(text),
        None => serde_json::to_string_pretty(&named(document)).unwrap() + "\n",
    };
    let role = described.get("role").map_or(role, |role| Role::parse(role.as_str().unwrap()).unwrap());
    let form = described.get("form").or(document["release"].get("system"));
    let form = if form.is_some_and(|form| *form != 1) { Form::Two } else { Form::One };
    let mut envelope = Envelope::unsigned(form, role, body.into_bytes());
    for holder in described["signed_by"].as_array().unwrap() {
        let key = key(holder.as_str().unwrap());
        let signature = key.sign(&envelope.message()).as_ref().try_into().unwrap();
        envelope.sign(PublicKey::from_bytes(key.public_key().as_ref()).unwrap(), signature);
    }
    let mut bytes = envelope.to_bytes();
    if described.get("form").is_some_and(|form| *form == 3) {
        // There is no way to make one.
        bytes["oneway-release/".len()] = b'3';
    }
    files.insert(name.to_owned(), bytes);
}

/// `"@anna"` is Anna's public key.
fn named(value: &Value) -> Value {
    match value {
        Value::String(text) => match text.strip_prefix('@') {
            Some(holder) => HEXLOWER.encode(key(holder).public_key().as_ref()).into(),
            None => text.clone().into(),
        },
        Value::Array(values) => values.iter().map(named).collect(),
        Value::Object(values) => {
            values.iter().map(|(key, value)| (key.clone(), named(value))).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

/// Adds what is not there.
fn fill(value: &mut Value, with: &Value) {
    let mut filled = with.clone();
    if !value.is_null() {
        merge(&mut filled, value);
    }
    *value = filled;
}

/// Changes a file after it was signed. `intake` and `uplink` are the images' files, `root`, `hashes` and `efi` the
/// system's.
pub(crate) fn edit(files: &mut Files, name: &str, edit: &Value) {
    let name = match name {
        "intake" | "uplink" => image_file(files, name),
        "root" | "hashes" | "efi" => system_file(files, name),
        name => name.to_owned(),
    };
    for (how, with) in edit.as_object().unwrap() {
        let other = with.as_str().and_then(|other| files.get(other).cloned());
        let file = files.entry(name.clone()).or_default();
        match how.as_str() {
            "remove" => drop(files.remove(&name)),
            "content" => *file = words(with).into_bytes(),
            "append" => file.extend_from_slice(words(with).as_bytes()),
            "copy_of" => *file = other.unwrap(),
            "truncate" => file.truncate(number(with)),
            "flip" => file[number(with)] ^= 1,
            "replace" => {
                let text = String::from_utf8(file.clone()).unwrap();
                let (from, to) = (with[0].as_str().unwrap(), with[1].as_str().unwrap());
                assert!(text.contains(from), "{name}: {from}");
                *file = text.replace(from, to).into_bytes();
            }
            "twice" => {
                let text = String::from_utf8(file.clone()).unwrap();
                let line = text.lines().nth(number(with) - 1).unwrap();
                *file = text.replacen(line, &format!("{line}\n{line}"), 1).into_bytes();
            }
            other => panic!("{other}"),
        }
    }
}

fn image_file(files: &Files, half: &str) -> String {
    format!("{}.tar", release(files)["images"][half]["sha256"].as_str().unwrap())
}

fn system_file(files: &Files, part: &str) -> String {
    let field = if part == "efi" { "kernel" } else { part };
    format!("{}.{part}", release(files)["system"][field]["sha256"].as_str().unwrap())
}

fn release(files: &Files) -> Value {
    let body = files.iter().find(|(name, _)| name.ends_with(".targets.signed")).unwrap().1;
    let envelope = Envelope::parse(body).unwrap();
    let targets: Value = serde_json::from_slice(envelope.body()).unwrap();
    targets["release"].clone()
}

/// A text, or one that is repeated.
fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value["repeat"].as_str().unwrap().repeat(number(&value["times"])),
    }
}

fn number(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

/// A time of a description.
pub(crate) fn time(value: &Value) -> Time {
    Time::parse(value.as_str().unwrap()).unwrap()
}

/// What a box knows that was made with this root of a bundle.
pub(crate) fn trusting(files: &Files, root: &Value) -> Result<Known, Refusal> {
    Known::from_root(&files[&format!("{root}.root.signed")])
}

/// Shows a bundle; gives the verdict, and the names of the files that were asked for.
pub(crate) fn show<P: Purpose>(
    files: &Files,
    known: Known,
    purpose: P,
) -> (Result<P::Outcome, Refusal>, Vec<String>) {
    let mut asked = Vec::new();
    let verdict = look(files, known, purpose, &mut asked);
    (verdict, asked)
}

fn look<P: Purpose>(
    files: &Files,
    known: Known,
    purpose: P,
    asked: &mut Vec<String>,
) -> Result<P::Outcome, Refusal> {
    let mut step = begin(purpose, known)?;
    loop {
        step = match step {
            Step::Done(outcome) => return Ok(outcome),
            Step::Wants(wanted) => {
                let mut wanted = *wanted;
                asked.push(wanted.name().to_owned());
                match files.get(wanted.name()) {
                    None => wanted.missing()?,
                    Some(bytes) => {
                        for part in bytes.chunks(7) {
                            wanted = wanted.part(part)?;
                        }
                        wanted.end()?
                    }
                }
            }
        };
    }
}
