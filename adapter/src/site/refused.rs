//! How often a stick was refused, by reason. The counts outlive a restart: whoever asks has often switched the box off.

use std::collections::BTreeMap;
use std::path::Path;

use super::{files, limits};

const FILE: &str = "refused.json";

/// A refusal, counted.
#[derive(Debug)]
pub(crate) struct Refused {
    /// The name that it is counted by.
    pub(crate) why: &'static str,
    /// What is wrong and what to do.
    pub(crate) says: String,
    /// Refusals for this reason so far.
    pub(crate) count: u64,
}

/// Counts it. A count that cannot be kept is no reason to keep the box from running.
pub(super) fn count(state: &Path, why: &'static str, says: String) -> Refused {
    let path = state.join(FILE);
    let mut counts = read(&path);
    let count = counts.entry(why.to_owned()).or_default();
    *count += 1;
    let count = *count;
    let written = serde_json::to_vec(&counts).map_err(std::io::Error::from);
    if let Err(error) = written.and_then(|bytes| files::put(&path, 0o644, &bytes)) {
        tracing::warn!(file = %path.display(), %error, "the count of refused sticks cannot be kept");
    }
    Refused { why, says, count }
}

fn read(path: &Path) -> BTreeMap<String, u64> {
    let bytes = files::read(path, limits::NOTE_BYTES_MAX).ok().flatten().unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_a_count_that_stays() {
        let state = tempfile::tempdir().unwrap();
        let counted = |why| count(state.path(), why, String::new()).count;
        assert_eq!((counted("older"), counted("expired"), counted("older")), (1, 1, 2));
        std::fs::write(state.path().join(FILE), "damaged").unwrap();
        assert_eq!(counted("older"), 1);
        assert_eq!(count(&state.path().join("nowhere"), "older", String::new()).count, 1);
    }
}
