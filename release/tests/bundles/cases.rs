//! Every case of `fixtures/release`: a bundle, what the box had before it, and what must come of it.

use std::fs;
use std::path::Path;

use crate::bundle::{self, Files, base, files, fixtures, json_file, merge, show, time, trusting};
use release::{Architecture, Files as Matter, Known, Offer, Refusal, ReleaseVersion, Running, Start, Take};
use serde_json::{Value, json};

#[test]
fn each_case_ends_as_it_must() {
    let mut folders: Vec<_> = fs::read_dir(fixtures()).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    assert!(folders.len() > 50, "{} cases", folders.len());
    let wrong: Vec<String> = folders.iter().filter_map(|folder| wrong(folder)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with a case, as a text that can be put into its file.
fn wrong(folder: &Path) -> Option<String> {
    let expected = json_file(&folder.join("expected.json"));
    let verdict = verdict(&json_file(&folder.join("case.json")));
    (verdict != expected).then(|| format!("{}\n{verdict:#}", folder.display()))
}

fn verdict(case: &Value) -> Value {
    let mut bundle = base();
    let known = match case.get("before") {
        None => None,
        Some(before) => {
            merge(&mut bundle, before);
            Some(taken(&bundle))
        }
    };
    // Each bundle of a case is the base with one change: the second is not built on the first.
    let mut bundle = base();
    merge(&mut bundle, &case["bundle"]);
    let files = files(&bundle);
    let known = match (known, case.get("starts_with")) {
        (Some(_), Some(root)) => match started(case, &files, root) {
            Ok(known) => known,
            Err(refusal) => return json!({"not_started": refusal.to_string()}),
        },
        (Some(known), None) => known,
        (None, _) => match trusting(&files, &bundle["trusts"]) {
            Ok(known) => known,
            Err(refusal) => return json!({"refused": refusal.to_string()}),
        },
    };
    // A box that has taken nothing runs what it was made with.
    let made_with = ReleaseVersion::parse("1.3.0").unwrap();
    let version = known.release().map_or(made_with, |release| release.version);
    let matter = match case.get("machine").and_then(Value::as_str) {
        None => Matter::All,
        Some("server") => Matter::Images,
        Some("box") => Matter::System,
        Some(other) => panic!("{other}"),
    };
    let running = Running { version, configuration: 1, architecture: Architecture::Amd64, files: matter };
    let (verdict, asked) = show(&files, known, Take(time(&bundle["now"]), matter));
    match verdict {
        Err(refusal) => json!({"refused": refusal.to_string()}),
        Ok(Offer::Newer(verified)) => {
            let signed_by: Vec<String> = verified.signed_by().iter().map(ToString::to_string).collect();
            json!({
                "newer": verified.release().version,
                "root": verified.known().root().version,
                "signed_by": signed_by,
                "expires": verified.expires(),
                "files": asked.len(),
                "unfit": running.takes(&verified).err().map(|unfit| unfit.to_string()),
            })
        }
        Ok(Offer::Same(known)) => {
            json!({"same": known.release().map(|release| release.version), "root": known.root().version})
        }
    }
}

/// What a box knows that starts with what it has taken, in an operating system whose root is that one of the bundle.
fn started(case: &Value, files: &Files, root: &Value) -> Result<Known, Refusal> {
    let mut before = base();
    merge(&mut before, &case["before"]);
    let mut installed = self::files(&before);
    for (name, edit) in case.get("harm").and_then(Value::as_object).into_iter().flatten() {
        bundle::edit(&mut installed, name, edit);
    }
    show(&installed, trusting(files, root)?, Start(Matter::All)).0.map(|installed| installed.known().clone())
}

/// What a box knows that has taken this bundle.
fn taken(bundle: &Value) -> Known {
    let files = files(bundle);
    let known = trusting(&files, &bundle["trusts"]).unwrap();
    match show(&files, known, Take(time(&bundle["now"]), Matter::All)).0.unwrap() {
        Offer::Newer(verified) => verified.known().clone(),
        Offer::Same(known) => *known,
    }
}

/// The bytes of the good bundle stand beside its case, for whoever writes another program for this form.
#[test]
fn the_good_bundle_is_the_one_that_is_kept() {
    let folder = fixtures().join("good/bundle");
    for (name, bytes) in files(&base()) {
        let kept = fs::read(folder.join(&name)).unwrap_or_default();
        assert!(kept == bytes, "{name} should be:\n{}", String::from_utf8_lossy(&bytes));
    }
}
