//! `platform site-key`.

use super::{place, platform};

#[test]
fn the_key_is_made_beside_the_store() {
    let place = place();
    let made = platform(&place, &["site-key", "--new"], b"");
    assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
    assert!(place.path().join("site.key").exists());
}
