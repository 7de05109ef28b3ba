//! The body of the fuzz target, called by a unit test as well.

use crate::{Envelope, decode, encode, limits};

/// Whatever the bytes are: no panic; what can be read as a file is written as the same bytes; what can be read as a
/// document keeps within its bounds and survives its own writing.
#[doc(hidden)]
pub fn fuzz_body(data: &[u8]) {
    let body = match Envelope::parse(data) {
        Ok(envelope) => {
            assert_eq!(envelope.to_bytes(), data);
            envelope.body
        }
        Err(_) => data.to_owned(),
    };
    match decode(&body) {
        Ok(document) => {
            assert!(document.printers.len() <= limits::PRINTERS_MAX && document.mistakes().is_empty());
            let written = encode(&document).ok();
            let again = written.as_deref().map(|body| decode(body).map(|document| encode(&document).ok()));
            assert_eq!(again, Some(Ok(written)));
        }
        Err(reason) => assert!(reason.len() <= limits::REASON_BYTES_MAX),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// The good file, and what the fuzzer found worth keeping.
    #[test]
    fn the_body_runs_over_what_is_kept() {
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/site/good/oneway.site");
        let file = fs::read(kept).unwrap();
        fuzz_body(&file);
        for at in 0..file.len() {
            fuzz_body(&file[..at]);
            fuzz_body(&file[at..]);
        }
    }
}
