//! For tests: the cases of `fixtures/<topic>/`, a folder each, and the hexadecimal form of their input.

use std::fs;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER_PERMISSIVE;
use serde_json::Value;

/// A case: its name, its folder and what must come of it.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) expected: Value,
    folder: PathBuf,
}

impl Case {
    /// The file with this name in the case's folder.
    pub(crate) fn file(&self, name: &str) -> Vec<u8> {
        fs::read(self.folder.join(name)).unwrap_or_else(|error| panic!("{}/{name}: {error}", self.name))
    }

    /// The bytes of `input.hex`.
    pub(crate) fn input(&self) -> Vec<u8> {
        hex(&String::from_utf8(self.file("input.hex")).unwrap())
    }
}

/// All cases of a topic, in order of their names. A topic without cases is a mistake.
pub(crate) fn cases(topic: &str) -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures").join(topic);
    // A topic may explain itself in a file beside its cases.
    let folders =
        fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let mut cases: Vec<Case> = folders.map(case).collect();
    assert!(!cases.is_empty(), "no cases in {topic}");
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

/// What the fuzzer found worth keeping for a target. A corpus that is gone is a mistake, or its test would pass
/// without having looked at anything.
pub(crate) fn corpus(target: &str) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let entries = fs::read_dir(&root).unwrap_or_else(|error| panic!("{}: {error}", root.display()));
    let inputs: Vec<Vec<u8>> = entries.map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect();
    assert!(!inputs.is_empty(), "no inputs in {}", root.display());
    inputs
}

fn case(folder: PathBuf) -> Case {
    let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
    let expected = fs::read(folder.join("expected.json")).unwrap();
    let expected = serde_json::from_slice(&expected).unwrap_or_else(|error| panic!("{name}: {error}"));
    Case { name, expected, folder }
}

/// The bytes behind hexadecimal digits. White space is passed over, `#` begins a comment, and `*N` behind a word
/// repeats that word N times in all.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut last = Vec::new();
    for word in text.lines().flat_map(|line| line.split('#').next().unwrap().split_whitespace()) {
        if let Some(times) = word.strip_prefix('*') {
            bytes.extend(last.repeat(times.parse::<usize>().unwrap() - 1));
        } else {
            last =
                HEXLOWER_PERMISSIVE.decode(word.as_bytes()).unwrap_or_else(|error| panic!("{word}: {error}"));
            bytes.extend_from_slice(&last);
        }
    }
    bytes
}

/// Every way to cut the input in two; of a long one, cuts near its ends and some between.
pub(crate) fn cuts(length: usize) -> Vec<usize> {
    let near = 32;
    if length < 1024 {
        return (0..=length).collect();
    }
    let between = (1..16).map(|part| length * part / 16);
    (0..near).chain(between).chain(length - near..=length).collect()
}
