//! What the fuzz targets run.

use std::sync::Arc;

use super::Profile;
use crate::LogParser;
use crate::fuzz::{context, run};

/// No text makes the reading of a profile panic, and every mistake stands inside the text.
#[doc(hidden)]
pub fn fuzz_profile(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Profile::parse(text) {
        Ok(profile) => fuzz_log(&Arc::new(profile), data),
        Err(problems) => {
            let lines = text.matches('\n').count() + 1;
            assert!(
                !problems.is_empty() && problems.iter().all(|problem| (1..=lines).contains(&problem.line))
            );
        }
    }
}

/// No log makes the parser of this profile panic or break what holds for every line.
#[doc(hidden)]
pub fn fuzz_log(profile: &Arc<Profile>, data: &[u8]) {
    run(LogParser::of_profile(Arc::clone(profile), context()), data);
}
