//! The body of the fuzz target, called by a unit test as well.

use serde::{Deserialize, Serialize};

use crate::document::Dated;
use crate::{Envelope, Files, Role, Root, Snapshot, Targets, Timestamp, decode, encode, limits};

/// Whatever the bytes are: no panic; what can be read as a file is written as the same bytes; what can be read as a
/// document keeps within its bounds and survives its own writing.
#[doc(hidden)]
pub fn fuzz_body(data: &[u8]) {
    let Ok(envelope) = Envelope::parse(data) else { return };
    assert_eq!(envelope.to_bytes(), data);
    assert!(envelope.signatures().len() <= limits::SIGNATURES_MAX);
    match envelope.role() {
        Role::Root => survives(envelope.body(), |root: &Root| {
            for role in Role::ALL {
                let keys = root.roles.keys(role);
                assert!((1..=keys.keys().len()).contains(&keys.threshold()));
                assert!(keys.keys().len() <= limits::KEYS_MAX);
            }
        }),
        Role::Targets => survives(envelope.body(), |targets: &Targets| {
            let files = targets.release.files(Files::All);
            assert!(!files.is_empty());
            for file in files {
                assert!(file.length <= limits::ROOT_BYTES_MAX && file.length > 0);
                assert!(!file.name.contains('/'));
            }
            for file in targets.release.system.iter().flat_map(|it| it.files(targets.release.version)) {
                assert!((file.length..=limits::ROOT_BYTES_MAX).contains(&file.size));
                assert!(!file.placed.contains('/') && file.placed.starts_with("oneway_"));
            }
        }),
        Role::Snapshot => survives(envelope.body(), |_: &Snapshot| {}),
        Role::Timestamp => survives(envelope.body(), |_: &Timestamp| {}),
    }
}

fn survives<T>(body: &[u8], bounded: impl Fn(&T))
where
    T: Dated + Serialize + for<'a> Deserialize<'a> + PartialEq + std::fmt::Debug,
{
    match decode::<T>(body) {
        Ok(document) => {
            bounded(&document);
            assert!(u32::from(document.version()) <= limits::VERSION_MAX);
            let written = encode(&document).ok().and_then(|body| decode::<T>(&body).ok());
            assert_eq!(written.as_ref(), Some(&document));
        }
        Err(reason) => assert!(reason.len() <= limits::REASON_BYTES_MAX),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// The good bundle, and what the fuzzer found worth keeping.
    #[test]
    fn the_body_runs_over_what_is_kept() {
        for folder in ["fixtures/release/good/bundle", "fuzz/corpus/release_file"] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
            let entries =
                fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
            let inputs: Vec<Vec<u8>> =
                entries.map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect();
            assert!(!inputs.is_empty(), "no inputs in {}", folder.display());
            inputs.iter().for_each(|input| fuzz_body(input));
        }
    }
}
