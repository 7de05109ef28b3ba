//! One bit, anywhere in a bundle: it is refused, or nothing that was signed has changed.

use crate::bundle::{Files, base, files, fixtures, json_file, merge, show, time, trusting};
use proptest::prelude::*;
use release::{Files as Matter, Known, Offer, Start, Take, Time, Verified, Why, limits};
use serde_json::{Value, json};

/// With a second root and a signature that is not needed, so that there is something to change without harm; with all that
/// a release can carry.
fn description() -> Value {
    let mut bundle = base();
    merge(&mut bundle, &json_file(&fixtures().join("good-system-and-images/case.json"))["bundle"]);
    merge(&mut bundle, &json!({"roots": {"2": {"document": {}, "signed_by": ["anna", "cara", "ben"]}}}));
    bundle
}

struct Good {
    files: Files,
    known: Known,
    now: Time,
    verified: Box<Verified>,
}

impl Good {
    fn new() -> Self {
        let bundle = description();
        let (files, now) = (files(&bundle), time(&bundle["now"]));
        let known = trusting(&files, &bundle["trusts"]).unwrap();
        let verdict = show(&files, known.clone(), Take(now, Matter::All)).0.unwrap();
        let Offer::Newer(verified) = verdict else { panic!("{verdict:?}") };
        Self { files, known, now, verified }
    }

    /// Whether a changed bundle is refused, or says the same in all that matters.
    fn holds(&self, name: &str, changed: Vec<u8>) -> Result<(), String> {
        let mut files = self.files.clone();
        files.insert(name.to_owned(), changed);
        match show(&files, self.known.clone(), Take(self.now, Matter::All)).0 {
            Err(_) => Ok(()),
            Ok(Offer::Newer(verified)) => {
                let same = (verified.release(), verified.known(), verified.expires())
                    == (self.verified.release(), self.verified.known(), self.verified.expires());
                if same { Ok(()) } else { Err(format!("{verified:?}")) }
            }
            Ok(other) => Err(format!("{other:?}")),
        }
    }
}

/// Files that are named by the hash or the length that another signs, or by one signature that is needed: all but the
/// root, which has a signature to spare.
#[test]
fn every_byte_counts() {
    let good = Good::new();
    let mut unharmed = Vec::new();
    for (name, bytes) in &good.files {
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1 << (place % 8);
            good.holds(name, changed.clone()).unwrap_or_else(|said| panic!("{name} at {place}: {said}"));
            let mut files = good.files.clone();
            files.insert(name.clone(), changed);
            if name != "1.root.signed"
                && show(&files, good.known.clone(), Take(good.now, Matter::All)).0.is_ok()
            {
                unharmed.push((name.clone(), place));
            }
        }
    }
    // A line of the second root's head holds 8 + 64 + 1 + 128 bytes: within two of the three of them, a changed digit is
    // another key or another signature, and two good ones are left. Of the root that the box has, nothing is read.
    assert!(
        unharmed.iter().all(|(name, place)| name == "2.root.signed" && *place < 22 + 3 * 202),
        "{unharmed:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_byte_is_changed_put_in_or_taken_out(file: prop::sample::Index, place: prop::sample::Index, byte: u8, how in 0..4) {
        let good = Good::new();
        let (name, bytes) = file.get(&good.files.iter().collect::<Vec<_>>()).to_owned();
        let place = place.index(bytes.len());
        let mut changed = bytes.clone();
        match how {
            0 => changed[place] = byte,
            1 => changed.insert(place, byte),
            2 => drop(changed.remove(place)),
            _ => changed.truncate(place),
        }
        prop_assert_eq!(good.holds(name, changed), Ok(()));
    }

    #[test]
    fn a_file_is_replaced_by_another(from: prop::sample::Index, to: prop::sample::Index) {
        let good = Good::new();
        let files: Vec<_> = good.files.iter().collect();
        let (name, bytes) = (to.get(&files).0, from.get(&files).1);
        prop_assert_eq!(good.holds(name, bytes.clone()), Ok(()));
    }

    #[test]
    fn any_bytes_are_no_document(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        release::fuzz_body(&bytes);
        prop_assert_eq!(Good::new().holds("timestamp.signed", bytes), Ok(()));
    }
}

/// As many roots as are looked at, and one more.
#[test]
fn a_chain_of_roots_has_an_end() {
    let mut bundle = base();
    for (roots, good) in [(limits::ROOTS_MAX, true), (limits::ROOTS_MAX + 1, false)] {
        let more = (2..roots + 2)
            .map(|version| (format!("{version:06}"), json!({"document": {}, "signed_by": ["anna", "ben"]})));
        merge(&mut bundle, &json!({"roots": more.collect::<serde_json::Map<_, _>>()}));
        // In the order of the numbers.
        merge(&mut bundle, &json!({"roots": {"1": null, "000001": base()["roots"]["1"]}}));
        let files = files(&bundle);
        let known = trusting(&files, &bundle["trusts"]).unwrap();
        let verdict = show(&files, known, Take(time(&bundle["now"]), Matter::All)).0;
        assert_eq!(verdict.is_ok(), good, "{verdict:?}");
        assert!(good || verdict.unwrap_err().why == Why::TooManyRoots);
    }
}

/// What was taken starts for ever, and a changed bit of it does not.
#[test]
fn what_was_taken_starts_again_and_nothing_else() {
    let good = Good::new();
    let installed = show(&good.files, good.known.clone(), Start(Matter::All)).0.unwrap();
    assert_eq!((installed.release(), installed.known()), (good.verified.release(), good.verified.known()));
    let years_later = Take(Time::parse("2040-01-01T00:00:00Z").unwrap(), Matter::All);
    assert!(show(&good.files, good.known.clone(), years_later).0.is_err());
    for (name, bytes) in good.files.iter().filter(|(name, _)| *name != "1.root.signed") {
        let mut changed = bytes.clone();
        *changed.last_mut().unwrap() ^= 1;
        let mut files = good.files.clone();
        files.insert(name.clone(), changed);
        assert!(show(&files, good.known.clone(), Start(Matter::All)).0.is_err(), "{name}");
    }
}
