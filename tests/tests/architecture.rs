//! Holds the architecture: imports run one way, and the documents name only what exists.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand};
use tests::repository;

/// What each crate may import of this workspace (`ARCHITECTURE.md`).
const MAY_IMPORT: [(&str, &[&str]); 12] = [
    ("catalog", &[]),
    ("protocol", &["catalog"]),
    ("parsers", &["catalog", "protocol"]),
    ("release", &[]),
    ("site", &["catalog", "release"]),
    ("adapter", &["catalog", "protocol", "parsers", "release", "site"]),
    ("platform", &["catalog", "protocol", "release", "site"]),
    ("simulator", &["catalog", "protocol"]),
    ("maker", &["release"]),
    ("demo", &["catalog", "protocol", "parsers", "adapter", "platform", "simulator"]),
    ("tests", &["catalog", "protocol", "parsers", "adapter", "platform", "simulator", "demo", "maker"]),
    ("benches", &["catalog", "protocol", "parsers", "adapter", "platform", "simulator", "demo"]),
];

/// Crates that would let pure code read a socket, a file event or a task's clock.
const IMPURE: [&str; 5] = ["tokio", "notify", "reqwest", "axum", "rusqlite"];

#[test]
fn imports_run_one_way() {
    let may_import = BTreeMap::from(MAY_IMPORT);
    let metadata =
        MetadataCommand::new().manifest_path(repository().join("Cargo.toml")).no_deps().exec().unwrap();
    for package in metadata.workspace_packages() {
        let allowed = may_import.get(package.name.as_str()).expect("a new crate needs a line in MAY_IMPORT");
        for dependency in
            package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal)
        {
            let ours = may_import.contains_key(dependency.name.as_str());
            assert!(
                !ours || allowed.contains(&dependency.name.as_str()),
                "{} must not import {}",
                package.name,
                dependency.name
            );
        }
    }
}

#[test]
fn pure_crates_import_nothing_impure() {
    let metadata =
        MetadataCommand::new().manifest_path(repository().join("Cargo.toml")).no_deps().exec().unwrap();
    for package in metadata.workspace_packages() {
        if !["catalog", "protocol", "parsers", "release", "site"].contains(&package.name.as_str()) {
            continue;
        }
        for dependency in
            package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal)
        {
            assert!(
                !IMPURE.contains(&dependency.name.as_str()),
                "{} imports {}",
                package.name,
                dependency.name
            );
        }
    }
}

#[test]
fn tls_is_rustls_with_ring_and_nothing_else() {
    let locked = fs::read_to_string(repository().join("Cargo.lock")).unwrap();
    for other in ["openssl-sys", "native-tls", "aws-lc-sys", "aws-lc-rs"] {
        assert!(!locked.contains(&format!("name = \"{other}\"")), "{other} is among the dependencies");
    }
}

/// One that is not would never run, and nothing would say so.
#[test]
fn every_file_of_tests_is_in_the_program() {
    let program = include_str!("main.rs");
    let files = fs::read_dir(repository().join("tests/tests")).unwrap().map(|file| file.unwrap().path());
    let names = files.map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned());
    let missing: Vec<_> =
        names.filter(|name| name != "main" && !program.contains(&format!("mod {name};\n"))).collect();
    assert!(missing.is_empty(), "tests/tests/main.rs does not name {missing:?}");
}

#[test]
fn every_path_that_a_document_names_exists() {
    for document in ["ARCHITECTURE.md", "README.md", "docs/threat-model.md"] {
        let text = fs::read_to_string(repository().join(document)).unwrap();
        let missing: Vec<&str> = paths(&text).filter(|path| !repository().join(path).exists()).collect();
        assert!(missing.is_empty(), "{document} names what does not exist: {missing:?}");
    }
}

/// A claim is worth what its test is worth: one that was renamed or went away must not go on being named.
#[test]
fn every_test_that_the_threat_model_names_exists() {
    let text = fs::read_to_string(repository().join("docs/threat-model.md")).unwrap();
    let named: Vec<&str> = in_backticks(&text).filter(|word| is_test_name(word)).collect();
    assert!(named.len() > 20, "{named:?}");
    let tests: Vec<String> =
        rust_files(repository()).unwrap().into_iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let exists = |name: &&str| tests.iter().any(|text| text.contains(&format!("fn {name}(")));
    let missing: Vec<&str> = named.into_iter().filter(|name| !exists(name)).collect();
    assert!(missing.is_empty(), "docs/threat-model.md names tests that do not exist: {missing:?}");
}

/// A name of a function that is a sentence.
fn is_test_name(word: &str) -> bool {
    word.matches('_').count() >= 3
        && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Words in backticks that have a slash and look like a path of the repository.
fn paths(text: &str) -> impl Iterator<Item = &str> {
    in_backticks(text).filter(|word| {
        let path_like = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
        word.contains('/')
            && !word.starts_with('/')
            && !word.starts_with("target/")
            && word.chars().all(path_like)
    })
}

fn in_backticks(text: &str) -> impl Iterator<Item = &str> {
    let prose = text.split("```").step_by(2);
    prose.flat_map(|prose| prose.split('`').skip(1).step_by(2))
}

/// The sources below a directory of the repository.
fn rust_files(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let built = path.file_name().is_some_and(|name| name == "target" || name == ".git");
        if path.is_dir() && !path.is_symlink() && !built {
            found.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(found)
}
